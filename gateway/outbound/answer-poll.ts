/**
 * End of the first story, for a partner that polls: messages stay in the outbox until the partner asks for them. The oldest message is
 * returned until its receipt is held, so an interrupted poll loses nothing and no message overtakes another.
 */

import { getPartner, type Gateway } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { holdAltered, isAsSealed, leaseSeconds, recordAttempt } from './delivery.ts';
import { claimForPoll, type Claimed } from '../store/outbox.ts';

/** A message for a partner that polls. */
export interface PolledMessage {
  readonly message: SealedMessage;
  /** Records whether all bytes were sent. This is custody only; delivery needs the partner's receipt. */
  sent(whole: boolean): Promise<void>;
}

/** Returns the oldest message without a receipt, or undefined if there is none. Throws E_ROUTE_UNKNOWN if the partner does not poll. */
export async function answerPoll(gateway: Gateway, code: string): Promise<PolledMessage | undefined> {
  const partner = getPartner(gateway, code);
  if (partner.transport?.waits !== true) {
    throw new GatewayError('E_ROUTE_UNKNOWN', 'messages for this partner are sent to it, not fetched');
  }
  const now = momentOf(gateway.now());
  const message = await claimForPoll(gateway.db, {
    owner: gateway.owner,
    now,
    leaseUntil: later(now, leaseSeconds),
    partner: partner.code,
    kinds: ['list', 'reply', 'key'],
  });
  if (message === undefined || isAsSealed(message))
    return message && { message, sent: (whole) => recordPoll(gateway, message, whole) };
  await holdAltered(gateway, message);
  return undefined;
}

async function recordPoll(gateway: Gateway, message: Claimed, whole: boolean): Promise<void> {
  const at = momentOf(gateway.now());
  if (whole) {
    const evidence = `fetched, ${message.bytes.length} bytes`;
    const { receiptSeconds } = getPartner(gateway, message.partner).adapter.retry;
    const receiptDueAt = later(at, receiptSeconds);
    return await recordAttempt(gateway, message, 'custody', { outcome: 'handed_over', evidence, at, receiptDueAt });
  }
  await recordAttempt(gateway, message, 'unknown', { outcome: 'failed', evidence: 'fetched, and broken off', at });
}
