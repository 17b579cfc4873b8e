/** What is examined of the numbers that both sides of an exchange should agree on. */

import { addDays, dayAt, momentOf } from '../../model/day.ts';
import { monthAfter } from '../../outcomes/arrangement-outcome.ts';
import { firstMonth, savedNumbers } from '../../store/month-numbers.ts';
import type { Partner } from '../../gateway.ts';
import type { OpenGateway } from '../composition.ts';
import { ok, warn, type Finding } from './finding.ts';

/** A list of the last day of a month may be held for two people, and wait for them over a week of holidays. */
const verdictDays = 7;

/** Of the last three months: an older difference stays in the table, and nobody can mend it any more. */
export async function examineNumbers(
  { db, now }: Pick<OpenGateway, 'db' | 'now'>,
  { code, adapter, transport }: Partner,
): Promise<readonly Finding[]> {
  if (adapter.lists.numbers !== true) return [];
  const check = `partner ${code}, monthly numbers`;
  const today = dayAt(momentOf(now()), 'UTC');
  const months = [-1, -2, -3].map((count) => monthAfter(today.slice(0, 7), count));
  const [to = '', , from = ''] = months;
  const saved = await savedNumbers(db.sql, { partner: code, from, to });
  const first = await firstMonth(db.sql, code);
  const missing = months.filter(
    (month) =>
      first !== undefined &&
      month >= first &&
      addDays(`${monthAfter(month)}-01`, verdictDays) <= today &&
      saved.every((row) => row.month !== month),
  );
  const findings = [...differences(check, code, saved), ...notCompared(check, missing, transport)];
  if (findings.length > 0) return findings;
  const [newest] = saved;
  if (newest === undefined) return [ok(check, 'none were compared yet')];
  return [ok(check, `both sides count the same, the last time in ${newest.month}`)];
}

function differences(check: string, code: string, saved: Awaited<ReturnType<typeof savedNumbers>>): readonly Finding[] {
  const differing = saved.filter(({ ours, theirs }) => ours !== theirs);
  if (differing.length === 0) return [];
  const shown = differing.map(({ month, direction, name, ours, theirs }) => {
    const whose = direction === 'out' ? 'our lists' : 'their lists';
    return `${name} of ${whose} in ${month}: ${ours} here, ${theirs} there`;
  });
  const fix = `Compare the lists of that month with the partner: mra outcomes numbers --partner ${code}.`;
  return [warn(check, shown.join('; '), fix, 'numbers_differ')];
}

/** No alarm where the partner cannot be asked: it would stay open until the adapter is another one. */
function notCompared(check: string, missing: readonly string[], transport: Partner['transport']): readonly Finding[] {
  if (missing.length === 0) return [];
  const detail = `not compared, though over for ${verdictDays} days or more: ${missing.join(', ')}`;
  if (transport?.numbers === undefined)
    return [warn(check, detail, 'Numbers are asked for over HTTPS only: take lists.numbers out of the adapter.')];
  const fix =
    'See that no list of that month waits for a verdict, here or there, and that their gateway states numbers.';
  return [warn(check, detail, fix, 'numbers_missing')];
}
