/** Access tokens of an authorization server (RFC 9068, or any signed JWT): who asks, and what it may ask. */

import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { GatewayError } from '../../model/errors.ts';
import { sha256 } from '../../model/canonical-json.ts';
import { httpsClient } from '../transport/https-client.ts';
import { strictBase64 } from './profile.ts';

export interface AccessTokenTerms {
  readonly issuer: string;
  readonly audience: string;
  /** Of RFC 7518; no others are accepted, whatever a token states. */
  readonly algorithms: readonly string[];
  /** The claim that names the client. */
  readonly client: string;
  /** Where the keys of the issuer are: a JWK set (RFC 7517). */
  readonly keys: { readonly file: string } | { readonly url: string; readonly ca: readonly string[] };
}

export interface AccessToken {
  readonly client: string;
  /** As the token states them. */
  readonly scopes: readonly string[];
}

/** Keys are read again after so long; and where a token names another key, not sooner than after `otherKeyMs`. */
const keysMs = 10 * 60_000;
const otherKeyMs = 30_000;
/** A token that was verified is accepted so long without another verification, if it has not expired. */
const verifiedMs = 60_000;
const mostVerified = 1_000;
const largestKeySet = 256 * 1024;

/**
 * Makes the function that verifies. `clock`: milliseconds of a clock that is never set. It throws E_CALLER_UNKNOWN for a token that does
 * not count, and E_KEYS_UNREACHABLE where no keys could be read.
 */
export function openAccessTokens(
  terms: AccessTokenTerms,
  { now, clock }: { now(): Date; clock(): number },
): (token: string) => Promise<AccessToken> {
  const keys = openKeys(terms, clock);
  const verified = new Map<string, { readonly token: AccessToken; readonly until: number; readonly expires: number }>();
  return async (text) => {
    const digest = sha256(text);
    const before = verified.get(digest);
    if (before !== undefined && clock() < before.until && now().getTime() < before.expires) return before.token;
    verified.delete(digest);
    const claims = await verify(text, keys, terms, now());
    const token = tokenOf(claims, terms.client);
    verified.set(digest, { token, until: clock() + verifiedMs, expires: Number(claims['exp']) * 1000 });
    const [oldest] = verified.keys();
    if (verified.size > mostVerified && oldest !== undefined) verified.delete(oldest);
    return token;
  };
}

function tokenOf(claims: JWTPayload, claim: string): AccessToken {
  const client = claims[claim];
  if (typeof client !== 'string' || !/^[\w.:@/~+-]{1,150}$/u.test(client))
    throw new GatewayError('E_CALLER_UNKNOWN', 'the access token does not name its client', { at: claim });
  const written = claims['scope'] ?? claims['scp'] ?? '';
  const all: readonly unknown[] = Array.isArray(written) ? written : [written];
  return { client, scopes: all.flatMap((each) => (typeof each === 'string' ? each.split(' ') : [])) };
}

/** An access token, and no token of another kind that the issuer signs (RFC 9068, 4; RFC 8725, 3.11). */
const types = ['at+jwt', 'application/at+jwt', 'jwt', undefined];

/** Every part of the text must be strict base64url: jose also accepts padding and white space. */
async function verify(text: string, keys: Keys, terms: AccessTokenTerms, now: Date): Promise<JWTPayload> {
  const { issuer, audience, algorithms } = terms;
  const options = { issuer, audience, algorithms: [...algorithms], currentDate: now, clockTolerance: 5 };
  const parts = text.split('.');
  if (parts.length !== 3 || parts.some((part) => strictBase64(part, 'base64url') === undefined))
    throw refused('the token is none of this gateway, and no signed JWT');
  const attempt = async (set: JSONWebKeySet): Promise<JWTPayload> => {
    const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet(set), {
      ...options,
      requiredClaims: ['exp'],
    });
    if (types.includes(protectedHeader.typ?.toLowerCase())) return payload;
    throw refused('the token is of another type than access tokens');
  };
  try {
    const held = await keys(false);
    return await attempt(held).catch(async (error: unknown) => {
      const others = error instanceof errors.JWKSNoMatchingKey ? await keys(true) : held;
      if (others === held) throw error;
      return await attempt(others);
    });
  } catch (error) {
    if (error instanceof errors.JOSEError)
      throw refused(reasons[error.code] ?? 'the access token cannot be verified', error);
    throw error;
  }
}

/** Of jose, by its codes. */
const reasons: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'the access token has expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'issuer, audience or times of the access token are not those agreed',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the access token uses an algorithm that was not agreed',
  ERR_JWKS_NO_MATCHING_KEY: 'the access token is signed with a key that is not one of the issuer',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of the access token is not valid',
};

function refused(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('E_CALLER_UNKNOWN', detail, { cause });
}

/** The keys of the issuer; `other`: a token names one that is not among those held. */
type Keys = (other: boolean) => Promise<JSONWebKeySet>;

function openKeys({ keys }: AccessTokenTerms, clock: () => number): Keys {
  let held: { readonly set: JSONWebKeySet; readonly readAt: number } | undefined;
  let reading: Promise<JSONWebKeySet> | undefined;
  const read = (): Promise<JSONWebKeySet> =>
    (reading ??= readKeys(keys)
      .then((set) => {
        held = { set, readAt: clock() };
        return set;
      })
      .finally(() => (reading = undefined)));
  return async (other) => {
    if (held === undefined) return await read();
    const { set, readAt } = held;
    if (clock() - readAt < (other ? otherKeyMs : keysMs)) return set;
    // Those that are held count until the issuer can be reached again.
    return await read().catch(() => set);
  };
}

async function readKeys(from: AccessTokenTerms['keys']): Promise<JSONWebKeySet> {
  const text = 'file' in from ? await readFile(from.file, 'utf8').catch(() => undefined) : await fetchKeys(from);
  try {
    const set: unknown = JSON.parse(text ?? 'null');
    if (isKeySet(set)) return set;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new GatewayError('E_KEYS_UNREACHABLE', 'the keys of the authorization server cannot be read', {
    at: 'border.oauth2.keys',
    fix: 'Check the address or file, and the authority of the server.',
  });
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
}

async function fetchKeys({ url, ca }: { readonly url: string; readonly ca: readonly string[] }) {
  const { origin, pathname, search } = new URL(url);
  const client = httpsClient({ url: origin, tls: { ca }, connectMs: 5_000, maxBytes: largestKeySet });
  try {
    const answer = await client.ask({ method: 'GET', target: pathname + search }, 10_000);
    return 'statusCode' in answer && answer.statusCode === 200 ? Buffer.from(answer.bytes).toString() : undefined;
  } finally {
    await client.close();
  }
}
