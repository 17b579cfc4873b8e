/** Reads and checks the parts of a request to the border door, and writes the replies. */

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import { CallerRefused } from './border-callers.ts';
import { problemOf, problemType, type ProblemItem } from './problems.ts';
import type { PostedReply } from '../model/clearance/posted-request.ts';
import { present } from '../model/present.ts';

export interface BorderReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it states each outcome. */
  readonly outcomes?: Readonly<Record<string, number>>;
}

/** Throws E_REQUEST_TYPE for a compressed body: it could expand without limit. */
export function refuseCompressed({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new GatewayError('E_REQUEST_TYPE', 'compressed bodies are not accepted');
}

export interface BodyLimits {
  /** Bytes of all bodies that are held at one time. */
  readonly heldBytes: number;
  /** Milliseconds that a body may take from one piece to the next. */
  readonly stallMs: number;
}

/** The body of one request. Its bytes are held, and counted, until `release`. */
export interface HeldBody {
  /**
   * Of one client, at most a quarter of all bytes are held at one time. Throws E_SIZE_EXCEEDED as soon as it has more than `limit` bytes,
   * E_BUSY, E_REQUEST_SLOW, E_REQUEST_MALFORMED (it ended early).
   */
  read(limit: number, client?: string): Promise<Buffer>;
  release(): void;
}

/** Reads bodies within one budget, so that stalled uploads cannot take the memory of all others. */
export function openBodyReader({
  heldBytes = 64 * 1024 * 1024,
  stallMs = 5_000,
}: Partial<BodyLimits>): (request: IncomingMessage) => HeldBody {
  let left = heldBytes;
  const heldOf = new Map<string, number>();
  return (request) => {
    let held = 0;
    let holder: string | undefined;
    const hold = (bytes: number): void => {
      left -= bytes;
      held += bytes;
      if (holder === undefined) return;
      const own = (heldOf.get(holder) ?? 0) + bytes;
      if (own === 0) heldOf.delete(holder);
      else heldOf.set(holder, own);
    };
    const take = (bytes: number): void => {
      if (bytes > left) throw new GatewayError('E_BUSY', 'too many requests are being read');
      hold(bytes);
      if (holder !== undefined && (heldOf.get(holder) ?? 0) > heldBytes / 4)
        throw new GatewayError('E_BUSY', 'too many requests of this client are being read');
    };
    return {
      async read(limit, client) {
        holder = client;
        if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
        const chunks: Buffer[] = [];
        await eachPiece(request, stallMs, (piece) => {
          take(piece.length);
          if (held > limit) throw tooLarge(limit);
          chunks.push(piece);
        });
        return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      },
      release: () => hold(-held),
    };
  };
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('E_SIZE_EXCEEDED', `a request may have ${limit} bytes`);
}

/** Resolves at the end of the body. An error of `taken` ends the reading, and leaves the connection open for the reply. */
function eachPiece(request: IncomingMessage, stallMs: number, taken: (piece: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => end(new GatewayError('E_REQUEST_SLOW', 'no byte came for too long'));
    const timer = setTimeout(late, stallMs);
    const broken = (cause?: unknown): void =>
      end(new GatewayError('E_REQUEST_MALFORMED', 'the request ended early', { cause }));
    const piece = (bytes: Buffer): void => {
      timer.refresh();
      try {
        taken(bytes);
      } catch (error) {
        end(asGatewayError(error));
      }
    };
    const whole = (): void => end();
    function end(error?: GatewayError): void {
      clearTimeout(timer);
      request.off('data', piece).off('end', whole).off('close', broken).off('error', broken).pause();
      if (error === undefined) resolve();
      else reject(error);
    }
    request.on('data', piece).on('end', whole).on('close', broken).on('error', broken);
  });
}

/** The caller's idempotency key; undefined without one. Throws E_REQUEST_INVALID unless it is 1 to 255 printable characters. */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/u.test(key)) return key;
  throw new GatewayError('E_REQUEST_INVALID', 'Idempotency-Key is 1 to 255 printable characters without spaces');
}

/** Two requests are the same if address, media type and bytes are: SHA-256 over them, lower-case hex. */
export function fingerprintOf(target: string, mediaType: string, body: Uint8Array): string {
  return createHash('sha256').update(`${target}\n${mediaType}\n`).update(body).digest('hex');
}

/** The caller's request id if it is safe to log, otherwise a new one: what is random at the start of the door, and a number. */
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

/** Writes a reply. Answers about operators must not be cached. */
export function sendReply(response: ServerResponse, requestId: string, reply: BorderReply | PostedReply): void {
  const text = 'text' in reply ? reply.text : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...reply.headers,
  });
  response.end(text);
}

/** In seconds. */
const retryAfter: Readonly<Record<number, object>> = { 429: { 'retry-after': '1' }, 503: { 'retry-after': '5' } };

/** The error as a problem reply. It has texts of ours and pointers, never values of the request. */
export function problemReply(thrown: unknown, requestId: string): BorderReply {
  const error = asRequestError(thrown);
  const problem = problemOf(error, requestId, faultsOf(error));
  const retry = retryAfter[problem.status];
  const challenge = error instanceof CallerRefused ? { 'www-authenticate': error.challenge } : {};
  // The rest of a body that is too large, too slow or one too many is not read.
  const close = [408, 413, 503].includes(problem.status) ? { connection: 'close' } : {};
  return {
    status: problem.status,
    body: problem,
    headers: { 'content-type': problemType, ...retry, ...challenge, ...close },
  };
}

const unreadable: ReadonlySet<string> = new Set(['E_JSON_MALFORMED', 'E_BYTES_INVALID', 'E_XML_MALFORMED']);

/** A body that cannot be parsed is a bad request (400) here, and not an invalid message. */
function asRequestError(thrown: unknown): unknown {
  if (!isGatewayError(thrown) || !unreadable.has(thrown.code)) return thrown;
  const { detail, at } = thrown;
  return new GatewayError('E_REQUEST_MALFORMED', detail, { at, cause: thrown });
}

function faultsOf(error: unknown): readonly ProblemItem[] {
  if (error instanceof RequestFaults) return error.faults;
  if (!isGatewayError(error) || error.at === undefined || error.kind.status >= 500) return [];
  const { at: pointer, code, detail, fix } = error;
  return [present({ pointer, code, detail, suggestion: fix })];
}
