/** Clients of the border door, and what shows that they ask. A change raises `client_revision`, which every gateway on the store compares. */

import { sql } from 'kysely';
import { isStoreAway } from '../model/errors.ts';
import { isScope, type Scope } from '../model/client.ts';
import type { Moment } from '../model/record/record.ts';
import { advanceCounter, readCounter } from './counters.ts';
import type { Database, Reader, Tx } from './database.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { BorderTables } from './border-tables.ts';

export interface StoredClient extends Omit<FromRow<BorderTables['client']>, 'scopes'> {
  readonly scopes: readonly Scope[];
}

export type Credential = FromRow<BorderTables['client_credential']>;

export interface KnownClients {
  readonly clients: ReadonlyMap<string, StoredClient>;
  /** By their ids, those that have ended included. */
  readonly credentials: ReadonlyMap<string, Credential>;
}

export async function allClients(reader: Reader): Promise<KnownClients> {
  const clients = await reader.selectFrom('client').selectAll().orderBy('name').execute();
  const credentials = await reader.selectFrom('client_credential').selectAll().orderBy('at').orderBy('id').execute();
  return {
    clients: new Map(
      clients.map((row) => [row.name, { ...fromRow(row), scopes: row.scopes.split(' ').filter(isScope) }]),
    ),
    credentials: new Map(credentials.map((row) => [row.id, fromRow(row)])),
  };
}

/** For so long at most, a change of another process is not known. */
const knownForMs = 500;

/** While nobody can decide anything in the store, callers are known for so long. */
const knownWithoutStoreMs = 3_600_000;

export interface ClientIndex {
  /**
   * The clients as they were committed half a second ago or later; while the store is away, as they were up to an hour ago. Throws as the
   * store: what cannot be read is not assumed.
   */
  current(): KnownClients | Promise<KnownClients>;
}

/** `clock`: milliseconds of a clock that is never set. */
export function openClientIndex({ sql: reader }: Pick<Database, 'sql'>, clock: () => number): ClientIndex {
  let known: (KnownClients & { readonly revision: number }) | undefined;
  let asked: Promise<KnownClients> | undefined;
  let readAt = -Infinity;
  let failedAt = -Infinity;
  async function read(): Promise<KnownClients> {
    const startedAt = clock();
    // Before the rows: a change in between leads to another reading.
    let revision: number;
    try {
      revision = await readCounter(reader, 'client_revision');
    } catch (error) {
      if (known === undefined || !isStoreAway(error) || startedAt - readAt >= knownWithoutStoreMs) throw error;
      failedAt = clock();
      return known;
    }
    if (known?.revision !== revision) known = { revision, ...(await allClients(reader)) };
    readAt = startedAt;
    return known;
  }
  return {
    current() {
      if (known !== undefined && clock() - Math.max(readAt, failedAt) < knownForMs) return known;
      return (asked ??= read().finally(() => (asked = undefined)));
    },
  };
}

/** Adds a client. False: one had this name before, whatever its case. */
export async function insertClient(tx: Tx, { scopes, ...client }: StoredClient): Promise<boolean> {
  // Of two at the same time, the second waits here for the first.
  await advanceCounter(tx, 'client_revision');
  const sameName = tx
    .selectFrom('client')
    .select('name')
    .where(sql`lower(name)`, '=', client.name.toLowerCase());
  if ((await sameName.executeTakeFirst()) !== undefined) return false;
  const { rate = null, reason = null, ...rest } = client;
  const row = { ...rest, rate, reason, scopes: scopes.join(' ') };
  return await changesOne(tx.insertInto('client').values(row));
}

/** Adds a credential; those that the client has end at `others`, if not before. False: the credential is known. */
export async function insertCredential(
  tx: Tx,
  credential: Omit<BorderTables['client_credential'], 'until_at' | 'used_at'>,
  others?: Moment,
): Promise<boolean> {
  await advanceCounter(tx, 'client_revision');
  if (others !== undefined)
    await tx
      .updateTable('client_credential')
      .set({ until_at: others })
      .where('client', '=', credential.client)
      .where(({ or, eb }) => or([eb('until_at', 'is', null), eb('until_at', '>', others)]))
      .execute();
  const insert = tx.insertInto('client_credential').values({ ...credential, until_at: null, used_at: null });
  return await changesOne(insert.onConflict((known) => known.column('id').doNothing()));
}

/** Nothing that the client has counts any more. False: it is revoked. */
export async function endClient(
  tx: Tx,
  name: string,
  change: { readonly reason: string; readonly person: string; readonly at: Moment },
): Promise<boolean> {
  await advanceCounter(tx, 'client_revision');
  const update = tx.updateTable('client').set({ ...change, state: 'revoked' });
  return await changesOne(update.where('name', '=', name).where('state', '=', 'active'));
}

/** No change that others must know. */
export async function noteUse(tx: Tx, id: string, at: Moment): Promise<void> {
  await tx.updateTable('client_credential').set({ used_at: at }).where('id', '=', id).execute();
}
