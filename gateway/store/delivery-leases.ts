/** Who sends what now: due messages are claimed under a lease, and only the holder of the lease says how it ended. */

import { sql } from 'kysely';
import type { ExpressionBuilder } from 'kysely';
import { outboundStates } from '../model/message.ts';
import type { SealedMessage } from '../model/message.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import { getBytes } from './bodies.ts';
import { insertMany, oneOf } from './bulk.ts';
import { engineOf } from './database.ts';
import type { Database, Reader, Tx } from './database.ts';
import type { Tables } from './tables.ts';

export interface Claim {
  /** Who sends: random for each start of a gateway. */
  readonly owner: string;
  readonly now: Moment;
  readonly leaseUntil: Moment;
  readonly limit: number;
  readonly partner?: string;
  /** Only messages of these kinds; absent: of all. */
  readonly kinds?: readonly SealedMessage['kind'][];
}

/** A message to be sent by whoever claimed it, and by nobody else until the lease runs out. */
export interface Claimed extends SealedMessage {
  /** Counts from 1. */
  readonly attempt: number;
  readonly leaseToken: number;
}

/** `failed` includes that nobody knows: the same bytes are sent again. */
export interface AttemptResult {
  readonly outcome: 'handed_over' | 'failed' | 'held';
  readonly evidence: string;
  readonly at: Moment;
  /** After `failed`; absent: at once. */
  readonly nextAttemptAt?: Moment;
  /** After `handed_over`; absent: no receipt will come. */
  readonly receiptDueAt?: Moment;
  readonly holdReason?: string;
}

export interface Attempt {
  readonly no: number;
  readonly at: Moment;
  readonly owner: string;
  /** Absent while it is under way, and for ever when its sender died. */
  readonly outcome?: AttemptResult['outcome'];
  readonly endedAt?: Moment;
  readonly evidence?: string;
}

type MessageExpressions = ExpressionBuilder<Tables & { m: Tables['message'] }, 'm'>;

/**
 * Claims messages that are due: not sent yet, or handed over without a receipt in time; not held, not leased. A list is
 * never claimed while an earlier one of its stream still waits. Commits the lease before it resolves: send after that.
 */
export async function claimDue(db: Database, claim: Claim): Promise<Claimed[]> {
  return await claimAmong(db, claim, dueMessages);
}

/**
 * Claims the oldest message that waits to be fetched; the same one again until its receipt is held, whoever had it before: order
 * matters more than haste, and a fetcher that died half way asks again. One that the partner holds for two people lets others pass.
 */
export async function claimWaiting(db: Database, claim: Omit<Claim, 'limit'>): Promise<Claimed | undefined> {
  const [waiting] = await claimAmong(db, { ...claim, limit: 1 }, waitingMessages);
  return waiting;
}

async function claimAmong(db: Database, claim: Claim, messages: typeof dueMessages): Promise<Claimed[]> {
  // A look without a lock first: most of the time nothing is due, and nothing is then written.
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
    const started = rows.map(({ id, attempts }) => ({
      message_id: id,
      no: attempts + 1,
      event: 'started',
      at: claim.now,
      owner: claim.owner,
    }));
    await insertMany(tx, 'attempt', started);
    const claimed: Claimed[] = [];
    for (const { id, partner, kind, content_type: contentType, digest, attempts } of rows) {
      const bytes = await getBytes(tx, digest);
      const token = { attempt: attempts + 1, leaseToken: attempts + 1 };
      claimed.push({ id, partner, kind: kind as Claimed['kind'], contentType, bytes, digest, ...token });
    }
    return claimed;
  });
}

function dueMessages(reader: Reader, claim: Claim, limit: number) {
  const { now } = claim;
  return openMessages(reader, claim, limit)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
    .where((eb) => isDue(eb, now));
}

function waitingMessages(reader: Reader, claim: Claim, limit: number) {
  return openMessages(reader, claim, limit).where((eb) =>
    eb.or([eb('receipt_digest', 'is', null), eb('receipt_due_at', '<=', claim.now)]),
  );
}

