/** Our own operators: the current domestic record of each, by registration code, and its earlier states. */

import { sql, type SqlBool } from 'kysely';
import { operatorOfText, operatorText } from '../model/record/record-text.ts';
import { present } from '../model/present.ts';
import type { DomesticRecord, Moment } from '../model/record/record.ts';
import { inSlices, insertMany, oneOf } from './bulk.ts';
import { advanceCounter, readCounter } from './counters.ts';
import { engineOf, type Reader, type Tx } from './database.ts';

const page = 2_000;

export type SavedOperators = Readonly<Record<'created' | 'changed' | 'unchanged', number>>;

/** The stored text of an operator, and the newest moment of home for which a file stated it; empty where none did. */
export interface KnownOperator {
  readonly text: string;
  readonly asOf: string;
}

/** The import or command that records come from. */
interface OperatorImport {
  /** Name and SHA-256 of the file; empty for a command. */
  readonly file: string;
  readonly digest: string;
  readonly person: string;
  /** Of a command: why. */
  readonly reason?: string;
  /** A record suspends or revokes an operator, or ends its consent. */
  readonly restricts: boolean;
  /** What `knownOperators` returned for these records. */
  readonly known: ReadonlyMap<string, KnownOperator>;
  /** The moment of home that the row of an operator speaks of. */
  asOf(code: string): string;
}

/** What saving records with different codes changes. */
export function countChanges(
  records: readonly DomesticRecord[],
  known: ReadonlyMap<string, KnownOperator>,
): SavedOperators {
  const created = records.filter(({ code }) => !known.has(code)).length;
  const unchanged = records.filter((record) => known.get(record.code)?.text === operatorText(record)).length;
  return { created, changed: records.length - created - unchanged, unchanged };
}

/**
 * Stores records; the state before stays as a version. An unchanged record stays as it is, with its `revised_at`: only the moment
 * for which a file stated it moves on. Of several records with one code the last counts.
 */
export async function saveOperators(
  tx: Tx,
  records: readonly DomesticRecord[],
  at: Moment,
  source?: OperatorImport,
): Promise<SavedOperators> {
  const wanted = new Map(records.map((record) => [record.code, operatorText(record)]));
  const known = source?.known ?? (await knownOperators(tx, [...wanted.keys()]));
  const changes = [...wanted].filter(([code, record]) => known.get(code)?.text !== record);
  // In the order of the primary key: the embedded engine then writes each page once.
  changes.sort(([a], [b]) => (a < b ? -1 : 1));
  const revision = changes.length === 0 ? 0 : await advanceCounter(tx, 'operator_revision');
  const rows = changes.map(([code, record]) => {
    return { code, revision, revised_at: at, as_of: source?.asOf(code) ?? '', record };
  });
  const replaced = changes.map(([code]) => code).filter((code) => known.has(code));
  await inSlices(replaced, async (codes) => {
    const old = tx.selectFrom('operator').select(versionColumns);
    const kept = tx.insertInto('operator_version').columns([...versionColumns]);
    await kept.expression(old.where(oneOf(tx, 'code', codes))).execute();
    await tx
      .deleteFrom('operator')
      .where(oneOf(tx, 'code', codes))
      .execute();
  });
  await insertMany(tx, 'operator', rows);
  if (source !== undefined) await recordImport(tx, source, { wanted, revision, at });
  const changed = replaced.length;
  return { created: rows.length - changed, changed, unchanged: wanted.size - rows.length };
}

const versionColumns = ['code', 'revision', 'revised_at', 'as_of', 'record'] as const;

/** Stores where the changes of a revision come from, and the moment for which the file stated again what is unchanged. */
async function recordImport(
  tx: Tx,
  { file, digest, person, reason, restricts, known, asOf }: OperatorImport,
  { wanted, revision, at }: { wanted: ReadonlyMap<string, string>; revision: number; at: Moment },
): Promise<void> {
  const change = { revision, file, digest, person, at, reason: reason ?? null, restricts: Number(restricts) };
  if (revision > 0) await tx.insertInto('operator_import').values(change).execute();
  const stated = [...wanted].filter(([code, record]) => {
    const before = known.get(code);
    return before?.text === record && before.asOf < asOf(code);
  });
  const byMoment = Map.groupBy(
    stated.map(([code]) => code),
    asOf,
  );
  for (const [moment, codes] of byMoment)
    await inSlices(codes, async (some) => {
      await tx
        .updateTable('operator')
        .set({ as_of: moment })
        .where(oneOf(tx, 'code', some))
        .execute();
    });
}

