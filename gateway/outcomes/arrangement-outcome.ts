/**
 * What an arrangement brought in one or more months: entries by result, examinations and releases compared with similar entries, how fast
 * restrictions took effect, the exposure, and the success of the exchange. Read only.
 */

import { exposureIn } from '../clearance/exposure.ts';
import type { Clearance } from '../clearance/requests.ts';
import { dayAt, momentInZone } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ArrangementOutcome, OutcomeRules, Spread, Treated } from '../model/outcomes/arrangement-outcome.ts';
import { entryResults, missed, notCompared } from '../model/outcomes/entry-result.ts';
import type { ObservedEntry } from '../model/outcomes/matched-comparison.ts';
import type { Moment } from '../model/record/record.ts';
import { entryOutcomes, type EntryOutcome } from '../store/entry-outcomes.ts';
import { countReceived, countSent } from '../store/exchange-counts.ts';
import { restrictionDelays } from '../store/register-changes.ts';

/** Most months in one report; older months are too old to compare. */
const mostMonths = 24;

/** The first and the last month in the home time zone (`2026-11`). */
export interface Months {
  readonly from: string;
  readonly to: string;
}

/** Throws E_REQUEST_INVALID for an invalid month, an end before the start, or too many months. */
export function monthsBetween({ from, to }: Months): readonly string[] {
  const isMonth = (text: string): boolean => /^(?:19|2\d)\d\d-(?:0[1-9]|1[0-2])$/u.test(text);
  const wrong = [from, to].find((text) => !isMonth(text));
  if (wrong !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'there is no such month', { at: 'month', fix: 'Write it as 2026-11.' });
  const months = [from];
  for (let last = from; last < to && months.length <= mostMonths;) months.push((last = monthAfter(last)));
  if (to >= from && months.length <= mostMonths) return months;
  const fix = `Ask for at most ${mostMonths} months, the first one first.`;
  throw new GatewayError('E_REQUEST_INVALID', 'the period has no month, or too many', { at: 'month', fix });
}

export function monthAfter(month: string, count = 1): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

/** The current month in the home time zone. */
export function monthOf({ now, home }: Pick<Clearance, 'now' | 'home'>): string {
  return dayAt(now(), home.timeZone).slice(0, 7);
}

/** Throws the same errors as monthsBetween. The partner must be one of the gateway's. */
export async function arrangementOutcome(
  clearance: Clearance,
  partner: string,
  { from, to }: Months,
  rules: OutcomeRules,
): Promise<ArrangementOutcome> {
  const months = monthsBetween({ from, to });
  const { sql } = clearance.db;
  const period = { partner, from: beginOf(from, clearance), to: beginOf(monthAfter(to), clearance) };
  const entries = await countEntries(clearance, partner, months);
  const delays = await restrictionDelays(sql, period);
  // Loaded here because the package takes time to load, which other commands need not wait for.
  const { compareMatched } = await import('../model/outcomes/matched-comparison.ts');
  return {
    ...{ partner, from, to },
    ...entries.counts,
    enforcement: {
      restrictions: delays.reduce((sum, { operators }) => sum + operators, 0),
      median_s:
        spread(delays.flatMap(({ seconds, operators }) => Array.from({ length: operators }, () => seconds)))?.median ??
        null,
      slowest_s: delays.length === 0 ? null : Math.max(...delays.map(({ seconds }) => seconds)),
    },
    exposure: await exposure(clearance, period),
    exchange: await exchange(clearance, period),
    evaluation: compareMatched(entries.observed, rules.leastEntries),
  };
}

/** The start of the month in the home time zone. */
function beginOf(month: string, { home }: Pick<Clearance, 'home'>): Moment {
  return momentInZone(`${month}-01T00:00:00`, home.timeZone) ?? `${month}-01T00:00:00.000Z`;
}

type Counts = Pick<ArrangementOutcome, 'entries' | 'results' | 'missed' | 'treated' | 'list_age_s'>;

