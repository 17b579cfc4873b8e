/** Who is signed in: a session is a secret of the browser, of which the store has the digest. The roles of a person are read at each request. */

import { sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addSession, changePerson, endSessions, findPerson, findSessionRow, touchSession } from '../store/people.ts';
import type { PersonRow } from '../store/people.ts';
import { present } from '../model/present.ts';
import type { Attempts } from './attempts.ts';
import { isPassword } from './passwords.ts';
import { newSecret, personOf, type PeopleGateway, type Person } from './people.ts';

const idleSeconds = 30 * 60;
export const longestSeconds = 12 * 3600;
/** The last request is noted at most once in so many seconds: reading a page must not wait for a write. */
export const noteSeconds = 60;

/**
 * Wrong attempts for one name in a row by browsers that are not known, from wherever they come, before a pause, and how long it is. Those
 * from one place pause sooner (attempts.ts); this keeps out many places together, and nobody who signed in by the same browser before.
 */
const mostFromEverywhere = 100;
const pauseSeconds = 15 * 60;
/** How long a browser by which somebody signed in stays known. */
const browserSeconds = 180 * 86_400;

/** Where an attempt comes from. */
export interface From {
  readonly address: string;
  /** The secret by which the browser shows that somebody signed in by it before. */
  readonly browser: string | undefined;
}

export interface SignedIn {
  /** Of the session. */
  readonly secret: string;
  readonly person: Person;
  /** By which the browser is known from now on; absent: it was. */
  readonly browser?: string;
}

export interface Session {
  readonly person: Person;
  readonly by: 'browser' | 'token';
  /** What forms of this session carry, so that no other site can send them. It says nothing about the secret. */
  readonly formToken: string;
  /** When the session ends if nothing is asked any more. */
  readonly idleUntil: string;
}

function formTokenOf(secret: string): string {
  return sha256(`form\0${secret}`);
}

interface Attempt {
  readonly id: string;
  readonly password: string;
  readonly from: From;
}

export type PasswordGateway = PeopleGateway & { readonly attempts: Attempts };

/** `before`: the secret of the session in place of which the new one is. Throws E_SIGN_IN_REFUSED. */
export async function signIn(
  gateway: PasswordGateway,
  { before, ...attempt }: Attempt & { readonly before?: string | undefined },
): Promise<SignedIn> {
  return await withPassword(gateway, attempt, (tx, row, isKnown) =>
    startSession(tx, gateway, row, { before, isKnown }),
  );
}

/** Begins something for a person who shows its password. Throws E_SIGN_IN_REFUSED, whatever the cause; the log has it. */
export async function withPassword<T>(
  gateway: PasswordGateway,
  { id, password, from }: Attempt,
  begin: (tx: Tx, row: PersonRow, isKnown: boolean) => Promise<T>,
): Promise<T> {
  const known = await findPerson(gateway.db.sql, { id });
  const browser = await knownBrowser(gateway, from.browser, id);
  const place = { address: from.address, browser };
  if (!gateway.attempts.admit(id, place)) throw refused();
  const fits = await isPassword(password, known?.password);
  const at = momentOf(gateway.now());
  const done = await gateway.db.transaction(async (tx) => {
    const row = await findPerson(tx, { id });
    // During the pause nothing is written: attempts must not fill the log.
    if (row === undefined || (browser === undefined && isPaused(row, at))) return undefined;
    // The password may have been replaced while this one was compared.
    if (!fits || row.password !== known?.password || row.state !== 'active') {
      if (browser === undefined) await changePerson(tx, id, { failed: row.failed + 1, failed_at: at });
      await appendEvents(tx, [{ kind: 'sign_in_refused', ref: id, at }]);
      return undefined;
    }
    return { begun: await begin(tx, row, browser !== undefined) };
  });
  if (done === undefined) throw refused();
  gateway.attempts.forget(id, place);
  return done.begun;
}

const refused = (): GatewayError =>
  new GatewayError('E_SIGN_IN_REFUSED', 'name and password do not belong together, or too many attempts failed');

function isPaused({ failed, failedAt = '' }: PersonRow, at: string): boolean {
  return failed >= mostFromEverywhere && failedAt !== '' && later(failedAt, pauseSeconds) > at;
}

/**
 * The digest of the secret, if somebody signed in by this browser before. `id`: if that person did; another one who knows the browser tries
 * passwords as a stranger does.
 */
export async function knownBrowser(
  { db, now }: PeopleGateway,
  secret: string | undefined,
  id?: string,
): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  const hash = sha256(secret);
  const found = await findSessionRow(db.sql, hash, 'known_browser');
  if (found === undefined || found.session.endsAt <= momentOf(now())) return undefined;
  return id === undefined || found.person.id === id ? hash : undefined;
}

/** A new session, by whatever way the person has shown who it is; the one before in this browser ends. */
export async function startSession(
  tx: Tx,
  gateway: PeopleGateway,
  row: PersonRow,
  { before, isKnown }: { readonly before?: string | undefined; readonly isKnown: boolean },
): Promise<SignedIn> {
  const [secret, at, { id: person }] = [newSecret(gateway), momentOf(gateway.now()), row];
  if (before !== undefined) await endSessions(tx, { hash: sha256(before) });
  await changePerson(tx, person, { failed: 0, failed_at: null });
  const times = { created_at: at, seen_at: at };
  await addSession(tx, {
    ...{ hash: sha256(secret), person, kind: 'browser', ...times },
    ends_at: later(at, longestSeconds),
  });
  const browser = isKnown ? undefined : newSecret(gateway);
  if (browser !== undefined)
    await addSession(tx, {
      ...{ hash: sha256(browser), person, kind: 'known_browser', ...times },
      ends_at: later(at, browserSeconds),
    });
  await appendEvents(tx, [{ kind: 'signed_in', ref: person, at }]);
  return { secret, person: personOf(row), ...present({ browser }) };
}

/** A session for a person who has just set its password. */
export async function openSession(gateway: PeopleGateway, { id }: Person): Promise<SignedIn> {
  return await gateway.db.transaction(async (tx) => {
    const row = await findPerson(tx, { id });
    if (row?.state !== 'active') throw refused();
    return await startSession(tx, gateway, row, { isKnown: false });
  });
}

/** Undefined: nobody is signed in with this secret, or not any more. `isLive`: a page keeps itself up to date, and nobody may sit before it. */
export async function findSession(
  gateway: PeopleGateway,
  secret: string | undefined,
  { isLive = false }: { readonly isLive?: boolean } = {},
): Promise<Session | undefined> {
  if (secret === undefined) return undefined;
  const hash = sha256(secret);
  const found = await findSessionRow(gateway.db.sql, hash, 'browser');
  if (found === undefined || found.person.state !== 'active') return undefined;
  const { seenAt, endsAt } = found.session;
  const at = momentOf(gateway.now());
  if (endsAt <= at || later(seenAt, idleSeconds) <= at) return undefined;
  if (!isLive && later(seenAt, noteSeconds) <= at) await gateway.db.transaction((tx) => touchSession(tx, hash, at));
  const idleUntil = later(at, idleSeconds);
  return {
    ...{ person: personOf(found.person), by: 'browser' },
    formToken: formTokenOf(secret),
    idleUntil: idleUntil < endsAt ? idleUntil : endsAt,
  };
}

export async function signOut(gateway: PeopleGateway, secret: string): Promise<void> {
  const hash = sha256(secret);
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const found = await findSessionRow(tx, hash, 'browser');
    if (found === undefined) return;
    await endSessions(tx, { hash });
    await appendEvents(tx, [{ kind: 'signed_out', ref: found.person.id, at }]);
  });
}
