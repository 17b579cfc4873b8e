/**
 * The outbox: messages are sealed once, stored with their bytes, claimed for sending under a lease (delivery-leases.ts), and settled by
 * the partner's receipt. The rank of a state only increases, so late or repeated receipts cannot move a message back. A lease and a hold
 * are kept beside the state.
 */

import { sql, type ExpressionBuilder } from 'kysely';
import { later } from '../model/day.ts';
import { outboundStates } from '../model/message.ts';
import type { Digest, Evidence, OutboundState, RecordResult, SealedMessage } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { keepSealed } from './bodies.ts';
import { insertMany } from './bulk.ts';
import { longestAnswerSeconds, openRank } from './delivery-leases.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import { nothingDue, supersede, updateOpen } from './superseding.ts';
import type { Tables } from './tables.ts';
import { together } from './transaction.ts';

export {
  claimDue,
  claimForPoll,
  endEarlierLeases,
  endLease,
  finishAttempt,
  makeDue,
  makeUnansweredDue,
  renewLease,
} from './delivery-leases.ts';
export { longestDelaySeconds, longestHoldSeconds } from './delivery-leases.ts';
export type { AttemptResult, DeliveryClaim, Claimed } from './delivery-leases.ts';
export { attemptsOf, listMessages } from './message-list.ts';
export type { MessageListRow, MessageQuery } from './message-list.ts';

interface NewMessage {
  readonly sealed: SealedMessage;
  /** Both or neither: the message is a list with this number on the partner's stream. */
  readonly epochId?: string;
  readonly sequence?: number;
  readonly correlatesTo?: string;
  readonly at: Moment;
}

const columns = [
  ...(['id', 'partner', 'kind', 'content_type', 'digest', 'epoch_id', 'sequence', 'correlates_to', 'file'] as const),
  ...([
    'state',
    'created_at',
    'next_attempt_at',
    'receipt_due_at',
    'answer_due_at',
    'progress',
    'hold_reason',
    'attempts',
  ] as const),
  ...(['receipt_digest', 'verdict_detail', 'evidence', 'settled_at'] as const),
];

/** A message of the outbox without its bytes; tables.ts explains the members. */
export type MessageRow = FromRow<Pick<Tables['message'], (typeof columns)[number]>>;

/**
 * Queues sealed messages, due at once. One without a verdict whose file has the same name is superseded: its file is replaced. Throws when
 * an id, or a number of a stream, is used already.
 */
export async function addMessages(tx: Tx, messages: readonly NewMessage[]): Promise<void> {
  const allSealed = messages.map(({ sealed }) => sealed);
  for (const { sealed, at } of messages)
    if (sealed.file !== undefined) await supersede(tx, sealed.partner, at).where('file', '=', sealed.file).execute();
  const rows = messages.map(({ sealed: { id, partner, kind, contentType, digest, file }, ...meta }) => ({
    ...{ id, partner, kind, content_type: contentType, digest, file: file ?? null },
    epoch_id: meta.epochId ?? null,
    sequence: meta.sequence ?? null,
    correlates_to: meta.correlatesTo ?? null,
    state: 'SEALED' as const,
    state_rank: outboundStates.SEALED,
    created_at: meta.at,
    next_attempt_at: meta.at,
    attempts: 0,
  }));
  await together(keepSealed(tx, allSealed), insertMany(tx, 'message', rows));
}

export async function addMessage(tx: Tx, sealed: SealedMessage, meta: Omit<NewMessage, 'sealed'>): Promise<void> {
  await addMessages(tx, [{ sealed, ...meta }]);
}

export function messages(reader: Reader) {
  return reader.selectFrom('message').select(columns);
}

