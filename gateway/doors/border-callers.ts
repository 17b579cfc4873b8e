/**
 * Identifies callers of the border door by a token of this gateway, an access token of an authorization server, or a client certificate.
 * The scopes of a caller say what it may ask; nothing else in a request grants anything.
 */

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { sha256 } from '../model/canonical-json.ts';
import { reservedNames, scopes as allScopes, tokenId, type Scope } from '../model/client.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { noteUse, openClientIndex, type Credential } from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { faultFields, type Log } from '../wire/log.ts';
import { openAccessTokens, type AccessTokenTerms } from '../wire/signature/access-token.ts';
import { fingerprint } from '../wire/signature/certificates.ts';

export interface Caller {
  /** The name in proofs and in the log. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/**
 * Identifies the caller. `ongoing` checks an admitted request again because its reply takes long; the rate limit does not count it twice.
 * Throws CallerRefused, E_RATE_EXCEEDED, E_REQUEST_MALFORMED (two Authorization fields), E_KEYS_UNREACHABLE, and the errors of the store.
 */
export type CallerOf = (request: IncomingMessage, ongoing?: 'ongoing') => Promise<Caller>;

/** A refusal with the value of WWW-Authenticate (RFC 6750, 3). */
export class CallerRefused extends GatewayError {
  readonly challenge: string;

  constructor(code: 'E_CALLER_UNKNOWN' | 'E_SCOPE_MISSING', detail: string, error?: string, cause?: unknown) {
    super(code, detail, { cause });
    this.name = 'CallerRefused';
    this.challenge = `Bearer realm="border"${error === undefined ? '' : `, error=${error}`}`;
  }
}

/** Settings about callers. */
export interface CallerTerms {
  /** Also answers callers without credentials, all under one name. */
  readonly unauthenticated?: boolean;
  /** Requests a second for clients without a rate of their own; absent: no limit. */
  readonly rate?: number;
  readonly oauth2?: AccessTokenTerms & {
    /** Maps each scope of the authorization server to scopes of this gateway. Others grant nothing. */
    readonly scopes: Readonly<Record<string, readonly Scope[]>>;
  };
}

interface Identifying {
  readonly db: Database;
  readonly log: Log;
  now(): Date;
  /** Milliseconds of a monotonic clock. */
  clock(): number;
}

interface Identified extends Caller {
  readonly rate?: number | undefined;
}

export const everybody: Caller = { name: reservedNames[0], scopes: allScopes };

export function openCallers(terms: CallerTerms, { db, log, now, clock }: Identifying): CallerOf {
  if (terms.unauthenticated === true) log.warn('the border door answers everybody');
  const own = openOwn({ db, log, now, clock });
  const others = openOthers(terms, { now, clock });
  const isInTime = openRates(clock);
  return async (request, ongoing) => {
    const token = tokenOf(request);
    const print = token === undefined ? certificateOf(request) : undefined;
    const caller = await identify();
    const { rate = terms.rate } = caller;
    if (ongoing === undefined && rate !== undefined && !isInTime(caller.name, rate))
      throw new GatewayError('E_RATE_EXCEEDED', `the client may send ${rate} requests a second`);
    return caller;

    async function identify(): Promise<Identified> {
      if (token !== undefined) return tokenId(token) === undefined ? await others(token) : await own(token, 'token');
      if (print !== undefined) return await own(print, 'certificate');
      if (terms.unauthenticated === true) return everybody;
      throw new CallerRefused('E_CALLER_UNKNOWN', 'the request has no token, and no client certificate');
    }
  };
}

/** Identifies clients of this gateway by a token or the fingerprint of a certificate. */
function openOwn({
  db,
  log,
  now,
  clock,
}: Identifying): (shown: string, kind: Credential['kind']) => Promise<Identified> {
  const index = openClientIndex(db, clock);
  const use = openUses({ db, log, now });
  return async (shown, kind) => {
    const { clients, credentials } = await index.current();
    const credential = credentials.get(tokenId(shown) ?? shown);
    const isShown = credential?.kind === kind && (kind === 'certificate' || isDigestOf(credential.digest, shown));
    if (credential === undefined || !isShown) throw refused(`no client has this ${kind}`);
    const client = clients.get(credential.client);
    if (client?.state !== 'active') throw refused('the client is revoked');
    if (credential.untilAt !== undefined && credential.untilAt <= momentOf(now()))
      throw refused('another one has replaced this token or certificate');
    use(credential);
    return client;
  };
}

/** Identifies clients of an authorization server by their access tokens. */
function openOthers(
  { oauth2 }: CallerTerms,
  clocks: Pick<Identifying, 'now' | 'clock'>,
): (token: string) => Promise<Identified> {
  if (oauth2 === undefined) return () => Promise.reject(refused('no client has this token'));
  const verified = openAccessTokens(oauth2, clocks);
  return async (text) => {
    const { client, scopes } = await verified(text).catch((error: unknown) => {
      throw isGatewayError(error) && error.code === 'E_CALLER_UNKNOWN' ? refused(error.detail, error) : error;
    });
    const allowed = scopes.flatMap((scope) =>
      Object.hasOwn(oauth2.scopes, scope) ? (oauth2.scopes[scope] ?? []) : [],
    );
    // Clients of this gateway have no colon in their names, so the two kinds cannot be confused.
    return { name: `oauth2:${client}`, scopes: allowed };
  };
}

/** Throws CallerRefused. */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new CallerRefused(
      'E_SCOPE_MISSING',
      `this needs the scope ${scope}`,
      `"insufficient_scope", scope="${scope}"`,
    );
}

