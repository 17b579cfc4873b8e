/** The embedded engine, SQLite: one file, one writing connection whose transactions share commits (group-commit.ts), one reading connection. */

import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { ColumnNode, ReferenceNode, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, ValueNode } from 'kysely';
import type { BinaryOperationNode, DatabaseConnection, Dialect, Driver, LimitNode } from 'kysely';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { startCheckpointing, type Checkpoints } from './checkpoints.ts';
import type { EngineAccess, ReportError } from './engine.ts';
import { LogSync } from './log-sync.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { busyCode, damaged, isUnwritten, resultCode, storeError, unreachable } from './sqlite-errors.ts';
import { assertDurable, assertVersion, busyMs, identityOf, makePrivateFile, openFile } from './sqlite-file.ts';

/** Every statement sees the last commit, also while a transaction is open on the writing connection. */
function readingDriver(connection: SqliteConnection, alsoClose = (): Promise<void> => Promise.resolve()): Driver {
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
    async destroy() {
      connection.database.close();
      await alsoClose();
    },
  };
}

/** Milliseconds that a short transaction of another process or thread takes. */
const shortMs = 4;

interface Writing {
  readonly connection: SqliteConnection;
  readonly checkpoints: Checkpoints;
  readonly log: LogSync;
}

function openWriting(path: string, report: ReportError): Writing {
  const database = openFile(path, 'write');
  // COMMIT does not wait for the disk: the driver does, beside the main thread.
  database.exec('pragma synchronous = normal');
  const checkpoints = startCheckpointing(database, path);
  return { connection: new SqliteConnection(database, report), checkpoints, log: new LogSync(path) };
}

async function closeWriting({ connection, checkpoints, log }: Writing): Promise<void> {
  await checkpoints.close();
  await log.close();
  connection.database.close();
}

/** Drives the writing connection: a transaction holds it from BEGIN to COMMIT. */
class WritingDriver implements Driver {
  readonly #path: string;
  readonly #report: ReportError;
  readonly #identity: string;
  #writing: Writing;
  /** After a failed COMMIT the connection is opened again before anything else is written, as after a log that the disk did not take. */
  #suspect = false;
  /** Called while another process or thread writes, after the time that a short transaction takes. */
  held: () => void = () => undefined;

  constructor(path: string, report: ReportError) {
    this.#path = path;
    this.#report = report;
    this.#writing = openWriting(path, report);
    this.#identity = identityOf(path);
  }

  get database(): SqliteConnection['database'] {
    return this.#writing.connection.database;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    try {
      if (this.#suspect || this.#writing.log.hasFailed) await this.#openAgain();
    } catch (error) {
      throw this.#report(error);
    }
    return this.#writing.connection;
  }

  /** The new connection begins at the last commit, and its first commit overwrites what the failed one left in the log. */
  async #openAgain(): Promise<void> {
    this.#assertSameFile();
    const old = this.#writing;
    if (old.log.hasFailed) leaveLog(old.connection.database);
    const fresh = openWriting(this.#path, this.#report);
    this.#writing = fresh;
    this.#suspect = false;
    await closeWriting(old);
  }

  /** What is written to a file that was replaced or removed would be lost. */
  replaced(): GatewayError | undefined {
    return identityOf(this.#path) === this.#identity
      ? undefined
      : damaged('the file was replaced or removed while it was open');
  }

  #assertSameFile(): void {
    const error = this.replaced();
    if (error !== undefined) throw error;
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  /** BEGIN IMMEDIATE. While another process writes, this retries without blocking the event loop. */
  async beginTransaction(): Promise<void> {
    try {
      this.#assertSameFile();
      await this.#writing.checkpoints.shortenLog(() => this.held());
      const asked = performance.now();
      while (!this.#begin()) {
        const waited = performance.now() - asked;
        if (waited > busyMs) throw unreachable('another process keeps writing the file');
        if (waited > shortMs) this.held();
        await wait(5);
      }
    } catch (error) {
      throw this.#report(storeError(error));
    }
  }

  /** False: another process writes. */
  #begin(): boolean {
    const { database } = this;
    database.exec('pragma busy_timeout = 0');
    try {
      database.exec('begin immediate');
      return true;
    } catch (cause) {
      if (resultCode(cause) === busyCode) return false;
      throw cause;
    } finally {
      database.exec(`pragma busy_timeout = ${busyMs}`);
    }
  }

  async commitTransaction(): Promise<void> {
    try {
      this.database.exec('commit');
      this.#writing.checkpoints.request();
      await this.settled();
    } catch (cause) {
      this.#suspect = true;
      if (isUnwritten(cause)) throw storeError(cause);
      throw new GatewayError('E_OUTCOME_UNKNOWN', 'the commit failed', { cause });
    }
  }

