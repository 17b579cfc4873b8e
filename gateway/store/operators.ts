/** Our own operators: the current domestic record of each, by registration code. */

import { sql, type SqlBool } from 'kysely';
import { operatorOfText, operatorText } from '../model/record/record-text.ts';
import type { DomesticRecord, Moment } from '../model/record/record.ts';
import { inSlices, insertMany, oneOf } from './bulk.ts';
import { advanceCounter, readCounter } from './counters.ts';
import { engineOf, type Reader, type Tx } from './database.ts';

const page = 2_000;

export type SavedOperators = Readonly<Record<'created' | 'changed' | 'unchanged', number>>;

/** Stores records. An unchanged one stays as it is, with its `revised_at`. Of several records with one code the last counts. */
export async function saveOperators(tx: Tx, records: readonly DomesticRecord[], at: Moment): Promise<SavedOperators> {
  const wanted = new Map(records.map((record) => [record.code, operatorText(record)]));
  const stored = await storedTexts(tx, [...wanted.keys()]);
  const changes = [...wanted].filter(([code, record]) => stored.get(code) !== record);
  // In the order of the primary key: the embedded engine then writes each page once.
  changes.sort(([a], [b]) => (a < b ? -1 : 1));
  const revision = changes.length === 0 ? 0 : await advanceCounter(tx, 'operator_revision');
  const rows = changes.map(([code, record]) => ({ code, revision, revised_at: at, record }));
  const replaced = changes.map(([code]) => code).filter((code) => stored.has(code));
  const deletion = tx.deleteFrom('operator');
  await inSlices(replaced, async (codes) => {
    await deletion.where(oneOf(tx, 'code', codes)).execute();
  });
  await insertMany(tx, 'operator', rows);
  const changed = replaced.length;
  return { created: rows.length - changed, changed, unchanged: wanted.size - rows.length };
}

/** The revision of the last change of any operator; 0 before the first. All changes of one transaction have one revision. */
export async function operatorRevision(reader: Reader): Promise<number> {
  return await readCounter(reader, 'operator_revision');
}

/** Canonical texts of operators (operator-text.ts) as UTF-8, one per line. */
export type OperatorPage = Buffer;

/** The current records of operators that changed after a revision, in pages, in the order of their changes. */
export async function* changedOperators(reader: Reader, since: number): AsyncIterable<OperatorPage> {
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
    yield Buffer.from(rows.map(({ record }) => record).join('\n'));
  }
}

async function storedTexts(tx: Tx, codes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const stored = tx
    .selectFrom('operator')
    .select(['code', 'record'])
    .where(oneOf(tx, 'code', codes));
  return new Map((await stored.execute()).map(({ code, record }) => [code, record]));
}

export async function findOperator(reader: Reader, code: string): Promise<DomesticRecord | undefined> {
  const row = await reader.selectFrom('operator').select('record').where('code', '=', code).executeTakeFirst();
  return row && operatorOfText(row.record);
}

/**
 * All operators in pages, ordered by code. Each page is a query of its own: an operator saved meanwhile appears once, with its old or its
 * new record. The embedded engine concatenates a page itself, which takes a tenth of the time of creating a string for each row.
 */
export async function* operatorPages(reader: Reader): AsyncIterable<OperatorPage> {
  const joined =
    engineOf(reader) === 'sqlite'
      ? sql<Uint8Array | string | null>`cast(group_concat(record, char(10)) as blob)`
      : sql<Uint8Array | string | null>`string_agg(record, chr(10))`;
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
    yield typeof records === 'string'
      ? Buffer.from(records)
      : Buffer.from(records.buffer, records.byteOffset, records.byteLength);
  }
}

export async function* allOperators(reader: Reader): AsyncIterable<DomesticRecord[]> {
  for await (const texts of operatorPages(reader)) {
    yield texts.toString().split('\n').map(operatorOfText);
  }
}

export async function countOperators(reader: Reader): Promise<number> {
  const count = reader.selectFrom('operator').select(({ fn }) => fn.countAll<number>().as('operators'));
  return (await count.executeTakeFirstOrThrow()).operators;
}