async function countEntries(
  { db }: Clearance,
  partner: string,
  months: readonly string[],
): Promise<{ readonly counts: Counts; readonly observed: readonly ObservedEntry[] }> {
  const all: EntryOutcome[] = [];
  const observed: ObservedEntry[] = [];
  for (const month of months)
    for await (const page of entryOutcomes(db.sql, partner, month))
      for (const entry of page) {
        all.push(entry);
        const seen = observe(entry, month);
        if (seen !== undefined) observed.push(seen);
      }
  const count = (result: EntryOutcome['result']): number => all.filter((each) => each.result === result).length;
  const results = Object.fromEntries(entryResults.map((result) => [result, count(result)])) as Counts['results'];
  const counts: Counts = {
    entries: all.length,
    results,
    missed: Object.fromEntries(missed.map((reason) => [reason, results[reason]])) as Counts['missed'],
    treated: {
      benefit: treated(all.filter(({ result }) => result === 'benefit')),
      others: treated(all.filter(({ result }) => result !== 'benefit' && !notCompared.includes(result))),
    },
    list_age_s: spread(all.flatMap(({ list_age_s: age }) => age ?? [])),
  };
  return { counts, observed };
}

function treated(entries: readonly EntryOutcome[]): Treated {
  const released = entries.filter(({ release_s: seconds }) => seconds !== null);
  const having = (what: 'examined' | 'documents_checked'): number => released.filter((each) => each[what] === 1).length;
  return {
    ...{ entries: entries.length, released: released.length },
    ...{ examined: having('examined'), documents_checked: having('documents_checked') },
  };
}

/** Undefined for an entry that is not released yet, or has no entries to compare with. */
function observe(entry: EntryOutcome, month: string): ObservedEntry | undefined {
  const { result, release_s: seconds, chapter, office, mode, examined } = entry;
  if (seconds === null || notCompared.includes(result)) return undefined;
  const isWhole = chapter !== null && office !== null && mode !== null;
  return {
    alike: isWhole ? JSON.stringify([month, chapter, office, mode]) : undefined,
    benefit: result === 'benefit',
    examined: examined === 1,
    seconds,
  };
}

function spread(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number | undefined => sorted[Math.ceil(part * sorted.length) - 1];
  const [median, p95] = [at(0.5), at(0.95)];
  return median === undefined || p95 === undefined ? null : { median, p95 };
}

interface Period {
  readonly partner: string;
  readonly from: Moment;
  readonly to: Moment;
}

/** Most restrictions in one batch: every answer of each is computed again. */
const restrictionsAtOnce = 100;
const mostRestrictions = 500;

async function exposure(clearance: Clearance, period: Period): Promise<ArrangementOutcome['exposure']> {
  let [restrictions, answers, complete] = [0, 0, true];
  let before: number | undefined;
  for (let looked = 0; looked < mostRestrictions; looked += restrictionsAtOnce) {
    const page = await exposureIn(clearance, { ...period, before, limit: restrictionsAtOnce });
    restrictions += page.exposures.length;
    answers += page.exposures.reduce((sum, each) => sum + each.answers.length, 0);
    complete &&= page.exposures.every(({ isCut }) => !isCut);
    if (page.next === undefined) return { restrictions, answers, complete };
    before = page.next;
  }
  return { restrictions, answers, complete: false };
}

async function exchange({ db }: Clearance, period: Period): Promise<ArrangementOutcome['exchange']> {
  const sent = await countSent(db.sql, period);
  const received = await countReceived(db.sql, period);
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, each) => total + each, 0);
  const { ACCEPTED = 0, PARTIAL = 0, CLOSED = 0, REJECTED: rejected = 0, SEALED = 0, HANDED_OVER = 0 } = sent;
  const { APPLIED: applied = 0, HELD: held = 0, REJECTED: refused = 0 } = received;
  return {
    ...{ sent: sum(sent), accepted: ACCEPTED + PARTIAL + CLOSED, rejected, waiting: SEALED + HANDED_OVER },
    ...{ received: sum(received), applied, held, refused },
  };
}
