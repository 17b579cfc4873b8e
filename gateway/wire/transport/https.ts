/** Transport over HTTPS with client certificates: a request for each message, polls, and the meaning of the answers. */

import type { ServerOptions } from 'node:https';
import type { Authorization, HttpAnswer, HttpsClient, RequestForm } from './https-client.ts';
import { evidenceOf, filledRequest, httpsClient, mediaType, type HeaderValue } from './https-client.ts';
import { mailboxPoll, pollNext, type MailboxForm } from './https-pull.ts';
import { deadlineMs, holeValues, isLikeReceipt, receiptContentType } from './transport.ts';
import type { PollOutcome, SendOutcome, TlsIdentity, Transport } from './transport.ts';
import { parseStrictJson } from '../files/json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Position } from '../../model/list/list.ts';
import { present } from '../../model/present.ts';

export interface HttpsOptions {
  /** The partner's exchange door, `https://host:port`; messages go to `/exchange/{from}` below it. */
  readonly url: string;
  readonly tls: TlsIdentity;
  /** Home administration, ISO 3166-1 alpha-2: the last segment of the address. */
  readonly from: string;
  readonly authorization?: Authorization | undefined;
  /** Takes the signature out of a message, where it travels in a header field. */
  readonly detach?: (message: Uint8Array) => DetachedMessage;
  /** Puts it back into one that is fetched. */
  readonly join?: (body: Uint8Array, headers: Readonly<Record<string, unknown>>) => Uint8Array;
  readonly timeouts?: { readonly connectMs?: number; readonly totalMs?: number };
  /** How the partner takes messages and answers them, where it does not answer with receipts. */
  readonly exchange?: HttpExchange;
  /** Polls the partner every `seconds`; a message may have up to `maxBytes`. */
  readonly pull?: {
    readonly seconds: number;
    readonly maxBytes: number;
    /** Our messages wait until the partner polls for them. */
    readonly waits: boolean;
    /** Where messages, and later acknowledgements, wait by their names. Without one the partner runs this program. */
    readonly mailboxes?: readonly (MailboxForm & { readonly takes: 'message' | 'acknowledgement' })[];
  };
}

