/** PostgreSQL, the engine for several gateways on one database: a pool for writing and a pool for reading. */

import { createRequire } from 'node:module';
import type { Client, ClientBase, ClientConfig, Pool, PoolConfig } from 'pg';
import { PostgresDialect, PostgresDriver, sql } from 'kysely';
import type { CompiledQuery, DatabaseConnection, Dialect, Kysely, QueryResult } from 'kysely';
import { sha256 } from '../model/canonical-json.ts';
import { addressesOf } from '../model/cluster-address.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import type { EngineAccess, ReportError } from './engine.ts';
import type { Tables } from './tables.ts';

/** Loaded for the first pool: a gateway with an embedded store does without it. */
const load = createRequire(import.meta.url);

/** The driver of Kysely, with errors of connecting and committing as GatewayError. */
class TranslatingDriver extends PostgresDriver {
  readonly #report: ReportError;
  readonly #translating = new WeakSet<DatabaseConnection>();
  readonly #servers: Servers;

  constructor({ pool, servers }: PoolOfServers, report: ReportError) {
    super({ pool });
    this.#servers = servers;
    this.#report = report;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await this.#connect().catch((cause: unknown) => {
      throw unreachable(cause);
    });
    if (this.#translating.has(connection)) return connection;
    this.#translating.add(connection);
    // The driver finds the client by the connection object, so the object stays, and its method is replaced.
    const execute = connection.executeQuery.bind(connection);
    return Object.assign(connection, {
      executeQuery: <R>(query: CompiledQuery): Promise<QueryResult<R>> =>
        execute<R>(query).catch((error: unknown) => {
          if (isStalePlan(error)) this.#servers.plans += 1;
          throw this.#report(storeError(error));
        }),
    });
  }

  /** Each server is tried once, from the one that answered last. */
  async #connect(): Promise<DatabaseConnection> {
    for (let others = this.#servers.addresses.length - 1; ; others -= 1) {
      const tried = this.#servers.current;
      try {
        return await super.acquireConnection();
      } catch (error) {
        if (this.#servers.current === tried) this.#servers.current += 1;
        if (others === 0) throw error;
      }
    }
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection);
    } catch (cause) {
      // The server answered COMMIT with ROLLBACK: the work had failed before, and nothing was stored.
      if (cause instanceof Error && cause.name === 'AbortedTransactionError') throw cause;
      throw new GatewayError('E_OUTCOME_UNKNOWN', 'the answer to the commit is missing or an error', { cause });
    }
  }

  override async rollbackTransaction(connection: Parameters<PostgresDriver['rollbackTransaction']>[0]): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch {
      // The connection is lost, and the transaction with it. The error that led to the rollback is the one to report.
    }
  }
}

/** Both pools connect on first use. */
export function openPostgres(url: string, report: ReportError): EngineAccess {
  return {
    engine: 'postgres',
    writing: dialectOf(poolOf(url, 'write'), report),
    migrating: () => dialectOf(poolOf(url, 'migrate'), report),
    openReading: () => dialectOf(poolOf(url, 'read'), report),
    assertDurable,
  };
}

/** The servers of an address with several hosts, of which one is the primary. */
interface Servers {
  readonly addresses: readonly string[];
  /** Counts on; modulo their number it is the one to connect to. */
  current: number;
  /** Counts on when the tables were changed, as by the migration of a newer version: statements are parsed and planned anew. */
  plans: number;
}

interface PoolOfServers {
  readonly pool: Pool;
  readonly servers: Servers;
}

/** Connects to the present server. */
function clientOf(Base: typeof Client, servers: Servers): new (config?: ClientConfig) => Client {
  return class extends Base {
    constructor(config?: ClientConfig) {
      const { addresses, current } = servers;
      super({ ...config, connectionString: addresses[current % addresses.length] });
    }
  };
}

/** The server parses and plans each statement once for a connection, by its name: of what a message costs it, that was a third. */
function prepareOnce(client: ClientBase, servers: Servers): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (text: unknown, values: unknown, ...more: unknown[]): unknown => {
    const isReady = typeof text === 'string' && Array.isArray(values);
    if (!isReady || (values.length === 0 && !text.startsWith('select'))) return query(text, values, ...more);
    return query({ name: `${String(servers.plans)}-${sha256(text).slice(0, 40)}`, text, values }, ...more);
  };
  Object.assign(client, { query: named });
}

