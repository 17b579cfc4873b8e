/** Entries at the border: what each arrangement brought on them, and what border systems report of them. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { EntryEvent } from '../model/outcomes/entry-event.ts';
import type { EntryResult, PartnerResult } from '../model/outcomes/entry-result.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany, oneOf } from './bulk.ts';
import { advanceCounter } from './counters.ts';
import { engineOf, type Reader, type Tx } from './database.ts';
import type { Tables } from './tables.ts';

type EntryRow = Tables['border_entry'];
export type AssessedEntry = Omit<EntryRow, 'examined' | 'documents_checked' | 'released_at' | 'release_s'>;

/**
 * An entry that is assessed again keeps its month and what was reported of it. Nothing changes where it states only a part (`isPart`), and
 * once its goods are released.
 */
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
    .values({ ...entry, examined: 0, documents_checked: 0, released_at: null, release_s: null })
    .onConflict((known) => known.column('entry').doUpdateSet(changed).where('border_entry.released_at', 'is', null))
    .returning(['month', 'assessment'])
    .executeTakeFirst();
  if (stored?.assessment !== assessment) return;
  await tx.deleteFrom('entry_result').where('entry', '=', number).execute();
  const rows = results.map(({ partner, result, list_age_s: age = null }) => ({
    ...{ partner, month: stored.month, entry: number, result, list_age_s: age },
  }));
  await insertMany(tx, 'entry_result', rows);
}

/** An entry with what is reported of it so far, oldest first. */
interface ReportedEntry {
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
  for (const kind of ['examined', 'documents_checked'] as const) {
    const numbers = events.filter(({ event }) => event === kind).map(({ entry }) => entry);
    if (numbers.length === 0) continue;
    await tx
      .updateTable('border_entry')
      .set({ [kind]: 1 })
      .where(oneOf(tx, 'entry', numbers))
      .execute();
  }
  await recordReleases(
    tx,
    new Map(events.flatMap(({ entry, event, at }) => (event === 'released' ? [[entry, at]] : []))),
  );
}

async function recordReleases(tx: Tx, releases: ReadonlyMap<string, Moment>): Promise<void> {
  if (releases.size === 0) return;
  const entries = tx.selectFrom('border_entry').select(['entry', 'begun_at']);
  for (const { entry, begun_at: begun } of await entries.where(oneOf(tx, 'entry', [...releases.keys()])).execute()) {
    const at = releases.get(entry) ?? begun;
    const seconds = Math.max(0, Math.round((Date.parse(at) - Date.parse(begun)) / 1000));
    const released = tx.updateTable('border_entry').set({ released_at: at, release_s: seconds });
    await released.where('entry', '=', entry).execute();
  }
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

interface ResultCount {
  readonly result: EntryResult;
  readonly entries: number;
}

/** How often each result came in a month (`2026-11`). */
export async function countResults(
  reader: Reader,
  { month, partner }: { readonly month: string; readonly partner: string },
): Promise<readonly ResultCount[]> {
  const counted = reader.selectFrom('month_result').select(['result', 'entries']).where('entries', '>', 0);
  return await counted.where('partner', '=', partner).where('month', '=', month).execute();
}

interface EntriesAsked {
  readonly partner: string;
  readonly month: string;
  readonly results: readonly EntryResult[];
  /** Behind this entry, in the order of their numbers. */
  readonly after: string;
  readonly limit: number;
}

export type FoundEntry = Pick<EntryRow, 'entry' | 'assessment' | 'assessed_at' | 'office' | 'mode' | 'chapter'> &
  Pick<EntryRow, 'examined' | 'release_s'> & { readonly result: EntryResult };

/** Entries of a partner in a month that have one of these results. */
export async function entriesWithResult(
  reader: Reader,
  { partner, month, results, after, limit }: EntriesAsked,
): Promise<readonly FoundEntry[]> {
  return await reader
    .selectFrom('entry_result as r')
    .innerJoin('border_entry as e', 'e.entry', 'r.entry')
    .select(['r.entry', 'r.result', 'e.assessment', 'e.assessed_at', 'e.office', 'e.mode', 'e.chapter'])
    .select(['e.examined', 'e.release_s'])
    .where('r.partner', '=', partner)
    .where('r.month', '=', month)
    .where('r.result', 'in', results)
    .where('r.entry', '>', after)
    .orderBy('r.entry')
    .limit(limit)
    .execute();
}

export type EntryOutcome = Pick<Tables['entry_result'], 'result' | 'list_age_s'> &
  Pick<EntryRow, 'office' | 'mode' | 'chapter' | 'examined' | 'documents_checked' | 'release_s'>;

/** Rows of one page: some milliseconds. */
const pageRows = 1_000;

/**
 * The entries of a partner in a month, page by page, in the order of their numbers; other work gets its turn in between. A page is read as
 * one JSON text, which takes a fifth of the time that its values take one by one.
 */
export async function* entryOutcomes(
  reader: Reader,
  partner: string,
  month: string,
): AsyncGenerator<readonly EntryOutcome[]> {
  const names = [
    'entry',
    'result',
    'list_age_s',
    'office',
    'mode',
    'chapter',
    'examined',
    'documents_checked',
    'release_s',
  ];
  const columns = sql.join(names.map((name) => sql.ref(name)));
  const rows =
    engineOf(reader) === 'sqlite'
      ? sql`json_group_array(json_array(${columns}))`
      : sql`json_agg(json_build_array(${columns}))`;
  for (let after = ''; ;) {
    const { rows: pages } = await sql<{ page: string | null }>`select cast(${rows} as text) as page from (
      select r.entry, r.result, r.list_age_s, e.office, e.mode, e.chapter, e.examined, e.documents_checked, e.release_s
      from entry_result as r join border_entry as e on e.entry = r.entry
      where r.partner = ${partner} and r.month = ${month} and r.entry > ${after}
      order by r.entry limit ${sql.lit(pageRows)}) as page`.execute(reader);
    const read = JSON.parse(pages[0]?.page ?? '[]') as readonly PageRow[];
    yield read.map(([, result, age, office, mode, chapter, examined, checked, seconds]) => ({
      ...{ result, list_age_s: age, office, mode, chapter, examined, documents_checked: checked, release_s: seconds },
    }));
    if (read.length < pageRows) return;
    after = read.at(-1)?.[0] ?? after;
    await nextTurn();
  }
}

type Text = string | null;
type Count = number | null;
type PageRow = readonly [string, EntryResult, Count, Text, Text, Text, number, number, Count];
