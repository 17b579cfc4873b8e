/** Leases: a sender claims due messages for a limited time, and only the owner of the lease may record the outcome. */

import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { later } from '../model/day.ts';
import { outboundStates, type SealedMessage } from '../model/message.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { storedBytes } from './bodies.ts';
import { insertMany, oneOf } from './bulk.ts';
import { engineOf, type Database, type Reader, type Tx } from './database.ts';
import { numbersOf } from './given-numbers.ts';
import { changesOne, fromRow } from './rows.ts';

/** Seconds until the next attempt, at most; also where a partner asks for more time. */
export const longestDelaySeconds = 3600;
/** Seconds until the same bytes are sent again when the partner holds the list for two people. */
export const longestHoldSeconds = 24 * 3600;
/** Seconds until the absence of an agreed answer has consequences, at most. */
export const longestAnswerSeconds = 31 * 24 * 3600;
/** By which the clocks of gateways on one store may differ. */
export const clockToleranceSeconds = 60;
/** Answers to messages of a lower rank are expected. Part of the text of statements, because partial indexes are found only so. */
export const openRank = sql.lit(outboundStates.CLOSED);

export interface DeliveryClaim {
  /** The gateway process that sends: Gateway.owner. */
  readonly owner: string;
  readonly now: Moment;
  readonly leaseUntil: Moment;
  readonly limit: number;
  readonly partner: string;
  /** Absent: all kinds. */
  readonly kinds?: readonly SealedMessage['kind'][];
  /** Only this message. */
  readonly id?: string;
}

