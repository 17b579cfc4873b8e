/** `GET /v1/changes`: what changed in the register, for systems that keep a copy or must know of a suspension at once. */

import { shownChange, type ChangeFeed, type FeedPage } from '../clearance/change-feed.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import type { BorderReply } from './border-requests.ts';
import type { RequestTarget } from './request-target.ts';

/** Longest wait of a request, in seconds: proxies end connections that are silent for longer. */
const longestWait = 20;
const mostChanges = 1_000;

/** Throws RequestFaults, and as ChangeFeed.read. `signal`: the caller has gone. */
export async function changesReply(
  feed: ChangeFeed,
  { query, partners }: Pick<RequestTarget, 'query'> & { readonly partners: readonly string[] },
  signal: AbortSignal,
): Promise<BorderReply> {
  requireParameters(query, ['after', 'limit', 'partner', 'only', 'wait']);
  const partner = query.get('partner')?.toUpperCase();
  if (partner !== undefined && !partners.includes(partner))
    throw new RequestFaults([
      { pointer: '/partner', code: 'ENUM', detail: 'It is no partner of this gateway.', allowed: partners },
    ]);
  const only = query.get('only');
  if (only !== null && only !== 'restrictions') throw faulty('only', 'It is "restrictions", or absent.');
  const asked = {
    after: wholeNumber(query, 'after', { otherwise: 0, most: Number.MAX_SAFE_INTEGER }),
    limit: Math.max(1, wholeNumber(query, 'limit', { otherwise: 100, most: mostChanges })),
    partner,
    lane: only === null ? undefined : ('restrictions' as const),
    waitMs: 1000 * wholeNumber(query, 'wait', { otherwise: 0, most: longestWait }),
  };
  return { status: 200, body: pageBody(await feed.read(asked, signal)), headers: { 'cache-control': 'no-store' } };
}

function pageBody({ changes, next }: FeedPage): object {
  return { changes: changes.map(shownChange), next };
}

/** Throws RequestFaults where a parameter is not one of `names`, or stands twice. */
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
