/**
 * The end of the first story: a queued message is sent to its partner, with the same bytes under the same id each time,
 * until the partner's signed receipt is held. A broker's confirm or a 2xx is custody; only the receipt is delivery.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { settleByReturnedReceipt } from './settle.ts';
import { handleUnanswered, settleByResponse } from './settle-by-answer.ts';
import { listScheduler } from './scheduled-lists.ts';
import { sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import {
  attemptsOf,
  claimDue,
  endEarlierLeases,
  endLease,
  finishAttempt,
  longestDelaySeconds,
  makeDue,
  makeUnansweredDue,
  renewLease,
  type AttemptResult,
  type Claimed,
} from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import type { SendOutcome, Transport } from '../wire/transport/transport.ts';

/** Seconds a lease lasts. It is renewed while a message is sent, so a message of a sender that died is free after this time. */
export const leaseSeconds = 15;
/** Seconds until the same bytes are sent again when no receipt came. */
export const receiptDueSeconds = 900;
/** Back-off in seconds; the last one repeats for ever: a message that cannot be sent raises an alarm, it is never dropped. */
const backOff = [5, 30, 120, 600, 1800, longestDelaySeconds] as const;
/** Seconds between two attempts while the partner cannot be reached at all, at most. */
export const probeSeconds = 20;
/** Seconds between two turns of a partner to whom nothing is due, or that is left alone for some turns: a suspension waits no longer. */
const turnSeconds = 0.5;
/** Messages sent in one round: one whose partner asks to be tried again at once must not keep the round going. */
const roundLength = 8;

/** Sends the messages due to one partner, in order; returns the number of attempts. Ends when the partner cannot be reached. */
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

/** `pauseSeconds`: the partner cannot be reached, and until then nothing else needs to be tried. */
interface Delivered {
  readonly pauseSeconds?: number;
}

/** Sends the oldest message that is due; undefined when nothing is. */
async function deliverNext(gateway: Gateway, code: string): Promise<Delivered | undefined> {
  const partner = getPartner(gateway, code);
  const { transport } = partner;
  if (transport === undefined) return undefined;

  // 1. Claim what is due. Lists and replies wait for a partner that polls (answer-poll.ts).
  await handleUnanswered(gateway, partner);
  const now = momentOf(gateway.now());
  const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 1, partner: partner.code };
  const kinds = transport.waits !== true ? {} : ({ kinds: ['receipt'] } as const);
  const [message] = await claimDue(gateway.db, { ...claim, ...kinds });
  if (message === undefined) return undefined;
  try {
    // 2. Send the sealed bytes. 3. Record the outcome of the attempt.
    const sent = await sendOnce(gateway, partner, transport, message);
    const retrySeconds = retryAfter(sent, message.attempt, gateway.random(1)[0] ?? 0);
    await recordAttempt(gateway, message, sent.kind, attemptResult(gateway, partner, sent, message, retrySeconds));

    // 4. A receipt that came as the answer, or another answer that was agreed, settles the message.
    if (sent.kind === 'receipt') await settleByReturnedReceipt(gateway, partner, sent.bytes);
    if (sent.kind === 'answered' || sent.kind === 'custody') await settleByResponse(gateway, partner, message.id, sent);
    return 'unreachable' in sent ? { pauseSeconds: retrySeconds } : {};
  } catch (error) {
    await giveBack(gateway, message);
    throw error;
  }
}

/** Not sent: bytes that were altered, and a message whose last attempt has no outcome, where the partner could take it twice. */
async function sendOnce(
  gateway: Gateway,
  { adapter }: Partner,
  transport: Transport,
  message: Claimed,
): Promise<SendOutcome> {
  if (!isAsSealed(message)) return altered;
  const before = adapter.exchange.send?.resend === 'unsafe' && message.attempt > 1;
  const last = before ? (await attemptsOf(gateway.db.sql, message.id)).at(-2) : undefined;
  if (last !== undefined && last.outcome === undefined)
    return { kind: 'refused', evidence: 'its last attempt has no outcome', hold: 'outcome_unknown' };
  return await sendUnderLease(gateway, transport, message);
}

/** A send may take minutes; the lease is renewed meanwhile. Without the store it expires, and the same bytes may be sent twice. */
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

/** After an error of ours: the message is due again as soon as the store takes this, or else when the lease expires. */
async function giveBack(gateway: Gateway, message: Claimed): Promise<void> {
  await tryWithStore(gateway, message, 'lease not given back', (tx) => endLease(tx, message));
}

