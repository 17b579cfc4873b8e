/** What an arrangement brought in a period, as data: counts of entries by result, how they were treated, and how the exchange went. */

import type { EntryResult, missed } from './entry-result.ts';
import type { Evaluation } from './matched-comparison.ts';

/** Published: GET /office/v1/outcomes, and the JSON of `mra outcomes`. */
export interface ArrangementOutcome {
  readonly partner: string;
  /** Months at home, the first and the last (`2026-11`). */
  readonly from: string;
  readonly to: string;
  /** With a party of the partner's country, or a code of its form, in a direction that the arrangement covers. */
  readonly entries: number;
  readonly results: Readonly<Record<EntryResult, number>>;
  readonly missed: Readonly<Record<(typeof missed)[number], number>>;
  readonly treated: { readonly benefit: Treated; readonly others: Treated };
  readonly list_age_s: Spread | null;
  /** From the issue of a list that restricts an operator until it took effect here. */
  readonly enforcement: {
    readonly restrictions: number;
    readonly median_s: number | null;
    readonly slowest_s: number | null;
  };
  /** Restrictions from a day before they were known, after which answers would be otherwise. `complete`: all are counted. */
  readonly exposure: { readonly restrictions: number; readonly answers: number; readonly complete: boolean };
  readonly exchange: {
    readonly sent: number;
    readonly accepted: number;
    readonly rejected: number;
    readonly waiting: number;
    readonly received: number;
    readonly applied: number;
    readonly held: number;
    readonly refused: number;
  };
  readonly evaluation: Evaluation;
}

export interface Treated {
  readonly entries: number;
  /** Of them, those whose release was reported; the rest counts them only. */
  readonly released: number;
  readonly examined: number;
  readonly documents_checked: number;
}

export interface Spread {
  readonly median: number;
  readonly p95: number;
}

/** When a comparison is given, and what leaves. */
export interface OutcomeRules {
  /** Entries on each side below which no comparison is given. */
  readonly leastEntries: number;
  /** In reports, counts of entries and operators below this are not stated; 0: all are. */
  readonly smallCounts: number;
}

export const defaultOutcomeRules: OutcomeRules = { leastEntries: 30, smallCounts: 5 };