/** Messages without a verdict that nobody holds, oldest first; no list before an earlier one of its stream. */
function openMessages(reader: Reader, { partner, kinds }: Claim, limit: number) {
  return reader
    .selectFrom('message as m')
    .select(['id', 'partner', 'kind', 'content_type', 'digest', 'attempts'])
    .where('state_rank', '<', outboundStates.ACCEPTED)
    .where('hold_reason', 'is', null)
    .where((eb) => eb.not(eb.exists(earlierWaiting(eb))))
    .$if(partner !== undefined, (open) => open.where('partner', '=', partner ?? ''))
    .$if(kinds !== undefined, (open) => open.where('kind', 'in', kinds ?? []))
    .orderBy('created_at')
    .orderBy('sequence')
    .orderBy('id')
    .limit(limit);
}

function isDue(eb: MessageExpressions, now: Moment) {
  return eb.or([
    eb.and([eb('state', '=', 'SEALED'), eb('next_attempt_at', '<=', now)]),
    eb.and([eb('state', '=', 'HANDED_OVER'), eb('receipt_due_at', '<=', now)]),
  ]);
}

/** Numbers are given out under the lock of the stream, so whoever sees a number sees every earlier one. */
function earlierWaiting(eb: MessageExpressions) {
  return eb
    .selectFrom('message as earlier')
    .select('earlier.id')
    .whereRef('earlier.partner', '=', 'm.partner')
    .whereRef('earlier.epoch_id', '=', 'm.epoch_id')
    .whereRef('earlier.sequence', '<', 'm.sequence')
    .where('earlier.state', '=', 'SEALED');
}

/**
 * How an attempt ended: its evidence is kept and the lease ends. False: the lease was lost to another sender, and
 * nothing is written. A receipt that was quicker than this keeps its verdict.
 */
export async function finishAttempt(tx: Tx, claimed: Claimed, result: AttemptResult): Promise<boolean> {
  const { id, leaseToken, attempt } = claimed;
  const ours = await tx
    .updateTable('message')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', id)
    .where('attempts', '=', leaseToken)
    .where('lease_owner', 'is not', null)
    .returning('state_rank')
    .executeTakeFirst();
  if (ours === undefined) return false;
  const { outcome, at, evidence } = result;
  await insertMany(tx, 'attempt', [{ message_id: id, no: attempt, event: outcome, at, evidence }]);
  if (ours.state_rank < outboundStates.ACCEPTED)
    await tx.updateTable('message').set(after(ours.state_rank, result)).where('id', '=', id).execute();
  return true;
}

/** The columns that the end of an attempt changes; when a message that was handed over fails again, its receipt is waited for. */
function after(rank: number, result: AttemptResult) {
  const { nextAttemptAt = result.at, receiptDueAt = null } = result;
  switch (result.outcome) {
    case 'handed_over':
      return {
        state: 'HANDED_OVER',
        state_rank: outboundStates.HANDED_OVER,
        next_attempt_at: null,
        receipt_due_at: receiptDueAt,
      };
    case 'failed':
      return rank < outboundStates.HANDED_OVER ? { next_attempt_at: nextAttemptAt } : { receipt_due_at: nextAttemptAt };
    case 'held':
      return { hold_reason: result.holdReason ?? 'held' };
  }
}

/** All attempts to send a message, oldest first. */
export async function attemptsOf(reader: Reader, id: string): Promise<Attempt[]> {
  const rows = await reader.selectFrom('attempt').selectAll().where('message_id', '=', id).orderBy('no').execute();
  const ends = new Map(rows.filter(({ event }) => event !== 'started').map((row) => [row.no, row]));
  return rows
    .filter(({ event }) => event === 'started')
    .map(({ no, at, owner }) => {
      const end = ends.get(no);
      const started = { no, at, owner: owner ?? '' };
      if (end === undefined) return started;
      const outcome = end.event as AttemptResult['outcome'];
      return { ...started, outcome, endedAt: end.at, evidence: end.evidence ?? '' };
    });
}