/** Never rejects: without the store the lease expires. */
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

/** Bytes that were altered in the store are not sent: the partner would refuse them, and all lists after them. */
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
 * Sends what is due until `stop`; if `scheduled`, lists too that are due by the schedules of partners. All that waits is due when it begins,
 * also what an earlier process was sending, and when a connection is back.
 */
export async function runDispatcher(gateway: Gateway, stop: AbortSignal, scheduled = true): Promise<void> {
  const schedule = scheduled ? listScheduler(gateway) : undefined;
  const pauses = new Map<string, { readonly turns: number; readonly connections: number | undefined }>();
  const dispatch = async (code: string): Promise<boolean> => {
    const connections = gateway.partners.get(code)?.transport?.connections?.();
    const pause = pauses.get(code);
    if (pause === undefined) await gateway.db.transaction((tx) => endEarlierLeases(tx, code, gateway.owner));
    if (pause?.connections !== connections || pause === undefined) await makeAllDue(gateway, [code]);
    else if (pause.turns > 0) {
      pauses.set(code, { ...pause, turns: pause.turns - 1 });
      return false;
    }
    pauses.set(code, { turns: 0, connections });
    await schedule?.(code);
    const delivered = await deliverNext(gateway, code);
    pauses.set(code, { turns: (delivered?.pauseSeconds ?? 0) / turnSeconds, connections });
    return delivered !== undefined && delivered.pauseSeconds === undefined;
  };
  await repeatForEach(gateway, stop, 'dispatching', dispatch, () => turnSeconds);
}

/** What waits for its next attempt or for a receipt is due: at the start, when a connection is back, and when the clock was set back. */
export async function makeAllDue({ db, now }: Pick<Gateway, 'db' | 'now'>, partners: Iterable<string>): Promise<void> {
  await db.transaction(async (tx) => {
    for (const code of partners) {
      await makeDue(tx, code, momentOf(now()));
      await makeUnansweredDue(tx, code, momentOf(now()));
    }
  });
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

/** Records how an attempt ended. One that succeeds after others shows that the partner is back: what waits for it is due at once. */
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
    if (result.outcome === 'handed_over' && attempt > 1) await makeDue(tx, partner, at);
    // No list can take the place of one that was altered, but a full one in a new epoch.
    if (result.holdReason === 'altered' && message.kind === 'list') await requireFullList(tx, partner, true);
    await appendEvents(tx, [{ kind: `delivery_${state}`, ref: id, at, detail: { partner, attempt } }]);
  });
  if (result.holdReason !== undefined)
    log.error('message held until staff act', { partner, messageId: id, detail: result.holdReason, evidence });
  const level = result.outcome === 'failed' ? 'warn' : 'info';
  log[level]('delivery attempted', { partner, messageId: id, state, attempt, evidence });
}

/** The state of a message after an attempt: accepted by the transport, to be repeated, or held for staff. */
function attemptResult(
  gateway: Gateway,
  { adapter: { exchange } }: Partner,
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
      // Receipts are not receipted: handing one over is all there is to do.
      if (kind === 'receipt') return { outcome: 'handed_over', evidence, at };
      if (stage !== undefined)
        return { outcome: 'handed_over', evidence, at, answerDueAt: later(at, stage.withinSeconds) };
      return { outcome: 'handed_over', evidence, at, receiptDueAt: later(at, receiptDueSeconds) };
    case 'refused':
      if (sent.hold !== undefined) return { outcome: 'held', evidence, at, holdReason: sent.hold };
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, retrySeconds) };
    case 'unknown':
      if (resend === 'unsafe' && kind !== 'receipt')
        return { outcome: 'held', evidence, at, holdReason: 'outcome_unknown' };
      return { outcome: 'failed', evidence, at, nextAttemptAt: later(at, retrySeconds) };
  }
}

/** Seconds before the next attempt: what the partner asks for, or between half and the whole of a step of the back-off. */
function retryAfter(sent: SendOutcome, attempt: number, jitter: number): number {
  if (sent.kind === 'refused' && sent.retryAfterSeconds !== undefined)
    return Math.min(sent.retryAfterSeconds, longestDelaySeconds);
  const step = backOff[Math.min(attempt - 1, backOff.length - 1)] ?? longestDelaySeconds;
  return Math.ceil(('unreachable' in sent ? Math.min(step, probeSeconds) : step) * (0.5 + jitter / 512));
}
