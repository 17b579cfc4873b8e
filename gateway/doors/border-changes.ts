/**
 * `GET /v1/changes` as server-sent events (HTML, 9.2): the same changes as in JSON, in the same order. Their numbers are the event ids, and
 * a reconnecting client continues after its last one (Last-Event-ID).
 */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { shownChange, type ChangeFeed, type FeedPage } from '../clearance/change-feed.ts';
import { GatewayError } from '../model/errors.ts';
import type { Caller } from './border-callers.ts';
import { requireScope } from './border-callers.ts';
import { askedChanges, type FeedFilter } from './border-news.ts';

/** Interval of keep-alive comments: proxies cut streams that are silent for longer. */
const silenceMs = 15_000;
const changesAtOnce = 100;
const mostStreams = 500;
const mostOfClient = 8;

export interface ChangeStreams {
  /**
   * Writes changes until the caller disconnects or loses its permission. Throws E_SCOPE_MISSING, E_BUSY, RequestFaults and E_CURSOR_UNKNOWN
   * before the first event.
   */
  send(streamed: StreamedChanges, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface StreamedChanges extends FeedFilter {
  readonly requestId: string;
  /** Throws the same errors as CallerOf. */
  caller(): Promise<Caller>;
  /** The problem to send for an error after the first event. */
  problem(error: unknown): unknown;
}

export function wantsEvents({ headers, method }: IncomingMessage, path: string): boolean {
  // RFC 9110, 12.5.1: a weight of 0 means not acceptable.
  const events = headers.accept?.split(',').find((range) => range.trim().startsWith('text/event-stream'));
  const isWanted = events !== undefined && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/iu.test(events);
  return method === 'GET' && path === '/v1/changes' && isWanted;
}

export function openChangeStreams(feed: ChangeFeed): ChangeStreams {
  const open = new Map<string, number>();
  return {
    async send(streamed, request, response) {
      const { name } = await allowed(streamed);
      const own = open.get(name) ?? 0;
      const all = open.values().reduce((sum, count) => sum + count, 0);
      if (own >= mostOfClient || all >= mostStreams)
        throw new GatewayError('E_BUSY', 'too many streams of changes are open', {
          fix: 'Close others of this client.',
        });
      open.set(name, own + 1);
      try {
        await write(feed, streamed, request, response);
      } finally {
        open.set(name, (open.get(name) ?? 1) - 1);
      }
    },
  };
}

async function allowed({ caller }: StreamedChanges): Promise<Caller> {
  const known = await caller();
  requireScope(known, 'feed');
  return known;
}

async function write(
  feed: ChangeFeed,
  streamed: StreamedChanges,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { after, ...filter } = askedChanges(
    streamed,
    ['after', 'partner', 'only'],
    request.headers['last-event-id'] || undefined,
  );
  const read = (from: number, waitMs: number): Promise<FeedPage> =>
    feed.read({ ...filter, after: from, limit: changesAtOnce, waitMs }, gone.signal);
  let page = await read(after, 0);
  response.writeHead(200, {
    ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    ...{ 'x-request-id': streamed.requestId, connection: 'close' },
  });
  try {
    for (let last = after; !gone.signal.aborted; page = await read(last, silenceMs)) {
      await allowed(streamed);
      // Changes that the filter skipped need not be read again. An id without data is remembered by the client and fires no event.
      const passed = page.next > last ? `id: ${page.next}\n\n` : ':\n\n';
      const text = page.changes.map(eventOf).join('') || passed;
      last = page.next;
      if (!response.write(text)) await once(response, 'drain', { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) response.write(`event: problem\ndata: ${JSON.stringify(streamed.problem(error))}\n\n`);
  } finally {
    response.end();
  }
}

function eventOf(change: FeedPage['changes'][number]): string {
  return `id: ${change.n}\nevent: operator.${change.kind}\ndata: ${JSON.stringify(shownChange(change))}\n\n`;
}
