/** What an engine offers to database.ts. */

import type { Dialect, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export type Engine = 'sqlite' | 'postgres';

/** Called with each error before it is thrown; returns it. */
export type ReportError = (error: unknown) => unknown;

/** Its connections throw E_STORE_UNREACHABLE for errors of disk, network, locks and shutdown, and E_STORE_DAMAGED. */
export interface EngineAccess {
  readonly engine: Engine;
  readonly writing: Dialect;
  /** For migrations, where statements on large tables take longer than others may; absent: they are run by `writing`. */
  migrating?(): Dialect;
  /** Called after the first write: an SQLite file must exist by then. */
  openReading(): Dialect;
  /** Calls again and again while another process or thread keeps a transaction from beginning. */
  whenHeld?(listener: () => void): void;
  /** Throws E_STORE_UNDURABLE. */
  assertDurable(writer: Kysely<Tables>): Promise<void>;
}
