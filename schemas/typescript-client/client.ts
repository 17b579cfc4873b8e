/**
 * A typed client of the border door: paths, requests and replies are those of its OpenAPI document. It sends a request again where that
 * cannot do harm: under one idempotency key, so that the work is done once.
 */

import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './border-api.ts';

export type { components, paths };
/** A document of the API by its name: `Schema<'Answer'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
export type BorderClient = Client<paths>;

export interface BorderClientOptions {
  /** `https://border.example:8080`. */
  readonly baseUrl: string;
  /** Of mra client add, or an access token. Absent: the door knows the caller by its certificate. */
  readonly token?: string;
  /** How often a request is sent at most; absent: 4. */
  readonly attempts?: number;
  /** Milliseconds after which an attempt is given up; absent: 10,000. Of a stream of lines: until its reply begins. */
  readonly timeoutMs?: number;
  /** Milliseconds before the second attempt, doubled for each that follows; absent: 200. */
  readonly pauseMs?: number;
  /** Absent: that of the platform. One with a client certificate has it from its agent. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** `client.POST('/v1/checks', { body: { … } })` gives `data` or, for a problem (RFC 9457), `error`; rejects where nothing came back. */
export function borderClient({ baseUrl, token, ...sending }: BorderClientOptions): BorderClient {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createClient<paths>({ baseUrl, headers, fetch: (request) => sendAgain(request, sending) });
}

/** These pass: the client sends too much, or the gateway is busy, stops, or is behind a proxy that does not reach it. */
const passing: readonly number[] = [429, 502, 503, 504];
/** RFC 9110, 10.2.3, in seconds; a longer wait is for the caller to decide on. */
const longestPauseMs = 30_000;

type Sending = Omit<BorderClientOptions, 'baseUrl' | 'token'>;

async function sendAgain(
  request: Request,
  { attempts = 4, timeoutMs = 10_000, pauseMs = 200, fetch: send = fetch }: Sending,
): Promise<Response> {
  if (request.method === 'POST' && !isStream(request) && !request.headers.has('idempotency-key'))
    request.headers.set('idempotency-key', crypto.randomUUID());
  // Of lines that were sent nobody knows which were answered: the caller goes on behind the last reply.
  const most = isStream(request) ? 1 : attempts;
  for (let attempt = 1; ; attempt += 1) {
    const pause = pauseMs * 2 ** (attempt - 1);
    try {
      const response = await once(request, timeoutMs, send);
      const after = retryAfter(response) ?? pause;
      if (!passing.includes(response.status) || attempt >= most || after > longestPauseMs) return response;
      await response.body?.cancel();
      await wait(after, request.signal);
    } catch (error) {
      if (attempt >= most || request.signal.aborted) throw error;
      await wait(pause, request.signal);
    }
  }
}

async function once(request: Request, timeoutMs: number, send: NonNullable<Sending['fetch']>): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await send(new Request(request.clone(), { signal: AbortSignal.any([request.signal, late.signal]) }));
  } finally {
    clearTimeout(timer);
  }
}

function isStream({ headers }: Request): boolean {
  return headers.get('content-type')?.startsWith('application/x-ndjson') === true;
}

function retryAfter({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const leave = (): void => reject(signal.reason as Error);
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  signal.addEventListener('abort', leave, { once: true });
  await promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  });
}
