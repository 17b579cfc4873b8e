/** To a partner over HTTPS with client certificates: one POST for each message, one GET for each that is fetched, and what the answers mean. */

import { createHash } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import type { SealedMessage } from '../../model/message.ts';
import { deadlineMs, receiptContentType } from './transport.ts';
import type { Custody, Fetched, TlsIdentity, Transport } from './transport.ts';

export interface HttpsOptions {
  /** The partner's exchange door, `https://host:port`; messages go to `/exchange/{from}` below it. */
  readonly url: string;
  readonly tls: TlsIdentity;
  /** Our administration, as the partner's door calls us. */
  readonly from: string;
  readonly timeouts?: { readonly connectMs?: number; readonly totalMs?: number };
  /** Where messages are fetched: how often, and how large one may be. */
  readonly pull?: { readonly seconds: number; readonly maxBytes: number };
}

/** A receipt is some kilobytes. What is larger is not one, and is not read to its end. */
const maxAnswerBytes = 1024 * 1024;
/** A partner may ask for patience, but not for more than a day of it. */
const maxRetryAfterSeconds = 24 * 3600;

/** Throws E_CONFIG_INVALID when the address is not https or holds credentials. */
export function httpsTransport({ url, tls, from, timeouts = {}, pull }: HttpsOptions): Transport {
  const { connectMs = 5_000, totalMs = 30_000 } = timeouts;
  const door = doorUrl(url, from);
  const agent = new Agent({
    connect: { ...tls, ca: [...tls.ca], minVersion: 'TLSv1.2', rejectUnauthorized: true, timeout: connectMs },
    connections: 4,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: Math.max(maxAnswerBytes, pull?.maxBytes ?? 0),
    // The deadline of each message is the only clock; a clock of the agent's own would cut long uploads.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const fetching = pull && {
    seconds: pull.seconds,
    next: () => fetchNext(agent, new URL(`${door.href}/next`), deadlineMs(totalMs, pull.maxBytes)),
  };
  return {
    ...(fetching === undefined ? {} : { pull: fetching }),
    async send(message) {
      const milliseconds = deadlineMs(totalMs, message.bytes.length);
      try {
        const answer = await post(agent, door, message, AbortSignal.timeout(milliseconds));
        return await custodyOf(answer);
      } catch (error) {
        return troubleOf(error, milliseconds);
      }
    },
    close: () => agent.destroy(),
  };
}

function doorUrl(url: string, from: string): URL {
  const base = URL.parse(url);
  const isDoor = base?.protocol === 'https:' && base.username === '' && base.password === '' && base.search === '';
  if (base === null || !isDoor) {
    throw new GatewayError('E_CONFIG_INVALID', 'the address of a partner is not an https address', {
      fix: 'Write https://host:port, without credentials.',
    });
  }
  return new URL(`${base.pathname.replace(/\/+$/, '')}/exchange/${encodeURIComponent(from)}`, base);
}

/** Redirects are not followed: a message goes to the address that was agreed, or nowhere. */
function post(agent: Agent, door: URL, message: SealedMessage, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  return request(door, {
    dispatcher: agent,
    signal,
    method: 'POST',
    headers: {
      'content-type': message.contentType,
      'mra-message-id': message.id,
      'mra-message-kind': message.kind,
    },
    body: message.bytes,
  });
}

/** What the partner has for us. Bytes that are not those it digested are trouble on the way. */
async function fetchNext(agent: Agent, next: URL, milliseconds: number): Promise<Fetched> {
  try {
    const signal = AbortSignal.timeout(milliseconds);
    const answer = await request(next, { dispatcher: agent, signal, method: 'GET' });
    const bytes = await answer.body.bytes();
    const { 'mra-message-id': id, 'content-digest': stated } = answer.headers;
    switch (answer.statusCode) {
      case 204:
        return { kind: 'none' };
      case 200:
        if (stated !== contentDigest(createHash('sha256').update(bytes).digest())) break;
        return { kind: 'message', bytes, ...(typeof id === 'string' && messageId.test(id) ? { id } : {}) };
      default:
        return { kind: 'trouble', evidence: evidenceOf(answer, bytes) };
    }
    return { kind: 'trouble', evidence: 'HTTP 200, and the digest is not that of the bytes' };
  } catch (error) {
    return { kind: 'trouble', evidence: troubleOf(error, milliseconds).evidence };
  }
}

/** SHA-256 as a header field (RFC 9530). */
export function contentDigest(sha256: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** What a door takes for an id that the other side states. */
export const messageId = /^[\w.:-]{1,128}$/;

/**
 * Only a receipt speaks about the message; its signature is verified later. A bare status, whoever wrote it, says no
 * more than whether the bytes were taken.
 */
async function custodyOf(answer: Dispatcher.ResponseData): Promise<Custody> {
  const { statusCode, headers, body } = answer;
  const bytes = await body.bytes();
  const type = mediaType(headers['content-type']);
  const evidence = evidenceOf(answer, bytes);
  if (type === receiptContentType) return { kind: 'receipt', bytes, evidence };
  switch (statusCode) {
    case 202:
      return { kind: 'custody', evidence };
    case 401:
    case 403:
      return { kind: 'refused', evidence, hold: 'refused' };
    case 429:
    case 503: {
      const seconds = retryAfter(headers['retry-after'], headers['date']);
      return { kind: 'refused', evidence, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
    }
    default:
      return { kind: 'refused', evidence };
  }
}

function evidenceOf({ statusCode, headers }: Dispatcher.ResponseData, bytes: Uint8Array): string {
  const isProblem = mediaType(headers['content-type']) === 'application/problem+json';
  return `HTTP ${statusCode}${isProblem ? problemCode(bytes) : ''}`;
}

type HeaderValue = string | string[] | undefined;

function mediaType(value: HeaderValue): string | undefined {
  return typeof value === 'string' ? value.split(';')[0]?.trim().toLowerCase() : undefined;
}

/** The error code in a problem, when it is one of ours to look at; nothing else of a stranger's text becomes evidence. */
function problemCode(bytes: Uint8Array): string {
  const found = /"code"\s*:\s*"(E_[A-Z_]{1,40})"/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 8192)));
  return found?.[1] === undefined ? '' : ` ${found[1]}`;
}

