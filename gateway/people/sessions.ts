/** Sessions: the browser holds a secret, and the store its digest. The roles of a person are read for each request. */

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
/** The time of the last request is written at most once in so many seconds: reading a page must not wait for a write. */
export const noteSeconds = 60;

/**
 * Consecutive wrong attempts for one name by unknown browsers, from all networks together, before a pause, and the length of the pause.
 * Attempts from one network pause earlier (attempts.ts). This limit stops distributed attempts, and does not affect a person whose browser
 * is known.
 */
const mostFromEverywhere = 100;
const pauseSeconds = 15 * 60;
/** How long a browser that somebody signed in with stays known. */
const browserSeconds = 180 * 86_400;

/** The origin of a sign-in attempt. */
export interface From {
  readonly address: string;
  /** The secret that identifies a known browser. */
  readonly browser: string | undefined;
}

export interface SignedIn {
  /** The session secret. */
  readonly secret: string;
  readonly person: Person;
  /** The secret that identifies the browser from now on; absent if it was known already. */
  readonly browser?: string;
}

export interface Session {
  readonly person: Person;
  readonly by: 'browser' | 'token';
  /** The CSRF token of this session's forms. It reveals nothing about the secret. */
  readonly formToken: string;
  /** When the session ends without further requests. */
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

/** `before`: the secret of the session that the new one replaces. Throws E_SIGN_IN_REFUSED. */
export async function signIn(
  gateway: PasswordGateway,
  { before, ...attempt }: Attempt & { readonly before?: string | undefined },
): Promise<SignedIn> {
  return await withPassword(gateway, attempt, (tx, row, isKnown) =>
    startSession(tx, gateway, row, { before, isKnown }),
  );
}

/** Runs `begin` for a person who gives the right password. Throws E_SIGN_IN_REFUSED for every cause; the log has the cause. */
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
    // Nothing is written during the pause: attempts must not fill the log.
    if (row === undefined || (browser === undefined && isPaused(row, at))) return undefined;
    // The password may have been replaced during the comparison.
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
 * The digest of the secret if somebody signed in with this browser before. With `id`, only if that person did, so that nobody else with
 * access to the browser is treated as known.
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

/** Starts a session after any way of signing in; the previous session of this browser ends. */
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

/** A session for a person who has just set a password. */
export async function openSession(gateway: PeopleGateway, { id }: Person): Promise<SignedIn> {
  return await gateway.db.transaction(async (tx) => {
    const row = await findPerson(tx, { id });
    if (row?.state !== 'active') throw refused();
    return await startSession(tx, gateway, row, { isKnown: false });
  });
}

/**
 * Undefined if no session has this secret, or it has ended. `isLive`: the page refreshes itself, perhaps with nobody in front of it, so
 * this does not extend the session.
 */
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
