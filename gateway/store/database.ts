/** The store as a thing that is opened and closed: one schema on SQLite or PostgreSQL, durable or refused. */

import { Kysely, PostgresAdapter, sql } from 'kysely';
import type { Dialect, Transaction } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import { migrate } from './migrations.ts';
import type { Engine } from './migrations.ts';
import { assertServerDurable, openPostgres, tellPostgresError } from './postgres.ts';
import { openSqlite, tellSqliteError } from './sqlite.ts';
import type { Tables } from './tables.ts';

export type { Engine } from './migrations.ts';

/** What changes the store: functions that write take one, so that a write outside a transaction does not compile. */
export type Tx = Transaction<Tables>;
/** What reads the store: `Database.sql` sees what is committed, a transaction sees its own changes too. */
export type Reader = Kysely<Tables>;

export interface Database {
  /** For reading only: the engines refuse writes here. */
  readonly sql: Kysely<Tables>;
  readonly engine: Engine;
  /**
   * Runs the work in one transaction: all of it is stored when this resolves, none of it when the work throws.
   * E_OUTCOME_UNKNOWN: the COMMIT failed, and only reading back tells. E_STORE_UNREACHABLE: nothing was stored.
   * One transaction at a time writes an SQLite file: never open one inside another, never wait for the network in one.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens `sqlite:/path/file.db` or `postgres://…`, and brings its tables to the present form.
 * Throws E_CONFIG_INVALID, E_STORE_UNREACHABLE, E_STORE_UNDURABLE (it would forget what it confirmed), E_STORE_SCHEMA.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith('sqlite:')) return await openFile(url.slice('sqlite:'.length));
  if (/^postgres(ql)?:\/\//.test(url)) return await openServer(url);
  const fix = 'Write sqlite:/path/to/file.db or postgres://user@host/database.';
  throw new GatewayError('E_CONFIG_INVALID', 'the address of the store names no known engine', { fix });
}

async function openFile(path: string): Promise<Database> {
  const file = openSqlite(path);
  const writer = kysely(file.writing);
  try {
    await migrate(writer, 'sqlite');
    await countOpening(writer);
    file.assertDurable();
    return databaseOf('sqlite', writer, kysely(file.openReading()), tellSqliteError);
  } catch (error) {
    await writer.destroy();
    throw error;
  }
}

async function openServer(url: string): Promise<Database> {
  const server = openPostgres(url);
  const writer = kysely(server.writing);
  try {
    await assertServerDurable(writer);
    await migrate(writer, 'postgres');
    await countOpening(writer);
    return databaseOf('postgres', writer, kysely(server.reading), tellPostgresError);
  } catch (error) {
    await writer.destroy();
    throw tellPostgresError(error);
  }
}

function kysely(dialect: Dialect): Kysely<Tables> {
  return new Kysely<Tables>({ dialect });
}

/** The first write: durability is judged after it. */
async function countOpening(writer: Kysely<Tables>): Promise<void> {
  await writer.transaction().execute(async (tx) => {
    await tx
      .updateTable('counter')
      .set({ value: sql`value + 1` })
      .where('name', '=', 'opened')
      .execute();
  });
}

function databaseOf(
  engine: Engine,
  writer: Kysely<Tables>,
  reader: Kysely<Tables>,
  tell: (error: unknown) => unknown,
): Database {
  return {
    sql: reader,
    engine,
    async transaction(work) {
      try {
        return await writer.transaction().execute(work);
      } catch (error) {
        throw tell(error);
      }
    },
    async close() {
      await reader.destroy();
      await writer.destroy();
    },
  };
}

/** Which engine a reader or a transaction speaks to. */
export function engineOf(reader: Reader): Engine {
  return reader.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}