export async function findMessage(reader: Reader, id: string): Promise<MessageRow | undefined> {
  const row = await messages(reader).where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The newest message with a digest: a partner whose answers have no id of ours names it so. */
export async function findSent(reader: Reader, partner: string, digest: Digest): Promise<MessageRow | undefined> {
  const sent = messages(reader).where('partner', '=', partner).where('digest', '=', digest);
  const row = await newestFirst(sent).executeTakeFirst();
  return row && fromRow(row);
}

/**
 * The lists that an answer with this number may be about: the newest that was sent, and earlier ones that wait for a verdict. There are
 * several where numbers restart and the answer does not say in which period it counts.
 */
export async function findNumbered(
  reader: Reader,
  partner: string,
  { number, period }: { readonly number: number; readonly period: string | undefined },
): Promise<MessageRow[]> {
  const sent = messages(reader)
    .where('partner', '=', partner)
    .where('kind', '=', 'list')
    .where('sequence', '=', number)
    .where('attempts', '>', 0)
    .$if(period !== undefined, (every) => every.where('epoch_id', '=', period ?? ''));
  const newest = await newestFirst(sent).limit(1).execute();
  const open = await newestFirst(sent).where('state_rank', '<', openRank).limit(2).execute();
  return [...newest, ...open.filter(({ id }) => id !== newest[0]?.id)].map(fromRow);
}

function newestFirst(sent: ReturnType<typeof messages>) {
  return sent.orderBy('created_at', 'desc').orderBy('id', 'desc');
}

/** The message is not sent until a person acts. */
export async function holdMessage(tx: Tx, id: string, reason: string): Promise<boolean> {
  return await changesOne(updateOpen(tx).set({ hold_reason: reason }).where('id', '=', id));
}

interface Settlement {
  /** `CLOSED`: nothing more is expected; a verdict that comes nevertheless counts. */
  readonly state: 'ACCEPTED' | 'PARTIAL' | 'REJECTED' | 'CLOSED' | 'SUPERSEDED';
  readonly receiptDigest?: Digest;
  readonly verdictDetail?: string;
  readonly evidence?: Evidence;
  readonly at: Moment;
}

/** Stores the verdict on a message. False: the message is unknown or has a verdict already; nothing changes. */
export async function settleMessage(tx: Tx, id: string, settlement: Settlement): Promise<boolean> {
  const { state, receiptDigest, verdictDetail, evidence, at } = settlement;
  // Kysely leaves columns unchanged whose value is undefined.
  const update = tx.updateTable('message').set({
    ...nothingDue,
    ...{ state, state_rank: outboundStates[state], settled_at: at },
    ...{ receipt_digest: receiptDigest, verdict_detail: verdictDetail, evidence },
  });
  const below = Math.min(outboundStates[state], outboundStates.ACCEPTED);
  return await changesOne(update.where('id', '=', id).where('state_rank', '<', below));
}

interface Progress {
  /** `held`: for two people of the partner's staff. `received`: it arrived, and what becomes of it is answered later. */
  readonly progress: 'held' | 'received';
  readonly receiptDigest: Digest;
  readonly detail: string;
  readonly evidence: Evidence;
  /** When the same bytes are sent again to get the verdict, or when the absence of an agreed answer has consequences. */
  readonly receiptDueAt?: Moment;
  readonly answerDueAt?: Moment;
}

/** The message is delivered and has no verdict yet. False: it has one, or the partner holds it and says again that it arrived. */
export async function recordProgress(tx: Tx, id: string, said: Progress): Promise<boolean> {
  const { progress, receiptDigest, detail, evidence, receiptDueAt = null, answerDueAt = null } = said;
  const update = updateOpen(tx).set({
    ...{ state: 'HANDED_OVER', state_rank: outboundStates.HANDED_OVER, progress },
    ...{ receipt_digest: receiptDigest, verdict_detail: detail, receipt_due_at: receiptDueAt },
    ...{ answer_due_at: answerDueAt, evidence, next_attempt_at: null },
  });
  const known = (eb: ExpressionBuilder<Tables, 'message'>) =>
    eb.or([eb('progress', 'is', null), eb('progress', '!=', 'held')]);
  return await changesOne(update.where('id', '=', id).$if(progress === 'received', (open) => open.where(known)));
}

/** Messages whose agreed answer did not come in time, the oldest first. */
export async function unanswered(reader: Reader, partner: string, now: Moment): Promise<MessageRow[]> {
  const rows = await messages(reader)
    .where('partner', '=', partner)
    .where('answer_due_at', 'is not', null)
    .where((eb) => eb.or([eb('answer_due_at', '<=', now), eb('answer_due_at', '>', later(now, longestAnswerSeconds))]))
    .orderBy('answer_due_at')
    .limit(100)
    .execute();
  return rows.map(fromRow);
}

/** No answer came in time: staff must know (`overdue`), or act (`holdReason`). */
export async function recordUnanswered(tx: Tx, id: string, holdReason?: string): Promise<void> {
  const late = { progress: 'overdue' as const, answer_due_at: null, ...(holdReason && { hold_reason: holdReason }) };
  await updateOpen(tx).set(late).where('id', '=', id).execute();
}

/**
 * Makes a message due at once, with the same bytes and id, and ends a hold and a lease. If its sender lives, two send the same bytes under
 * the same id, which the partner takes once. False: the message is unknown or settled.
 */
export async function resendNow(tx: Tx, id: string, at: Moment): Promise<boolean> {
  const dueIn = (state: OutboundState) => sql<Moment | null>`case when state = ${state} then ${at} end`;
  const due = { next_attempt_at: dueIn('SEALED'), receipt_due_at: dueIn('HANDED_OVER') };
  const free = { hold_reason: null, answer_due_at: null, progress: null, lease_owner: null, lease_until: null };
  return await changesOne(
    updateOpen(tx)
      .set({ ...due, ...free })
      .where('id', '=', id),
  );
}

/** Stores the result of each record that a reply reports; a later reply to the same message replaces the earlier one. */
export async function recordResults(
  tx: Tx,
  partner: string,
  messageId: string,
  results: readonly RecordResult<string>[],
): Promise<void> {
  await tx.deleteFrom('record_result').where('partner', '=', partner).where('message_id', '=', messageId).execute();
  const rows = results.map(({ identifier, code, detail }, n) => ({
    ...{ partner, message_id: messageId, n, identifier, code, detail },
  }));
  await insertMany(tx, 'record_result', rows);
}

export async function resultsOf(reader: Reader, partner: string, messageId: string): Promise<RecordResult<string>[]> {
  return await reader
    .selectFrom('record_result')
    .select(['identifier', 'code', 'detail'])
    .where('partner', '=', partner)
    .where('message_id', '=', messageId)
    .orderBy('n')
    .execute();
}

/** Refusals of one operator's record, by the message that carried it. */
export async function refusalsOf(
  reader: Reader,
  partner: string,
  identifier: string,
): Promise<ReadonlyMap<string, RecordResult<string>>> {
  const results = await reader
    .selectFrom('record_result')
    .select(['message_id', 'identifier', 'code', 'detail'])
    .where('partner', '=', partner)
    .where('identifier', '=', identifier)
    .execute();
  return new Map(results.map(({ message_id, ...result }) => [message_id, result]));
}

/** A list that was sealed for a partner. */
export interface SentList {
  readonly message: string;
  readonly kind: string;
  /** When it was sealed. */
  readonly at: Moment;
  readonly state: OutboundState;
}

/** The lists of ours to a partner, the newest first; all of them, or so many. */
export async function sentLists(reader: Reader, partner: string, limit?: number): Promise<readonly SentList[]> {
  return await reader
    .selectFrom('list')
    .innerJoin('message', 'message.id', 'list.message_id')
    .select(['message.id as message', 'list.kind', 'list.applied_at as at', 'message.state'])
    .where('list.partner', '=', partner)
    .where('list.direction', '=', 'out')
    .orderBy('list.ordinal', 'desc')
    .$if(limit !== undefined, (lists) => lists.limit(limit ?? 1))
    .execute();
}
