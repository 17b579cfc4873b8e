/**
 * A verdict settles a message of ours: a signed receipt, or the agreed answer of a partner that sends no receipts (settle-by-answer.ts).
 */

import type { Gateway, Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError, isMessageFault } from '../model/errors.ts';
import type { Evidence, Receipt, RecordResult, Verdict } from '../model/message.ts';
import type { Position } from '../model/list/list.ts';
import type { Moment } from '../model/record/record.ts';
import { keepBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { noticeHeld } from '../store/older-store.ts';
import {
  findMessage,
  findSent,
  longestHoldSeconds,
  recordProgress,
  recordResults,
  settleMessage,
  type MessageRow,
} from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { supersedeEarlier, supersedeFollowers } from '../store/superseding.ts';
import { faultFields } from '../wire/log.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { signerTrust } from '../wire/signature/trust.ts';
import { verify } from '../wire/signature/verify.ts';
import { validate } from '../wire/xsd/schema.ts';

/**
 * Takes a receipt from the response to our message. If the bytes are no receipt of the partner, the message does not change and is sent
 * again.
 */
export async function settleByReturnedReceipt(gateway: Gateway, partner: Partner, bytes: Uint8Array): Promise<void> {
  const raw = { partner: partner.code, via: 'https', bytes, receivedAt: momentOf(gateway.now()) } as const;
  try {
    using verified = await verify(raw, signerTrust(partner.trust), gateway.now());
    if (verified.type !== receiptFormat.type)
      throw new GatewayError('E_MESSAGE_KIND', 'what came back is not a receipt');
    await settleByReceipt(gateway, partner, readReceipt(validate(verified, gateway.receiptSchema)), bytes);
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    gateway.log.warn('receipt refused', { partner: partner.code, ...faultFields(error) });
  }
}

/** Settles the message that a verified receipt names. A receipt counts only if its digest is that of the bytes we sent. */
export async function settleByReceipt(
  gateway: Gateway,
  partner: Partner,
  receipt: Receipt,
  bytes: Uint8Array,
): Promise<void> {
  const { id, digest } = receipt.subject;
  if (receipt.from !== partner.code || receipt.to !== gateway.home.country)
    throw new GatewayError('E_MESSAGE_MISADDRESSED', 'the receipt is between other administrations');
  await keepCheckpoint(gateway, partner.code, receipt);
  const { sql } = gateway.db;
  const message =
    (id === undefined ? undefined : await findMessage(sql, id)) ?? (await findSent(sql, partner.code, digest));
  if (message?.partner !== partner.code) {
    const at = momentOf(gateway.now());
    if (message === undefined && receipt.position !== undefined)
      await gateway.db.transaction((tx) => compareHeld(gateway, tx, partner.code, receipt.position, at));
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'no message of that id was sent to this partner');
  }
  if (message.digest !== digest)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'the receipt is over other bytes than were sent');
  const { verdict, reason, records, position } = receipt;
  const detail = reason === undefined ? verdict : `${reason.code}: ${reason.detail}`;
  const evidence = 'signed';
  await settle(gateway, message, { verdict, detail, evidence, refused: records?.refused, position, bytes });
}

/** Conflicts with the partner's log are for people to resolve: the receipt counts in any case. */
async function keepCheckpoint({ witness, log }: Gateway, partner: string, { checkpoint }: Receipt): Promise<void> {
  if (checkpoint === undefined || witness === undefined) return;
  await witness.keep(partner, checkpoint).catch((error: unknown) => {
    log.error('a checkpoint in a receipt was not kept, or contradicts another', { partner, ...faultFields(error) });
  });
}

/** If the store is older than what the partner holds of us, continues after that position. */
export async function compareHeld(
  { log }: Pick<Gateway, 'log'>,
  tx: Tx,
  partner: string,
  held: Pick<Position, 'epoch' | 'sequence'> | undefined,
  at: Moment,
): Promise<void> {
  if (held === undefined || !(await noticeHeld(tx, partner, held, at))) return;
  const { epoch, sequence } = held;
  log.error('the partner holds more than this store has sent', { partner, epoch: epoch.no, sequence });
}

interface Outcome {
  readonly verdict: Verdict;
  readonly detail: string;
  readonly evidence: Evidence;
  /** Number of rejected records. */
  readonly refused: number | undefined;
  /** Which records were rejected and why, if the answer names them. */
  readonly results?: readonly RecordResult<string>[] | undefined;
  readonly position?: Receipt['position'];
  /** For a hold: when a missing verdict has consequences. If absent, the same bytes are sent again after a day. */
  readonly answerDueAt?: string | undefined;
  /** The partner's answer, kept as evidence. */
  readonly bytes: Uint8Array;
}

/** Runs in one transaction. A verdict that is already recorded stays. */
export async function settle(gateway: Gateway, message: MessageRow, outcome: Outcome): Promise<void> {
  const { id, partner, kind } = message;
  const { verdict, detail, evidence, refused, results, position, answerDueAt, bytes } = outcome;
  const at = momentOf(gateway.now());
  const isChained = gateway.partners.get(partner)?.adapter.stream.discipline === 'chained';
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, bytes);
    const dueAt = answerDueAt === undefined ? { receiptDueAt: later(at, longestHoldSeconds) } : { answerDueAt };
    const changed =
      verdict === 'held'
        ? await recordProgress(tx, id, { progress: 'held', receiptDigest, detail, evidence, ...dueAt })
        : await settleMessage(tx, id, {
            state: verdict === 'rejected' ? 'REJECTED' : (refused ?? 0) > 0 ? 'PARTIAL' : 'ACCEPTED',
            receiptDigest,
            verdictDetail: detail,
            ...{ evidence, at },
          });
    if (!changed) return; // a later verdict is already recorded
    if (results !== undefined) await recordResults(tx, partner, id, results);
    // The partner does not hold what it rejected: the next list is a full one, in the epoch after the one it holds.
    if (verdict === 'rejected' && kind === 'list') {
      await requireFullList(tx, partner, position && position.epoch.no + 1);
      await supersedeFollowers(tx, message, at);
      await compareHeld(gateway, tx, partner, position, at);
    }
    if (verdict === 'applied' && kind === 'list' && !isChained) await supersedeEarlier(tx, message, at);
    await appendEvents(tx, [{ kind: `receipt_${verdict}`, ref: id, at, detail: { partner, evidence, receiptDigest } }]);
  });
  gateway.log.info('receipt held', { partner, messageId: id, verdict, evidence });
}
