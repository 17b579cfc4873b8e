/** How far each receiver of news has the changes of the register, and how it went last. */

import type { BorderTables } from './border-tables.ts';
import type { Reader, Tx } from './database.ts';
import { fromRow, type FromRow } from './rows.ts';

export type NewsReader = FromRow<BorderTables['news_reader']>;
export type NewsLane = NewsReader['lane'];

export async function newsReaders(reader: Reader): Promise<readonly NewsReader[]> {
  return (await reader.selectFrom('news_reader').selectAll().orderBy('name').orderBy('lane').execute()).map(fromRow);
}

/** Inserts it, or replaces what is stored of it. */
export async function saveNewsReader(tx: Tx, { name, lane, n, attempts, ...rest }: NewsReader): Promise<void> {
  const { nextAt = null, failingSince = null, fault = null } = rest;
  const state = { n, attempts, next_at: nextAt, failing_since: failingSince, fault };
  await tx
    .insertInto('news_reader')
    .values({ name, lane, ...state })
    .onConflict((known) => known.columns(['name', 'lane']).doUpdateSet(state))
    .execute();
}
