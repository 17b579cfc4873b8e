/**
 * Personal tokens: with one, the command line or a program uses the office API as a signed-in person. The store has the digest. A token
 * ends on its expiry day, or when the person revokes it, is disabled or sets a new password.
 */

import { sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader, Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addSession, endSessions, findPerson, findSessionRow, sessionsOf, touchSession } from '../store/people.ts';
import { newSecret, personOf, type PeopleGateway, type Person } from './people.ts';
import {
  longestSeconds,
  noteSeconds,
  withPassword,
  type From,
  type PasswordGateway,
  type Session,
} from './sessions.ts';

/** A fixed prefix, so that secret scanners recognize a leaked token. */
const prefix = 'mra_person_';
const idLength = 16;
export const mostTokenDays = 90;

interface NewToken {
  /** Shown once. */
  readonly token: string;
  readonly id: string;
  readonly until: Moment;
}

export interface ShownToken {
  readonly id: string;
  readonly since: Moment;
  /** Accurate to a minute; absent if the token was never used. */
  readonly lastUse?: Moment | undefined;
  readonly until: Moment;
}

const idOf = (hash: string): string => hash.slice(0, idLength);

/** For a signed-in person. */
export async function makeToken(gateway: PeopleGateway, person: string, seconds: number): Promise<NewToken> {
  return await gateway.db.transaction((tx) => addToken(tx, gateway, person, seconds));
}

/** For a person who enters the password at the command line. Throws E_SIGN_IN_REFUSED. */
export async function signInForToken(
  gateway: PasswordGateway,
  given: { readonly id: string; readonly password: string; readonly from: From },
  seconds: number,
): Promise<NewToken> {
  return await withPassword(gateway, given, (tx, { id }) => addToken(tx, gateway, id, seconds));
}

async function addToken(tx: Tx, gateway: PeopleGateway, person: string, seconds: number): Promise<NewToken> {
  const token = `${prefix}${newSecret(gateway)}`;
  const at = momentOf(gateway.now());
  // An identity provider confirms groups only at sign-in, so a token of such a person lives no longer than a session.
  const isOfProvider = typeof (await findPerson(tx, { id: person }))?.subject === 'string';
  const [hash, until] = [sha256(token), later(at, isOfProvider ? Math.min(seconds, longestSeconds) : seconds)];
  // An empty `seen_at` means that the token was never used.
  await addSession(tx, { hash, person, kind: 'token', created_at: at, seen_at: '', ends_at: until });
  const detail = { token: idOf(hash), until };
  await appendEvents(tx, [{ kind: 'token_made', ref: person, at, detail }]);
  return { token, id: idOf(hash), until };
}

/** Undefined if the token is unknown or has ended, or its person is not active. */
export async function personOfToken({ db, now }: PeopleGateway, token: string): Promise<Person | undefined> {
  const hash = sha256(token);
  const found = await findSessionRow(db.sql, hash, 'token');
  const at = momentOf(now());
  if (found?.person.state !== 'active' || found.session.endsAt <= at) return undefined;
  const { seenAt } = found.session;
  if (seenAt === '' || later(seenAt, noteSeconds) <= at) await db.transaction((tx) => touchSession(tx, hash, at));
  return personOf(found.person);
}

/** The session of a request that carries a token instead of a cookie; such a session cannot submit forms. */
export async function sessionOfToken(gateway: PeopleGateway, token: string): Promise<Session | undefined> {
  const person = await personOfToken(gateway, token);
  return person && { person, by: 'token', formToken: '', idleUntil: momentOf(gateway.now()) };
}

export async function listTokens(reader: Reader, person: string): Promise<readonly ShownToken[]> {
  return (await sessionsOf(reader, person, 'token')).map(({ hash, createdAt, seenAt, endsAt }) => {
    return { id: idOf(hash), since: createdAt, lastUse: seenAt === '' ? undefined : seenAt, until: endsAt };
  });
}

/** Throws E_TOKEN_UNKNOWN if the person has no such token. */
export async function endToken(gateway: PeopleGateway, person: string, id: string): Promise<void> {
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const hash = (await sessionsOf(tx, person, 'token')).find((each) => idOf(each.hash) === id)?.hash;
    if (hash === undefined)
      throw new GatewayError('E_TOKEN_UNKNOWN', 'the person has no token of this number', { at: id });
    await endSessions(tx, { hash });
    await appendEvents(tx, [{ kind: 'token_ended', ref: person, at, detail: { token: id } }]);
  });
}

/** The id of a token in lists and in the log. */
export function tokenId(token: string): string {
  return idOf(sha256(token));
}