/** Seconds of a Retry-After. A date in it is measured against the answer's own Date, so that our clock plays no part. */
function retryAfter(value: HeaderValue, date: HeaderValue): number | undefined {
  if (typeof value !== 'string') return undefined;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - Date.parse(String(date))) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : undefined;
}

/** Failures from which it is certain that no byte of the message left. */
const neverConnected = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/** How OpenSSL and Node name a certificate that one of the two sides does not accept. */
const certificateTrouble =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(CA|PURPOSE)|ERR_TLS_CERT|ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|CERT_))/;

function troubleOf(error: unknown, milliseconds: number): Custody {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { kind: 'unknown', evidence: `no answer within ${milliseconds} ms` };
  }
  const code = codeOf(error);
  if (code === undefined) throw error;
  if (certificateTrouble.test(code)) return { kind: 'refused', evidence: code, hold: 'certificate' };
  if (neverConnected.has(code)) return { kind: 'refused', evidence: code };
  return { kind: 'unknown', evidence: code };
}

/** The code of a network failure; several addresses tried in vain count as the first of them. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * How an exchange door listens. Only the partners' own anchors are believed, and times and headers are bounded before a
 * byte is parsed. A certificate that should no longer count is taken off the register of partners: the door knows each
 * one by its fingerprint, so a revocation list decides nothing here.
 */
export function exchangeServerOptions(identity: TlsIdentity): ServerOptions {
  return {
    cert: identity.cert,
    key: identity.key,
    ca: [...identity.ca],
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: 10_000,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 5_000,
    maxHeaderSize: 16 * 1024,
  };
}
