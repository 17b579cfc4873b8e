/**
 * Messages that leave: sealed once, kept with their bytes, claimed for sending under a lease, settled by the partner's
 * receipt. The rank of a state only grows, so late or repeated news cannot move a message back; being in flight
 * (a lease) and being held (a reason) stand beside the state.
 */

import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { outboundStates } from '../model/message.ts';
import type { Digest, OutboundState, RecordFault, RecordResult, SealedMessage } from '../model/message.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import { keepSealed } from './bodies.ts';
import { insertMany } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import type { MessageTable } from './tables.ts';

export { attemptsOf, claimDue, claimWaiting, finishAttempt } from './delivery-leases.ts';
export type { Attempt, AttemptResult, Claim, Claimed } from './delivery-leases.ts';
export { listMessages } from './message-list.ts';
export type { MessageListRow, MessageQuery } from './message-list.ts';

export interface MessageMeta {
  /** Both or neither: the message is a list with this number on the partner's stream. */
  readonly epochId?: string;
  readonly sequence?: number;
  /** The message it answers. */
  readonly correlatesTo?: string;
  readonly at: Moment;
}

/** A message as the outbox holds it, without its bytes. */
export interface MessageRow {
  readonly id: string;
  readonly partner: string;
  readonly kind: SealedMessage['kind'];
  readonly contentType: string;
  readonly digest: Digest;
  readonly epochId?: string;
  readonly sequence?: number;
  readonly correlatesTo?: string;
  readonly state: OutboundState;
  readonly createdAt: Moment;
  /** When it is sent (again) at the earliest, or when its receipt is due; absent once it is settled. */
  readonly nextAttemptAt?: Moment;
  readonly receiptDueAt?: Moment;
  /** Why it is not sent until a person acts. */
  readonly holdReason?: string;
  readonly attempts: number;
  readonly receiptDigest?: Digest;
  readonly verdictDetail?: string;
  readonly settledAt?: Moment;
}

export interface NewMessage extends MessageMeta {
  readonly sealed: SealedMessage;
}

/** Queues sealed messages, due at once. A message of a list takes its number on the stream; numbers are unique. */
export async function addMessages(tx: Tx, messages: readonly NewMessage[]): Promise<void> {
  const rows = messages.map(({ sealed, ...meta }) => {
    const { id, partner, kind, contentType, digest } = sealed;
    return {
      id,
      partner,
      kind,
      content_type: contentType,
      digest,
      epoch_id: meta.epochId ?? null,
      sequence: meta.sequence ?? null,
      correlates_to: meta.correlatesTo ?? null,
      state: 'SEALED',
      state_rank: outboundStates.SEALED,
      created_at: meta.at,
      next_attempt_at: meta.at,
      attempts: 0,
    };
  });
  const sealed = messages.map((message) => message.sealed);
  await keepSealed(tx, sealed);
  await insertMany(tx, 'message', rows);
}

export async function addMessage(tx: Tx, sealed: SealedMessage, meta: MessageMeta): Promise<void> {
  await addMessages(tx, [{ sealed, ...meta }]);
}

export async function findMessage(reader: Reader, id: string): Promise<MessageRow | undefined> {
  const row = await reader.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : messageOf(row);
}

