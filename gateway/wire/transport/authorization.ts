/** How we identify ourselves to the server of a partner beside our client certificate: by the Authorization header of each request, or a header of its own. */

import type { Authorization, HttpAnswer, HttpFailure, HttpsClient } from './https-client.ts';

/** A user with a password (RFC 7617), or a token (RFC 6750), that does not change. */
export function fixedAuthorization(terms: { readonly user: string; readonly secret: string } | string): Authorization {
  const value = typeof terms === 'string' ? `Bearer ${terms}` : basic(terms.user, terms.secret);
  return { header: () => Promise.resolve(value), isRenewable: () => false, close: () => Promise.resolve() };
}

/** A key that the partner gave us, in a header of its own. */
export function keyHeader(name: string, key: string): Authorization {
  return { ...fixedAuthorization(key), name: name.toLowerCase(), header: () => Promise.resolve(key) };
}

const basic = (user: string, secret: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

interface ClientCredentials {
  /** Connected to the authorization server, and the path of its token endpoint with query. */
  readonly client: HttpsClient;
  readonly target: string;
  readonly id: string;
  readonly secret: string;
  readonly scope?: string | undefined;
  /** Milliseconds of a clock that is never set back. */
  now(): number;
}

interface Token {
  readonly value: string;
  /** By `now`; absent: as long as the server takes it. */
  readonly endsAt?: number;
}

/** Tokens of an authorization server by our client credentials (RFC 6749, 4.4), each kept until it expires or is refused. */
export function tokenAuthorization(terms: ClientCredentials): Authorization {
  let kept: Token | undefined;
  let asked: Promise<Token | HttpFailure> | undefined;
  return {
    async header(milliseconds) {
      if (kept !== undefined && (kept.endsAt ?? Infinity) > terms.now()) return kept.value;
      asked ??= fetchToken(terms, milliseconds).finally(() => (asked = undefined));
      const token = await asked;
      if ('kind' in token) return token;
      kept = token;
      return token.value;
    },
    isRenewable(refused) {
      if (kept?.value === refused) kept = undefined;
      return true;
    },
    close: () => terms.client.close(),
  };
}

async function fetchToken(terms: ClientCredentials, milliseconds: number): Promise<Token | HttpFailure> {
  const { client, target, id, secret, scope, now } = terms;
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) });
  const headers = {
    // RFC 6749, 2.3.1: both are encoded before they become user and password. Many servers do not decode them, so what need not be
    // encoded stays as it is.
    authorization: basic(encodeURIComponent(id), encodeURIComponent(secret)),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const askedAt = now();
  const body = Buffer.from(form.toString());
  const answer = await client.ask({ method: 'POST', target, headers, body }, milliseconds);
  if ('kind' in answer) return { ...answer, kind: 'refused', evidence: `authorization server: ${answer.evidence}` };
  return tokenIn(answer, askedAt) ?? refusal(answer);
}

function tokenIn({ statusCode, bytes }: HttpAnswer, askedAt: number): Token | undefined {
  const { access_token: token, token_type: type, expires_in: seconds } = membersOf(bytes);
  const isToken = typeof token === 'string' && /^[\w.~+/-]+=*$/u.test(token);
  if (statusCode !== 200 || !isToken || typeof type !== 'string' || type.toLowerCase() !== 'bearer') return undefined;
  return {
    value: `Bearer ${token}`,
    // Some servers write the number as a text.
    ...(Number(seconds) > 0 && { endsAt: askedAt + Number(seconds) * 1000 }),
  };
}

/** RFC 6749, 5.2; no other text of the server becomes evidence. */
const tokenErrors = /^(invalid_(request|client|grant|scope)|unauthorized_client|unsupported_grant_type)$/u;

/** Staff must act, unless the server is only busy. */
function refusal({ statusCode, bytes }: HttpAnswer): HttpFailure {
  const { error } = membersOf(bytes);
  const reason =
    statusCode === 200
      ? ' without a bearer token'
      : typeof error === 'string' && tokenErrors.test(error)
        ? ` ${error}`
        : '';
  const evidence = `authorization server: HTTP ${statusCode}${reason}`;
  const passes = statusCode === 408 || statusCode === 429 || statusCode >= 500;
  return { kind: 'refused', evidence, ...(passes ? {} : { hold: 'refused' }) };
}

function membersOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {}; // an answer of another kind has no members
  }
}
