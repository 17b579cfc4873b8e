/** Entries at the border: what each arrangement brought on them, and what border systems report of them. */

import { sql } from 'kysely';
import type { EntryEvent } from '../model/outcomes/entry-event.ts';
import type { EntryResult, PartnerResult } from '../model/outcomes/entry-result.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany, oneOf } from './bulk.ts';
import { advanceCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import type { Tables } from './tables.ts';

type EntryRow = Tables['border_entry'];
export type AssessedEntry = Omit<EntryRow, 'examined' | 'documents_checked' | 'released_at'>;

/** An entry that is assessed again keeps its month and what was reported of it; `isPart`: it states only a part, and changes nothing. */
export async function recordEntry(
  tx: Tx,
  entry: AssessedEntry,
  results: readonly PartnerResult[],
  isPart: boolean,
): Promise<void> {
  const { entry: number, assessment, office, mode, chapter } = entry;
  const changed = isPart ? { entry: number } : { assessment, office, mode, chapter };
  const stored = await tx
    .insertInto('border_entry')
    .values({ ...entry, examined: 0, documents_checked: 0, released_at: null })
    .onConflict((known) => known.column('entry').doUpdateSet(changed))
    .returning(['month', 'assessment'])
    .executeTakeFirstOrThrow();
  if (stored.assessment !== assessment) return;
  await tx.deleteFrom('entry_result').where('entry', '=', number).execute();
  const rows = results.map(({ partner, result, list_age_s: age = null }) => ({
    ...{ partner, month: stored.month, entry: number, result, list_age_s: age },
  }));
  await insertMany(tx, 'entry_result', rows);
}

/** An entry with what is reported of it so far, oldest first. */
export interface ReportedEntry {
  readonly entry: string;
  readonly assessment: string;
  readonly assessedAt: Moment;
  readonly events: readonly EntryEvent[];
}

/** By their numbers; unknown ones are absent. */
export async function findEntries(reader: Reader, numbers: readonly string[]): Promise<Map<string, ReportedEntry>> {
  if (numbers.length === 0) return new Map();
  const rows = await reader
    .selectFrom('border_entry')
    .select(['entry', 'assessment', 'assessed_at'])
    .where(oneOf(reader, 'entry', numbers))
    .execute();
  const events = await reader
    .selectFrom('entry_event')
    .select(['entry', 'event', 'at'])
    .where(oneOf(reader, 'entry', numbers))
    .orderBy('at')
    .orderBy('n')
    .execute();
  const byEntry = Object.groupBy(events, ({ entry }) => entry);
  return new Map(
    rows.map(({ entry, assessment, assessed_at: assessedAt }) => {
      const known = (byEntry[entry] ?? []).map(({ event, at }) => ({ event, at }));
      return [entry, { entry, assessment, assessedAt, events: known }];
    }),
  );
}

/** One report at a time: another that begins meanwhile waits, and then sees what this one recorded. */
export async function claimReports(tx: Tx): Promise<void> {
  await advanceCounter(tx, 'entry_event', 0);
}

export interface NewEntryEvent extends EntryEvent {
  readonly entry: string;
}

/** In a transaction that has called `claimReports`. */
export async function recordEntryEvents(
  tx: Tx,
  events: readonly NewEntryEvent[],
  { client, at: reportedAt }: { readonly client: string; readonly at: Moment },
): Promise<void> {
  if (events.length === 0) return;
  const first = (await advanceCounter(tx, 'entry_event', events.length)) - events.length + 1;
  await insertMany(
    tx,
    'entry_event',
    events.map((each, i) => ({ n: first + i, ...each, client, reported_at: reportedAt })),
  );
  const numbers = [...new Set(events.map(({ entry }) => entry))];
  const reported = (kind: string) => sql<number>`case when exists (select 1 from entry_event
    where entry_event.entry = border_entry.entry and event = ${kind}) then 1 else 0 end`;
  await tx
    .updateTable('border_entry')
    .set({
      examined: reported('examined'),
      documents_checked: reported('documents_checked'),
      released_at: sql`(select at from entry_event where entry_event.entry = border_entry.entry and event = 'released')`,
    })
    .where(oneOf(tx, 'entry', numbers))
    .execute();
}

/** They go with the assessments on which they rest. */
export async function forgetEntries(tx: Tx, assessments: readonly string[]): Promise<void> {
  const entries = tx
    .selectFrom('border_entry')
    .select('entry')
    .where(oneOf(tx, 'assessment', assessments));
  await tx.deleteFrom('entry_result').where('entry', 'in', entries).execute();
  await tx.deleteFrom('entry_event').where('entry', 'in', entries).execute();
  await tx
    .deleteFrom('border_entry')
    .where(oneOf(tx, 'assessment', assessments))
    .execute();
}

export interface ResultCount {
  readonly result: EntryResult;
  readonly entries: number;
  /** Of them, those whose release was reported. */
  readonly released: number;
}

/** How often each result came in a month (`2026-11`). */
export async function countResults(
  reader: Reader,
  { month, partner }: { readonly month: string; readonly partner: string },
): Promise<readonly ResultCount[]> {
  const counted = reader
    .selectFrom('entry_result')
    .innerJoin('border_entry', 'border_entry.entry', 'entry_result.entry')
    .select(['result', sql<number>`count(*)`.as('entries'), sql<number>`count(released_at)`.as('released')])
    .where('entry_result.partner', '=', partner)
    .where('entry_result.month', '=', month)
    .groupBy('result');
  return await counted.execute();
}

export type EntryOutcome = Pick<Tables['entry_result'], 'entry' | 'result' | 'list_age_s'> &
  Pick<EntryRow, 'begun_at' | 'office' | 'mode' | 'chapter' | 'examined' | 'documents_checked' | 'released_at'>;

/** Rows of one page: some milliseconds. */
const pageRows = 1_000;

/** The entries of a partner in a month, page by page, by their numbers. */
export async function* entryOutcomes(
  reader: Reader,
  partner: string,
  month: string,
): AsyncGenerator<readonly EntryOutcome[]> {
  for (let after = ''; ;) {
    const rows = await reader
      .selectFrom('entry_result as r')
      .innerJoin('border_entry as e', 'e.entry', 'r.entry')
      .select(['r.entry', 'r.result', 'r.list_age_s', 'e.begun_at', 'e.office', 'e.mode', 'e.chapter'])
      .select(['e.examined', 'e.documents_checked', 'e.released_at'])
      .where('r.partner', '=', partner)
      .where('r.month', '=', month)
      .where('r.entry', '>', after)
      .orderBy('r.entry')
      .limit(pageRows)
      .execute();
    yield rows;
    if (rows.length < pageRows) return;
    after = rows.at(-1)?.entry ?? after;
  }
}
