/** Our own operators: the newest domestic record of each, by registration code. */

import { sql } from 'kysely';
import type { SqlBool } from 'kysely';
import { operatorOfText, operatorText } from '../model/record/operator-text.ts';
import type { DomesticRecord, Moment } from '../model/record/domestic-record.ts';
import { deleteMany, insertMany, oneOf } from './bulk.ts';
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
  const wanted = new Map(records.map((record) => [record.code, operatorText(record)]));
  const held = await heldTexts(tx, [...wanted.keys()]);
  // In the order in which the embedded engine keeps them: it writes each page once.
  const changes = [...wanted].filter(([code, record]) => held.get(code) !== record).sort(byCode);
  const revision = changes.length === 0 ? 0 : await nextRevision(tx);
  const rows = changes.map(([code, record]) => ({ code, revision, revised_at: at, record }));
  const replaced = changes.map(([code]) => code).filter((code) => held.has(code));
  await deleteMany(tx, 'operator', 'code', replaced);
  await insertMany(tx, 'operator', rows);
  const changed = replaced.length;
  return { created: rows.length - changed, changed, unchanged: wanted.size - rows.length };
}

function byCode([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
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

/** Texts of operators (operator-text.ts) one after the other, a line each, as UTF-8. */
export type OperatorPage = Buffer;

/** Operators that changed after a revision, as they are now, in pages by the order of their changes. */
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

async function heldTexts(tx: Tx, codes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('operator')
    .select(['code', 'record'])
    .where(oneOf(tx, 'code', codes))
    .execute();
  return new Map(rows.map(({ code, record }) => [code, record]));
}

export async function findOperator(reader: Reader, code: string): Promise<DomesticRecord | undefined> {
  const row = await reader.selectFrom('operator').select('record').where('code', '=', code).executeTakeFirst();
  return row === undefined ? undefined : operatorOfText(row.record);
}

/**
 * All operators in pages, ordered by code. Each page is read for itself: an operator saved meanwhile comes as it was or as it
 * is, and none is left out or comes twice. The embedded engine joins a page and hands it over as it is: a tenth of the time that
 * it takes to make a text of every row.
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
    yield typeof records === 'string' ? Buffer.from(records) : asBuffer(records);
  }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The same, read. */
export async function* allOperators(reader: Reader): AsyncIterable<DomesticRecord[]> {
  for await (const texts of operatorPages(reader)) {
    yield texts.toString().split('\n').map(operatorOfText);
  }
}

export async function countOperators(reader: Reader): Promise<number> {
  const { operators } = await reader
    .selectFrom('operator')
    .select(({ fn }) => fn.countAll<number>().as('operators'))
    .executeTakeFirstOrThrow();
  return operators;
}