function messageOf(row: Selectable<MessageTable>): MessageRow {
  return {
    id: row.id,
    partner: row.partner,
    kind: row.kind as MessageRow['kind'],
    contentType: row.content_type,
    digest: row.digest,
    state: row.state as OutboundState,
    createdAt: row.created_at,
    attempts: row.attempts,
    ...(row.epoch_id === null ? {} : { epochId: row.epoch_id }),
    ...(row.sequence === null ? {} : { sequence: row.sequence }),
    ...(row.correlates_to === null ? {} : { correlatesTo: row.correlates_to }),
    ...(row.next_attempt_at === null ? {} : { nextAttemptAt: row.next_attempt_at }),
    ...(row.receipt_due_at === null ? {} : { receiptDueAt: row.receipt_due_at }),
    ...(row.hold_reason === null ? {} : { holdReason: row.hold_reason }),
    ...(row.receipt_digest === null ? {} : { receiptDigest: row.receipt_digest }),
    ...(row.verdict_detail === null ? {} : { verdictDetail: row.verdict_detail }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
  };
}

export interface Settlement {
  readonly state: 'ACCEPTED' | 'PARTIAL' | 'REJECTED' | 'SUPERSEDED';
  readonly receiptDigest?: Digest;
  readonly verdictDetail?: string;
  readonly at: Moment;
}

/** The verdict on a message. False: there is no such message, or a verdict is held already; then nothing changes. */
export async function settleMessage(tx: Tx, id: string, settlement: Settlement): Promise<boolean> {
  const { state, receiptDigest, verdictDetail, at } = settlement;
  const { numUpdatedRows } = await tx
    .updateTable('message')
    .set({
      state,
      state_rank: outboundStates[state],
      settled_at: at,
      next_attempt_at: null,
      receipt_due_at: null,
      hold_reason: null,
      ...(receiptDigest === undefined ? {} : { receipt_digest: receiptDigest }),
      ...(verdictDetail === undefined ? {} : { verdict_detail: verdictDetail }),
    })
    .where('id', '=', id)
    .where('state_rank', '<', outboundStates.ACCEPTED)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** The first list of a new epoch stands for all lists before it: those not settled yet are no longer sent. Says their ids. */
export async function supersedeOlder(tx: Tx, partner: string, epochId: string, at: Moment): Promise<string[]> {
  const rows = await tx
    .updateTable('message')
    .set({
      state: 'SUPERSEDED',
      state_rank: outboundStates.SUPERSEDED,
      settled_at: at,
      next_attempt_at: null,
      receipt_due_at: null,
      hold_reason: null,
    })
    .where('partner', '=', partner)
    .where('epoch_id', '!=', epochId)
    .where('state_rank', '<', outboundStates.ACCEPTED)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

export interface HeldNote {
  readonly receiptDigest: Digest;
  readonly detail: string;
  /** When the same bytes are sent again to ask how it stands. */
  readonly receiptDueAt: Moment;
  readonly at: Moment;
}

/** The partner has it and two of its people will look: handed over for certain, not settled. False: settled before. */
export async function noteHeldByPartner(tx: Tx, id: string, note: HeldNote): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('message')
    .set({
      state: 'HANDED_OVER',
      state_rank: outboundStates.HANDED_OVER,
      receipt_digest: note.receiptDigest,
      verdict_detail: note.detail,
      receipt_due_at: note.receiptDueAt,
      next_attempt_at: null,
    })
    .where('id', '=', id)
    .where('state_rank', '<', outboundStates.ACCEPTED)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/**
 * Makes a message due at once, with the same bytes under the same id; a hold ends. A running lease is left to end: two
 * senders of one message at a time would only confuse its evidence. False: there is no such message, or it is settled.
 */
export async function resendNow(tx: Tx, id: string, at: Moment): Promise<boolean> {
  const dueAt = (state: OutboundState) => sql<Moment | null>`case when state = ${state} then ${at} end`;
  const { numUpdatedRows } = await tx
    .updateTable('message')
    .set({ next_attempt_at: dueAt('SEALED'), receipt_due_at: dueAt('HANDED_OVER'), hold_reason: null })
    .where('id', '=', id)
    .where('state_rank', '<', outboundStates.ACCEPTED)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Keeps what the receiver made of each record of a message; a repeated reply replaces the first. */
export async function recordResults(
  tx: Tx,
  partner: string,
  messageId: string,
  results: readonly RecordResult[],
): Promise<void> {
  await tx.deleteFrom('record_result').where('partner', '=', partner).where('message_id', '=', messageId).execute();
  const rows = results.map(({ identifier, code, detail }, n) => ({
    partner,
    message_id: messageId,
    n,
    identifier,
    code,
    detail,
  }));
  await insertMany(tx, 'record_result', rows);
}

export async function resultsOf(reader: Reader, partner: string, messageId: string): Promise<RecordResult[]> {
  const rows = await reader
    .selectFrom('record_result')
    .select(['identifier', 'code', 'detail'])
    .where('partner', '=', partner)
    .where('message_id', '=', messageId)
    .orderBy('n')
    .execute();
  return rows.map(({ identifier, code, detail }) => ({ identifier, code: code as RecordFault, detail }));
}
