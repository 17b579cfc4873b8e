/**
 * People of the office. Only commands on the machine of the gateway add them and set their roles: a page for this would let one person
 * become two. Each change is an event with the person who made it.
 */

import type { Gateway } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { nameKey } from '../model/clearance/names.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { hiddenIn } from '../model/shown-text.ts';
import type { Decider } from '../store/approvals.ts';
import type { Reader, Tx } from '../store/database.ts';
import { appendEvents, listEvents } from '../store/events.ts';
import {
  addPersonRow,
  changePerson,
  endSessions,
  findPerson,
  listPeople as listRows,
  peopleOf,
  type PersonRow,
} from '../store/people.ts';
import { keptPassword } from './passwords.ts';
import { mayDo, readRoles, type Permission, type Role } from './roles.ts';

export type PeopleGateway = Pick<Gateway, 'db' | 'now' | 'random'>;

/** A person of the office. `id` is the name in the log. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Set for a person of a partner, who exchanges the files of this partner and can do nothing else. */
  readonly partner?: string;
  readonly state: 'active' | 'disabled';
  /** May sign in with a password. */
  readonly hasPassword: boolean;
  /** May sign in through the identity provider. */
  readonly hasSubject: boolean;
}

/** A one-time link to set the password, with its expiry. Only its digest is stored. */
export interface PasswordLink {
  readonly token: string;
  readonly until: Moment;
}

const linkSeconds = 24 * 3600;
const idForm = /^[a-z0-9](?:[a-z0-9.@_-]{0,62}[a-z0-9])?$/u;

/** Whether the text is valid as the id of a person. */
export function isPersonId(text: string): boolean {
  return idForm.test(text);
}

/** Secrets of 256 bits, as text for URLs and cookies. */
export function newSecret({ random }: Pick<Gateway, 'random'>): string {
  return Buffer.from(random(32)).toString('base64url');
}

export function personOf({ id, name, roles, partner, state, password, subject }: PersonRow): Person {
  const held = roles === '' ? [] : roles.split(' ');
  return {
    id,
    name,
    state,
    roles: partner === undefined ? readRoles(held) : ['partner'],
    ...present({ partner }),
    hasPassword: password !== undefined,
    hasSubject: subject !== undefined,
  };
}

export async function listPeople(reader: Reader): Promise<readonly Person[]> {
  return (await listRows(reader)).map(personOf);
}

interface NewPerson {
  readonly id: string;
  readonly name: string;
  /** Roles of staff. */
  readonly roles: readonly Role[];
  readonly partner?: string | undefined;
  /** Issuer and subject at the identity provider (`subjectKey`). */
  readonly subject?: string | undefined;
  /** Who adds the person. */
  readonly by: string;
}

/** Adds a person and returns the link to set the password. Throws E_REQUEST_INVALID, E_PERSON_STATE (the name is in use). */
export async function addPerson(gateway: PeopleGateway, person: NewPerson): Promise<PasswordLink> {
  const { id, name, roles, partner = null, subject, by } = person;
  if (!isPersonId(id))
    throw new GatewayError('E_REQUEST_INVALID', 'this cannot be the name of an account', {
      fix: 'Use small letters, digits and . @ _ - (64 at most), with a letter or digit at both ends.',
    });
  const fault = name.trim() === '' || name.length > 100 ? 'it has no or too many characters' : hiddenIn(name);
  if (fault !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', `the name of the person cannot be shown: ${fault}`, { at: '--name' });
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const others = await listRows(tx);
    const row = { id, name, roles: roles.join(' '), partner, subject: null, at };
    // Approvals compare names without dots and hyphens, so the names of two people must differ in more.
    if (others.some((other) => nameKey(other.id) === nameKey(id)) || !(await addPersonRow(tx, row)))
      throw new GatewayError('E_PERSON_STATE', 'somebody has this name already');
    if (subject !== undefined) await bind(tx, id, subject);
    const link = await newLink(tx, gateway, id, at);
    await appendEvents(tx, [
      {
        kind: 'person_added',
        ref: id,
        at,
        detail: present({ by, name, roles, partner: partner ?? undefined, subject }),
      },
    ]);
    return link;
  });
}

/** Binds one identity to one person. Throws E_PERSON_STATE. */
async function bind(tx: Tx, id: string, subject: string): Promise<void> {
  const other = await findPerson(tx, { subject });
  if (other !== undefined && other.id !== id)
    throw new GatewayError('E_PERSON_STATE', 'another person is known by this subject', { at: other.id });
  await changePerson(tx, id, { subject });
}

/** From now on the person may sign in through the identity provider under this subject only. Throws E_PERSON_UNKNOWN, E_PERSON_STATE. */
export async function setSubject(gateway: PeopleGateway, id: string, subject: string, by: string): Promise<Person> {
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const { subject: before, ...row } = await existing(tx, id);
    await bind(tx, id, subject);
    await endSessions(tx, { person: id });
    await appendEvents(tx, [{ kind: 'person_subject_set', ref: id, at, detail: present({ by, subject, before }) }]);
    return personOf({ ...row, subject });
  });
}

async function newLink(tx: Tx, gateway: PeopleGateway, id: string, at: Moment): Promise<PasswordLink> {
  const token = newSecret(gateway);
  const until = later(at, linkSeconds);
  await changePerson(tx, id, { link_hash: sha256(token), link_until: until });
  return { token, until };
}

