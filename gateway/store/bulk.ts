/** Statements for many rows. This is the only file in which the SQL differs between the engines for speed. */

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CompiledQuery, sql, type Compilable, type Insertable, type QueryResult, type RawBuilder } from 'kysely';
import type { SqlBool } from 'kysely';
import { engineOf, type Reader, type Tx } from './database.ts';
import { prepared, type Places } from './prepared.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import type { Tables } from './tables.ts';

type PlainTable = Exclude<keyof Tables, 'body'>;
export type Value = string | number | null | Uint8Array;

/** Rows of one PostgreSQL statement, which stays far below the statement timeout. */
const batch = 5_000;
/** Values of one deletion or update: about 20 ms between two yields to the event loop. */
const slice = 2_000;

/** Inserts rows in the given order; all rows have the columns of the first one. A row that violates a constraint fails the transaction. */
export async function insertMany<T extends PlainTable>(
  tx: Tx,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const values = rows.values().map((row) => columns.map((column) => (row as Record<string, Value>)[column] ?? null));
  await insertRows(tx, table, { columns }, values);
}

interface Columns {
  readonly columns: readonly string[];
  /** Text columns whose values may be UTF-8 bytes. */
  readonly utf8?: readonly string[];
  /** Appended to the statement: an `on conflict` clause. */
  readonly conflict?: string;
  /** For frequent inserts of a few rows: the numeric columns, the first of which is never null; all other columns are text. */
  readonly numbers?: readonly string[];
}

/** Like insertMany, from an iterable, with the values in column order. */
export async function insertRows(
  tx: Tx,
  table: PlainTable,
  { columns, utf8 = [], conflict = '', numbers }: Columns,
  rows: Iterable<readonly Value[]>,
): Promise<void> {
  if (engineOf(tx) === 'sqlite') {
    const places = columns.map((column) => (utf8.includes(column) ? 'cast(? as text)' : '?'));
    // These are our own names, so nothing is quoted.
    const text = `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')}) ${conflict}`;
    await onSqlite(tx, (connection) => connection.runMany(text, rows));
    return;
  }
  if (numbers !== undefined) return await insertFew(tx, table, { columns, numbers }, [...rows]);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  let pending: (string | number | null)[][] = [];
  const flush = async (): Promise<void> => {
    const [first = [], ...others] = pending;
    const objects = pending.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
    pending = [];
    // Most statements insert one row, and reading it from JSON would take the server longer than inserting it.
    const found =
      others.length === 0
        ? sql`values (${sql.join(first)})`
        : sql`select ${names} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(objects)}::json)`;
    await sql`insert into ${sql.table(table)} (${names}) ${found} ${sql.raw(conflict)}`.execute(tx);
  };
  for (const row of rows) {
    pending.push(row.map(asText));
    if (pending.length === batch) await flush();
  }
  if (pending.length > 0) await flush();
}

/** Sizes of the statements for a few rows. Each is prepared once per connection; unused places have no number and are skipped. */
const rooms = [8, 64, 256] as const;
const [, , largestRoom] = rooms;
const fewTexts = new Map<string, string>();

/** PostgreSQL only. With JSON, a row would cost the server twice as much. */
async function insertFew(
  tx: Tx,
  table: PlainTable,
  { columns, numbers }: Pick<Required<Columns>, 'columns' | 'numbers'>,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += largestRoom) {
    const some = rows.slice(from, from + largestRoom);
    const room = rooms.find((each) => each >= some.length) ?? largestRoom;
    const key = `${table} ${room}`;
    const text = fewTexts.get(key) ?? fewText(table, { columns, numbers }, room);
    fewTexts.set(key, text);
    const values: readonly Value[] = some.flat();
    const missing = new Array<null>(room * columns.length - values.length).fill(null);
    await tx.executeQuery(CompiledQuery.raw(text, [...values, ...missing]));
  }
}

/** These are our own names, so nothing is quoted. The first row determines the types. */
function fewText(
  table: PlainTable,
  { columns, numbers }: Pick<Required<Columns>, 'columns' | 'numbers'>,
  room: number,
) {
  const typeOf = (column: string): string => (numbers.includes(column) ? '::bigint' : '::text');
  const place = (row: number) => (column: string, i: number) =>
    `$${row * columns.length + i + 1}${row === 0 ? typeOf(column) : ''}`;
  const rows = Array.from({ length: room }, (_, row) => `(${columns.map(place(row)).join(', ')})`);
  const names = columns.join(', ');
  return `insert into ${table} (${names}) select ${names} from (values ${rows.join(', ')}) as given (${names})
    where ${numbers[0] ?? ''} is not null`;
}

