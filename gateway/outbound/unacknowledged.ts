/** Restrictions of our operators that a partner has not acknowledged: suspensions, revocations, withdrawn consents. */

import { getPartner, type Gateway } from '../gateway.ts';
import type { Moment } from '../model/record/record.ts';
import { restrictionsAfter } from '../store/operators.ts';
import { sentLists, type SentList } from '../store/outbox.ts';
import { sendingProgress } from '../store/streams.ts';

interface Unacknowledged {
  readonly code: string;
  /** When the restriction was decided or imported. */
  readonly since: Moment;
}

/** If none of so many newest lists is settled, all restrictions count as unacknowledged. */
const newestLists = 200;

/**
 * Oldest first, at most `limit`. A list that the partner accepted acknowledges everything stored before it. A restriction of an operator
 * that the partner may not see needs no list.
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
