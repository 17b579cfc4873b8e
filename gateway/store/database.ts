/** Opens and closes the store: one schema on SQLite or PostgreSQL. A store without durable commits is refused. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresAdapter, type Transaction } from 'kysely';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { advanceCounter } from './counters.ts';
import type { Engine, EngineAccess, ReportError } from './engine.ts';
import { GroupCommit, type Terms } from './group-commit.ts';
import { migrate, requireCurrent } from './migrations.ts';
import { isContended, openPostgres } from './postgres.ts';
import { openSqlite, readSqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { transactionsOf } from './transaction.ts';

export type { Engine } from './engine.ts';

/** Functions that write take a transaction, so that a write outside of one does not compile. */
export type Tx = Transaction<Tables>;
/** `Database.sql` reads committed data; a transaction also reads its own changes. */
export type Reader = Kysely<Tables>;

/** The last number given out of one kind. `epoch`: 0 if the kind has none. */
export interface GivenNumber {
  /** `event`, `operator_revision`, or a stream of our lists (`KR/out`). */
  readonly name: string;
  readonly epoch: number;
  readonly sequence: number;
}

export interface Database {
  /** Read only: the engines refuse writes here. */
  readonly sql: Kysely<Tables>;
  readonly engine: Engine;
  /**
   * Runs the work in one transaction: everything is stored when this resolves, and nothing if the work throws. E_OUTCOME_UNKNOWN: the
   * COMMIT failed; read back to find out. E_STORE_UNREACHABLE: nothing was stored. The embedded engine runs one transaction at a time, and
   * those requested at the same time share a commit: never open one inside another, and never wait for the network in one. On PostgreSQL
   * only `short` ones (a few statements) share a commit, because the others wait for them. `prompt`: throws E_STORE_UNREACHABLE at once if
   * another process or thread is writing the embedded store, which takes seconds for a long list.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, terms?: Terms): Promise<T>;
  /** Runs work that requests short transactions: concurrent works wait some milliseconds for each other's transactions. */
  sharing<T>(work: () => Promise<T>): Promise<T>;
  /** Where the numbers of sent lists are recorded outside the store; absent if nothing is sent. */
  readonly given?: { note(numbers: readonly GivenNumber[]): void };
  /** Number of transactions committed so far. */
  commits(): number;
  /** Aborted with E_STORE_DAMAGED: opening a new connection cannot help, so the process must exit. */
  readonly damaged: AbortSignal;
  close(): Promise<void>;
}

/**
 * Opens `sqlite:/path/file.db` or `postgres://…` and migrates its tables to the current schema. Throws E_CONFIG_INVALID,
 * E_STORE_UNREACHABLE, E_STORE_UNDURABLE (it could lose committed data), E_STORE_SCHEMA, E_STORE_DAMAGED.
 */
export async function openDatabase(url: string): Promise<Database> {
  const damage = new AbortController();
  const report: ReportError = (error) => {
    if (isGatewayError(error) && error.code === 'E_STORE_DAMAGED') damage.abort(error);
    return error;
  };
  const access = accessTo(url, report);
  return { ...(await open(access)), damaged: damage.signal };
}

/**
 * Opens a store for reading: nothing is created, migrated or written. An embedded store that does not exist yet reads as an empty one.
 * Throws the same errors as openDatabase; E_STORE_SCHEMA if a writing command must migrate the store first.
 */
export async function readDatabase(url: string): Promise<Database> {
  const file = sqliteFile(url);
  if (file !== undefined && !existsSync(file)) return await emptyDatabase();
  const damage = new AbortController();
  const dialect =
    file === undefined ? accessTo(url, (error) => error).openReading() : readSqlite(file, (error) => error);
  const reader = new Kysely<Tables>({ dialect });
  const engine = engineOf(reader);
  const refuse = (): Promise<never> =>
    Promise.reject(new GatewayError('E_INTERNAL', 'the store is open for reading only'));
  try {
    await requireCurrent(reader, engine);
  } catch (error) {
    await reader.destroy();
    throw error;
  }
  return {
    sql: reader,
    engine,
    transaction: refuse,
    sharing: (work) => work(),
    commits: () => 0,
    damaged: damage.signal,
    close: () => reader.destroy(),
  };
}

async function emptyDatabase(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'mra-empty-'));
  const db = await openDatabase(`sqlite:${join(folder, 'mra.db')}`);
  return {
    ...db,
    async close() {
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The path of an embedded store. */
export function sqliteFile(url: string): string | undefined {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
}

function accessTo(url: string, report: ReportError): EngineAccess {
  const file = sqliteFile(url);
  if (file !== undefined) return openSqlite(file, report);
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url, report);
  const fix = 'Write sqlite:/path/to/file.db or postgres://user@host/database.';
  throw new GatewayError('E_CONFIG_INVALID', 'the address of the store names no known engine', { fix });
}

/**
 * Most attempts to start a migration: other gateways on the store use its tables meanwhile, and each attempt waits at most two seconds for
 * them.
 */
const mostTries = 10;

async function bringUp({ engine, migrating }: EngineAccess, writer: Kysely<Tables>): Promise<void> {
  if (migrating === undefined) return await migrate(writer, engine);
  const db = new Kysely<Tables>({ dialect: migrating() });
  try {
    for (let tries = 1; tries < mostTries; tries += 1)
      try {
        return await migrate(db, engine);
      } catch (error) {
        if (!isContended(error)) throw error;
      }
    await migrate(db, engine);
  } finally {
    await db.destroy();
  }
}

async function open(access: EngineAccess): Promise<Omit<Database, 'damaged'>> {
  const { engine } = access;
  const writer = new Kysely<Tables>({ dialect: access.writing });
  try {
    await access.assertDurable(writer);
    await bringUp(access, writer);
    await writer.transaction().execute((tx) => advanceCounter(tx, 'opened'));
    // Checked again after a write: some drivers fall back to weaker settings then.
    await access.assertDurable(writer);
    const reader = new Kysely<Tables>({ dialect: access.openReading() });
    const run = transactionsOf(access.writing, access.writing.createDriver());
    const group = new GroupCommit(run);
    access.whenHeld?.(() => group.turnAway());
    let commits = 0;
    return {
      sql: reader,
      engine,
      async transaction(work, terms) {
        const shares = engine === 'sqlite' || terms === 'short';
        const result = await (shares ? group.transaction(work, terms) : run(work));
        commits += 1;
        return result;
      },
      sharing: (work) => group.sharing(work),
      commits: () => commits,
      async close() {
        await reader.destroy();
        await writer.destroy();
      },
    };
  } catch (error) {
    await writer.destroy();
    throw error;
  }
}

/** Like probeStore, for an existing store that is open for reading only. Throws the same errors as openDatabase. */
export async function tryWriting(url: string): Promise<void> {
  const writer = new Kysely<Tables>({ dialect: accessTo(url, (error) => error).writing });
  try {
    await writer.transaction().execute((tx) => advanceCounter(tx, 'probe'));
  } finally {
    await writer.destroy();
  }
}

/**
 * Changes a value and commits: neither a read nor a rolled-back transaction shows that the disk has space. Throws the same errors as
 * Database.transaction.
 */
export async function probeStore(db: Pick<Database, 'transaction'>): Promise<void> {
  await db.transaction((tx) => advanceCounter(tx, 'probe'));
}

export function engineOf(reader: Reader): Engine {
  return reader.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}