/** Inserts bytes by digest, except those already stored; dropped bytes are stored again. */
export async function insertBodies(tx: Tx, bodies: readonly Insertable<Tables['body']>[]): Promise<void> {
  if (engineOf(tx) === 'sqlite') {
    const text = `insert into body (digest, bytes) values (?, ?)
      on conflict (digest) do update set bytes = excluded.bytes where length(body.bytes) = 0`;
    const rows = bodies.values().map(({ digest, bytes }) => [digest, bytes]);
    return await onSqlite(tx, (connection) => connection.runMany(text, rows));
  }
  for (const { digest, bytes } of bodies) {
    const insert = tx.insertInto('body').values({ digest, bytes });
    const again = sql<SqlBool>`length(body.bytes) = 0`;
    await insert.onConflict((known) => known.column('digest').doUpdateSet({ bytes }).where(again)).execute();
  }
}

/** Like insertBodies, unless the partner sent these bytes before: if they were dropped, they stay dropped. */
export async function insertUnknownBody(
  tx: Tx,
  partner: string,
  { digest, bytes }: Insertable<Tables['body']>,
): Promise<void> {
  const type = sql.raw(engineOf(tx) === 'sqlite' ? 'blob' : 'bytea');
  await sql`insert into body (digest, bytes) select cast(${digest} as text), cast(${bytes} as ${type})
    where not exists (select 1 from inbox where partner = ${partner} and digest = ${digest})
    on conflict (digest) do update set bytes = excluded.bytes where length(body.bytes) = 0`.execute(tx);
}

function asText(value: Value): string | number | null {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

/** Processes the values in slices, and yields to the event loop after each. */
export async function inSlices<V>(values: readonly V[], work: (some: readonly V[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < values.length; from += slice) {
    if (from > 0) await yieldToLoop();
    await work(values.slice(from, from + slice));
  }
}

/** The condition that a column has one of the values, which are one parameter, so their number is not limited. */
export function oneOf(reader: Reader, column: string, values: readonly (string | number)[]): RawBuilder<SqlBool> {
  const [first] = values;
  // PostgreSQL could not determine the type of an empty array.
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  // Most changes concern one row, for which the function below would take as long as the search itself.
  if (values.length === 1) return sql<SqlBool>`${sql.ref(column)} = ${first}`;
  return among(reader, column, typeof first === 'number' ? 'bigint' : 'text', sql.val(asOne(reader, values)));
}

function among(reader: Reader, column: string, type: 'bigint' | 'text', values: RawBuilder<unknown>) {
  return engineOf(reader) === 'sqlite'
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${values}))`
    : sql<SqlBool>`${sql.ref(column)} = any(${values}::${sql.raw(type)}[])`;
}

/** Values as one parameter. */
function asOne(reader: Reader, values: readonly (string | number)[]): unknown {
  return engineOf(reader) === 'sqlite' ? JSON.stringify(values) : values;
}

/** Like `prepared`, with the condition of oneOf: compiled once for one value, and once for several. */
export function preparedOneOf<Values extends object, Row>(
  column: string,
  type: 'bigint' | 'text',
  build: (reader: Reader, isOne: RawBuilder<SqlBool>, places: Places<Values>) => Compilable<Row>,
): (reader: Reader, some: readonly (string | number)[], values: Values) => Promise<QueryResult<Row>> {
  type Some = Values & { readonly some: unknown };
  const one = prepared<Some, Row>((reader, places) =>
    build(reader, sql<SqlBool>`${sql.ref(column)} = ${places.some}`, places),
  );
  const several = prepared<Some, Row>((reader, places) =>
    build(reader, among(reader, column, type, places.some), places),
  );
  return async (reader, some, values) =>
    some.length === 1
      ? await one(reader, { ...values, some: some[0] })
      : await several(reader, { ...values, some: asOne(reader, some) });
}

async function onSqlite(tx: Tx, work: (connection: SqliteConnection) => Promise<void>): Promise<void> {
  await tx.getExecutor().provideConnection(async (connection) => {
    if (!(connection instanceof SqliteConnection)) throw new TypeError('not a connection of the embedded engine');
    await work(connection);
  });
}
