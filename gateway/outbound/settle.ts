/**
 * The answer to a message of ours settles it: a signed receipt, or what was agreed with a partner that sends none. An answer that is not
 * signed counts only over the partner's authenticated connection.
 */

import type { Gateway, Partner } from '../gateway.ts';
import type { MessageFormat } from '../adapter/adapter.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError, isMessageFault } from '../model/errors.ts';
import type { Acknowledgement, Evidence, Receipt, Verdict } from '../model/message.ts';
import { keepBytes } from '../store/bodies.ts';
import { appendEvents } from '../store/events.ts';
import {
  findMessage,
  findSent,
  longestHoldSeconds,
  recordHeldByPartner,
  settleMessage,
  supersedeFollowers,
  type MessageRow,
} from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { signerTrust } from '../wire/signature/trust.ts';
import { verify } from '../wire/signature/verify.ts';
import { decodeBody, parseUnsigned } from '../wire/xml/read-body.ts';
import { checkTree, validate } from '../wire/xsd/schema.ts';

/** The answer to a request of ours, by what was agreed. One that cannot be read leaves the message as it is: it is sent again. */
export async function settleByAnswer(gateway: Gateway, partner: Partner, id: string, bytes: Uint8Array): Promise<void> {
  const answer = partner.adapter.exchange.send?.answer;
  const message = await findMessage(gateway.db.sql, id);
  if (answer === undefined || message === undefined) return;
  try {
    const ack = answer === 'status' ? ({ verdict: 'applied' } as const) : readAcknowledgement(partner, answer, bytes);
    requireSubject(ack, message);
    await settleByAcknowledgement(gateway, message, ack, bytes, answer === 'status' ? 'transport' : 'channel');
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    gateway.log.warn('answer refused', { partner: partner.code, messageId: id, ...faultFields(error) });
  }
}

/** A later acknowledgement, which the partner sends by itself. Throws what is wrong with it, E_RECEIPT_UNMATCHED. */
export async function receiveAcknowledgement(gateway: Gateway, partner: Partner, bytes: Uint8Array): Promise<void> {
  const answer = partner.adapter.exchange.send?.answer;
  if (answer === undefined || answer === 'status')
    throw new GatewayError('E_ROUTE_UNKNOWN', 'no acknowledgements were agreed with this partner');
  const ack = readAcknowledgement(partner, answer, bytes);
  const { sql } = gateway.db;
  const named = ack.subject === undefined ? undefined : await findMessage(sql, ack.subject);
  const message =
    named ?? (ack.number === undefined ? undefined : await findSent(sql, partner.code, { sequence: ack.number }));
  if (message?.partner !== partner.code)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'the acknowledgement names no message that was sent to this partner');
  requireSubject(ack, message);
  await settleByAcknowledgement(gateway, message, ack, bytes, 'channel');
}

function readAcknowledgement(
  partner: Partner,
  format: MessageFormat<Acknowledgement>,
  bytes: Uint8Array,
): Acknowledgement {
  const body = parseUnsigned(bytes, format.format);
  try {
    checkTree(body, partner.schemaOf(format), format.lines);
    return decodeBody(body, format.decoder());
  } finally {
    if (body.format === 'xml') body.dispose();
  }
}

function requireSubject(
  { subject, number }: Acknowledgement,
  { id, sequence }: Pick<MessageRow, 'id' | 'sequence'>,
): void {
  if ((subject ?? id) === id && (number ?? sequence) === sequence) return;
  throw new GatewayError('E_RECEIPT_UNMATCHED', 'the acknowledgement names another message than the one it answers');
}

/** `evidence`: the partner's words over its authenticated connection, or no more than a status. */
async function settleByAcknowledgement(
  gateway: Gateway,
  message: MessageRow,
  { verdict, reason, detail: words, refused }: Acknowledgement,
  bytes: Uint8Array,
  evidence: Evidence,
): Promise<void> {
  // Busy: nothing was decided, and the same bytes are sent again when an answer is due.
  if (verdict === 'busy') return;
  const detail = [verdict, reason, words].filter((each) => each !== undefined).join(': ');
  const known = verdict === 'duplicate' ? 'applied' : verdict;
  await settle(gateway, message, { verdict: known, detail, evidence, refused, bytes });
}

/** A receipt that came as the answer to our message. What is no receipt of the partner leaves the message as it is: it is sent again. */
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

/** Settles the message that a verified receipt names. Only a receipt over the very bytes we sent counts. */
export async function settleByReceipt(
  gateway: Gateway,
  partner: Partner,
  receipt: Receipt,
  bytes: Uint8Array,
): Promise<void> {
  const { id, digest } = receipt.subject;
  if (receipt.from !== partner.code || receipt.to !== gateway.home.country)
    throw new GatewayError('E_MESSAGE_MISADDRESSED', 'the receipt is between other administrations');
  const { sql } = gateway.db;
  const message =
    (id === undefined ? undefined : await findMessage(sql, id)) ?? (await findSent(sql, partner.code, { digest }));
  if (message?.partner !== partner.code)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'no message of that id was sent to this partner');
  if (message.digest !== digest)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'the receipt is over other bytes than were sent');
  const { verdict, reason, records, position } = receipt;
  const detail = reason === undefined ? verdict : `${reason.code}: ${reason.detail}`;
  const evidence = 'signed';
  await settle(gateway, message, { verdict, detail, evidence, refused: records?.refused, position, bytes });
}

interface Outcome {
  readonly verdict: Verdict;
  readonly detail: string;
  readonly evidence: Evidence;
  /** Number of refused records. */
  readonly refused: number | undefined;
  readonly position?: Receipt['position'];
  /** What the partner answered, kept as evidence. */
  readonly bytes: Uint8Array;
}

async function settle(
  gateway: Gateway,
  message: MessageRow,
  { verdict, detail, evidence, refused, position, bytes }: Outcome,
): Promise<void> {
  const { id, partner, kind } = message;
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, bytes);
    const changed =
      verdict === 'held'
        ? await recordHeldByPartner(tx, id, {
            ...{ receiptDigest, detail, evidence },
            receiptDueAt: later(at, longestHoldSeconds),
          })
        : await settleMessage(tx, id, {
            state: verdict === 'rejected' ? 'REJECTED' : (refused ?? 0) > 0 ? 'PARTIAL' : 'ACCEPTED',
            receiptDigest,
            verdictDetail: detail,
            ...{ evidence, at },
          });
    if (!changed) return; // a later verdict is held already
    // What the partner refused is not what it holds: the next list is a full one, in the epoch after the one held.
    if (verdict === 'rejected' && kind === 'list') {
      await requireFullList(tx, partner, true, position && position.epoch.no + 1);
      await supersedeFollowers(tx, message, at);
    }
    await appendEvents(tx, [{ kind: `receipt_${verdict}`, ref: id, at, detail: { partner, evidence, receiptDigest } }]);
  });
  gateway.log.info('receipt held', { partner, messageId: id, verdict, evidence });
}
