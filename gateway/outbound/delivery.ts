/**
 * End of the first story: a queued message is sent to its partner, always with the same bytes and id, until the partner's signed receipt,
 * or the agreed substitute, is held. A broker's confirm or a 2xx status is custody only.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { getPartner, type Gateway, type Partner, type PartnerAnswer } from '../gateway.ts';
import { handleUnanswered, settleByResponse } from './settle-by-answer.ts';
import { takeAnswer } from './take-answer.ts';
import { sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import {
  attemptsOf,
  claimDue,
  endLease,
  finishAttempt,
  longestDelaySeconds,
  makeDue,
  renewLease,
  type AttemptResult,
  type Claimed,
} from '../store/outbox.ts';
import { isLeased } from '../store/message-list.ts';
import { requireFullList } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import type { SendOutcome, Transport } from '../wire/transport/transport.ts';

/**
 * Lease time in seconds. The lease is renewed during the send. If the sender dies, the message is free after this time, and the next turn
 * of another process takes it.
 */
export const leaseSeconds = 8;
/** Most messages sent in one round, so that a partner that asks for immediate retries cannot keep the round going. */
const roundLength = 8;

/** Sends the messages that are due to one partner, in order; returns the number of attempts. Stops when the partner is unreachable. */
export async function deliverDue(gateway: Gateway, code: string): Promise<number> {
  let attempts = 0;
  while (attempts < roundLength) {
    const delivered = await deliverNext(gateway, code);
    if (delivered === undefined) break;
    attempts += 1;
    if (delivered.pauseSeconds !== undefined) break;
  }
  return attempts;
}

const betweenLooksMs = 100;
const longestWaitMs = 15_000;

/** Sends everything that is due to one partner. If another process on the same store is sending, waits up to 15 seconds for it. */
export async function deliverAll(gateway: Gateway, code: string): Promise<void> {
  while ((await deliverDue(gateway, code)) > 0); // several messages may be due
  const { code: partner } = getPartner(gateway, code);
  const isSentElsewhere = (): Promise<boolean> => isLeased(gateway.db.sql, partner, momentOf(gateway.now()));
  for (let waitedMs = 0; waitedMs < longestWaitMs && (await isSentElsewhere()); waitedMs += betweenLooksMs)
    await pause(betweenLooksMs);
}

/** `pauseSeconds`: the partner is unreachable; do not try anything else before that. */
export interface Delivered {
  /** The partner did not accept the message, and did not say when it will. */
  readonly failed: boolean;
  readonly pauseSeconds?: number;
}

/** Sends the oldest due message; returns undefined if none is due. */
export async function deliverNext(gateway: Gateway, code: string): Promise<Delivered | undefined> {
  const partner = getPartner(gateway, code);
  const { transport } = partner;
  if (transport === undefined) return undefined;

  // 1. Claim what is due. Lists and replies for a partner that polls stay in the outbox (answer-poll.ts).
  await handleUnanswered(gateway, partner);
  const now = momentOf(gateway.now());
  const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 1, partner: partner.code };
  const kinds = transport.waits !== true ? {} : ({ kinds: ['receipt'] } as const);
  const [message] = await claimDue(gateway.db, { ...claim, ...kinds });
  if (message === undefined) return undefined;
  try {
    // 2. Send the sealed bytes. 3. Record the outcome of the attempt.
    const sent = await sendOnce(gateway, partner, transport, message);
    const retrySeconds = retryAfter(gateway, partner, sent, message.attempt);
    const result = attemptResult(gateway, partner, sent, message, retrySeconds);
    await recordAttempt(gateway, message, sent.kind, result);

    // 4. A receipt in the response, or another agreed answer, settles the message.
    const { id } = message;
    const taken = (came: PartnerAnswer['came'], bytes: Uint8Array) =>
      takeAnswer(gateway, { partner: code, bytes, came });
    if (sent.kind === 'receipt') await taken({ by: 'receipt' }, sent.bytes);
    if (sent.kind === 'answered') await taken({ by: 'response', id, head: sent.head }, sent.bytes);
    if (sent.kind === 'custody') await settleByResponse(gateway, partner, id);
    const failed = result.outcome === 'failed' && !('retryAfterSeconds' in sent);
    return 'unreachable' in sent ? { failed, pauseSeconds: retrySeconds } : { failed };
  } catch (error) {
    await giveBack(gateway, message);
    throw error;
  }
}

/** Does not send: altered bytes, an expired message, or a message whose last attempt has no outcome if the partner could apply it twice. */
async function sendOnce(
  gateway: Gateway,
  { adapter }: Partner,
  transport: Transport,
  message: Claimed,
): Promise<SendOutcome> {
  if (!isAsSealed(message)) return altered;
  const { expiresSeconds } = adapter.retry;
  if (expiresSeconds !== undefined && later(message.createdAt, expiresSeconds) < momentOf(gateway.now()))
    return { kind: 'refused', evidence: 'it was not accepted in time', hold: 'expired' };
  const before = adapter.exchange.send?.resend === 'unsafe' && message.attempt > 1;
  const last = before ? (await attemptsOf(gateway.db.sql, message.id)).at(-2) : undefined;
  if (last !== undefined && last.outcome === undefined)
    return { kind: 'refused', evidence: 'its last attempt has no outcome', hold: 'outcome_unknown' };
  return await sendUnderLease(gateway, transport, message);
}

