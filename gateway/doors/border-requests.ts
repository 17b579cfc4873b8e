/** What the border door takes from an HTTP request, each part checked before it is used, and how it writes its replies. */

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import { problemOf, problemType, type ProblemItem } from './problems.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The media type of the body, without parameters; E_REQUEST_TYPE for a body that is compressed. */
export function mediaTypeOf({ headers }: IncomingMessage): string {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new GatewayError('E_REQUEST_TYPE', 'a compressed body is not read');
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The whole body, at most `limit` bytes: E_SIZE_EXCEEDED as soon as it is more. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const refuse = (): never => {
    throw new GatewayError('E_SIZE_EXCEEDED', `a request may have ${limit} bytes`);
  };
  if (Number(request.headers['content-length'] ?? 0) > limit) refuse();
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not close the connection: the refusal is still to be written.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The caller's idempotency key; undefined without one. E_REQUEST_INVALID when it is longer than 255 printable characters. */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/u.test(key)) return key;
  throw new GatewayError('E_REQUEST_INVALID', 'Idempotency-Key is 1 to 255 printable characters without spaces');
}

/** What makes two requests the same: address, media type and bytes. */
export function fingerprintOf(target: string, mediaType: string, body: Uint8Array): string {
  return createHash('sha256').update(`${target}\n${mediaType}\n`).update(body).digest('hex');
}

/** The caller's id for the request, if it is one that may stand in a log; else a new one. */
export function requestIdOf({ headers }: IncomingMessage, random: (bytes: number) => Uint8Array): string {
  const sent = headers['x-request-id'];
  if (typeof sent === 'string' && /^[\w.-]{1,64}$/u.test(sent)) return sent;
  return `req_${Buffer.from(random(9)).toString('base64url')}`;
}

/** Writes a reply; answers about operators are never kept by anything on the way. */
export function sendReply(response: ServerResponse, requestId: string, reply: Reply): void {
  const text = JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...reply.headers,
  });
  response.end(text);
}

/** The error as a problem reply; the constant texts of the error table and places, never the input. */
export function problemReply(thrown: unknown, requestId: string): Reply {
  const error = asRequestError(thrown);
  const problem = problemOf(error, requestId, faultsOf(error));
  const retry = problem.status === 503 ? { 'retry-after': '5' } : {};
  // What is left of a body that was too large is not read.
  const close = problem.status === 413 ? { connection: 'close' } : {};
  return { status: problem.status, body: problem, headers: { 'content-type': problemType, ...retry, ...close } };
}

const unreadable: ReadonlySet<string> = new Set(['E_JSON_MALFORMED', 'E_BYTES_INVALID', 'E_XML_MALFORMED']);

/** Bytes that cannot be read at all are a bad request here (400), not a message with faults. */
function asRequestError(thrown: unknown): unknown {
  if (!isGatewayError(thrown) || !unreadable.has(thrown.code)) return thrown;
  return new GatewayError('E_REQUEST_MALFORMED', thrown.detail, {
    cause: thrown,
    ...(thrown.at === undefined ? {} : { at: thrown.at }),
  });
}

function faultsOf(error: unknown): readonly ProblemItem[] {
  if (error instanceof RequestFaults) return error.faults;
  if (!isGatewayError(error) || error.at === undefined || error.kind.status >= 500) return [];
  return [
    {
      pointer: error.at,
      code: error.code,
      detail: error.detail,
      ...(error.fix === undefined ? {} : { suggestion: error.fix }),
    },
  ];
}
