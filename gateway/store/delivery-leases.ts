/** Leases: a sender claims due messages for a limited time, and only the owner of the lease may record the outcome. */

import { sql } from 'kysely';
import { outboundStates, type SealedMessage } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { getBytes } from './bodies.ts';
import { insertMany, oneOf } from './bulk.ts';
import { engineOf, type Database, type Reader, type Tx } from './database.ts';
import { fromRow } from './rows.ts';

export interface DeliveryClaim {
  /** The gateway process that sends: Gateway.owner. */
  readonly owner: string;
  readonly now: Moment;
  readonly leaseUntil: Moment;
  readonly limit: number;
  readonly partner?: string;
  /** Absent: all kinds. */
  readonly kinds?: readonly SealedMessage['kind'][];
}

/** A message that only the claiming process may send until its lease expires. */
export interface Claimed extends SealedMessage {
  /** Counts from 1; also the token of the lease. */
  readonly attempt: number;
}

/** `failed` includes an unknown outcome: the same bytes are sent again. */
export interface AttemptResult {
  readonly outcome: 'handed_over' | 'failed' | 'held';
  readonly evidence: string;
  readonly at: Moment;
  /** After `failed`; absent: at once. */
  readonly nextAttemptAt?: Moment;
  /** After `handed_over`; absent: no receipt is expected. */
  readonly receiptDueAt?: Moment;
  readonly holdReason?: string;
}

/**
 * Claims messages that are due: not sent yet, or accepted by the transport without a receipt in time; not held, not leased. A list
 * is never claimed before the transport has accepted all earlier ones of its stream. The lease is committed when this resolves.
 */
export async function claimDue(db: Database, claim: DeliveryClaim): Promise<Claimed[]> {
  return await claimAmong(db, claim, dueMessages);
}

/**
 * Claims the oldest message for a partner that polls: the same one until its receipt is held, leased or not, because order is more
 * important than speed and the poller may have crashed. A message that the partner holds for two people does not block later ones.
 */
export async function claimForPoll(db: Database, claim: Omit<DeliveryClaim, 'limit'>): Promise<Claimed | undefined> {
  const [oldest] = await claimAmong(db, { ...claim, limit: 1 }, undeliveredMessages);
  return oldest;
}

async function claimAmong(db: Database, claim: DeliveryClaim, messages: typeof dueMessages): Promise<Claimed[]> {
  // A read without a lock first: most of the time nothing is due, and then nothing is written.
  if ((await messages(db.sql, claim, 1).execute()).length === 0) return [];
  return await db.transaction(async (tx) => {
    const due = messages(tx, claim, claim.limit);
    const rows = await (engineOf(tx) === 'postgres' ? due.forUpdate('m').skipLocked() : due).execute();
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    await tx
      .updateTable('message')
      .set({ attempts: sql`attempts + 1`, lease_owner: claim.owner, lease_until: claim.leaseUntil })
      .where(oneOf(tx, 'id', ids))
      .execute();
    const started = { event: 'started' as const, at: claim.now, owner: claim.owner };
    const attempts = rows.map((row) => ({ message_id: row.id, no: row.attempts + 1, ...started }));
    await insertMany(tx, 'attempt', attempts);
    return await Array.fromAsync(rows, async ({ content_type: contentType, attempts: earlier, ...row }) => {
      return { ...row, contentType, bytes: await getBytes(tx, row.digest), attempt: earlier + 1 };
    });
  });
}

function dueMessages(reader: Reader, claim: DeliveryClaim, limit: number) {
  const { now } = claim;
  return openMessages(reader, claim, limit)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
    .where((eb) =>
      eb.or([
        eb.and([eb('state', '=', 'SEALED'), eb('next_attempt_at', '<=', now)]),
        eb.and([eb('state', '=', 'HANDED_OVER'), eb('receipt_due_at', '<=', now)]),
      ]),
    );
}

