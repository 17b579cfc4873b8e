/** Statements that fill a closed store, on either engine: what both write alike is SQL, and here is where they differ. */

import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { sqliteFile } from '../../gateway/store/database.ts';

export interface Filling {
  run(statement: string): Promise<void>;
  /** The first row of a query, whose values are texts or numbers. Throws where there is none. */
  first(query: string): Promise<Readonly<Record<string, string>>>;
  /** A table `s` with the numbers from 1 on as its column `i`. */
  numbers(count: number): string;
  /** A whole number with zeros before it. */
  padded(expression: string, digits: number): string;
  /** So many seconds before it was opened. */
  momentBefore(seconds: string): string;
  close(): Promise<void>;
}

/** Nothing is durable until it is closed: a store that was being filled when the program ended is to be thrown away. */
export async function openFilling(url: string): Promise<Filling> {
  const file = sqliteFile(url);
  const now = new Date().toISOString().slice(0, 19);
  return file === undefined ? await openServer(url, now) : openFile(file, now);
}

function openFile(file: string, now: string): Filling {
  const database = new DatabaseSync(file);
  // Without a write-ahead log, which would hold each page a second time.
  database.exec('pragma journal_mode = truncate; pragma synchronous = off; pragma locking_mode = exclusive');
  database.exec('pragma cache_size = -262144; pragma foreign_keys = off');
  return {
    run: (statement) => Promise.try(() => database.exec(statement)),
    first: (query) => Promise.try(() => required(database.prepare(query).get(), query)),
    numbers: (count) =>
      `(with recursive s(i) as (select 1 union all select i + 1 from s where i < ${count}) select i from s) s`,
    padded: (expression, digits) => `printf('%0${digits}d', ${expression})`,
    momentBefore: (seconds) => `strftime('%Y-%m-%dT%H:%M:%S.000Z', '${now}', '-' || (${seconds}) || ' seconds')`,
    close: () => Promise.try(() => database.close()),
  };
}

async function openServer(url: string, now: string): Promise<Filling> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('set synchronous_commit = off');
  return {
    async run(statement) {
      await client.query(statement);
    },
    first: async (query) => required((await client.query(query)).rows[0], query),
    numbers: (count) => `generate_series(1::bigint, ${count}) s(i)`,
    padded: (expression, digits) => `lpad((${expression})::text, ${digits}, '0')`,
    momentBefore: (seconds) =>
      `to_char(timestamp '${now}' - (${seconds}) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')`,
    async close() {
      // As the server would do it by itself after some minutes.
      await client.query('vacuum analyze');
      await client.query('checkpoint');
      await client.end();
    },
  };
}

function required(row: unknown, query: string): Readonly<Record<string, string>> {
  if (row === undefined) throw new Error(`there is no row: ${query}`);
  return row as Readonly<Record<string, string>>;
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A text in which an expression stands wherever it has one of its values. */
export function withExpression(text: string, value: string, expression: string): string {
  return text.split(value).map(quoted).join(` || ${expression} || `);
}