/**
 * Renews the lease while sending, which may take minutes. If the store is unreachable the lease expires, and the same bytes may be sent
 * twice.
 */
async function sendUnderLease(gateway: Gateway, transport: Transport, message: Claimed): Promise<SendOutcome> {
  const renew = async (): Promise<void> => {
    const until = later(momentOf(gateway.now()), leaseSeconds);
    await tryWithStore(gateway, message, 'lease not renewed', (tx) => renewLease(tx, message, until));
  };
  const renewing = setInterval(() => void renew(), (leaseSeconds * 1000) / 3);
  try {
    return await transport.send(message);
  } finally {
    clearInterval(renewing);
  }
}

/** After an error of ours: the message is due again once the store records this, or when the lease expires. */
async function giveBack(gateway: Gateway, message: Claimed): Promise<void> {
  await tryWithStore(gateway, message, 'lease not given back', (tx) => endLease(tx, message));
}

/** Never rejects: if the store is unreachable, the lease expires. */
async function tryWithStore(
  { db, log }: Gateway,
  { partner, id: messageId }: Claimed,
  otherwise: string,
  work: (tx: Tx) => Promise<unknown>,
): Promise<void> {
  await db.transaction(work).catch((error: unknown) => {
    log.warn(otherwise, { partner, messageId, ...faultFields(error) });
  });
}

/** Bytes that were altered in the store are not sent: the partner would reject them and all later lists. */
const altered = {
  kind: 'refused',
  evidence: 'the stored bytes are not those that were sealed',
  hold: 'altered',
} as const;

export function isAsSealed({ bytes, digest }: Claimed): boolean {
  return sha256(bytes) === digest;
}

export async function holdAltered(gateway: Gateway, message: Claimed): Promise<void> {
  const partner = getPartner(gateway, message.partner);
  await recordAttempt(gateway, message, altered.kind, attemptResult(gateway, partner, altered, message, 0));
}

/**
 * Records how an attempt ended. A success after failures shows that the partner is back, so everything pending for it becomes due at once.
 */
export async function recordAttempt(
  { db, log }: Gateway,
  message: Claimed,
  state: SendOutcome['kind'],
  result: AttemptResult,
): Promise<void> {
  const { id, partner, attempt } = message;
  const { at, evidence } = result;
  const ours = await db.transaction(async (tx) => {
    if (!(await finishAttempt(tx, message, result))) return false;
    if (result.outcome === 'handed_over' && attempt > 1) await makeDue(tx, partner, at);
    // Only a full list in a new epoch can replace a list that is no longer sent.
    const isReplaced = result.holdReason === 'altered' || result.holdReason === 'expired';
    if (isReplaced && message.kind === 'list') await requireFullList(tx, partner);
    await appendEvents(tx, [{ kind: `delivery_${state}`, ref: id, at, detail: { partner, attempt } }]);
    return true;
  });
  // This process was suspended for longer than its lease: another process sends the message and records its outcome.
  if (!ours) return log.warn('lease lost', { partner, messageId: id, state, attempt, evidence });
  if (result.holdReason !== undefined)
    log.error('message held until staff act', { partner, messageId: id, detail: result.holdReason, evidence });
  const level = result.outcome === 'failed' ? 'warn' : 'info';
  log[level]('delivery attempted', { partner, messageId: id, state, attempt, evidence });
}

/** The state of a message after an attempt: accepted by the transport, to be retried, or held for staff. */
function attemptResult(
  gateway: Gateway,
  { adapter: { exchange, retry } }: Partner,
  sent: SendOutcome,
  { kind }: Claimed,
  retrySeconds: number,
): AttemptResult {
  const at = momentOf(gateway.now());
  const { stages: [stage] = [], resend } = exchange.send ?? {};
  const { evidence } = sent;
  switch (sent.kind) {
    case 'receipt':
    case 'answered':
    case 'custody':
      // A receipt gets no receipt: handing it over completes it.
      if (kind === 'receipt') return { outcome: 'handed_over', evidence, at };
      if (stage !== undefined)
        return { outcome: 'handed_over', evidence, at, answerDueAt: later(at, stage.withinSeconds) };
      return { outcome: 'handed_over', evidence, at, receiptDueAt: later(at, retry.receiptSeconds) };
    case 'refused':
      if (sent.hold !== undefined) return { outcome: 'held', evidence, at, holdReason: sent.hold };
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, retrySeconds) };
    case 'unknown':
      if (resend === 'unsafe' && kind !== 'receipt')
        return { outcome: 'held', evidence, at, holdReason: 'outcome_unknown' };
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, retrySeconds) };
  }
}

/** Seconds until the next attempt: what the partner asks for, otherwise a random time between half and all of the agreed interval. */
function retryAfter(gateway: Gateway, { adapter: { retry } }: Partner, sent: SendOutcome, attempt: number): number {
  if (sent.kind === 'refused' && sent.retryAfterSeconds !== undefined)
    return Math.min(sent.retryAfterSeconds, longestDelaySeconds);
  const { afterSeconds, away } = retry;
  const step = afterSeconds[Math.min(attempt, afterSeconds.length) - 1] ?? longestDelaySeconds;
  return Math.ceil(jittered(gateway, 'unreachable' in sent ? Math.min(step, away.everySeconds) : step));
}

/** Between half and all of the interval, so that many waiting messages do not retry at the same moment. */
export function jittered({ random }: Gateway, seconds: number): number {
  return seconds * (0.5 + (random(1)[0] ?? 0) / 512);
}
