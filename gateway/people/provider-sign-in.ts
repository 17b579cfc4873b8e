/** Sign-in by an identity provider: which person a proven identity is, and which roles its groups give. The settings say both. */

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
  /** `added`: a person must be known by a command first; `created`: the first sign-in makes it. */
  readonly people: 'added' | 'created';
  /** The claim by which a person that is created is named. */
  readonly nameClaim: string;
  /** The claim with groups, and the roles of each; absent: roles are given by commands. */
  readonly roles?: { readonly claim: string; readonly groups: Readonly<Record<string, readonly Role[]>> };
}

/** How a person is stored: an issuer and a subject, which only together name somebody (OpenID Connect Core, 5.7). */
export function subjectKey({ issuer, subject }: Pick<ProvenIdentity, 'issuer' | 'subject'>): string {
  return `${issuer} ${subject}`;
}

/** Throws E_SIGN_IN_REFUSED, whatever the cause; the log has it, with the subject by which staff can add the person. */
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

/** Undefined: the settings do not let it, or somebody else has the name: an account is never taken over by its name. */
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
 * The roles that the groups of the person give now, and no others; a group that the settings do not name gives none. A person of a partner
 * has no role of staff.
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
