/**
 * The outcomes of arrangements for pages and reports: figures, and the previous months. Small counts are withheld from what leaves the
 * administration.
 */

import { termsOf, type Clearance, type ClearanceTerms } from '../clearance/requests.ts';
import { partnerOf } from '../model/clearance/query-reading.ts';
import type { OutcomeRules } from '../model/outcomes/arrangement-outcome.ts';
import { missed } from '../model/outcomes/entry-result.ts';
import { figuresOf, type Figure } from '../model/outcomes/figures.ts';
import type { Moment } from '../model/record/record.ts';
import { countResults } from '../store/entry-outcomes.ts';
import { arrangementOutcome, monthAfter, monthsBetween, type Months } from './arrangement-outcome.ts';

export interface ShownOutcome extends Months {
  readonly partner: string;
  readonly name: string;
  /** Title of the arrangement. */
  readonly title: string;
  readonly figures: readonly Figure[];
  /** The twelve months up to the last one. */
  readonly trend: readonly TrendMonth[];
  readonly least_entries: number;
  /** Entries without a chapter, office or mode of transport. */
  readonly not_comparable: number;
  /** Absent: now. */
  readonly as_of?: Moment;
}

/** Null: withheld because the count is small. */
interface TrendMonth {
  readonly month: string;
  readonly entries: number | null;
  readonly benefit: number | null;
}

export interface OutcomeReport extends Months {
  /** Counts from 1 up to below this number are withheld; 0: none are. */
  readonly small_counts: number;
  readonly arrangements: readonly ShownOutcome[];
  /** Absent: now. */
  readonly as_of?: Moment;
}

interface Reporting extends Clearance {
  readonly config: { readonly outcomes: OutcomeRules };
}

/** With all counts, for staff. Throws E_PARTNER_UNKNOWN, and E_REQUEST_INVALID (no such period). */
export async function outcomeForStaff(reporting: Reporting, partner: string, months: Months): Promise<ShownOutcome> {
  return await shown(reporting, partnerOf(termsOf(reporting), partner), months, 0);
}

/** For use outside the administration: one partner, or all with an arrangement. Throws the same errors. */
export async function outcomeReport(reporting: Reporting, months: Months, partner?: string): Promise<OutcomeReport> {
  const { smallCounts } = reporting.config.outcomes;
  const chosen = partner === undefined ? termsOf(reporting) : [partnerOf(termsOf(reporting), partner)];
  const arrangements: ShownOutcome[] = [];
  for (const terms of chosen) arrangements.push(await shown(reporting, terms, months, smallCounts));
  return { ...months, small_counts: smallCounts, arrangements };
}

async function shown(
  reporting: Reporting,
  { partner, name, arrangement }: ClearanceTerms,
  { from, to }: Months,
  least: number,
): Promise<ShownOutcome> {
  const { outcomes: rules } = reporting.config;
  const outcome = await arrangementOutcome(reporting, partner, { from, to }, rules);
  return {
    ...{ partner, name, title: arrangement.title, from, to },
    figures: figuresOf(outcome, least),
    trend: await trend(reporting, partner, to, least),
    least_entries: rules.leastEntries,
    not_comparable: outcome.evaluation.not_comparable,
  };
}

async function trend({ db }: Clearance, partner: string, to: string, least: number): Promise<readonly TrendMonth[]> {
  const months = monthsBetween({ from: monthAfter(to, -11), to });
  const rows: TrendMonth[] = [];
  for (const month of months) {
    const counts = await countResults(db.sql, { month, partner });
    const sum = counts.reduce((total, { entries }) => total + entries, 0);
    const benefit = counts.find(({ result }) => result === 'benefit')?.entries ?? 0;
    const isSmall = [sum, benefit, sum - benefit].some((count) => count > 0 && count < least);
    rows.push(isSmall ? { month, entries: null, benefit: null } : { month, entries: sum, benefit });
  }
  return rows;
}

/** One row per arrangement. */
export interface OutcomeShort {
  readonly partner: string;
  readonly name: string;
  readonly entries: number;
  readonly benefit: number;
  /** Entries with a possibly missed benefit. */
  readonly missed: number;
}

/** Throws E_REQUEST_INVALID. */
export async function outcomesInShort(
  { db, partners }: Pick<Clearance, 'db' | 'partners'>,
  months: Months,
): Promise<readonly OutcomeShort[]> {
  const rows: OutcomeShort[] = [];
  for (const { partner, name } of termsOf({ partners })) {
    let row = { partner, name, entries: 0, benefit: 0, missed: 0 };
    for (const month of monthsBetween(months))
      for (const { result, entries } of await countResults(db.sql, { month, partner }))
        row = {
          ...row,
          entries: row.entries + entries,
          benefit: row.benefit + (result === 'benefit' ? entries : 0),
          missed: row.missed + (missed.some((reason) => reason === result) ? entries : 0),
        };
    rows.push(row);
  }
  return rows;
}
