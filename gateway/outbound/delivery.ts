/**
 * The end of the first story: a queued message is carried to its partner, with the same bytes under the same id each time,
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
  type Claimed,
  type MessageRow,
} from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { validate } from '../wire/xsd/schema.ts';
import type { SendOutcome, Transport } from '../wire/transport/transport.ts';
import { verify } from '../wire/signature/verify.ts';

/** Seconds a lease lasts: longer than any send may take (deadlineMs of wire/transport.ts, at 64 MiB). */
export const leaseSeconds = 300;
/** Seconds until the same bytes are sent again when no receipt came. */
export const receiptDueSeconds = 900;
/** Seconds until the same bytes are sent again when the partner holds the list for two people. */
const heldDueSeconds = 24 * 3600;
/** Seconds between attempts; the last one repeats for ever: what cannot be sent raises an alarm, it is never dropped. */
const retryLadder = [5, 30, 120, 600, 1800, 3600] as const;

/** Sends what is due to one partner, in order; says how many messages were tried. */
export async function deliverDue(gateway: Gateway, code: string): Promise<number> {
  const partner = getPartner(gateway, code);
  if (partner.transport === undefined) return 0;
  const now = momentOf(gateway.now());
  const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 8, partner: partner.code };
  // What the partner fetches waits for it (fetching.ts).
  const kinds = partner.transport.pull === undefined ? {} : ({ kinds: ['receipt'] } as const);
  const claimed = await claimDue(gateway.db, { ...claim, ...kinds });
  for (const message of claimed) await deliver(gateway, partner, partner.transport, message);
  return claimed.length;
}

/** Sends what is due until told to stop, to each partner on its own: one partner's outage touches nobody else. */
export async function runDispatcher(gateway: Gateway, stop: AbortSignal): Promise<void> {
  await Promise.all([...gateway.partners.keys()].map((code) => dispatchTo(gateway, code, stop)));
}

async function dispatchTo(gateway: Gateway, code: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      if ((await deliverDue(gateway, code)) > 0) continue;
    } catch (error) {
      gateway.log.error('dispatching failed; trying again', { partner: code, ...faultFields(error) });
    }
    await wait(1000, undefined, { signal: stop }).catch(() => undefined); // only the stop signal ends the wait early
  }
}

async function deliver(gateway: Gateway, partner: Partner, transport: Transport, message: Claimed): Promise<void> {
  const custody = await transport.send(message);
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    await finishAttempt(tx, message, attemptResult(custody, message, at, gateway.random(1)[0] ?? 0));
    await appendEvents(tx, [
      {
        kind: `delivery_${custody.kind}`,
        ref: message.id,
        at,
        detail: { partner: partner.code, attempt: message.attempt },
      },
    ]);
  });
  gateway.log.info('delivery attempted', {
    partner: partner.code,
    messageId: message.id,
    state: custody.kind,
    attempt: message.attempt,
    evidence: custody.evidence,
  });
  if (custody.kind === 'receipt') await settleByReturnedReceipt(gateway, partner, custody.bytes);
}

/** What an attempt means for the message: handed over, to be tried again, or held for a person. */
function attemptResult(
  custody: SendOutcome,
  message: Claimed,
  at: string,
  jitter: number,
): Parameters<typeof finishAttempt>[2] {
  const { evidence } = custody;
  switch (custody.kind) {
    case 'receipt':
    case 'custody':
      // Receipts are not receipted: handing one over is all there is to do.
      return {
        outcome: 'handed_over',
        evidence,
        at,
        ...(message.kind === 'receipt' ? {} : { receiptDueAt: later(at, receiptDueSeconds) }),
      };
    case 'refused':
      if (custody.hold !== undefined) return { outcome: 'held', evidence, at, holdReason: custody.hold };
      return {
        outcome: 'failed',
        evidence,
        at,
        nextAttemptAt: later(at, custody.retryAfterSeconds ?? delay(message.attempt, jitter)),
      };
    case 'unknown':
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, delay(message.attempt, jitter)) };
  }
}

/** Seconds before the next attempt: the ladder, between half and the whole of each step. */
function delay(attempt: number, jitter: number): number {
  const step = retryLadder[Math.min(attempt - 1, retryLadder.length - 1)] ?? 3600;
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
