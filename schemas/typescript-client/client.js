// @ts-check
/**
 * A typed client of the border door: paths, requests and replies are those of its OpenAPI document (client.d.ts). It sends a request again
 * where that cannot do harm: under one idempotency key, so that the work is done once.
 */

import createClient from 'openapi-fetch';

/** @import { BorderClientOptions, paths } from './client.d.ts' */
/** @typedef {Omit<BorderClientOptions, 'baseUrl' | 'token'>} Sending */

/** @type {typeof import('./client.d.ts').borderClient} */
export function borderClient({ baseUrl, token, ...sending }) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return /** @type {typeof createClient<paths>} */ (createClient)({
    ...{ baseUrl, headers },
    fetch: (request) => sendAgain(request, sending),
  });
}

/** These pass: the client sends too much, or the gateway is busy, stops, or is behind a proxy that does not reach it. */
const passing = [429, 502, 503, 504];
/** RFC 9110, 10.2.3, in seconds; a longer wait is for the caller to decide on. */
const longestPauseMs = 30_000;

/** @type {(request: Request, sending: Sending) => Promise<Response>} */
async function sendAgain(request, { attempts = 4, timeoutMs = 10_000, pauseMs = 200, fetch: send = fetch }) {
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

/** @type {(request: Request, timeoutMs: number, send: NonNullable<Sending['fetch']>) => Promise<Response>} */
async function once(request, timeoutMs, send) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await send(new Request(request.clone(), { signal: AbortSignal.any([request.signal, late.signal]) }));
  } finally {
    clearTimeout(timer);
  }
}

/** @type {(request: Request) => boolean} */
function isStream({ headers }) {
  return headers.get('content-type')?.startsWith('application/x-ndjson') === true;
}

/** @type {(response: Response) => number | undefined} */
function retryAfter({ headers }) {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** @type {(milliseconds: number, signal: AbortSignal) => Promise<void>} */
async function wait(milliseconds, signal) {
  signal.throwIfAborted();
  await new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve(undefined);
    }, milliseconds);
    signal.addEventListener('abort', leave, { once: true });
  });
}
