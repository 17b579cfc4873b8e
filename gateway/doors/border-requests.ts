/** Reads and checks the parts of a request to the border door, and writes the replies. */

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import { leavesBody } from './body-reader.ts';
import { CallerRefused } from './border-callers.ts';
import { problemOf, problemType, type ProblemItem } from './problems.ts';
import type { PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { present } from '../model/present.ts';
import { contentTypeOf } from '../wire/files/content-type.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import type { JsonVerdict } from '../wire/xsd/schema.ts';

export interface BorderReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often the reply contains each outcome. */
  readonly outcomes?: Readonly<Record<string, number>>;
}

/** A reply that is a file. */
export interface FileReply extends Pick<BorderReply, 'status' | 'outcomes'> {
  readonly bytes: Uint8Array;
  /** Includes the content type. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The caller's idempotency key; undefined without one. Throws E_REQUEST_INVALID unless it is 1 to 255 printable characters. */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/u.test(key)) return key;
  throw new GatewayError('E_REQUEST_INVALID', 'Idempotency-Key is 1 to 255 printable characters without spaces');
}

/** SHA-256 over target, media type and body, in lower-case hex: two requests are the same if their fingerprints are. */
export function fingerprintOf(target: string, mediaType: string, body: Uint8Array): string {
  return createHash('sha256').update(`${target}\n${mediaType}\n`).update(body).digest('hex');
}

/** Returns the caller's request id if it is safe to log, otherwise a new one: a random prefix per start, and a counter. */
export function openRequestIds(random: (bytes: number) => Uint8Array): (request: IncomingMessage) => string {
  const prefix = `req_${Buffer.from(random(6)).toString('base64url')}`;
  let count = 0;
  return ({ headers }) => {
    const sent = headers['x-request-id'];
    if (typeof sent === 'string' && /^[\w.-]{1,64}$/u.test(sent)) return sent;
    count += 1;
    return `${prefix}${count.toString(36).padStart(4, '0')}`;
  };
}

/** Writes a reply that may not be cached. */
export function sendReply(
  response: ServerResponse,
  requestId: string,
  reply: BorderReply | PostedReply | FileReply,
): void {
  const content = 'bytes' in reply ? reply.bytes : 'text' in reply ? reply.text : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    ...(reply.status === 304 ? {} : { 'content-length': Buffer.byteLength(content) }),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...reply.headers,
  });
  response.end(content);
}

/** Seconds to wait, by status. */
const retryAfter: Readonly<Record<number, object>> = { 429: { 'retry-after': '1' }, 503: { 'retry-after': '5' } };

/** The error as a problem reply. It contains texts of the gateway and pointers, but no value of the request. */
export function problemReply(thrown: unknown, requestId: string): BorderReply {
  const error = asRequestError(thrown);
  const problem = problemOf(error, requestId, faultsOf(error));
  const retry = retryAfter[problem.status];
  const challenge = error instanceof CallerRefused ? { 'www-authenticate': error.challenge } : {};
  const close = leavesBody(problem.status) ? { connection: 'close' } : {};
  return {
    status: problem.status,
    body: problem,
    headers: { 'content-type': problemType, ...retry, ...challenge, ...close },
  };
}

const unreadable: ReadonlySet<string> = new Set(['E_JSON_MALFORMED', 'E_BYTES_INVALID', 'E_XML_MALFORMED']);

/** At this door a body that cannot be parsed is a bad request (400), not an invalid message. */
function asRequestError(thrown: unknown): unknown {
  if (!isGatewayError(thrown) || !unreadable.has(thrown.code)) return thrown;
  const { detail, at } = thrown;
  return new GatewayError('E_REQUEST_MALFORMED', detail, { at, cause: thrown });
}

/** Limit of schemas/problem.schema.json. */
const mostChoices = 100;

/** Faults with their places in the request; none for an error of the gateway. */
export function faultsOf(error: unknown): readonly ProblemItem[] {
  if (error instanceof RequestFaults) return error.faults;
  if (!isGatewayError(error) || error.at === undefined || error.kind.status >= 500) return [];
  const { at: pointer, code, detail, fix, choices } = error;
  return [present({ pointer, code, detail, allowed: choices?.slice(0, mostChoices), suggestion: fix?.slice(0, 300) })];
}

/** Parses and validates a body. Throws E_REQUEST_TYPE, E_JSON_MALFORMED and RequestFaults. */
export function validBody<T>(
  { contentType, body }: Pick<PostedRequest, 'contentType' | 'body'>,
  validator: (value: unknown) => JsonVerdict<T>,
): T {
  if (contentTypeOf(contentType).mediaType !== 'application/json')
    throw new GatewayError('E_REQUEST_TYPE', 'the body must be application/json');
  const value = parseStrictJson(body);
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}
