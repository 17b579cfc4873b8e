/** Files of operators that one person proposes and another approves; their bytes stay until then. */

import type { Moment } from '../model/record/record.ts';
import type { Reader, Tx } from './database.ts';
import { dropBytes } from './refused-bytes.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export type ImportDraft = FromRow<Tables['import_draft']>;

/** False: the same bytes wait already. */
export async function addDraft(
  tx: Tx,
  draft: Omit<Tables['import_draft'], 'state' | 'decided_by' | 'decided_at' | 'reason'>,
): Promise<boolean> {
  const same = tx
    .selectFrom('import_draft')
    .select('id')
    .where('digest', '=', draft.digest)
    .where('state', '=', 'waiting');
  if ((await same.executeTakeFirst()) !== undefined) return false;
  const none = { decided_by: null, decided_at: null, reason: null };
  await tx
    .insertInto('import_draft')
    .values({ ...draft, ...none, state: 'waiting' })
    .execute();
  return true;
}

export async function findDraft(reader: Reader, id: string): Promise<ImportDraft | undefined> {
  const row = await reader.selectFrom('import_draft').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** Those that wait; they are few. */
export async function waitingDrafts(reader: Reader): Promise<readonly ImportDraft[]> {
  const drafts = reader.selectFrom('import_draft').selectAll().where('state', '=', 'waiting').orderBy('at', 'desc');
  return (await drafts.execute()).map(fromRow);
}

/** Decided ones that were proposed before a moment, the newest first. */
export async function decidedDrafts(reader: Reader, limit: number, before: Moment): Promise<readonly ImportDraft[]> {
  const drafts = reader.selectFrom('import_draft').selectAll().where('state', '<>', 'waiting').where('at', '<', before);
  return (await drafts.orderBy('at', 'desc').limit(limit).execute()).map(fromRow);
}

/** Of two decisions at one time one counts. False: it was decided before. */
export async function settleDraft(
  tx: Tx,
  { id, digest }: Pick<ImportDraft, 'id' | 'digest'>,
  decided: Pick<Tables['import_draft'], 'state' | 'decided_by' | 'decided_at' | 'reason'>,
): Promise<boolean> {
  const update = tx.updateTable('import_draft').set(decided).where('id', '=', id).where('state', '=', 'waiting');
  if (!(await changesOne(update))) return false;
  await dropBytes(tx, [digest]);
  return true;
}
