/** The engine for several gateways on one database: a pool that writes, a pool that only reads, and durability asserted. */

import { Pool, types, TypeOverrides } from 'pg';
import type { PoolConfig } from 'pg';
import { PostgresDialect, PostgresDriver, sql } from 'kysely';
import type { DatabaseConnection, Dialect, Kysely } from 'kysely';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import type { Tables } from './tables.ts';

const connectionsEach = 8;
const connectMs = 5_000;
const statementMs = 5_000;
const lockMs = 2_000;
const idleInTransactionMs = 15_000;
const queryMs = 10_000;

/** Our numbers of eight bytes stay far below 2^53, so they are read as numbers and not as text. */
const readings = new TypeOverrides();
readings.setTypeParser(types.builtins.INT8, Number);

/** Kysely's driver, with what an error means told in our words. */
class TellingDriver extends PostgresDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    try {
      return await super.acquireConnection();
    } catch (cause) {
      throw unreachable(cause);
    }
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection);
    } catch (cause) {
      // COMMIT answered by ROLLBACK is a clear no; the work had failed before.
      if (cause instanceof Error && cause.name === 'AbortedTransactionError') throw cause;
      throw new GatewayError('E_OUTCOME_UNKNOWN', 'the answer to the commit is missing or an error', { cause });
    }
  }

  override async rollbackTransaction(connection: Parameters<PostgresDriver['rollbackTransaction']>[0]): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch {
      // The connection is gone and with it the transaction: the pool has been told to discard it. The error that led
      // here says more than this one.
    }
  }
}

export interface PostgresServer {
  readonly writing: Dialect;
  readonly reading: Dialect;
}

/** Both pools connect when first used. */
export function openPostgres(url: string): PostgresServer {
  return { writing: dialectOf(poolOf(url, false)), reading: dialectOf(poolOf(url, true)) };
}

function poolOf(url: string, readOnly: boolean): Pool {
  const config: PoolConfig = {
    connectionString: url,
    max: connectionsEach,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    query_timeout: queryMs,
    application_name: readOnly ? 'mra-gateway reads' : 'mra-gateway',
    types: readings,
    ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  };
  const pool = new Pool(config);
  // A connection that breaks tells it here too. The statement under way, or the next one, fails with the same error, so
  // nothing is lost by not throwing; without a listener the process would end.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function dialectOf(pool: Pool): Dialect {
  const base = new PostgresDialect({ pool });
  return {
    createAdapter: () => base.createAdapter(),
    createDriver: () => new TellingDriver({ pool }),
    createIntrospector: (db) => base.createIntrospector(db),
    createQueryCompiler: () => base.createQueryCompiler(),
  };
}

/** Throws E_STORE_UNDURABLE when the server, the database or the account is set to forget what it confirmed. */
export async function assertServerDurable(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`.execute(
    db,
  );
  const off = rows.filter(({ setting }) => setting === 'off').map(({ name }) => name);
  if (off.length === 0 && rows.length === 3) return;
  const fix = 'Set them to on in postgresql.conf, and look for ALTER DATABASE or ALTER ROLE that turn them off.';
  throw new GatewayError('E_STORE_UNDURABLE', `off: ${off.join(', ')}`, { fix });
}

/** Classes of SQLSTATE after which the same transaction may well succeed: connection, resources, rollback, lock, shutdown. */
const passing = /^(08|40|53|55P03|57)/;

/** What pg itself says of a connection that is gone; it gives no code. */
const connectionLost = /^(Connection terminated|Client (has encountered|was closed)|Query read timeout)/;

/** A broken connection, a lost lock or a deadlock as E_STORE_UNREACHABLE; any other error as it is. */
export function tellPostgresError(error: unknown): unknown {
  if (isGatewayError(error) || !(error instanceof Error)) return error;
  // The server quotes the row that broke a rule, and rows hold operators' data: that part goes no further.
  if ('detail' in error) error.detail = undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const lost = passing.test(code) || code.startsWith('ECONN') || (code === '' && connectionLost.test(error.message));
  return lost ? unreachable(error) : error;
}

function unreachable(cause: unknown): GatewayError {
  const fix =
    'Check that the database server runs, takes connections from here, and is not locked by a long transaction.';
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new GatewayError('E_STORE_UNREACHABLE', `the database server did not do it${code}`, { cause, fix });
}
