/** Lists of revoked certificates that were fetched. */

import type { Moment } from '../model/record/record.ts';
import type { Reader, Tx } from './database.ts';
import { changePartners } from './partner-keys.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export async function revocationLists(reader: Reader): Promise<readonly FromRow<Tables['revocation_list']>[]> {
  return (await reader.selectFrom('revocation_list').selectAll().orderBy('source').execute()).map(fromRow);
}

/** True: the list is due, as nobody has asked for it since `before`, and the caller fetches it. */
export async function askRevocationList(tx: Tx, source: string, at: Moment, before: Moment): Promise<boolean> {
  const asked = tx.insertInto('revocation_list').values({ source, asked_at: at });
  return await changesOne(
    asked.onConflict((known) =>
      known.column('source').doUpdateSet({ asked_at: at }).where('revocation_list.asked_at', '<=', before),
    ),
  );
}

/** Keeps a list, or why none came: then the one before stays. Gateways take partners again where it is another than before. */
export async function keepRevocationList(
  tx: Tx,
  source: string,
  result: { readonly list: string } | { readonly fault: string },
  at: Moment,
): Promise<void> {
  const row = tx.updateTable('revocation_list').where('source', '=', source);
  if ('fault' in result) {
    await row.set({ fault: result.fault }).execute();
    return;
  }
  await row.set({ fetched_at: at, fault: null }).execute();
  const other = row
    .set({ list: result.list })
    .where((eb) => eb.or([eb('list', 'is', null), eb('list', '!=', result.list)]));
  if (await changesOne(other)) await changePartners(tx);
}
