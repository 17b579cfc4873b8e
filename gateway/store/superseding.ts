/** Messages that are no longer sent, because a later one takes their place. */

import { outboundStates } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import type { Tx } from './database.ts';
import { openRank } from './delivery-leases.ts';

/** What is asked of a message that was sent. */
interface Sent {
  readonly id: string;
  readonly partner: string;
  readonly createdAt: Moment;
  readonly epochId?: string | undefined;
  readonly sequence?: number | undefined;
}

export function updateOpen(tx: Tx) {
  return tx.updateTable('message').where('state_rank', '<', openRank);
}

export const nothingDue = {
  next_attempt_at: null,
  receipt_due_at: null,
  answer_due_at: null,
  progress: null,
  hold_reason: null,
};

export function supersede(tx: Tx, partner: string, at: Moment) {
  return updateOpen(tx)
    .set({ ...nothingDue, state: 'SUPERSEDED', state_rank: outboundStates.SUPERSEDED, settled_at: at })
    .where('partner', '=', partner);
}

/** The first list of a new epoch replaces all lists before it: those not settled yet are no longer sent. Returns their ids. */
export async function supersedeOlder(tx: Tx, partner: string, epochId: string, at: Moment): Promise<string[]> {
  const rows = await supersede(tx, partner, at).where('epoch_id', '!=', epochId).returning('id').execute();
  return rows.map(({ id }) => id);
}

/** Lists without a verdict are no longer sent: a full one takes their place. */
export async function supersedeAll(tx: Tx, partner: string, at: Moment): Promise<void> {
  await supersede(tx, partner, at).where('kind', '=', 'list').execute();
}

/**
 * A full list that counts takes the place of all before it: those of which no word came are no longer sent. Put again, they would be taken
 * for newer by a partner that does not look at numbers and days. After changes, nothing.
 */
export async function supersedeEarlier(tx: Tx, { id, partner, createdAt }: Sent, at: Moment): Promise<void> {
  const list = tx.selectFrom('list').select('kind').where('message_id', '=', id).where('direction', '=', 'out');
  if ((await list.executeTakeFirst())?.kind !== 'full') return;
  const earlier = supersede(tx, partner, at).where('kind', '=', 'list').where('created_at', '<', createdAt);
  await earlier.where('progress', 'is', null).execute();
}

/** Lists after a refused one would only be refused too: those without a verdict are no longer sent. Returns their ids. */
export async function supersedeFollowers(tx: Tx, { partner, epochId, sequence }: Sent, at: Moment): Promise<string[]> {
  if (epochId === undefined || sequence === undefined) return [];
  const rows = await supersede(tx, partner, at)
    .where('epoch_id', '=', epochId)
    .where('sequence', '>', sequence)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