function refused(detail: string, cause?: unknown): CallerRefused {
  return new CallerRefused('E_CALLER_UNKNOWN', detail, '"invalid_token"', cause);
}

/** The bearer token. Ignores other schemes, which belong to a proxy. Throws E_REQUEST_MALFORMED. */
function tokenOf({ headersDistinct }: IncomingMessage): string | undefined {
  const [written, ...more] = headersDistinct['authorization'] ?? [];
  if (more.length > 0) throw new GatewayError('E_REQUEST_MALFORMED', 'the header field authorization stands twice');
  return /^bearer +(.+)$/iu.exec(written ?? '')?.[1]?.trimEnd();
}

const prints = new WeakMap<TLSSocket, string>();

/** SHA-256 fingerprint of a client certificate that chains to an authority of the settings; computed once per connection. */
function certificateOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const before = prints.get(socket);
  const certificate = before === undefined ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return before;
  const print = fingerprint(certificate);
  prints.set(socket, print);
  return print;
}

function isDigestOf(digest: string, text: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(text), 'hex'), Buffer.from(digest, 'hex'));
}

/** The last use of a token is stored at most this often; the log of answers has every request. */
const betweenUsesMs = 10 * 60_000;

function openUses({ db, log, now }: Omit<Identifying, 'clock'>): (credential: Credential) => void {
  const written = new Map<string, number>();
  return ({ id, usedAt }) => {
    const at = now().getTime();
    const last = written.get(id) ?? (usedAt === undefined ? -Infinity : Date.parse(usedAt));
    if (at - last < betweenUsesMs) return;
    written.set(id, at);
    // Not awaited: the answer must not wait for it.
    db.transaction((tx) => noteUse(tx, id, momentOf(new Date(at)))).catch((error: unknown) =>
      log.warn('the last use of a token was not noted', faultFields(error)),
    );
  };
}

/** Rate limit by the generic cell rate algorithm (ITU-T I.371): the requests of one second may arrive at once. */
function openRates(clock: () => number): (name: string, rate: number) => boolean {
  const dueAt = new Map<string, number>();
  return (name, rate) => {
    const now = clock();
    const due = Math.max(dueAt.get(name) ?? 0, now);
    const next = due + 1000 / rate;
    // Tolerates rounding errors of sums such as thirds and sevenths.
    if (next > now + 1000.001) return false;
    dueAt.set(name, next);
    return true;
  };
}
