/** Who is signed in: a session is a secret of the browser, of which the store has the digest. The roles of a person are read at each request. */

import { sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addSession, changePerson, endSessions, findPerson, findSessionRow, touchSession } from '../store/people.ts';
import type { PersonRow } from '../store/people.ts';
import { isPassword } from './passwords.ts';
import { newSecret, personOf, type PeopleGateway, type Person } from './people.ts';

const idleSeconds = 30 * 60;
const longestSeconds = 12 * 3600;
/** The last request is noted at most once in so many seconds: reading a page must not wait for a write. */
const noteSeconds = 60;

/** Wrong attempts in a row before a pause, and how long it is. */
const freeAttempts = 5;
const pauseSeconds = 15 * 60;

export interface Session {
  readonly person: Person;
  /** What forms of this session carry, so that no other site can send them. It says nothing about the secret. */
  readonly formToken: string;
  /** When the session ends if nothing is asked any more. */
  readonly idleUntil: string;
}

function formTokenOf(secret: string): string {
  return sha256(`form\0${secret}`);
}

/** Throws E_SIGN_IN_REFUSED, whatever the cause; the log has it. `before`: the secret of the session in place of which the new one is. */
export async function signIn(
  gateway: PeopleGateway,
  { id, password, before }: { readonly id: string; readonly password: string; readonly before?: string | undefined },
): Promise<{ readonly secret: string; readonly person: Person }> {
  const known = await findPerson(gateway.db.sql, { id });
  const fits = await isPassword(password, known?.password);
  const at = momentOf(gateway.now());
  const secret = newSecret(gateway);
  const person = await gateway.db.transaction(async (tx) => {
    const row = await findPerson(tx, { id });
    // During the pause nothing is written: attempts must not fill the log.
    if (row === undefined || isPaused(row, at)) return undefined;
    // The password may have been replaced while this one was compared.
    if (!fits || row.password !== known?.password || row.state !== 'active') {
      await changePerson(tx, id, { failed: row.failed + 1, failed_at: at });
      await appendEvents(tx, [{ kind: 'sign_in_refused', ref: id, at }]);
      return undefined;
    }
    if (before !== undefined) await endSessions(tx, { hash: sha256(before) });
    await startSession(tx, secret, id, at);
    return personOf(row);
  });
  if (person !== undefined) return { secret, person };
  throw new GatewayError('E_SIGN_IN_REFUSED', 'name and password do not belong together, or too many attempts failed');
}

function isPaused({ failed, failedAt = '' }: PersonRow, at: string): boolean {
  return failed >= freeAttempts && failedAt !== '' && later(failedAt, pauseSeconds) > at;
}

async function startSession(tx: Tx, secret: string, id: string, at: string): Promise<void> {
  await changePerson(tx, id, { failed: 0, failed_at: null });
  const times = { created_at: at, seen_at: at, ends_at: later(at, longestSeconds) };
  await addSession(tx, { hash: sha256(secret), person: id, kind: 'browser', ...times });
  await appendEvents(tx, [{ kind: 'signed_in', ref: id, at }]);
}

/** A session for a person who has just set its password. */
export async function openSession(gateway: PeopleGateway, { id }: Person): Promise<string> {
  const secret = newSecret(gateway);
  await gateway.db.transaction((tx) => startSession(tx, secret, id, momentOf(gateway.now())));
  return secret;
}

/** Undefined: nobody is signed in with this secret, or not any more. */
export async function findSession(gateway: PeopleGateway, secret: string | undefined): Promise<Session | undefined> {
  if (secret === undefined) return undefined;
  const hash = sha256(secret);
  const found = await findSessionRow(gateway.db.sql, hash);
  if (found === undefined || found.person.state !== 'active') return undefined;
  const { seenAt, endsAt } = found.session;
  const at = momentOf(gateway.now());
  if (endsAt <= at || later(seenAt, idleSeconds) <= at) return undefined;
  if (later(seenAt, noteSeconds) <= at) await gateway.db.transaction((tx) => touchSession(tx, hash, at));
  const idleUntil = later(at, idleSeconds);
  return {
    person: personOf(found.person),
    formToken: formTokenOf(secret),
    idleUntil: idleUntil < endsAt ? idleUntil : endsAt,
  };
}

export async function signOut(gateway: PeopleGateway, secret: string): Promise<void> {
  const hash = sha256(secret);
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const found = await findSessionRow(tx, hash);
    if (found === undefined) return;
    await endSessions(tx, { hash });
    await appendEvents(tx, [{ kind: 'signed_out', ref: found.person.id, at }]);
  });
}
