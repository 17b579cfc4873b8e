/** Restrictions of our operators that a partner has not acknowledged: suspensions, revocations, consents that ended. */

import { getPartner, type Gateway } from '../gateway.ts';
import type { Moment } from '../model/record/record.ts';
import { restrictionsAfter } from '../store/operators.ts';
import { sentLists, type SentList } from '../store/outbox.ts';
import { sendingProgress } from '../store/streams.ts';

interface Unacknowledged {
  readonly code: string;
  /** When it was decided or imported. */
  readonly since: Moment;
}

/** Of so many lists one was settled, or all restrictions count as not acknowledged. */
const newestLists = 200;

/**
 * The oldest first, at most `limit`. A list that the partner took acknowledges all that was stored before it; what concerns no
 * operator that the partner may see needs no list.
 */
export async function unacknowledgedRestrictions(
  { db, partners }: Pick<Gateway, 'db' | 'partners'>,
  code: string,
  limit: number,
): Promise<readonly Unacknowledged[]> {
  const partner = getPartner({ partners }, code).code;
  const progress = await sendingProgress(db.sql, partner);
  if (progress === undefined) return [];
  const lists = await sentLists(db.sql, partner, newestLists);
  const settled = lists.find(isSettled)?.at ?? '';
  const newest = lists[0]?.at ?? '';
  const open = await restrictionsAfter(db.sql, settled, limit);
  return open.filter(({ since, revision }) => newest >= since || progress.watermark.revision < revision);
}

function isSettled({ state }: SentList): boolean {
  return state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CLOSED';
}