async function existing(tx: Tx, id: string): Promise<PersonRow> {
  const person = await findPerson(tx, { id });
  if (person !== undefined) return person;
  throw new GatewayError('E_PERSON_UNKNOWN', 'nobody has this name', { fix: 'mra person list shows all.' });
}

/** Replaces earlier links; the current password is valid until the new one is set. Throws E_PERSON_UNKNOWN, E_PERSON_STATE. */
export async function makeLink(gateway: PeopleGateway, id: string, by: string): Promise<PasswordLink> {
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    if ((await existing(tx, id)).state === 'disabled')
      throw new GatewayError('E_PERSON_STATE', 'the person is disabled', { fix: `mra person enable ${id}` });
    const link = await newLink(tx, gateway, id, at);
    await appendEvents(tx, [{ kind: 'person_link_made', ref: id, at, detail: { by, until: link.until } }]);
    return link;
  });
}

/** Replaces all roles, effective with the next request. Throws E_PERSON_UNKNOWN, E_PERSON_STATE (a person of a partner). */
export async function setRoles(
  gateway: PeopleGateway,
  id: string,
  roles: readonly Role[],
  by: string,
): Promise<Person> {
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const before = personOf(await existing(tx, id));
    if (before.partner !== undefined)
      throw new GatewayError('E_PERSON_STATE', 'a person of a partner has no role of staff', { at: id });
    await changePerson(tx, id, { roles: roles.join(' ') });
    await appendEvents(tx, [{ kind: 'person_roles_set', ref: id, at, detail: { by, roles, before: before.roles } }]);
    return { ...before, roles };
  });
}

/** Disabling a person ends all sessions. Its link is void, and its pending decisions no longer count. */
export async function setState(
  gateway: PeopleGateway,
  id: string,
  { state, by, reason }: { readonly state: Person['state']; readonly by: string; readonly reason: string },
): Promise<Person> {
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const before = personOf(await existing(tx, id));
    await changePerson(tx, id, { state, link_hash: null, link_until: null });
    await endSessions(tx, { person: id });
    const kind = state === 'disabled' ? 'person_disabled' : 'person_enabled';
    await appendEvents(tx, [{ kind, ref: id, at, detail: { by, reason } }]);
    return { ...before, state };
  });
}

/** Finds the person of a link. Throws E_LINK_INVALID. */
export async function findLink(reader: Reader, token: string, now: Date): Promise<Person> {
  const row = await findPerson(reader, { link_hash: sha256(token) });
  if (row?.state === 'active' && (row.linkUntil ?? '') > momentOf(now)) return personOf(row);
  throw new GatewayError('E_LINK_INVALID', 'this link does not open anything', {
    fix: 'Ask for another one: mra person link NAME.',
  });
}

/** Sets the password, once per link; all sessions of the person end. Throws E_LINK_INVALID, E_PASSWORD_WEAK. */
export async function setPassword(gateway: PeopleGateway, token: string, password: string): Promise<Person> {
  await findLink(gateway.db.sql, token, gateway.now());
  const kept = await keptPassword(password, gateway.random(16));
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const person = await findLink(tx, token, gateway.now());
    const { id } = person;
    await changePerson(tx, id, { password: kept, link_hash: null, link_until: null, failed: 0, failed_at: null });
    await endSessions(tx, { person: id });
    await appendEvents(tx, [{ kind: 'password_set', ref: id, at }]);
    return { ...person, hasPassword: true };
  });
}

/**
 * A signed-in person who decides. A decision counts only while its person is active and holds the permission. It does not count if the
 * person was added after it, because then only a name was typed, nor if the subject of the person has changed since, because it may have
 * been somebody else. Throws E_ROLE_MISSING if `person` lacks the permission.
 */
export function signedInDecider(person: string, permission: Permission, reason?: string): Decider {
  return {
    ...{ person, reason },
    async counts(tx, made) {
      const rows = await peopleOf(
        tx,
        made.map((each) => each.person),
      );
      const since = new Map<string, Moment>();
      for (const { id, at } of rows) {
        const [rebound] = await listEvents(tx, { ref: id, kind: 'person_subject_set', limit: 1 });
        since.set(id, rebound?.at ?? at);
      }
      const mayDecide = (row: PersonRow): boolean => row.state === 'active' && mayDo(personOf(row), permission);
      const counted = made.filter((each) =>
        rows.some((row) => row.id === each.person && (since.get(row.id) ?? '') <= each.at && mayDecide(row)),
      );
      const people = counted.map((each) => each.person);
      if (!people.includes(person))
        throw new GatewayError('E_ROLE_MISSING', 'the person has lost the role, or is disabled');
      return people;
    },
  };
}

/** Throws E_ROLE_MISSING if, in this transaction, the person has lost the role or is disabled. */
export function requireStill(person: string, permission: Permission): (tx: Tx) => Promise<void> {
  return async (tx) => {
    const [row] = await peopleOf(tx, [person]);
    if (row?.state !== 'active' || !mayDo(personOf(row), permission))
      throw new GatewayError('E_ROLE_MISSING', 'the person has lost the role, or is disabled');
  };
}
