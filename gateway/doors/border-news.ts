/** `GET /v1/changes`: changes of the register, for systems that keep a copy or must learn of a suspension at once. */

import { shownChange, type ChangeFeed, type FeedPage, type FeedQuery } from '../clearance/change-feed.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import type { BorderReply } from './border-requests.ts';
import type { RequestTarget } from './request-target.ts';

/** Longest wait of a request, in seconds; proxies end connections that are silent for longer. */
const longestWait = 20;
const mostChanges = 1_000;

export interface FeedFilter extends Pick<RequestTarget, 'query'> {
  readonly partners: readonly string[];
}

/** `signal` is aborted when the caller disconnects. Throws RequestFaults, and the same errors as ChangeFeed.read. */
export async function changesReply(feed: ChangeFeed, filter: FeedFilter, signal: AbortSignal): Promise<BorderReply> {
  const { query } = filter;
  const asked = {
    ...askedChanges(filter, ['after', 'limit', 'partner', 'only', 'wait']),
    limit: Math.max(1, wholeNumber(query, 'limit', { otherwise: 100, most: mostChanges })),
    waitMs: 1000 * wholeNumber(query, 'wait', { otherwise: 0, most: longestWait }),
  };
  return { status: 200, body: pageBody(await feed.read(asked, signal)), headers: { 'cache-control': 'no-store' } };
}

/** Reads partner, kind of changes and start. `read` is the id of the last event; the parameter `after` takes precedence. */
export function askedChanges(
  { query, partners }: FeedFilter,
  names: readonly string[],
  read?: string | string[],
): Omit<FeedQuery, 'limit' | 'waitMs'> {
  requireParameters(query, names);
  const partner = query.get('partner')?.toUpperCase();
  if (partner !== undefined && !partners.includes(partner))
    throw new RequestFaults([
      { pointer: '/partner', code: 'ENUM', detail: 'It is no partner of this gateway.', allowed: partners },
    ]);
  const only = query.get('only');
  if (only !== null && only !== 'restrictions') throw faulty('only', 'It is "restrictions", or absent.');
  const place = read === undefined ? query : new URLSearchParams({ after: String(read) });
  return {
    after: wholeNumber(place, 'after', { otherwise: 0, most: Number.MAX_SAFE_INTEGER }),
    partner,
    lane: only === null ? undefined : ('restrictions' as const),
  };
}

function pageBody({ changes, next }: FeedPage): object {
  return { changes: changes.map(shownChange), next };
}

/** Throws RequestFaults if a parameter is not one of `names`, or is repeated. */
export function requireParameters(query: URLSearchParams, names: readonly string[]): void {
  const given = [...query.keys()];
  const wrong = given.find((name, i) => !names.includes(name) || given.indexOf(name) < i);
  if (wrong === undefined) return;
  const pointer = `/${wrong.slice(0, 40)}`;
  if (names.includes(wrong))
    throw new RequestFaults([{ pointer, code: 'REPEATED', detail: 'The parameter stands twice.' }]);
  throw new RequestFaults([{ pointer, code: 'UNKNOWN_MEMBER', detail: 'There is no such parameter.', allowed: names }]);
}

export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { otherwise, most }: { readonly otherwise: number; readonly most: number },
): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = /^\d{1,16}$/u.test(text) ? Number(text) : NaN;
  if (value <= most) return value;
  throw faulty(name, `It is a whole number up to ${most}.`);
}

function faulty(name: string, detail: string): RequestFaults {
  return new RequestFaults([{ pointer: `/${name}`, code: 'OUT_OF_RANGE', detail }]);
}
