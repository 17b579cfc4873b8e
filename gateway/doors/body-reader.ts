/** Reads the bodies of requests to both doors, within one budget for each door. */

import type { IncomingMessage } from 'node:http';
import { asGatewayError, GatewayError } from '../model/errors.ts';

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
  /** Milliseconds that a whole body may take; absent: the server limits it. */
  readonly wholeMs?: number;
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
  wholeMs,
}: Partial<BodyLimits>): (request: IncomingMessage) => HeldBody {
  const share = openBudget(heldBytes);
  return (request) => {
    const { held, take, release } = share();
    const wholeBody = async (limit: number, client?: string): Promise<Buffer> => {
      if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
      const chunks: Buffer[] = [];
      await eachPiece(request, { stallMs, wholeMs }, (piece) => {
        if (held() + piece.length > limit) throw tooLarge(limit);
        take(piece.length, client);
        chunks.push(piece);
      });
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    };
    const refused = async (error: unknown): Promise<never> => {
      release();
      await discardRest(request);
      throw error;
    };
    return { read: (limit, client) => wholeBody(limit, client).catch(refused), release };
  };
}

interface Share {
  held(): number;
  /** Throws E_BUSY. */
  take(bytes: number, client: string | undefined): void;
  release(): void;
}

function openBudget(heldBytes: number): () => Share {
  let left = heldBytes;
  const heldOf = new Map<string, number>();
  return () => {
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
    return {
      held: () => held,
      take(bytes, client) {
        holder = client;
        if (bytes > left) throw new GatewayError('E_BUSY', 'too many requests are being read');
        hold(bytes);
        if (holder !== undefined && (heldOf.get(holder) ?? 0) > heldBytes / 4)
          throw new GatewayError('E_BUSY', 'too many requests of this client are being read');
      },
      release: () => hold(-held),
    };
  };
}

/**
 * Until the body ends or pauses, or for five seconds. A system whose bytes are not read may lose the reply: the connection then ends with a
 * reset (RFC 9112 9.6).
 */
function discardRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let next: NodeJS.Immediate | undefined;
    // One piece in a turn of the loop: many uploads at full speed would keep it from everything else.
    const more = (): void => {
      paused.refresh();
      request.pause();
      next = setImmediate(() => request.resume());
    };
    const end = (): void => {
      clearTimeout(paused);
      clearTimeout(late);
      clearImmediate(next);
      request.off('data', more).off('end', end).off('close', end).pause();
      resolve();
    };
    const paused = setTimeout(end, 250);
    const late = setTimeout(end, 5_000);
    request.on('data', more).on('end', end).on('close', end).resume();
  });
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('E_SIZE_EXCEEDED', `a body may have ${limit} bytes`);
}

/** Resolves at the end of the body. An error of `taken` ends the reading, and leaves the connection open for the reply. */
function eachPiece(
  request: IncomingMessage,
  { stallMs, wholeMs }: { readonly stallMs: number; readonly wholeMs: number | undefined },
  taken: (piece: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => end(new GatewayError('E_REQUEST_SLOW', 'no byte came for too long'));
    const timer = setTimeout(late, stallMs);
    const whole = wholeMs === undefined ? undefined : setTimeout(late, wholeMs);
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
    const last = (): void => end();
    function end(error?: GatewayError): void {
      clearTimeout(timer);
      clearTimeout(whole);
      request.off('data', piece).off('end', last).off('close', broken).off('error', broken).pause();
      if (error === undefined) resolve();
      else reject(error);
    }
    request.on('data', piece).on('end', last).on('close', broken).on('error', broken);
  });
}

/** The rest of a body that is too large, too slow or one too many is not read: the connection ends with the reply. */
export function leavesBody(status: number): boolean {
  return [408, 413, 503].includes(status);
}
