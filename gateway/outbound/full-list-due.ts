/** Whether a full list is due by what was agreed: in a stream without numbers it sets right what was lost. */

import type { Gateway, Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { newestFull } from '../store/streams.ts';

/** conversation.stream.reconcile, from the newest full list of ours. Before the first one the next list is a full one anyway. */
export async function isFullListDue(
  { db, now }: Pick<Gateway, 'db' | 'now'>,
  { code, adapter: { reconcileSeconds } }: Pick<Partner, 'code' | 'adapter'>,
): Promise<boolean> {
  if (reconcileSeconds === undefined) return false;
  const newest = await newestFull(db.sql, code);
  return newest !== undefined && later(newest, reconcileSeconds) <= momentOf(now());
}
