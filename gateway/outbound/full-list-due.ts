/** Whether the agreed schedule requires a full list, which repairs losses in a stream without sequence numbers. */

import type { Gateway, Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { newestFull } from '../store/streams.ts';

/** Applies conversation.stream.reconcile to the date of our newest full list. The first list is a full list anyway. */
export async function isFullListDue(
  { db, now }: Pick<Gateway, 'db' | 'now'>,
  { code, adapter: { reconcileSeconds } }: Pick<Partner, 'code' | 'adapter'>,
): Promise<boolean> {
  if (reconcileSeconds === undefined) return false;
  const newest = await newestFull(db.sql, code);
  return newest !== undefined && later(newest, reconcileSeconds) <= momentOf(now());
}
