/**
 * A budget for the bytes of refused messages, and of repetitions in other bytes, with which a partner could otherwise fill the store. Of
 * each partner the newest are kept, with our receipts over them. Digest, verdict and event of every message stay.
 */

import { sql } from 'kysely';
import type { Digest } from '../model/message.ts';
import { oneOf } from './bulk.ts';
import { engineOf, type Tx } from './database.ts';

/** Rows of one statement. One message may take the place of many small ones, and a budget may have been lowered. */
const batch = 20;

/**
 * Counts the bytes of a message that was answered just now and of its receipt, and drops the oldest beyond `budget` bytes of this partner.
 * Call it after appendEvents: the counter of events lets one transaction at a time in.
 */
export async function countRefused(tx: Tx, partner: string, digest: Digest, budget: number): Promise<void> {
  const size = (column: string) =>
    sql`coalesce((select length(bytes) from body where body.digest = ${sql.ref(column)}), 0)`;
  const sizes = sql`(${size('inbox.digest')} + ${size('inbox.receipt_digest')})`;
  const { refused_upto: upto } = await tx
    .updateTable('inbox')
    .set({
      refused_upto: sql`coalesce((select max(refused_upto) from inbox where partner = ${partner}), 0) + ${sizes}`,
    })
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .returning('refused_upto')
    .executeTakeFirstOrThrow();
  const oldest = tx
    .selectFrom('inbox')
    .select(['digest', 'receipt_digest', sql<number>`refused_upto - ${sizes}`.as('before')])
    .where('partner', '=', partner)
    .where('refused_upto', '>', 0)
    .orderBy('refused_upto')
    .limit(batch);
  let beyond;
  do {
    const rows = await oldest.execute();
    beyond = rows.filter(({ before }) => before < Number(upto) - budget);
    const digests = beyond.map((row) => row.digest);
    const dropped = tx.updateTable('inbox').set({ refused_upto: 0 }).where('partner', '=', partner);
    await dropped.where(oneOf(tx, 'digest', digests)).execute();
    await dropBytes(tx, [...digests, ...beyond.flatMap(({ receipt_digest: receipt }) => receipt ?? [])]);
  } while (beyond.length === batch);
}

/** Leaves the digests, without the bytes, of those bodies that nothing else needs: another partner's message, one of ours, a receipt. */
export async function dropBytes(tx: Tx, digests: readonly Digest[]): Promise<void> {
  const needed = (from: 'inbox' | 'message', column: string, condition = sql`true`) =>
    sql<boolean>`exists (select 1 from ${sql.table(from)} as other where ${sql.ref(`other.${column}`)} = body.digest and ${condition})`;
  const kept = sql`coalesce(other.refused_upto, 1) > 0`;
  await tx
    .updateTable('body')
    .set({ bytes: engineOf(tx) === 'sqlite' ? sql`x''` : sql`''` })
    .where(oneOf(tx, 'digest', digests))
    .where(
      sql<boolean>`not (${needed('inbox', 'digest', kept)} or ${needed('inbox', 'receipt_digest', kept)}
      or ${needed('message', 'digest')} or ${needed('message', 'receipt_digest')})`,
    )
    .execute();
}
