/**
 * The end of the first story: a queued message is sent to its partner, with the same bytes under the same id each time,
 * until the partner's signed receipt is held. A broker's confirm or a 2xx is custody; only the receipt is delivery.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError, isMessageFault } from '../model/errors.ts';
import type { Receipt } from '../model/message.ts';
import { keepBytes } from '../store/bodies.ts';
import { appendEvents } from '../store/events.ts';
import {
  claimDue,
  findMessage,
  finishAttempt,
  recordHeldByPartner,
  settleMessage,
  type AttemptResult,
  type Claimed,
  type MessageRow,
} from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { validate } from '../wire/xsd/schema.ts';
import type { SendOutcome } from '../wire/transport/transport.ts';
import { verify } from '../wire/signature/verify.ts';

/** Seconds a lease lasts: longer than any send may take (deadlineMs of wire/transport/transport.ts, at 64 MiB). */
export const leaseSeconds = 300;
/** Seconds until the same bytes are sent again when no receipt came. */
export const receiptDueSeconds = 900;
/** Seconds until the same bytes are sent again when the partner holds the list for two people. */
const heldDueSeconds = 24 * 3600;
/** Back-off in seconds; the last one repeats for ever: a message that cannot be sent raises an alarm, it is never dropped. */
const backOff = [5, 30, 120, 600, 1800, 3600] as const;

/** Sends the messages due to one partner, in order; returns the number of attempts. */
export async function deliverDue(gateway: Gateway, code: string): Promise<number> {
  const partner = getPartner(gateway, code);
  const { transport } = partner;
  if (transport === undefined) return 0;

  // 1. Claim what is due. Lists and replies wait for a partner that polls (answer-poll.ts).
  const now = momentOf(gateway.now());
  const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 8, partner: partner.code };
  const kinds = transport.pull === undefined ? {} : ({ kinds: ['receipt'] } as const);
  const claimed = await claimDue(gateway.db, { ...claim, ...kinds });
  for (const message of claimed) {
    // 2. Send the sealed bytes. 3. Record the outcome of the attempt.
    const sent = await transport.send(message);
    await recordAttempt(gateway, message, sent.kind, attemptResult(gateway, sent, message));

    // 4. A receipt that came as the answer settles the message.
    if (sent.kind === 'receipt') await settleByReturnedReceipt(gateway, partner, sent.bytes);
  }
  return claimed.length;
}

/** Sends what is due until `stop`. */
export async function runDispatcher(gateway: Gateway, stop: AbortSignal): Promise<void> {
  const dispatch = async (code: string): Promise<boolean> => (await deliverDue(gateway, code)) > 0;
  await repeatForEach(gateway, stop, 'dispatching', dispatch, () => 1);
}

/** Repeats work for every partner until `stop`, without a pause while there is more to do; an outage of one partner delays no other. */
export async function repeatForEach(
  { partners, log }: Gateway,
  stop: AbortSignal,
  name: string,
  work: (code: string) => Promise<boolean>,
  pauseSeconds: (code: string) => number,
): Promise<void> {
  const repeat = async (code: string): Promise<void> => {
    while (!stop.aborted) {
      try {
        if (await work(code)) continue;
      } catch (error) {
        log.error(`${name} failed; trying again`, { partner: code, ...faultFields(error) });
      }
      // Only `stop` ends the wait early.
      await wait(pauseSeconds(code) * 1000, undefined, { signal: stop }).catch(() => undefined);
    }
  };
  await Promise.all([...partners.keys()].map(repeat));
}

/** Records how an attempt ended. */
export async function recordAttempt(
  { db, log }: Gateway,
  message: Claimed,
  state: SendOutcome['kind'],
  result: AttemptResult,
): Promise<void> {
  const { id, partner, attempt } = message;
  const { at, evidence } = result;
  await db.transaction(async (tx) => {
    await finishAttempt(tx, message, result);
    await appendEvents(tx, [{ kind: `delivery_${state}`, ref: id, at, detail: { partner, attempt } }]);
  });
  log.info('delivery attempted', { partner, messageId: id, state, attempt, evidence });
}

/** The state of a message after an attempt: accepted by the transport, to be repeated, or held for staff. */
function attemptResult(gateway: Gateway, sent: SendOutcome, { kind, attempt }: Claimed): AttemptResult {
  const at = momentOf(gateway.now());
  const { evidence } = sent;
  const retryIn = delay(attempt, gateway.random(1)[0] ?? 0);
  switch (sent.kind) {
    case 'receipt':
    case 'custody':
      // Receipts are not receipted: handing one over is all there is to do.
      if (kind === 'receipt') return { outcome: 'handed_over', evidence, at };
      return { outcome: 'handed_over', evidence, at, receiptDueAt: later(at, receiptDueSeconds) };
    case 'refused':
      if (sent.hold !== undefined) return { outcome: 'held', evidence, at, holdReason: sent.hold };
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, sent.retryAfterSeconds ?? retryIn) };
    case 'unknown':
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, retryIn) };
  }
}

/** Seconds before the next attempt: between half and the whole of each step of the back-off. */
function delay(attempt: number, jitter: number): number {
  const step = backOff[Math.min(attempt - 1, backOff.length - 1)] ?? 3600;
  return Math.ceil(step * (0.5 + jitter / 512));
}

/** A receipt that came as the answer to our message. What is no receipt of the partner leaves the message as it is: it is sent again. */
async function settleByReturnedReceipt(gateway: Gateway, partner: Partner, bytes: Uint8Array): Promise<void> {
  const raw = { partner: partner.code, via: 'https', bytes, receivedAt: momentOf(gateway.now()) } as const;
  try {
    using verified = await verify(raw, partner.trust, gateway.now());
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
  const message = id === undefined ? undefined : await findMessage(gateway.db.sql, id);
  if (message?.partner !== partner.code)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'no message of that id was sent to this partner');
  if (message.digest !== digest)
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'the receipt is over other bytes than were sent');
  await settle(gateway, message, receipt, bytes);
}

async function settle(
  gateway: Gateway,
  { id, partner, kind }: MessageRow,
  { verdict, reason, records }: Receipt,
  bytes: Uint8Array,
): Promise<void> {
  const at = momentOf(gateway.now());
  const detail = reason === undefined ? verdict : `${reason.code}: ${reason.detail}`;
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, bytes);
    const changed =
      verdict === 'held'
        ? await recordHeldByPartner(tx, id, { receiptDigest, detail, receiptDueAt: later(at, heldDueSeconds) })
        : await settleMessage(tx, id, {
            state: settledState(verdict, records),
            receiptDigest,
            verdictDetail: detail,
            at,
          });
    if (!changed) return; // a later verdict is held already
    // What the partner refused is not what it holds: the next list is a full one, in a new epoch.
    if (verdict === 'rejected' && kind === 'list') await requireFullList(tx, partner, true);
    await appendEvents(tx, [{ kind: `receipt_${verdict}`, ref: id, at, detail: { partner, receiptDigest } }]);
  });
  gateway.log.info('receipt held', { partner, messageId: id, verdict });
}

function settledState(
  verdict: 'applied' | 'rejected',
  records: Receipt['records'],
): 'ACCEPTED' | 'PARTIAL' | 'REJECTED' {
  if (verdict === 'rejected') return 'REJECTED';
  return (records?.refused ?? 0) > 0 ? 'PARTIAL' : 'ACCEPTED';
}
