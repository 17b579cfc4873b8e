/**
 * Monthly numbers that both sides agree on: we give ours to a partner that asks, ask for the partner's, and compare. A difference stays
 * visible.
 */

import type { Gateway, Partner } from '../gateway.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { compareNumbers, readSideNumbers, type SideNumbers } from '../model/outcomes/agreed-numbers.ts';
import { appendEvents } from '../store/events.ts';
import {
  numbersOfReceived,
  numbersOfSent,
  savedNumbers,
  saveNumbers,
  type NumbersQuery,
} from '../store/month-numbers.ts';
import { monthAfter } from './arrangement-outcome.ts';

type Counting = Pick<Gateway, 'db' | 'now'>;

/** Our numbers of a past month. Throws E_ROUTE_UNKNOWN if no exchange of numbers was agreed, and E_REQUEST_INVALID for any other month. */
export async function numbersForPartner(
  counting: Counting,
  { code: partner, adapter }: Pick<Partner, 'code' | 'adapter'>,
  month: string,
): Promise<SideNumbers> {
  if (adapter.lists.numbers !== true)
    throw new GatewayError('E_ROUTE_UNKNOWN', 'no monthly numbers were agreed with this partner');
  if (!/^\d{4}-(?:0[1-9]|1[0-2])$/u.test(month) || month >= monthNow(counting))
    throw new GatewayError('E_REQUEST_INVALID', 'not a month that is over', {
      at: '/month',
      fix: 'Write it as 2026-10; months are those of UTC.',
    });
  return await ourNumbers(counting, { partner, month });
}

async function ourNumbers({ db }: Counting, query: NumbersQuery): Promise<SideNumbers> {
  const sent = await numbersOfSent(db.sql, query);
  return { month: query.month, open: sent.open, sent: sent.numbers, received: await numbersOfReceived(db.sql, query) };
}

/** In UTC, like the issue times of lists, so that both sides mean the same month. */
function monthNow({ now }: Pick<Gateway, 'now'>): string {
  return dayAt(momentOf(now()), 'UTC').slice(0, 7);
}

/** How many past months to ask about: what was open or differed may have been corrected since. */
const months = 3;

/**
 * Asks a partner for its numbers of the last months that are not agreed yet, if it can give them, and stores both sides'. Returns the
 * months compared now. A partner that does not answer, or with an open list, is asked again next time.
 */
export async function compareMonths(
  counting: Counting,
  { code: partner, adapter, transport }: Pick<Partner, 'code' | 'adapter' | 'transport'>,
): Promise<readonly string[]> {
  const ask = transport?.numbers;
  if (adapter.lists.numbers !== true || ask === undefined) return [];
  const last = monthAfter(monthNow(counting), -1);
  const first = monthAfter(last, 1 - months);
  const saved = await savedNumbers(counting.db.sql, { partner, from: first, to: last });
  const compared: string[] = [];
  for (let month = first; month <= last; month = monthAfter(month, 1)) {
    const before = saved.filter((row) => row.month === month);
    if (before.length > 0 && before.every(({ ours, theirs }) => ours === theirs)) continue;
    const theirs = readSideNumbers(await ask(month), month);
    const pairs = theirs && compareNumbers(await ourNumbers(counting, { partner, month }), theirs);
    if (pairs === undefined) continue;
    const differing = pairs.filter((each) => each.ours !== each.theirs).length;
    const at = momentOf(counting.now());
    const isNews = before.length === 0 || before.filter((row) => row.ours !== row.theirs).length !== differing;
    await counting.db.transaction(async (tx) => {
      await saveNumbers(tx, { partner, month }, pairs, at);
      if (isNews)
        await appendEvents(tx, [{ kind: 'numbers_compared', ref: partner, detail: { month, differing }, at }]);
    });
    compared.push(month);
  }
  return compared;
}

/** Returns a function that compares months with each partner: at the first call, and then at most once per hour. */
export function openComparing(): (counting: Gateway) => Promise<void> {
  const due = new Map<string, string>();
  return async (gateway) => {
    for (const partner of gateway.partners.values()) {
      const now = momentOf(gateway.now());
      if ((due.get(partner.code) ?? '') > now) continue;
      due.set(partner.code, later(now, 3600));
      await compareMonths(gateway, partner);
    }
  };
}
