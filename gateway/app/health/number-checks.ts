/** What is examined of the numbers that both sides of an exchange should agree on. */

import { dayAt, momentOf } from '../../model/day.ts';
import { monthAfter } from '../../outcomes/arrangement-outcome.ts';
import { savedNumbers } from '../../store/month-numbers.ts';
import type { Partner } from '../../gateway.ts';
import type { OpenGateway } from '../composition.ts';
import { ok, warn, type Finding } from './finding.ts';

/** Of the last three months: an older difference stays in the table, and nobody can mend it any more. */
export async function examineNumbers(
  { db, now }: Pick<OpenGateway, 'db' | 'now'>,
  { code, adapter }: Partner,
): Promise<readonly Finding[]> {
  if (adapter.lists.numbers !== true) return [];
  const check = `partner ${code}, monthly numbers`;
  const to = dayAt(momentOf(now()), 'UTC').slice(0, 7);
  const saved = await savedNumbers(db.sql, { partner: code, from: monthAfter(to, -3), to });
  const [newest] = saved;
  if (newest === undefined) return [ok(check, 'none were compared yet')];
  const differing = saved.filter(({ ours, theirs }) => ours !== theirs);
  if (differing.length === 0) return [ok(check, `both sides count the same, the last time in ${newest.month}`)];
  const shown = differing.map(({ month, direction, name, ours, theirs }) => {
    const whose = direction === 'out' ? 'our lists' : 'their lists';
    return `${name} of ${whose} in ${month}: ${ours} here, ${theirs} there`;
  });
  const fix = `Compare the lists of that month with the partner: mra outcomes numbers --partner ${code}.`;
  return [warn(check, shown.join('; '), fix, 'numbers_differ')];
}
