/** What an engine offers to database.ts. */

import type { Dialect, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export type Engine = 'sqlite' | 'postgres';

export interface EngineAccess {
  readonly writing: Dialect;
  /** Called after the first write: an SQLite file must exist by then. */
  openReading(): Dialect;
  /** Throws E_STORE_UNDURABLE. */
  assertDurable(writer: Kysely<Tables>): Promise<void>;
  /** Errors of disk, network, locks and shutdown become E_STORE_UNREACHABLE; others are returned unchanged. */
  translateError(error: unknown): unknown;
}
