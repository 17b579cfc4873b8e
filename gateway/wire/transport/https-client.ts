/** Requests to the server of a partner over HTTPS, and the answers: bytes, statuses and failures, without their meaning for a message. */

import { createRequire } from 'node:module';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import { filledText, type SendOutcome, type TlsIdentity } from './transport.ts';

/** A request as an adapter states it. Texts have holes `{name}`. */
export interface RequestForm {
  readonly method?: string;
  /** Below the address of the partner. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface HttpRequest {
  readonly method: string;
  /** Path with query, below the address of the partner. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly bytes: Uint8Array;
}

/** What kept an answer from coming. */
export type HttpFailure = SendOutcome & { readonly kind: 'refused' | 'unknown' };

export interface HttpsClient {
  /** Redirects are not followed: messages are sent to the agreed address only. */
  ask(request: HttpRequest, milliseconds: number): Promise<HttpAnswer | HttpFailure>;
  /** By how many milliseconds the clock of the server was ahead of ours when it answered last; undefined before an answer with a Date. */
  clockAhead(): number | undefined;
  close(): Promise<void>;
}

/** How the server knows us beside our client certificate. */
export interface Authorization {
  /** Lower case; absent: authorization. */
  readonly name?: string;
  /** The value of the header, or why there is none. */
  header(milliseconds: number): Promise<string | HttpFailure>;
  /** The server refused this value: whether another one may be accepted. */
  isRenewable(refused: string): boolean;
  close(): Promise<void>;
}

interface HttpsClientOptions {
  /** `https://host:port` */
  readonly url: string;
  /** Without a certificate of ours where only the server proves itself. */
  readonly tls: Pick<TlsIdentity, 'ca'> & Partial<TlsIdentity>;
  readonly connectMs: number;
  /** A longer answer is not read to its end. */
  readonly maxBytes: number;
  readonly authorization?: Authorization | undefined;
  /** Milliseconds of our clock. */
  readonly clock?: () => number;
}

/** Loaded for the first client: commands that send nothing do without it. */
const load = createRequire(import.meta.url);

/** Throws E_CONFIG_INVALID when the address is not https or holds credentials. */
export function httpsClient(options: HttpsClientOptions): HttpsClient {
  const { url, tls, connectMs, maxBytes, authorization, clock = () => Date.now() } = options;
  let ahead: number | undefined;
  const base = partnerAddress(url);
  const { Agent, request } = load('undici') as typeof import('undici');
  const agent = new Agent({
    connect: { ...tls, ca: [...tls.ca], minVersion: 'TLSv1.2', rejectUnauthorized: true, timeout: connectMs },
    connections: 4,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: maxBytes,
    // Each request has a deadline; timeouts of the agent would cut long uploads.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const askOnce: HttpsClient['ask'] = async ({ method, target, headers: own, body = null }, milliseconds) => {
    // Without it a proxy may compress a receipt (RFC 9110, 12.5.3), which then is none.
    const headers = { 'accept-encoding': 'identity', ...own };
    try {
      const signal = AbortSignal.timeout(milliseconds);
      const answer = await request(base + target, { dispatcher: agent, signal, method, headers, body });
      ahead = millisecondsAhead(answer.headers['date'], clock()) ?? ahead;
      return { statusCode: answer.statusCode, headers: answer.headers, bytes: await answer.body.bytes() };
    } catch (error) {
      return failureOf(error, milliseconds);
    }
  };
  return {
    ask: authorization === undefined ? askOnce : authorized(askOnce, authorization),
    clockAhead: () => ahead,
    async close() {
      await authorization?.close();
      await agent.destroy();
    },
  };
}

/** A Date (RFC 9110, 6.6.1) has whole seconds, so that it is half a second behind on average. */
function millisecondsAhead(date: HeaderValue, now: number): number | undefined {
  const stated = typeof date === 'string' ? Date.parse(date) : NaN;
  return Number.isNaN(stated) ? undefined : stated + 500 - now;
}

/** A token may be withdrawn before it expires: after a 401 a new one is tried, once. */
function authorized(ask: HttpsClient['ask'], authorization: Authorization): HttpsClient['ask'] {
  const { name = 'authorization', header, isRenewable } = authorization;
  return async (request, milliseconds) => {
    const once = async (value: string): Promise<HttpAnswer | HttpFailure> =>
      await ask({ ...request, headers: { ...request.headers, [name]: value } }, milliseconds);
    const first = await header(milliseconds);
    if (typeof first !== 'string') return first;
    const answer = await once(first);
    if (!('statusCode' in answer) || answer.statusCode !== 401 || !isRenewable(first)) return answer;
    const second = await header(milliseconds);
    return typeof second === 'string' ? await once(second) : second;
  };
}

function partnerAddress(url: string): string {
  const base = URL.parse(url);
  const isDoor = base?.protocol === 'https:' && base.username === '' && base.password === '' && base.search === '';
  if (base !== null && isDoor) return base.origin + base.pathname.replace(/\/+$/, '');
  const fix = 'Write https://host:port, without credentials.';
  throw new GatewayError('E_CONFIG_INVALID', 'the address of a partner is not an https address', { fix });
}

/**
 * The request with the holes of its form filled; in path and query the values are percent-encoded (RFC 3986). A header or a member of the
 * query with a hole that has no value is left out.
 */
export function filledRequest(
  { method = 'POST', path, query = {}, headers = {} }: RequestForm,
  values: Readonly<Record<string, string | undefined>>,
): HttpRequest & { readonly headers: Readonly<Record<string, string>> } {
  const encoded = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : encodeURIComponent(value)]),
  );
  const members = filledMembers(query, values).map((member) => member.map(encodeURIComponent).join('='));
  const target = (filledText(path, encoded) ?? path) + (members.length === 0 ? '' : `?${members.join('&')}`);
  const lowerCase = filledMembers(headers, values).map(([name, value]) => [name.toLowerCase(), value]);
  return { method, target, headers: Object.fromEntries(lowerCase) as Record<string, string> };
}

