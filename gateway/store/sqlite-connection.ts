/** A connection to the embedded engine for Kysely, with a cache of prepared statements. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import type { ReportError } from './engine.ts';
import { storeError } from './sqlite-errors.ts';

/** Rows of a bulk statement between two yields to the event loop: about 10 ms. */
const rowsPerSlice = 2_000;
const cachedStatements = 300;

interface Prepared {
  readonly statement: StatementSync;
  readonly reads: boolean;
}

/** What a connection for reading needs beside its statements. */
interface ReadingTerms {
  /** Called after each statement: another connection, if what was read through this one does not count. */
  renewed?(): DatabaseSync | undefined;
  /** Called after each statement: resolves when what it may have read is on the disk; undefined where it is. */
  settled?(): Promise<void> | undefined;
}

export class SqliteConnection implements DatabaseConnection {
  database: DatabaseSync;
  readonly #report: ReportError;
  readonly #reading: ReadingTerms;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync, report: ReportError, reading: ReadingTerms = {}) {
    this.database = database;
    this.#report = report;
    this.#reading = reading;
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const statement = this.database.prepare(text);
    const prepared = { statement, reads: statement.columns().length > 0 };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= cachedStatements && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(text, prepared);
    return prepared;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const result = this.#execute<R>(query);
      const settled = this.#reading.settled?.();
      if (settled !== undefined) await settled;
      return result;
    } catch (error) {
      throw this.#report(storeError(error));
    }
  }

  #execute<R>(query: CompiledQuery): QueryResult<R> {
    let fresh: DatabaseSync | undefined;
    try {
      const { statement, reads } = this.#prepare(query.sql);
      const values = query.parameters.map(bindable);
      const rows = reads ? (statement.all(...values) as R[]) : [];
      const numAffectedRows = reads ? undefined : BigInt(statement.run(...values).changes);
      fresh = this.#reading.renewed?.();
      if (fresh === undefined) return { rows, ...(numAffectedRows === undefined ? {} : { numAffectedRows }) };
    } catch (error) {
      fresh ??= this.#reading.renewed?.();
      if (fresh === undefined) throw error;
    }
    this.database.close();
    this.database = fresh;
    this.#prepared.clear();
    return this.#execute(query);
  }

  /** Runs one statement for many rows, and yields to the event loop after each slice. */
  async runMany(text: string, rows: Iterable<readonly SQLInputValue[]>): Promise<void> {
    let inSlice = 0;
    try {
      const { statement } = this.#prepare(text);
      for (const row of rows) {
        statement.run(...row);
        inSlice += 1;
        if (inSlice === rowsPerSlice) {
          inSlice = 0;
          await yieldToLoop();
        }
      }
    } catch (error) {
      throw this.#report(storeError(error));
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new GatewayError('E_INTERNAL', 'rows are read in pages: an open cursor would block checkpoints');
  }
}

/** node:sqlite takes an object as named parameters and would store NULL for it, so only plain values are accepted. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || value === null)
    return value;
  if (value instanceof Uint8Array) return value;
  throw new GatewayError('E_INTERNAL', `a ${typeof value} cannot be stored; give text, a number, bytes or null`);
}
