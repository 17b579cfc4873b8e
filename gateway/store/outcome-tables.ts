/** Tables of what became of entries at the border, and of what each arrangement brought on them. */

import type { EntryEventKind } from '../model/outcomes/entry-event.ts';
import type { EntryResult } from '../model/outcomes/entry-result.ts';

export interface OutcomeTables {
  /** An entry as it was assessed last. `entry`: its own number; where it has none, that of its assessment. */
  border_entry: {
    entry: string;
    assessment: string;
    /** When it was assessed first, and the month at home of that (`2026-11`). */
    assessed_at: string;
    month: string;
    /** From when its release is awaited: its acceptance, or its assessment where that came first. */
    begun_at: string;
    office: string | null;
    mode: string | null;
    /** Of the Harmonized System, two digits. */
    chapter: string | null;
    /** 1: so an event says. */
    examined: number;
    documents_checked: number;
    released_at: string | null;
    /** From `begun_at` until then, in seconds. */
    release_s: number | null;
  };
  entry_result: { partner: string; month: string; entry: string; result: EntryResult; list_age_s: number | null };
  /** How many rows of `entry_result` there are of each kind; triggers count. */
  month_result: { partner: string; month: string; result: EntryResult; entries: number };
  /** As border systems reported them. `n` numbers them without gaps. */
  entry_event: { n: number; entry: string; event: EntryEventKind; at: string; client: string; reported_at: string };
}

/** What the engine calls its types: see first-tables.ts. */
interface Types {
  readonly text: string;
  readonly big: string;
  readonly clustered: string;
}

export function outcomeTables({ text, big, clustered }: Types): readonly string[] {
  return [
    `create table border_entry (entry ${text} primary key, assessment ${text} not null, assessed_at ${text} not null,
      month ${text} not null, begun_at ${text} not null, office ${text}, mode ${text}, chapter ${text},
      examined integer not null, documents_checked integer not null, released_at ${text}, release_s ${big}) ${clustered}`,
    'create index border_entry_assessment on border_entry (assessment)',
    `create table entry_result (partner ${text} not null, month ${text} not null, entry ${text} not null,
      result ${text} not null, list_age_s ${big}, primary key (partner, month, entry)) ${clustered}`,
    'create index entry_result_entry on entry_result (entry)',
    'create index entry_result_count on entry_result (partner, month, result)',
    `create table entry_event (n ${big} primary key, entry ${text} not null, event ${text} not null, at ${text} not null,
      client ${text} not null, reported_at ${text} not null, unique (entry, event, at)) ${clustered}`,
    `create index register_change_restricting on register_change (partner, known_at)
      where kind in ('suspended', 'revoked', 'withdrawn', 'left')`,
    "insert into counter (name, value) values ('entry_event', 0)",
  ];
}
