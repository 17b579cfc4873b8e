/**
 * Lists that are fetched, where an arrangement wants that: what we have for a partner waits at our door until it asks, and we
 * ask at its door. Receipts are handed over as ever. The same message is given until its receipt is held, so a fetcher that
 * died half way loses nothing, and nothing overtakes.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { leaseSeconds, receiptDueSeconds } from '../outbound/delivery.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import type { Received } from './receive-message.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import { appendEvents } from '../store/events.ts';
import { claimWaiting, finishAttempt, type Claimed } from '../store/outbox.ts';
import { faultFields } from '../wire/log.ts';

/** A message for a partner that asked. */
export interface Waiting {
  readonly message: SealedMessage;
  /** To be told how it went: whether all bytes left. Custody, not delivery: only the receipt is. */
  left(whole: boolean): Promise<void>;
}

/** The oldest message without a receipt; undefined when there is none. E_ROUTE_UNKNOWN for a partner whose messages are sent. */
export async function giveNext(gateway: Gateway, code: string): Promise<Waiting | undefined> {
  const partner = getPartner(gateway, code);
  if (partner.transport?.pull === undefined) {
    throw new GatewayError('E_ROUTE_UNKNOWN', 'messages for this partner are sent to it, not fetched');
  }
  const now = momentOf(gateway.now());
  const message = await claimWaiting(gateway.db, {
    owner: gateway.owner,
    now,
    leaseUntil: later(now, leaseSeconds),
    partner: partner.code,
    kinds: ['list', 'reply'],
  });
  return message && { message, left: (whole) => noteFetch(gateway, message, whole) };
}

async function noteFetch(gateway: Gateway, message: Claimed, whole: boolean): Promise<void> {
  const at = momentOf(gateway.now());
  const { id, partner, attempt } = message;
  const evidence = whole ? `fetched, ${message.bytes.length} bytes` : 'fetched, and broken off';
  await gateway.db.transaction(async (tx) => {
    await finishAttempt(
      tx,
      message,
      whole
        ? { outcome: 'handed_over', evidence, at, receiptDueAt: later(at, receiptDueSeconds) }
        : { outcome: 'failed', evidence, at },
    );
    const kind = whole ? 'delivery_custody' : 'delivery_unknown';
    await appendEvents(tx, [{ kind, ref: id, at, detail: { partner, attempt } }]);
  });
  gateway.log.info('message fetched', { partner, messageId: id, attempt, evidence });
}

type Receive = (raw: RawMessage) => Promise<Received>;

/** Fetches one message, takes it, and hands over its receipt. True: there may be more, and it is worth asking at once. */
export async function fetchNext(gateway: Gateway, code: string, receive: Receive): Promise<boolean> {
  const { transport } = getPartner(gateway, code);
  if (transport?.pull === undefined) return false;
  const fetched = await transport.pull.next();
  switch (fetched.kind) {
    case 'none':
      return false;
    case 'trouble':
      gateway.log.warn('nothing could be fetched', { partner: code, evidence: fetched.evidence });
      return false;
    case 'message': {
      const { bytes, id } = fetched;
      const hint = id === undefined ? {} : { hintedId: id };
      const receivedAt = momentOf(gateway.now());
      const { receipt, duplicate } = await receive({ partner: code, via: 'https', bytes, receivedAt, ...hint });
      if (receipt === undefined) return false; // a receipt that should have been sent; it is taken all the same
      const { kind, evidence } = await transport.send(receipt);
      gateway.log.info('receipt sent', { partner: code, messageId: receipt.id, state: kind, evidence });
      // A partner that gives the same message in spite of its receipt must not keep us busy.
      return kind === 'custody' && !duplicate;
    }
  }
}

/** Fetches from each partner that wants it so, until told to stop; one partner's trouble touches nobody else. */
export async function runFetchers(gateway: Gateway, receive: Receive, stop: AbortSignal): Promise<void> {
  await Promise.all([...gateway.partners.keys()].map((code) => fetchFrom(gateway, code, receive, stop)));
}

async function fetchFrom(gateway: Gateway, code: string, receive: Receive, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      if (await fetchNext(gateway, code, receive)) continue;
    } catch (error) {
      gateway.log.error('fetching failed; trying again', { partner: code, ...faultFields(error) });
    }
    const seconds = gateway.partners.get(code)?.transport?.pull?.seconds ?? 60;
    await wait(seconds * 1000, undefined, { signal: stop }).catch(() => undefined); // only the stop signal ends the wait early
  }
}
