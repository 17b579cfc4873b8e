/**
 * Search of recorded answers and assessments: an index row leads from each searchable value to the log entry. The index rows are made
 * after the answers, in log order, so that no answer waits for them.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import type { Assessment } from '../model/clearance/assessment.ts';
import type { Entry } from '../model/clearance/entry.ts';
import type { Moment } from '../model/record/record.ts';
import { insertRows, oneOf } from './bulk.ts';
import { readCounter } from './counters.ts';
import type { Database, Reader, Tx } from './database.ts';
import { logSize } from './log.ts';
import { changesOne } from './rows.ts';

export const searchFields = ['identifier', 'entry', 'requester', 'outcome', 'partner'] as const;
export type SearchField = (typeof searchFields)[number];
export type Searched = 'consultation' | 'assessment';

/** An answer or assessment that was found, with its request. */
export type Found =
  | { readonly kind: 'consultation'; readonly n: number; readonly request: CheckRequest; readonly answer: ProvenAnswer }
  | { readonly kind: 'assessment'; readonly n: number; readonly request: Entry; readonly answer: Assessment };

export interface SearchTerms {
  readonly kind: Searched;
  /** All values must match. */
  readonly values: Readonly<Partial<Record<SearchField, string>>>;
  /** Time of the answer: `from` inclusive, `to` exclusive. */
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly before?: SearchPlace | undefined;
  readonly limit: number;
}

/** The position of an index row: ordered by time, then by log number. */
export interface SearchPlace {
  readonly at: Moment;
  readonly n: number;
}

/** Log entries per transaction of `makeSearchable`, which takes two or three milliseconds. */
const pageEntries = 100;

/** Indexes the next log entries. Returns false if more are left. Two processes at once do not make a row twice. */
export async function makeSearchable({
  sql: reader,
  transaction,
}: Pick<Database, 'sql' | 'transaction'>): Promise<boolean> {
  const done = await readCounter(reader, 'searchable');
  const size = await logSize(reader);
  if (done >= size) return true;
  const upTo = Math.min(size, done + pageEntries);
  const found = await foundWhere(reader, (n) => sql`${sql.ref(n)} > ${done} and ${sql.ref(n)} <= ${upTo}`);
  await transaction(async (tx) => {
    const move = tx
      .updateTable('counter')
      .set({ value: upTo })
      .where('name', '=', 'searchable')
      .where('value', '=', done);
    if (!(await changesOne(move))) return;
    const rows = found.flatMap((each) => termsOf(each).map((term) => [term, each.answer.answered_at, each.n]));
    await insertRows(tx, 'search_term', { columns: ['term', 'asked_at', 'n'] }, rows);
  });
  return upTo === size;
}

/** A search indexes at most so many pages itself. With more to do, it would wait and still not find the newest answers. */
const mostPages = 3;

/**
 * Makes the newest answers searchable if few are missing. Returns undefined if all answers and assessments can be found, otherwise the time
 * of the first one that cannot.
 */
export async function searchedTo(db: Pick<Database, 'sql' | 'transaction'>): Promise<Moment | undefined> {
  const missing = (await logSize(db.sql)) - (await readCounter(db.sql, 'searchable'));
  if (missing <= mostPages * pageEntries)
    for (let page = 0; page < mostPages; page += 1) if (await makeSearchable(db)) return undefined;
  const done = await readCounter(db.sql, 'searchable');
  const next = await Promise.all([
    db.sql.selectFrom('border_answer').select('asked_at as at').where('n', '>', done).orderBy('n').limit(1).execute(),
    db.sql
      .selectFrom('event')
      .select('at')
      .where('n', '>', done)
      .where('kind', 'in', ['consultation', 'assessment'])
      .orderBy('n')
      .limit(1)
      .execute(),
  ]);
  return next
    .flat()
    .map(({ at }) => at)
    .toSorted()[0];
}

/** Deletes the index rows of log entries. Called before the entries are deleted. */
export async function forgetSearchable(tx: Tx, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  const found = await foundWhere(tx, (n) => oneOf(tx, n, numbers));
  const moments = found.map(({ answer }) => answer.answered_at).toSorted();
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) return;
  const terms = [...new Set(found.flatMap(termsOf))];
  await tx
    .deleteFrom('search_term')
    .where(oneOf(tx, 'term', terms))
    .where('asked_at', '>=', first)
    .where('asked_at', '<=', last)
    .where(oneOf(tx, 'n', numbers))
    .execute();
}

/**
 * Rows read before other work gets its turn, and rows read in one search (about 50 ms). A rare combination of frequent values may need
 * another request.
 */
const sliceRows = 500;
const mostRows = 10_000;

interface SearchPage {
  /** Newest first. */
  readonly found: readonly Found[];
  /** Start of the next page; absent after the last. */
  readonly next?: SearchPlace;
}

