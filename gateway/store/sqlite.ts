/** The embedded engine, SQLite: one file, one writing connection under a write lock, one reading connection. */

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { DatabaseConnection, Dialect, Driver } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import { startCheckpointing, type Checkpoints } from './checkpoints.ts';
import type { EngineAccess } from './engine.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { WriteLock } from './write-lock.ts';

/** How long a statement or a transaction waits for another process that writes the same file, in milliseconds. */
const busyMs = 5_000;
const pageBytes = 8_192;
/** Earlier versions can lose the write-ahead log when a checkpoint races with its reset (fixed in 3.51.3). */
const oldestVersion = [3, 51, 3] as const;

/** Every statement sees the last commit, also while a transaction is open on the writing connection. */
function readingDriver(connection: SqliteConnection): Driver {
  const nothing = (): Promise<void> => Promise.resolve();
  const refuse = (): Promise<void> =>
    Promise.reject(new GatewayError('E_INTERNAL', 'transactions are opened with Database.transaction'));
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: nothing,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    destroy: () => Promise.try(() => connection.database.close()),
  };
}

/** Drives the writing connection: a transaction holds it from BEGIN to COMMIT. */
class WritingDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #checkpoints: Checkpoints;
  readonly #lock = new WriteLock();
  #release: () => void = () => undefined;
  #broken = false;

  constructor(connection: SqliteConnection, checkpoints: Checkpoints) {
    this.#connection = connection;
    this.#checkpoints = checkpoints;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const release = await this.#lock.acquire();
    if (this.#broken) {
      release();
      const detail = 'an earlier commit failed, so the file is not written any more';
      const fix = 'Restart the gateway: it reads back what was stored.';
      throw new GatewayError('E_STORE_UNREACHABLE', detail, { fix });
    }
    this.#release = release;
    return this.#connection;
  }

  releaseConnection(): Promise<void> {
    this.#release();
    return Promise.resolve();
  }

  /** BEGIN IMMEDIATE. While another process writes, this retries without blocking the event loop. */
  async beginTransaction(): Promise<void> {
    const { database } = this.#connection;
    await this.#checkpoints.shortenLog();
    const deadline = performance.now() + busyMs;
    for (;;) {
      database.exec('pragma busy_timeout = 0');
      try {
        database.exec('begin immediate');
        return;
      } catch (cause) {
        if (resultCode(cause) !== busyCode) throw cause;
        if (performance.now() > deadline) throw unreachable('another process keeps writing the file', cause);
      } finally {
        database.exec(`pragma busy_timeout = ${busyMs}`);
      }
      await wait(5);
    }
  }

  /** A failed COMMIT may still be in the file after a restart, so nothing more may be written after it. */
  commitTransaction(): Promise<void> {
    return Promise.try(() => {
      try {
        this.#connection.database.exec('commit');
      } catch (cause) {
        this.#broken = true;
        throw new GatewayError('E_OUTCOME_UNKNOWN', 'the commit failed', { cause });
      }
      this.#checkpoints.request();
    });
  }

  rollbackTransaction(): Promise<void> {
    // SQLite ends the transaction by itself after some errors (disk full, I/O).
    return Promise.try(() => {
      if (this.#connection.database.isTransaction) this.#connection.database.exec('rollback');
    });
  }

  async destroy(): Promise<void> {
    await this.#checkpoints.close();
    this.#connection.database.close();
  }
}

/** The write lock makes several connections safe, and SQLite does roll back CREATE TABLE. */
class FileAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function dialectOf(driver: Driver): Dialect {
  return {
    createAdapter: () => new FileAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Opens or creates the file. Throws E_STORE_UNREACHABLE, E_STORE_UNDURABLE. */
export function openSqlite(path: string): EngineAccess {
  assertVersion(process.versions['sqlite'] ?? '0');
  const database = openFile(path, false);
  // The page size applies to a new file only. Against pages of 4 KiB a list is stored 5 to 10 ms faster; small changes are within 5 %.
  database.exec(`pragma page_size = ${pageBytes}; pragma journal_mode = wal; pragma synchronous = full`);
  database.exec('pragma foreign_keys = on; pragma wal_autocheckpoint = 0');
  const connection = new SqliteConnection(database);
  return {
    writing: dialectOf(new WritingDriver(connection, startCheckpointing(database, path))),
    openReading: () => dialectOf(readingDriver(new SqliteConnection(openFile(path, true)))),
    assertDurable: () => Promise.try(() => assertDurable(database)),
    translateError,
  };
}

function openFile(path: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly, timeout: busyMs });
  } catch (cause) {
    throw unreachable('the file could not be opened', cause);
  }
}

/** Throws E_STORE_UNDURABLE. The connection must be the one that writes: settings belong to a connection. */
export function assertDurable(database: DatabaseSync): void {
  const read = (name: string): unknown => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
  const [journal, synchronous] = [read('journal_mode'), read('synchronous')];
  if (journal === 'wal' && synchronous === 2) return;
  const detail = `journal_mode is ${String(journal)} (wal is needed), synchronous is ${String(synchronous)} (2 is needed)`;
  const fix = 'Keep the store in a file on a local disk, and leave its pragmas alone.';
  throw new GatewayError('E_STORE_UNDURABLE', detail, { fix });
}

/** Throws E_STORE_UNDURABLE for a version of SQLite that can lose committed data. */
export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const at = oldestVersion.findIndex((oldest, i) => (parts[i] ?? 0) !== oldest);
  if (at === -1 || (parts[at] ?? 0) > (oldestVersion[at] ?? 0)) return;
  const fix = 'Run the gateway with a newer Node.js.';
  throw new GatewayError('E_STORE_UNDURABLE', `SQLite ${version} is older than ${oldestVersion.join('.')}`, { fix });
}

const busyCode = 5;
/** Result codes BUSY, IOERR, FULL, CANTOPEN: the disk or another writer. Nothing was stored. */
const unreachableCodes: readonly number[] = [busyCode, 10, 13, 14];

function translateError(error: unknown): unknown {
  if (!unreachableCodes.includes(resultCode(error))) return error;
  const fix = 'Check that the disk is healthy and has room, and that no other program holds the file.';
  const detail = `the file could not be written (SQLite result ${resultCode(error)})`;
  return new GatewayError('E_STORE_UNREACHABLE', detail, { cause: error, fix });
}

function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

function unreachable(detail: string, cause: unknown): GatewayError {
  const fix = 'Check that the folder exists, belongs to the gateway’s account, and that one gateway uses the file.';
  return new GatewayError('E_STORE_UNREACHABLE', detail, { cause, fix });
}