function undeliveredMessages(reader: Reader, claim: DeliveryClaim, limit: number) {
  return openMessages(reader, claim, limit).where((eb) =>
    eb.or([eb('receipt_digest', 'is', null), eb('receipt_due_at', '<=', claim.now)]),
  );
}

/** Messages without a verdict and without a hold, oldest first. A list only if the transport has accepted every earlier one of its stream. */
function openMessages(reader: Reader, { partner, kinds }: DeliveryClaim, limit: number) {
  return (
    reader
      .selectFrom('message as m')
      .select(['id', 'partner', 'kind', 'content_type', 'digest', 'attempts'])
      .where('state_rank', '<', outboundStates.ACCEPTED)
      .where('hold_reason', 'is', null)
      // Sequence numbers are given out under the lock of the stream: a process that reads one can also read all lower ones.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('message as earlier')
              .select('earlier.id')
              .whereRef('earlier.partner', '=', 'm.partner')
              .whereRef('earlier.epoch_id', '=', 'm.epoch_id')
              .whereRef('earlier.sequence', '<', 'm.sequence')
              .where('earlier.state', '=', 'SEALED'),
          ),
        ),
      )
      .$if(partner !== undefined, (open) => open.where('partner', '=', partner ?? ''))
      .$if(kinds !== undefined, (open) => open.where('kind', 'in', kinds ?? []))
      .orderBy('created_at')
      .orderBy('sequence')
      .orderBy('id')
      .limit(limit)
  );
}

/**
 * Records the outcome of an attempt and ends the lease. False: another sender has the lease by now, and nothing is written. A verdict
 * that was stored in the meantime stays.
 */
export async function finishAttempt(tx: Tx, claimed: Claimed, result: AttemptResult): Promise<boolean> {
  const { id, attempt } = claimed;
  const ours = await tx
    .updateTable('message')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', id)
    .where('attempts', '=', attempt)
    .where('lease_owner', 'is not', null)
    .returning('state_rank')
    .executeTakeFirst();
  if (ours === undefined) return false;
  const { outcome, at, evidence } = result;
  await insertMany(tx, 'attempt', [{ message_id: id, no: attempt, event: outcome, at, evidence }]);
  if (ours.state_rank < outboundStates.ACCEPTED)
    await tx.updateTable('message').set(columnsAfter(ours.state_rank, result)).where('id', '=', id).execute();
  return true;
}

/** The columns that an outcome changes. A message that the transport accepted before keeps that state when a repetition fails. */
function columnsAfter(rank: number, result: AttemptResult) {
  const { nextAttemptAt = result.at, receiptDueAt = null } = result;
  switch (result.outcome) {
    case 'handed_over':
      return {
        ...{ state: 'HANDED_OVER' as const, state_rank: outboundStates.HANDED_OVER },
        ...{ next_attempt_at: null, receipt_due_at: receiptDueAt },
      };
    case 'failed':
      return rank < outboundStates.HANDED_OVER ? { next_attempt_at: nextAttemptAt } : { receipt_due_at: nextAttemptAt };
    case 'held':
      return { hold_reason: result.holdReason ?? 'held' };
  }
}

/** All attempts to send a message, oldest first. Without an outcome the attempt is in progress, or its sender crashed. */
export async function attemptsOf(reader: Reader, id: string) {
  const rows = await reader
    .selectFrom('attempt as started')
    .leftJoin('attempt as ended', (join) =>
      join
        .onRef('ended.message_id', '=', 'started.message_id')
        .onRef('ended.no', '=', 'started.no')
        .on('ended.event', '!=', 'started'),
    )
    .select(['started.no', 'started.at', 'started.owner'])
    .select(['ended.event as outcome', 'ended.at as ended_at', 'ended.evidence'])
    .where('started.message_id', '=', id)
    .where('started.event', '=', 'started')
    .orderBy('started.no')
    .execute();
  return rows.map(fromRow);
}