/** The revision of the last change of any operator; 0 before the first. All changes of one transaction have one revision. */
export async function operatorRevision(reader: Reader): Promise<number> {
  return await readCounter(reader, 'operator_revision');
}

/** The changes after a revision: when the first was stored, and whether one of them restricts an operator. Undefined: there are none. */
export async function changesAfter(
  reader: Reader,
  revision: number,
): Promise<{ readonly since: Moment; readonly restricts: boolean } | undefined> {
  const changed = reader.selectFrom('operator').where('revision', '>', revision).orderBy('revision').limit(1);
  const first = await changed.select('revised_at').executeTakeFirst();
  if (first === undefined) return undefined;
  const known = reader.selectFrom('operator_import').where('revision', '>', revision);
  // An operator that changed twice has its later moment only.
  const source = await known.select('at').orderBy('revision').limit(1).executeTakeFirst();
  const restricting = await known.select('revision').where('restricts', '=', 1).limit(1).executeTakeFirst();
  const since = source !== undefined && source.at < first.revised_at ? source.at : first.revised_at;
  return { since, restricts: restricting !== undefined };
}

/** Whether more operators than `count` changed after a revision; since 0, whether there are more. */
export async function areMoreThan(reader: Reader, revision: number, count: number): Promise<boolean> {
  const changed = reader.selectFrom('operator').select('revision').where('revision', '>', revision).orderBy('revision');
  return (await changed.limit(1).offset(count).executeTakeFirst()) !== undefined;
}

/** Operators that were restricted after a moment, and have not changed since; the oldest first. */
export async function restrictionsAfter(
  reader: Reader,
  after: Moment,
  limit: number,
): Promise<readonly { readonly code: string; readonly since: Moment; readonly revision: number }[]> {
  const restricting = reader.selectFrom('operator_import').where('restricts', '=', 1).where('at', '>', after);
  return await restricting
    .innerJoin('operator', 'operator.revision', 'operator_import.revision')
    .select(['operator.code', 'operator_import.at as since', 'operator.revision'])
    .orderBy('operator_import.revision')
    .orderBy('operator.code')
    .limit(limit)
    .execute();
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

/** What the store holds of the operators with these codes. */
export async function knownOperators(
  reader: Reader,
  codes: readonly string[],
): Promise<ReadonlyMap<string, KnownOperator>> {
  const stored = reader
    .selectFrom('operator')
    .select(['code', 'record', 'as_of'])
    .where(oneOf(reader, 'code', codes));
  return new Map((await stored.execute()).map(({ code, record, as_of }) => [code, { text: record, asOf: as_of }]));
}

/** A state of a domestic record. */
export interface OperatorVersion {
  readonly record: DomesticRecord;
  /** When we stored it. */
  readonly since: Moment;
  /** The newest moment for which a file stated it. */
  readonly asOf?: string;
  /** Absent for a record that no import brought, or one of an earlier program. */
  readonly source?: Pick<OperatorImport, 'file' | 'digest' | 'person' | 'reason'>;
}

/** All states of an operator, the current one first. */
export async function operatorVersions(reader: Reader, code: string): Promise<readonly OperatorVersion[]> {
  const of = (table: 'operator' | 'operator_version') =>
    reader.selectFrom(table).select(versionColumns).where('code', '=', code);
  const rows = await reader
    .selectFrom(of('operator').unionAll(of('operator_version')).as('version'))
    .leftJoin('operator_import', 'operator_import.revision', 'version.revision')
    .select(['version.revised_at', 'version.as_of', 'version.record', 'file', 'digest', 'person', 'reason'])
    .orderBy('version.revision', 'desc')
    .execute();
  return rows.map(({ revised_at, as_of, record, file, digest, person, reason }) => ({
    record: operatorOfText(record),
    since: revised_at,
    ...(as_of === '' ? {} : { asOf: as_of }),
    ...(file === null || digest === null || person === null
      ? {}
      : { source: present({ file, digest, person, reason: reason ?? undefined }) }),
  }));
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

/** The operators behind a code, in the order of their codes, some hundreds at most. */
export async function operatorsAfter(reader: Reader, after: string): Promise<readonly DomesticRecord[]> {
  const behind = reader.selectFrom('operator').select('record').where('code', '>', after).orderBy('code').limit(500);
  return (await behind.execute()).map(({ record }) => operatorOfText(record));
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
