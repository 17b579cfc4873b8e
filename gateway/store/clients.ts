/** Clients of the border door, and their credentials. A change increments `client_revision`, which every gateway on the store compares. */

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
  /** By id, including expired ones. */
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

/** For at most this long, a change by another process goes unnoticed. */
const knownForMs = 500;

/** While the store is unreachable, so that nobody can change anything, callers stay known for this long. */
const knownWithoutStoreMs = 3_600_000;

export interface ClientIndex {
  /**
   * The clients as committed at most half a second ago; while the store is unreachable, at most an hour ago. Throws the errors of the
   * store: what cannot be read is not assumed.
   */
  current(): KnownClients | Promise<KnownClients>;
}

/** `clock`: milliseconds of a monotonic clock. */
export function openClientIndex({ sql: reader }: Pick<Database, 'sql'>, clock: () => number): ClientIndex {
  let known: (KnownClients & { readonly revision: number }) | undefined;
  let asked: Promise<KnownClients> | undefined;
  let readAt = -Infinity;
  let failedAt = -Infinity;
  async function read(): Promise<KnownClients> {
    const startedAt = clock();
    // Read before the rows: a change in between causes another read.
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

/** Adds a client. Returns false if the name was used before, in whatever case. */
export async function insertClient(tx: Tx, { scopes, ...client }: StoredClient): Promise<boolean> {
  // If two are added at the same time, the second waits here for the first.
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

/** Adds a credential; the client's other credentials expire at `others`, if not before. Returns false if the credential exists already. */
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

/** Revokes the client with all its credentials. Returns false if it was revoked before. */
export async function endClient(
  tx: Tx,
  name: string,
  change: { readonly reason: string; readonly person: string; readonly at: Moment },
): Promise<boolean> {
  await advanceCounter(tx, 'client_revision');
  const update = tx.updateTable('client').set({ ...change, state: 'revoked' });
  return await changesOne(update.where('name', '=', name).where('state', '=', 'active'));
}

/** Does not count as a change that other gateways must notice. */
export async function noteUse(tx: Tx, id: string, at: Moment): Promise<void> {
  await tx.updateTable('client_credential').set({ used_at: at }).where('id', '=', id).execute();
}
