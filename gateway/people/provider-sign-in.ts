/** Sign-in through an identity provider: maps a proven identity to a person, and its groups to roles, by the settings. */

import { nameKey } from '../model/clearance/names.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { hiddenIn } from '../model/shown-text.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addPersonRow, changePerson, findPerson, listPeople, type PersonRow } from '../store/people.ts';
import type { ProvenIdentity } from '../wire/transport/identity-provider.ts';
import { isPersonId, type PeopleGateway } from './people.ts';
import { readRoles, type Role } from './roles.ts';
import { startSession, type SignedIn } from './sessions.ts';

export interface ProviderPeople {
  /** `added`: a command must add the person first; `created`: the first sign-in does. */
  readonly people: 'added' | 'created';
  /** The claim that names a new person. */
  readonly nameClaim: string;
  /** The claim that lists groups, and the roles of each group; if absent, commands set the roles. */
  readonly roles?: { readonly claim: string; readonly groups: Readonly<Record<string, readonly Role[]>> };
}

/** The stored form of an identity: only issuer and subject together identify somebody (OpenID Connect Core, 5.7). */
export function subjectKey({ issuer, subject }: Pick<ProvenIdentity, 'issuer' | 'subject'>): string {
  return `${issuer} ${subject}`;
}

/** Throws E_SIGN_IN_REFUSED for every cause; the log has the cause, and the subject with which staff can add the person. */
export async function signInByProvider(
  gateway: PeopleGateway,
  identity: ProvenIdentity,
  terms: ProviderPeople,
  session: { readonly before: string | undefined; readonly isKnown: boolean },
): Promise<SignedIn> {
  const done = await gateway.db.transaction(async (tx) => {
    const row =
      (await findPerson(tx, { subject: subjectKey(identity) })) ?? (await created(tx, gateway, identity, terms));
    if (row?.state === 'active')
      return await startSession(tx, gateway, await withRoles(tx, gateway, row, identity, terms), session);
    const detail = { issuer: identity.issuer, subject: identity.subject };
    const at = momentOf(gateway.now());
    await appendEvents(tx, [{ kind: 'sign_in_refused', ref: row?.id ?? nameOf(identity, terms), at, detail }]);
    return undefined;
  });
  if (done !== undefined) return done;
  throw new GatewayError('E_SIGN_IN_REFUSED', 'nobody here is this person of the identity provider');
}

function nameOf({ claims, subject }: ProvenIdentity, { nameClaim }: ProviderPeople): string {
  const name = claims[nameClaim];
  return (typeof name === 'string' ? name : subject).toLowerCase().slice(0, 64);
}

/** Undefined if the settings do not allow it, or the name is in use: a sign-in never takes over an existing account. */
async function created(
  tx: Tx,
  gateway: PeopleGateway,
  identity: ProvenIdentity,
  terms: ProviderPeople,
): Promise<PersonRow | undefined> {
  if (terms.people !== 'created') return undefined;
  const id = nameOf(identity, terms);
  const others = await listPeople(tx);
  if (!isPersonId(id) || others.some((other) => nameKey(other.id) === nameKey(id))) return undefined;
  const { name: said } = identity.claims;
  const name = typeof said === 'string' && said.trim() !== '' && hiddenIn(said) === undefined ? said.slice(0, 100) : id;
  const at = momentOf(gateway.now());
  if (!(await addPersonRow(tx, { id, name, roles: '', partner: null, subject: subjectKey(identity), at })))
    return undefined;
  const detail = { by: identity.issuer, name, roles: [], subject: identity.subject };
  await appendEvents(tx, [{ kind: 'person_added', ref: id, at, detail }]);
  return await findPerson(tx, { id });
}

/**
 * Exactly the roles of the person's current groups; groups that the settings do not name give none. A person of a partner has no staff
 * roles.
 */
async function withRoles(
  tx: Tx,
  gateway: PeopleGateway,
  row: PersonRow,
  { claims, issuer }: ProvenIdentity,
  { roles }: ProviderPeople,
): Promise<PersonRow> {
  if (roles === undefined || row.partner !== undefined) return row;
  const said = claims[roles.claim];
  const groups: readonly unknown[] = Array.isArray(said) ? said : [said];
  const given = groups.flatMap((group) =>
    typeof group === 'string' && Object.hasOwn(roles.groups, group) ? (roles.groups[group] ?? []) : [],
  );
  const held = readRoles(given);
  if (held.join(' ') === row.roles) return row;
  const before = row.roles === '' ? [] : row.roles.split(' ');
  await changePerson(tx, row.id, { roles: held.join(' ') });
  const detail = { by: issuer, roles: held, before };
  await appendEvents(tx, [{ kind: 'person_roles_set', ref: row.id, at: momentOf(gateway.now()), detail }]);
  return { ...row, roles: held.join(' ') };
}
