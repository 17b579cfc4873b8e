/** Decisions that need two people: who decided what about the bytes or the subject with a given digest. */

import { nameKey } from '../model/clearance/names.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Reader, Tx } from './database.ts';
import { appendEvents } from './events.ts';
import type { Tables } from './tables.ts';

type Approval = Tables['approval'];
type Made = Pick<Approval, 'person' | 'decision' | 'at'>;

/** The person who decides. */
export interface Decider {
  readonly person: string;
  readonly reason?: string | undefined;
  /**
   * Returns, of those who made the same decision, the people whose decisions count in this transaction; throws if that of the person itself
   * does not. Absent if names were only typed, which the log records.
   */
  readonly counts?: ((tx: Tx, made: readonly Made[]) => Promise<readonly string[]>) | undefined;
}

/** All decisions, ordered by time. */
export async function decisionsAbout(
  reader: Reader,
  { partner, digest }: Pick<Approval, 'partner' | 'digest'>,
): Promise<Made[]> {
  return await reader
    .selectFrom('approval')
    .select(['person', 'decision', 'at'])
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .orderBy('at')
    .orderBy('person')
    .execute();
}

/**
 * Records a person's decision about the digest. Returns the people who made the same decision and whose decisions count. Names are compared
 * without case and punctuation. Throws E_APPROVAL_REPEATED, and what `counts` throws.
 */
export async function recordApproval(
  tx: Tx,
  { partner, digest, decision, at }: Omit<Approval, 'person'>,
  { person, counts }: Decider,
): Promise<readonly string[]> {
  const earlier = await decisionsAbout(tx, { partner, digest });
  if (earlier.some((each) => nameKey(each.person) === nameKey(person)))
    throw new GatewayError('E_APPROVAL_REPEATED', 'this person has already decided about this', { at: partner });
  await tx.insertInto('approval').values({ partner, digest, person, decision, at }).execute();
  const made = [...earlier.filter((each) => each.decision === decision), { person, decision, at }];
  return counts === undefined ? made.map((each) => each.person) : await counts(tx, made);
}

/** Deletes earlier decisions, because the bytes are judged again. */
export async function withdrawApprovals(
  tx: Tx,
  { partner, digest }: Pick<Approval, 'partner' | 'digest'>,
): Promise<void> {
  await tx.deleteFrom('approval').where('partner', '=', partner).where('digest', '=', digest).execute();
}

/**
 * Like recordApproval, and writes an event that includes `shown`. Returns the people if the decision takes effect now, otherwise undefined.
 */
export async function decideTogether(
  tx: Tx,
  approval: Omit<Approval, 'person'>,
  decider: Decider,
  shown: object = {},
): Promise<readonly string[] | undefined> {
  const people = await recordApproval(tx, approval, decider);
  const { partner, decision, digest, at } = approval;
  const detail = { partner, decision, digest, ...deciderShown(decider), people, ...shown };
  await appendEvents(tx, [{ kind: 'decision_made', ref: partner, at, detail: present({ ...detail }) }]);
  return people.length < 2 ? undefined : people;
}

/** The event details about the person who decides. */
export function deciderShown({ person, reason, counts }: Decider) {
  return present({ person, reason, typed: counts === undefined ? true : undefined });
}
