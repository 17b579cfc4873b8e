/** Adapters drafted in the office: the samples and answers, from which the draft is made again each time. */

import type { Reader, Tx } from './database.ts';
import { fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export type AdapterDraft = FromRow<Tables['adapter_draft']>;

/** Inserts the draft, or replaces the one with its id. */
export async function saveAdapterDraft(tx: Tx, draft: Tables['adapter_draft']): Promise<void> {
  const { id: _, ...rest } = draft;
  await tx
    .insertInto('adapter_draft')
    .values(draft)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute();
}

export async function findAdapterDraft(reader: Reader, id: string): Promise<AdapterDraft | undefined> {
  const row = await reader.selectFrom('adapter_draft').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** Newest first, without their content. */
export async function listAdapterDrafts(reader: Reader): Promise<readonly Omit<AdapterDraft, 'content'>[]> {
  const drafts = reader.selectFrom('adapter_draft').select(['id', 'partner', 'person', 'at']);
  return await drafts.orderBy('at', 'desc').limit(100).execute();
}

export async function dropAdapterDraft(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('adapter_draft').where('id', '=', id).execute();
}
