/** The terms of a memorandum with an agency at home: what it learns of our operators, for what, and for how long. */

import type { Benefits, Fact, ListBands, Sourced } from './arrangement.ts';
import type { Day } from './record/record.ts';

/** What is agreed with an agency beside what every partner has. */
export interface Memorandum {
  /** For what it may use what it learns. */
  readonly purpose: string;
  /** Paths of a record that may leave, `roles`, `departure.reason` and `departure.since`. */
  readonly fields: readonly string[];
  /** Days for which it keeps what it learned of an operator that left the list. */
  readonly retentionDays: number;
  /** Whether it may ask about one operator at a time. */
  readonly statusQueries: boolean;
}

/** In adapter.yaml, with the source of each fact. */
export interface MemorandumData {
  readonly title: string;
  readonly inForce: Sourced & { readonly from: Day; readonly until?: Day };
  readonly purpose: Fact<string>;
  readonly grades: Fact<readonly string[]>;
  readonly fields: Fact<readonly string[]>;
  readonly benefits: Fact<Benefits>;
  readonly retentionDays: Fact<number>;
  readonly statusQueries?: Fact<boolean>;
  readonly maxAgeSeconds: Fact<number>;
  readonly bands: Fact<ListBands>;
}
