/** Reads request bodies, within one memory budget per door. */

import type { IncomingMessage } from 'node:http';
import { asGatewayError, GatewayError } from '../model/errors.ts';

/** Throws E_REQUEST_TYPE for a compressed body: it could expand without limit. */
export function refuseCompressed({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new GatewayError('E_REQUEST_TYPE', 'compressed bodies are not accepted');
}

export interface BodyLimits {
  /** Most bytes of all bodies held at the same time. */
  readonly heldBytes: number;
  /** Longest wait between two pieces of a body, in milliseconds. */
  readonly stallMs: number;
  /** Longest time for a whole body, in milliseconds; absent: the limit of the server. */
  readonly wholeMs?: number;
}

/** Opens a reader whose bodies share one budget, so that stalled uploads cannot take all memory. */
export function openBodyReader({
  heldBytes = 64 * 1024 * 1024,
  stallMs = 5_000,
  wholeMs,
}: Partial<BodyLimits>): (request: IncomingMessage) => HeldBody {
  const budget: Budget = { heldBytes, left: heldBytes, heldOf: new Map() };
  return (request) => new HeldBody(request, budget, { stallMs, wholeMs });
}

interface Budget {
  readonly heldBytes: number;
  left: number;
  /** Bytes held by each client. */
  readonly heldOf: Map<string, number>;
}

interface Patience {
  readonly stallMs: number;
  readonly wholeMs: number | undefined;
}

/** The body of one request. Its bytes are held, and counted, until `release`. */
export class HeldBody {
  readonly #request: IncomingMessage;
  readonly #budget: Budget;
  readonly #patience: Patience;
  #held = 0;
  #holder: string | undefined;

  constructor(request: IncomingMessage, budget: Budget, patience: Patience) {
    this.#request = request;
    this.#budget = budget;
    this.#patience = patience;
  }

  /**
   * Reads the whole body. One client may hold at most a quarter of the budget. Throws E_SIZE_EXCEEDED as soon as the body exceeds `limit`
   * bytes, E_BUSY, E_REQUEST_SLOW, E_REQUEST_MALFORMED (it ended early).
   */
  async read(limit: number, client?: string): Promise<Buffer> {
    const request = this.#request;
    this.#holder = client;
    try {
      const stated = Number(request.headers['content-length']);
      if (stated > limit) throw tooLarge(limit);
      const pieces: Buffer[] = [];
      const take = (piece: Buffer): void => {
        if (this.#held + piece.length > limit) throw tooLarge(limit);
        this.#take(piece.length);
        pieces.push(piece);
      };
      // Most bodies arrive together with the head of the request and can be read at once.
      if (request.readableLength === stated) take((request.read() as Buffer | null) ?? Buffer.alloc(0));
      else await eachPiece(request, this.#patience, take);
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    } catch (error) {
      this.release();
      await discardRest(request);
      throw error;
    }
  }

  release(): void {
    this.#hold(-this.#held);
  }

  #take(bytes: number): void {
    const { heldBytes, left, heldOf } = this.#budget;
    if (bytes > left) throw new GatewayError('E_BUSY', 'too many requests are being read');
    this.#hold(bytes);
    if (this.#holder !== undefined && (heldOf.get(this.#holder) ?? 0) > heldBytes / 4)
      throw new GatewayError('E_BUSY', 'too many requests of this client are being read');
  }

  #hold(bytes: number): void {
    const { heldOf } = this.#budget;
    this.#budget.left -= bytes;
    this.#held += bytes;
    if (this.#holder === undefined || bytes === 0) return;
    const own = (heldOf.get(this.#holder) ?? 0) + bytes;
    if (own === 0) heldOf.delete(this.#holder);
    else heldOf.set(this.#holder, own);
  }
}

/**
 * Discards input until the body ends or pauses, or for five seconds. Closing a connection with unread bytes resets it, and the client may
 * lose the reply (RFC 9112, 9.6).
 */
function discardRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let next: NodeJS.Immediate | undefined;
    // Take one piece per turn of the event loop: many uploads at full speed would block everything else.
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

/** Resolves at the end of the body. An error thrown by `taken` stops reading and leaves the connection open for the reply. */
function eachPiece(
  request: IncomingMessage,
  { stallMs, wholeMs }: Patience,
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

/** True for replies that end the connection, because the rest of the body is not read: it was too large, too slow, or one too many. */
export function leavesBody(status: number): boolean {
  return [408, 413, 503].includes(status);
}