/** Searches the entries that are indexed. */
export async function searchAnswers(reader: Reader, terms: SearchTerms): Promise<SearchPage> {
  const numbers: number[] = [];
  let place = terms.before;
  for (let looked = 0; looked < mostRows; looked += sliceRows) {
    const rows = await slice(reader, terms, place);
    for (const { asked_at: at, n, fits } of rows) {
      place = { at, n };
      if (fits === 1 && numbers.push(n) === terms.limit) return { found: await inOrder(reader, numbers), next: place };
    }
    if (rows.length < sliceRows) return { found: await inOrder(reader, numbers) };
    await nextTurn();
  }
  return { found: await inOrder(reader, numbers), ...(place && { next: place }) };
}

/** Scans by the value that is probably the rarest, and looks the others up for each row. */
async function slice(
  reader: Reader,
  { kind, values, from, to }: SearchTerms,
  before: SearchPlace | undefined,
): Promise<readonly { readonly asked_at: Moment; readonly n: number; readonly fits: number }[]> {
  const given = searchFields.flatMap((field) =>
    values[field] === undefined ? [] : [termOf(kind, field, values[field])],
  );
  const [lead = kind, ...others] = given;
  const fits = others.map(
    (term) =>
      sql`exists (select 1 from search_term b where b.term = ${term} and b.asked_at = a.asked_at and b.n = a.n)`,
  );
  const bounds = [
    sql`a.term = ${lead}`,
    ...(from === undefined ? [] : [sql`a.asked_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`a.asked_at < ${to}`]),
    ...(before === undefined
      ? []
      : [sql`a.asked_at <= ${before.at} and (a.asked_at < ${before.at} or a.n < ${before.n})`]),
  ];
  const { rows } = await sql<{ asked_at: Moment; n: number; fits: number }>`select a.asked_at, a.n,
    case when ${fits.length === 0 ? sql`1 = 1` : sql.join(fits, sql` and `)} then 1 else 0 end as fits
    from search_term a where ${sql.join(bounds, sql` and `)} order by a.asked_at desc, a.n desc limit ${sql.lit(sliceRows)}`.execute(
    reader,
  );
  return rows;
}

async function inOrder(reader: Reader, numbers: readonly number[]): Promise<readonly Found[]> {
  if (numbers.length === 0) return [];
  const found = await foundWhere(reader, (n) => oneOf(reader, n, numbers));
  const byNumber = new Map(found.map((each) => [each.n, each]));
  return numbers.flatMap((n) => byNumber.get(n) ?? []);
}

interface Stored {
  readonly n: number;
  readonly request: string;
  readonly answer: string;
}

/** Undefined if the row was altered and is no answer any more: searches skip it, and `mra audit verify` reports it. */
function readFound(kind: Searched, { n, ...texts }: Stored): Found | undefined {
  try {
    const [request, answer] = [texts.request, texts.answer].map((text) => JSON.parse(text) as object);
    if (request === undefined || answer === undefined) return undefined;
    const isWhole =
      kind === 'consultation' ? 'subject' in answer && 'proof' in answer : 'parties' in answer && 'parties' in request;
    return isWhole ? ({ kind, n, request, answer } as Found) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Answers (including those from before `border_answer` existed) and assessments. `where`: a condition on a column of log numbers. */
async function foundWhere(reader: Reader, where: (column: string) => RawBuilder<SqlBool>): Promise<readonly Found[]> {
  const stored = async (kind: Searched, rows: Promise<{ rows: Stored[] }>): Promise<Found[]> =>
    (await rows).rows.flatMap((row) => readFound(kind, row) ?? []);
  const ofEvent = (kind: Searched): Promise<{ rows: Stored[] }> =>
    sql<Stored>`select event.n, stored.request, stored.answer from event join ${sql.table(kind)} as stored
      on stored.number = event.ref where event.kind = ${kind} and ${where('event.n')}`.execute(reader);
  const answers = sql<Stored>`select n, request, answer from border_answer where ${where('n')}`.execute(reader);
  return [
    ...(await stored('consultation', answers)),
    ...(await stored('consultation', ofEvent('consultation'))),
    ...(await stored('assessment', ofEvent('assessment'))),
  ];
}

const termOf = (kind: Searched, field: SearchField, value: string): string => `${kind} ${field} ${value}`;

/** An identifier can be found both as it was sent and as it was looked up. */
function termsOf(found: Found): readonly string[] {
  const { kind } = found;
  const values: readonly (readonly [SearchField, string | null | undefined])[] =
    kind === 'consultation'
      ? [
          ...[['partner', found.answer.subject.partner] as const, ['outcome', found.answer.outcome] as const],
          ...[
            ['identifier', found.answer.subject.identifier] as const,
            ['identifier', found.request.identifier] as const,
          ],
          ...[['requester', found.answer.proof.requester] as const, ['entry', found.request.reference] as const],
        ]
      : [
          ...[['requester', found.answer.requester] as const, ['outcome', found.answer.decision] as const],
          ['entry', found.answer.entry],
          ...found.answer.parties.map(({ partner }) => ['partner', partner] as const),
          ...found.request.parties.map(({ identifier }) => ['identifier', identifier] as const),
        ];
  const stated = values.flatMap(([field, value]) =>
    value === null || value === undefined || value === '' ? [] : [termOf(kind, field, value)],
  );
  return [...new Set([kind, ...stated])];
}