function filledMembers(
  texts: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string | undefined>>,
): [name: string, value: string][] {
  return Object.entries(texts).flatMap(([name, text]): [string, string][] => {
    const value = filledText(text, values);
    return value === undefined ? [] : [[name, value]];
  });
}

/** What staff read of an answer. */
export function evidenceOf({ statusCode, headers, bytes }: HttpAnswer): string {
  const isProblem = mediaType(headers['content-type']) === 'application/problem+json';
  return `HTTP ${statusCode}${isProblem ? problemCode(bytes) : ''}`;
}

export type HeaderValue = string | string[] | undefined;

export function mediaType(value: HeaderValue): string | undefined {
  return typeof value === 'string' ? value.split(';')[0]?.trim().toLowerCase() : undefined;
}

/** The error code of a problem (RFC 9457), if it has the form of ours; no other text of the partner becomes evidence. */
function problemCode(bytes: Uint8Array): string {
  const found = /"code"\s*:\s*"(E_[A-Z_]{1,40})"/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 8192)));
  return found?.[1] === undefined ? '' : ` ${found[1]}`;
}

/** Error codes that prove that no byte of the message was sent. */
const neverConnected =
  /^(UND_ERR_CONNECT_TIMEOUT|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/;

/** Error codes of OpenSSL and Node for a certificate that either side rejects. */
const certificateRejected =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(CA|PURPOSE)|ERR_TLS_CERT|ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|CERT_))/;

function failureOf(error: unknown, milliseconds: number): HttpFailure {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { kind: 'unknown', evidence: `no answer within ${milliseconds} ms` };
  }
  const code = codeOf(error);
  if (code === undefined) throw error;
  if (certificateRejected.test(code) || neverConnected.test(code))
    return { kind: 'refused', evidence: code, unreachable: true };
  return { kind: 'unknown', evidence: code, unreachable: true };
}

/** The code of a network failure; of the first address where several were tried (RFC 8305). */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