/** As libpq's `target_session_attrs=primary`: a standby answers, and is not the store. */
function assertPrimary(client: ClientBase, done: (error?: Error) => void): void {
  client
    .query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
    .then(({ rows }) => done(rows[0]?.standby === false ? undefined : new Error('this server is a standby')), done);
}

function poolOf(url: string, use: 'read' | 'write' | 'migrate'): PoolOfServers {
  const readOnly = use === 'read';
  const pg = load('pg') as typeof import('pg');
  const parsers = new pg.TypeOverrides();
  // Our values of type bigint stay far below 2^53, so they are read as numbers and not as text.
  parsers.setTypeParser(pg.types.builtins.INT8, Number);
  const servers: Servers = { addresses: addressesOf(url), current: 0, plans: 0 };
  const config: PoolConfig = {
    ...(servers.addresses.length === 1
      ? { connectionString: url }
      : { Client: clientOf(pg.Client, servers), verify: assertPrimary }),
    max: 8,
    // A server that became read-only keeps its connections; new ones reach the server that took its place.
    maxLifetimeSeconds: 15,
    // All in milliseconds.
    connectionTimeoutMillis: 5_000,
    ...(use === 'migrate' ? {} : { statement_timeout: 5_000, query_timeout: 10_000 }),
    lock_timeout: 2_000,
    // A process that stands still in a transaction keeps others from its rows for so long.
    idle_in_transaction_session_timeout: 5_000,
    // Statements of a transaction that are not waited for are sent at once.
    pipeline: !readOnly,
    application_name: readOnly ? 'mra-gateway reads' : 'mra-gateway',
    types: parsers,
    ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  };
  const pool = new pg.Pool(config);
  // Without a listener a broken connection would end the process. The statement in progress, or the next one, reports the same error.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    prepareOnce(client, servers);
  });
  return { pool, servers };
}

function dialectOf(servers: PoolOfServers, report: ReportError): Dialect {
  const { pool } = servers;
  const driver = new TranslatingDriver(servers, report);
  return Object.assign(new PostgresDialect({ pool }), { createDriver: () => driver });
}

async function assertDurable(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`.execute(
    db,
  );
  const off = rows.filter(({ setting }) => setting === 'off').map(({ name }) => name);
  if (off.length === 0 && rows.length === 3) return;
  const fix = 'Set them to on in postgresql.conf, and look for ALTER DATABASE or ALTER ROLE that turn them off.';
  throw new GatewayError('E_STORE_UNDURABLE', `off: ${off.join(', ')}`, { fix });
}

/** SQLSTATE classes after which a retry may succeed: connection, read-only, rollback, resources, lock, operator intervention, disk. */
const unreachableStates = /^(08|25006|40|53|55P03|57|58)/;
/** Data or index corrupted; or tables that were there are gone: the database was replaced. */
const damagedStates = /^(XX001|XX002|42P01|42703|3F000)$/;

/** Others held what it needs, or it and others waited for each other: deadlock_detected, lock_not_available. */
export function isContended(error: unknown): boolean {
  const cause = isGatewayError(error) ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && (cause.code === '40P01' || cause.code === '55P03');
}

/** Messages of the client library about a lost connection, which come without a code. */
const connectionLost = /^(Connection terminated|Client (has encountered|was closed)|Query read timeout)/;

/** A statement that was planned for other tables, or on another connection (behind a pooler). */
function isStalePlan(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === '26000' || (error.code === '0A000' && error.message.includes('cached plan'));
}

function storeError(error: unknown): unknown {
  if (isGatewayError(error) || !(error instanceof Error)) return error;
  // The server quotes the row that violates a constraint, and rows contain operators' data: it must not reach the log.
  if ('detail' in error) error.detail = undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (damagedStates.test(code)) {
    const fix = 'Look for the cause in the log of the database server, and restore the database from a backup.';
    return new GatewayError('E_STORE_DAMAGED', `the database is damaged or was replaced (${code})`, {
      cause: error,
      fix,
    });
  }
  if (isStalePlan(error)) return unreachable(error);
  const isLost = code === '' ? connectionLost.test(error.message) : /^ECONN/.test(code) || unreachableStates.test(code);
  return isLost ? unreachable(error) : error;
}

function unreachable(cause: unknown): GatewayError {
  const fix =
    'Check that the database server runs, has room, takes connections and writes from here, and is not locked by a long transaction.';
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const detail =
    code === ' (25006)'
      ? 'the database is read-only (25006)'
      : `the database server did not execute the statement${code}`;
  return new GatewayError('E_STORE_UNREACHABLE', detail, { cause, fix });
}