  async rollbackTransaction(): Promise<void> {
    // SQLite ends the transaction by itself after some errors (disk full, I/O).
    if (this.database.isTransaction) this.database.exec('rollback');
    // Its error may say what the transaction has read.
    await this.settled()?.catch(() => undefined);
  }

  /** As LogSync.settled. */
  settled(): Promise<void> | undefined {
    return this.#writing.log.settled();
  }

  destroy(): Promise<void> {
    return closeWriting(this.#writing);
  }
}

/**
 * A part of the log may not be on the disk, although everybody reads it: nothing may be appended behind it. So all of it is copied into the
 * file, and the log begins anew. Throws errors of SQLite, E_STORE_UNREACHABLE while others read it.
 */
function leaveLog(database: DatabaseSync): void {
  database.exec('pragma busy_timeout = 0');
  const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number };
  if (busy !== 0) throw unreachable('another program reads a log that the disk did not take');
}

/** Transactions come one at a time, so that Kysely need not wait for its one connection; and SQLite does roll back CREATE TABLE. */
class FileAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Columns of which indexes cover some values only (`where state = 'SEALED'`). They have few values. */
const partlyIndexed: ReadonlySet<string> = new Set(['state', 'state_rank', 'kind', 'side', 'is_late']);

/**
 * SQLite looks at the value of a parameter when it plans a statement where that stands after LIMIT, or may tell whether a partial index
 * serves; and it plans it again each time one is bound: up to a millisecond, where the statement itself takes some microseconds. So these
 * values are part of the text.
 */
class StatementCompiler extends SqliteQueryCompiler {
  protected override visitLimit({ limit }: LimitNode): void {
    if (!ValueNode.is(limit) || typeof limit.value !== 'number') return super.visitLimit({ kind: 'LimitNode', limit });
    this.append(`limit ${limit.value}`);
  }

  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const { leftOperand: left, operator, rightOperand: right } = node;
    const column = ReferenceNode.is(left) && ColumnNode.is(left.column) ? left.column.column.name : '';
    if (!partlyIndexed.has(column) || !ValueNode.is(right) || !/^\w+$/u.test(String(right.value)))
      return super.visitBinaryOperation(node);
    this.visitNode(left);
    this.append(' ');
    this.visitNode(operator);
    this.append(' ');
    this.appendImmediateValue(right.value);
  }
}

function dialectOf(driver: Driver): Dialect {
  return {
    createAdapter: () => new FileAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new StatementCompiler(),
  };
}

/**
 * The file for reading. Without a log no other program has it open, and it is read without one: reading by way of a log would
 * leave a log behind. A program that opens it meanwhile makes a log or changes the file: what was read may then be parts of two states,
 * and is read again, by way of the log if there is one.
 */
export function readSqlite(path: string, report: ReportError): Dialect {
  let alone = stateOfAlone(path);
  const open = (): DatabaseSync => openFile(path, alone === undefined ? 'read' : 'read alone');
  const renewed = (): DatabaseSync | undefined => {
    const before = alone;
    if (before !== undefined) alone = stateOfAlone(path);
    return before === alone ? undefined : open();
  };
  let log: LogSync | undefined;
  const settled = (): Promise<void> | undefined =>
    alone === undefined ? (log ??= new LogSync(path)).settled() : undefined;
  const connection = new SqliteConnection(open(), report, { renewed, settled });
  return dialectOf(readingDriver(connection, async () => await log?.close()));
}

/** Another value means that the file was changed; undefined while there is a log. */
function stateOfAlone(path: string): string | undefined {
  const { mtimeNs, size, ino } = statSync(path, { bigint: true });
  return existsSync(`${path}-wal`) ? undefined : `${ino} ${size} ${mtimeNs}`;
}

/** Opens or creates the file. Throws E_STORE_UNREACHABLE, E_STORE_UNDURABLE, E_STORE_DAMAGED. */
export function openSqlite(path: string, report: ReportError): EngineAccess {
  assertVersion(process.versions['sqlite'] ?? '0');
  makePrivateFile(path);
  const driver = new WritingDriver(path, report);
  const reportReading: ReportError = (error) => report(isGatewayError(error) ? (driver.replaced() ?? error) : error);
  const settled = (): Promise<void> | undefined => driver.settled();
  return {
    engine: 'sqlite',
    writing: dialectOf(driver),
    openReading: () =>
      dialectOf(readingDriver(new SqliteConnection(openFile(path, 'read'), reportReading, { settled }))),
    whenHeld(listener) {
      driver.held = listener;
    },
    assertDurable: () => Promise.try(() => assertDurable(driver.database)),
  };
}