interface DetachedMessage {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** The requests, with the holes of `holeValues`, and statuses by their meaning. */
interface HttpExchange {
  readonly to: string;
  readonly request?: RequestForm | undefined;
  /** Of our answers to the partner's messages, where they are no responses; also with the holes {ack.id} and {ack.subject}. */
  readonly answer?: RequestForm | undefined;
  /** The statuses whose body is the answer, after which the message is sent again, and after which staff must act. */
  readonly read?: readonly number[] | undefined;
  readonly later?: readonly number[] | undefined;
  readonly hold?: readonly number[] | undefined;
}

/** A receipt has some kilobytes; a larger body is not read to its end. */
const maxAnswerBytes = 1024 * 1024;
const maxRetryAfterSeconds = 24 * 3600;

/** Throws E_CONFIG_INVALID when the address is not https or holds credentials. */
export function httpsTransport(options: HttpsOptions): Transport {
  const { from, timeouts: { connectMs = 5_000, totalMs = 30_000 } = {}, exchange, pull } = options;
  const door = `/exchange/${encodeURIComponent(from)}`;
  const client = httpsClient({ ...options, connectMs, maxBytes: Math.max(maxAnswerBytes, pull?.maxBytes ?? 0) });
  return {
    ...(pull && { pull: polling(client, options, totalMs) }),
    ...(pull?.waits === true && { waits: true }),
    async send(message) {
      const { id, kind, contentType, bytes: body } = message;
      const form = (kind === 'receipt' ? exchange?.answer : undefined) ?? exchange?.request ?? { path: door };
      const sent =
        exchange === undefined
          ? { method: 'POST', target: door, headers: { 'mra-message-id': id, 'mra-message-kind': kind } }
          : filledRequest(form, holeValues(message, { from, to: exchange.to }));
      const parts = kind === 'receipt' ? undefined : options.detach?.(body);
      const headers = { 'content-type': contentType, ...sent.headers, ...parts?.headers };
      const answer = await client.ask(
        { ...sent, headers, body: parts?.body ?? body },
        deadlineMs(totalMs, body.length),
      );
      if ('kind' in answer) return answer;
      if (exchange === undefined) return outcomeOf(answer);
      return agreedOutcome(kind === 'receipt' ? {} : exchange, answer);
    },
    ...(exchange === undefined && {
      held: () => askHeld(client, `${door}/position`),
      numbers: (month: string) => askJson(client, `${door}/numbers/${month}`),
    }),
    clockAhead: () => client.clockAhead(),
    close: () => client.close(),
  };
}

/** The next message of the first mailbox that has one. */
function polling(
  client: HttpsClient,
  { from: home, exchange, pull, join }: HttpsOptions,
  totalMs: number,
): NonNullable<Transport['pull']> {
  const { seconds, maxBytes, mailboxes = [] } = pull ?? { seconds: 60, maxBytes: maxAnswerBytes };
  const terms = { shortMs: totalMs, longMs: deadlineMs(totalMs, maxBytes), join };
  const sides = { 'message.from': exchange?.to ?? '', 'message.to': home };
  const agreed = mailboxes.map(({ takes, ...form }) => ({ takes, poll: mailboxPoll(client, form, sides, terms) }));
  const own = {
    takes: 'message',
    poll: () => pollNext(client, `/exchange/${encodeURIComponent(home)}/next`, terms),
  } as const;
  return {
    seconds,
    async next() {
      let failure: PollOutcome | undefined;
      for (const { takes, poll } of agreed.length === 0 ? [own] : agreed) {
        const outcome = await poll();
        if (outcome.kind === 'message') return { ...outcome, takes };
        if (outcome.kind === 'failed') failure ??= outcome;
      }
      return failure ?? { kind: 'none' };
    },
  };
}

/** A partner that does not answer soon is asked at the next start. */
const askHeldMs = 3_000;

async function askHeld(client: HttpsClient, target: string): ReturnType<NonNullable<Transport['held']>> {
  return readHeld(await askJson(client, target));
}

/** Undefined where there is no answer, and where it is not strict JSON, such as the page of a proxy. */
async function askJson(client: HttpsClient, target: string): Promise<unknown> {
  const answer = await client.ask({ method: 'GET', target }, askHeldMs);
  if (!('statusCode' in answer) || answer.statusCode !== 200) return undefined;
  try {
    return parseStrictJson(answer.bytes);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function readHeld(value: unknown): Pick<Position, 'epoch' | 'sequence'> | undefined {
  const { epoch, sequence } = (value ?? {}) as Readonly<Record<'epoch' | 'sequence', unknown>>;
  const { no, id } = (epoch ?? {}) as Readonly<Record<'no' | 'id', unknown>>;
  const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  return isNumber(no) && isNumber(sequence) && typeof id === 'string' ? { epoch: { no, id }, sequence } : undefined;
}

/** Only a receipt states a verdict; a status, which may be that of a proxy, means only that the bytes were accepted. */
function outcomeOf(answer: HttpAnswer): SendOutcome {
  const { statusCode, headers, bytes } = answer;
  const evidence = evidenceOf(answer);
  // Proxies change labels.
  if (mediaType(headers['content-type']) === receiptContentType || isLikeReceipt(bytes))
    return { kind: 'receipt', bytes, evidence };
  switch (statusCode) {
    case 202:
      return { kind: 'custody', evidence };
    case 401: // a password that is sent again and again is locked
      return { kind: 'refused', evidence, hold: 'refused' };
    case 403:
      return { kind: 'refused', evidence, unreachable: true };
    case 429:
    case 503: {
      const seconds = retryAfter(headers['retry-after'], headers['date']);
      return present({ kind: 'refused' as const, evidence, retryAfterSeconds: seconds });
    }
    default:
      return { kind: 'refused', evidence };
  }
}

/**
 * By the agreed statuses. What they do not name: without `read` the body of a 2xx is the answer; 403 means that our certificate is not
 * registered yet; 408, 429 and 5xx, which may come from a proxy, are tried again, and staff see the rest.
 */
function agreedOutcome(
  { read, later, hold }: Omit<HttpExchange, 'to'>,
  { statusCode, headers, bytes }: HttpAnswer,
): SendOutcome {
  const evidence = `HTTP ${statusCode}`;
  if (read?.includes(statusCode) ?? (statusCode >= 200 && statusCode < 300))
    return { kind: 'answered', bytes, evidence, head: { status: statusCode, headers } };
  if (hold?.includes(statusCode) === true) return { kind: 'refused', evidence, hold: 'refused' };
  const passes = [408, 429, ...(later ?? [])].includes(statusCode) || statusCode >= 500;
  if (!passes && statusCode === 403) return { kind: 'refused', evidence, unreachable: true };
  if (!passes) return { kind: 'refused', evidence, hold: 'refused' };
  const seconds = retryAfter(headers['retry-after'], headers['date']);
  return present({ kind: 'refused' as const, evidence, retryAfterSeconds: seconds });
}

/** Seconds of a Retry-After (RFC 9110, 10.2.3). A date is relative to the Date of the answer, so that clocks need not agree. */
function retryAfter(value: HeaderValue, date: HeaderValue): number | undefined {
  if (typeof value !== 'string') return undefined;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - Date.parse(String(date))) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : undefined;
}

/**
 * Server options of an exchange door: only the partners' trust anchors are accepted, and times and header sizes are limited.
 * No revocation list is read: the door identifies a partner by the fingerprint of its certificate, so that removing the
 * certificate from the configuration revokes it.
 */
export function exchangeServerOptions(identity: TlsIdentity): ServerOptions {
  return {
    ...identity,
    ca: [...identity.ca],
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: 10_000,
    ...exchangeLimits,
  };
}

/** Also behind a proxy that ends TLS. */
export const exchangeLimits = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
} as const;
