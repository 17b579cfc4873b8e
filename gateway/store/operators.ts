/** Our own operators: the newest domestic record of each, by registration code. */

import { sql } from 'kysely';
import type { SqlBool } from 'kysely';
import type { DomesticRecord, Moment } from '../model/record.ts';
import { deleteMany, insertMany, oneOf } from './bulk.ts';
import { canonicalText, sha256 } from './canonical.ts';
import { engineOf } from './database.ts';
import type { Reader, Tx } from './database.ts';

const page = 2_000;

export interface SavedOperators {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** Saves records; one that says what is held already is left as it is, `revised_at` too. The last of a repeated code counts. */
export async function saveOperators(tx: Tx, records: readonly DomesticRecord[], at: Moment): Promise<SavedOperators> {
  const wanted = new Map(records.map((record) => [record.code, record]));
  const held = await contentDigests(tx, [...wanted.keys()]);
  const changes = [];
  for (const [code, content] of wanted) {
    const record = canonicalText(content);
    const digest = sha256(record);
    if (held.get(code) !== digest) changes.push({ code, content_digest: digest, revised_at: at, record });
  }
  const revision = changes.length === 0 ? 0 : await nextRevision(tx);
  const rows = changes.map((change) => ({ ...change, revision }));
  const replaced = rows.map(({ code }) => code).filter((code) => held.has(code));
  await deleteMany(tx, 'operator', 'code', replaced);
  await insertMany(tx, 'operator', rows);
  const changed = replaced.length;
  return { created: rows.length - changed, changed, unchanged: wanted.size - rows.length };
}

/** One number for all changes of a transaction. The row is locked to its end, so a number seen means that all below it are. */
async function nextRevision(tx: Tx): Promise<number> {
  const { value } = await tx
    .updateTable('counter')
    .set({ value: sql`value + 1` })
    .where('name', '=', 'operator_revision')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}

/** The number of the last change of any operator; 0 before the first. */
export async function operatorRevision(reader: Reader): Promise<number> {
  const { value } = await reader
    .selectFrom('counter')
    .select('value')
    .where('name', '=', 'operator_revision')
    .executeTakeFirstOrThrow();
  return value;
}

/** Operators that changed after a revision, as they are now, in batches by the order of their changes. */
export async function* changedOperators(reader: Reader, since: number): AsyncIterable<DomesticRecord[]> {
  let after = { revision: since, code: '\uffff' };
  for (;;) {
    const { revision, code } = after;
    const rows = await reader
      .selectFrom('operator')
      .select(['code', 'revision', 'record'])
      .where(sql<SqlBool>`(revision, code) > (${revision}, ${code})`)
      .orderBy('revision')
      .orderBy('code')
      .limit(page)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
    yield parsed(rows);
  }
}

/** One reading of a joined text costs a third less than one of each. */
function parsed(rows: readonly { readonly record: string }[]): DomesticRecord[] {
  return JSON.parse(`[${rows.map(({ record }) => record).join(',')}]`) as DomesticRecord[];
}

async function contentDigests(tx: Tx, codes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('operator')
    .select(['code', 'content_digest'])
    .where(oneOf(tx, 'code', codes))
    .execute();
  return new Map(rows.map((row) => [row.code, row.content_digest]));
}

export async function findOperator(reader: Reader, code: string): Promise<DomesticRecord | undefined> {
  const row = await reader.selectFrom('operator').select('record').where('code', '=', code).executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.record) as DomesticRecord);
}

/**
 * All operators in batches, ordered by code. Each batch is read for itself: an operator saved meanwhile comes as it was
 * or as it is, and none is left out or comes twice. A batch is one text to the database and one reading: half the time
 * that a row for each operator takes.
 */
export async function* allOperators(reader: Reader): AsyncIterable<DomesticRecord[]> {
  const joined =
    engineOf(reader) === 'sqlite'
      ? sql<string | null>`group_concat(record)`
      : sql<string | null>`string_agg(record, ',')`;
  let after = '';
  for (;;) {
    const { last, records } = await reader
      .selectFrom((from) =>
        from
          .selectFrom('operator')
          .select(['code', 'record'])
          .where('code', '>', after)
          .orderBy('code')
          .limit(page)
          .as('batch'),
      )
      .select(({ fn }) => [fn.max('batch.code').as('last'), joined.as('records')])
      .executeTakeFirstOrThrow();
    if (records === null) return;
    after = last;
    yield JSON.parse(`[${records}]`) as DomesticRecord[];
  }
}

export async function countOperators(reader: Reader): Promise<number> {
  const { operators } = await reader
    .selectFrom('operator')
    .select(({ fn }) => fn.countAll<number>().as('operators'))
    .executeTakeFirstOrThrow();
  return operators;
}