/** A message that only the claiming process may send until its lease expires. */
export interface Claimed extends SealedMessage {
  /** Counts from 1; also the token of the lease. */
  readonly attempt: number;
  /** When it was sealed. */
  readonly createdAt: Moment;
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
  /** After `handed_over`: when the absence of an agreed answer has consequences. */
  readonly answerDueAt?: Moment;
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

type Condition = (claim: DeliveryClaim) => RawBuilder<SqlBool>;

async function claimAmong(db: Database, claim: DeliveryClaim, condition: Condition): Promise<Claimed[]> {
  // A read without a lock first: most of the time nothing is due, and then nothing is written.
  if ((await messagesAmong(db.sql, { ...claim, limit: 1 }, condition).execute()).length === 0) return [];
  const claimed = await claimUnderLock(db, claim, condition);
  // What is committed, and no more: a number that a crash takes back was never given.
  const isNew = claimed.some(({ number, attempt }) => number !== undefined && attempt === 1);
  if (isNew) db.given?.note(await numbersOf(db.sql, claim.partner));
  return claimed;
}

async function claimUnderLock(db: Database, claim: DeliveryClaim, condition: Condition): Promise<Claimed[]> {
  return await db.transaction(async (tx) => {
    const due = messagesAmong(tx, claim, condition);
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
    return await Array.fromAsync(rows, async (row) => {
      const { correlatesTo: subject, sequence: number, epochId: period, attempts: earlier, ...message } = fromRow(row);
      const bytes = await storedBytes(tx, row.digest);
      return { ...message, ...present({ subject, number, period }), bytes, attempt: earlier + 1 };
    });
  });
}

/** What claimDue would claim, oldest first; without a lock. */
export function selectDue(reader: Reader, claim: DeliveryClaim) {
  return messagesAmong(reader, claim, dueMessages);
}

function messagesAmong(reader: Reader, claim: DeliveryClaim, condition: Condition) {
  return reader
    .selectFrom('message as m')
    .select(['id', 'partner', 'kind', 'content_type', 'digest', 'correlates_to', 'epoch_id', 'sequence', 'file'])
    .select(['attempts', 'created_at'])
    .where(condition(claim))
    .orderBy('created_at')
    .orderBy('sequence')
    .orderBy('id')
    .limit(claim.limit);
}

/** No list goes from a store that is older than what was sent, until a person has decided (older-store.ts). */
const mayGo = sql`(kind <> 'list' or (select value from counter where name = 'lists_wait') = 0)`;

const ofKinds = ({ kinds, id }: DeliveryClaim) => {
  if (id !== undefined) return sql`${mayGo} and id = ${id}`;
  return kinds === undefined ? mayGo : sql`${mayGo} and kind in (${sql.join(kinds)})`;
};

/** No hold, and no lease. A lease beyond any that could be taken now was taken while the clock was ahead. */
function isFree({ now, leaseUntil }: DeliveryClaim) {
  const ahead = later(leaseUntil, clockToleranceSeconds);
  return sql`hold_reason is null and (lease_until is null or lease_until <= ${now} or lease_until > ${ahead})`;
}

/**
 * An earlier list of the same stream is not accepted by the transport yet. Numbers are given out under the lock of the stream: a process
 * that reads one can also read all lower ones. Written with a limit, so that no engine makes a join of it.
 */
const waitsForEarlier = sql`coalesce(message.sequence > (select earlier.sequence from message as earlier
  where earlier.state = 'SEALED' and earlier.partner = message.partner and earlier.epoch_id = message.epoch_id
  order by earlier.sequence limit 1), false)`;

/**
 * Reads a few rows of an index for each part, whatever was delivered or waits: of each stream its first list that is not accepted, the
 * oldest due of the other messages, and those whose receipt is overdue. Moments farther away than any delay come from a clock that was
 * ahead, and count as past. The constants are part of the text because partial indexes are found only so. The number of the first list is
 * looked for by itself, because it stands in the index of what waits: an engine would look for the row by that of all numbers.
 */
function dueMessages(claim: DeliveryClaim): RawBuilder<SqlBool> {
  const { partner, now, limit } = claim;
  const free = sql`${isFree(claim)} and ${ofKinds(claim)}`;
  const [tooFar, heldTooFar] = [later(now, longestDelaySeconds), later(now, longestHoldSeconds)];
  const nextEpoch = (after: RawBuilder<unknown>) =>
    sql`(select epoch_id from message where partner = ${partner} and state = 'SEALED' and epoch_id ${after}
      order by epoch_id limit 1)`;
  const part = (condition: RawBuilder<unknown>, order: string) =>
    sql`select id from (select id from message where partner = ${partner} and ${condition} and ${free}
      order by ${sql.raw(order)} limit ${sql.lit(limit)}) as part`;
  const single = (at: RawBuilder<unknown>) =>
    part(
      sql`state = 'SEALED' and epoch_id is null and sequence is null and next_attempt_at ${at}`,
      'epoch_id, sequence, next_attempt_at',
    );
  const overdue = (at: RawBuilder<unknown>) =>
    part(sql`state = 'HANDED_OVER' and receipt_due_at ${at} and not ${waitsForEarlier}`, 'receipt_due_at, sequence');
  // PostgreSQL judges a row again that changed before it was locked, but not the part in brackets.
  return sql<SqlBool>`${isFree(claim)} and id in (with recursive epoch (id) as (
      select ${nextEpoch(sql`is not null`)} union all
      select ${nextEpoch(sql`> epoch.id`)} from epoch where id is not null)
    select id from message where ${free} and (next_attempt_at <= ${now} or next_attempt_at > ${tooFar})
      and id in (select (select id from message where partner = ${partner} and epoch_id = epoch.id and sequence = (
        select sequence from message where partner = ${partner} and state = 'SEALED' and epoch_id = epoch.id
        order by sequence limit 1)) from epoch where id is not null)
    union all ${single(sql`<= ${now}`)}
    union all ${single(sql`> ${tooFar}`)}
    union all ${overdue(sql`<= ${now}`)}
    union all ${overdue(sql`> ${tooFar} and (receipt_digest is null or receipt_due_at > ${heldTooFar})`)})`;
}

/** The first open message that has no receipt, or whose receipt is due; leased or not. */
function undeliveredMessages(claim: DeliveryClaim): RawBuilder<SqlBool> {
  const { partner, now } = claim;
  return sql<SqlBool>`id in (select id from message where partner = ${partner} and state_rank < ${openRank}
    and hold_reason is null and (receipt_digest is null or receipt_due_at <= ${now}) and ${ofKinds(claim)}
    and not ${waitsForEarlier} order by created_at, sequence, id limit 1)`;
}

/** Extends the lease of an attempt that is still going on. False: another sender has it by now. */
export async function renewLease(tx: Tx, { id, attempt }: Claimed, leaseUntil: Moment): Promise<boolean> {
  return await changesOne(leaseOf(tx, id, attempt).set({ lease_until: leaseUntil }));
}

/** Ends the lease of an attempt whose outcome could not be recorded: the message is due as before. */
export async function endLease(tx: Tx, { id, attempt }: Claimed): Promise<void> {
  await leaseOf(tx, id, attempt).set({ lease_owner: null, lease_until: null }).execute();
}

/** Ends the leases of earlier processes on our data folder, which have ended. `owner`: of this one; its first part names the folder. */
export async function endEarlierLeases(tx: Tx, partner: string, owner: string): Promise<void> {
  const [folder = owner] = owner.split('-');
  await tx
    .updateTable('message')
    .set({ lease_owner: null, lease_until: null })
    .where('partner', '=', partner)
    .where(sql<boolean>`state_rank < ${openRank}`)
    .where('lease_owner', 'like', `${folder}-%`)
    .where('lease_owner', '!=', owner)
    .execute();
}

function leaseOf(tx: Tx, id: string, attempt: number) {
  const message = tx.updateTable('message').where('id', '=', id);
  return message.where('attempts', '=', attempt).where('lease_owner', 'is not', null);
}

/** Makes what waits for its next attempt due at once, because the partner takes messages again. */
export async function makeDue(tx: Tx, partner: string, at: Moment): Promise<void> {
  await tx
    .updateTable('message')
    .set({ next_attempt_at: at })
    .where('partner', '=', partner)
    .where(sql<boolean>`state = 'SEALED'`)
    .where('next_attempt_at', '>', at)
    .execute();
}

/** Makes what waits for a receipt due at once: the receipt, or the message in the hands of a broker, may have been lost. */
export async function makeUnansweredDue(tx: Tx, partner: string, at: Moment): Promise<void> {
  await tx
    .updateTable('message')
    .set({ receipt_due_at: at })
    .where('partner', '=', partner)
    .where(sql<boolean>`state = 'HANDED_OVER'`)
    .where('receipt_due_at', '>', at)
    .where('receipt_digest', 'is', null)
    .execute();
}

/**
 * Records the outcome of an attempt and ends the lease. False: another sender has the lease by now, and nothing is written. A verdict
 * that was stored in the meantime stays.
 */
export async function finishAttempt(tx: Tx, claimed: Claimed, result: AttemptResult): Promise<boolean> {
  const { id, attempt } = claimed;
  const ended = leaseOf(tx, id, attempt).set({ lease_owner: null, lease_until: null });
  const ours = await ended.returning('state_rank').executeTakeFirst();
  if (ours === undefined) return false;
  const { outcome, at, evidence } = result;
  await insertMany(tx, 'attempt', [{ message_id: id, no: attempt, event: outcome, at, evidence }]);
  if (ours.state_rank < outboundStates.CLOSED)
    await tx.updateTable('message').set(columnsAfter(ours.state_rank, result)).where('id', '=', id).execute();
  return true;
}

/** The columns that an outcome changes. A message that the transport accepted before keeps that state when a repetition fails. */
function columnsAfter(rank: number, result: AttemptResult) {
  const { nextAttemptAt = result.at, receiptDueAt = null, answerDueAt = null } = result;
  switch (result.outcome) {
    case 'handed_over':
      return {
        ...{ state: 'HANDED_OVER' as const, state_rank: outboundStates.HANDED_OVER },
        ...{ next_attempt_at: null, receipt_due_at: receiptDueAt },
        // An answer may have come before the outcome of the attempt was recorded.
        answer_due_at: sql<Moment | null>`case when progress is null then ${answerDueAt} else answer_due_at end`,
      };
    case 'failed':
      return rank < outboundStates.HANDED_OVER ? { next_attempt_at: nextAttemptAt } : { receipt_due_at: nextAttemptAt };
    case 'held':
      return { hold_reason: result.holdReason ?? 'held' };
  }
}
