/** Decides when messages are sent: each partner independently, less often while it is unreachable, and at once when it is back. */

import { setTimeout as wait } from 'node:timers/promises';
import { deliverNext, jittered, type Delivered } from './delivery.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import { listScheduler } from './scheduled-lists.ts';
import { compareHeld } from './settle.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage } from '../model/message.ts';
import { endEarlierLeases, makeDue, makeUnansweredDue } from '../store/outbox.ts';
import { findStream } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';

/** Seconds between two turns of a partner that has nothing due or is being skipped. A suspension waits no longer than this. */
const turnSeconds = 0.5;
/** Signs that a partner is back, besides a successful delivery. */
interface Signs {
  /** Number of connections made to its broker. */
  readonly connections: number | undefined;
  /** Number of messages received from the partner. */
  readonly messages: number;
}

/** State of a partner between two turns. */
interface Rhythm extends Signs {
  /** Consecutive failed attempts. */
  readonly failures: number;
  /** Turns to skip, because nothing gets through. */
  readonly turns: number;
}

export interface DispatchTerms {
  /** Also sends lists that are due by partner schedules. */
  readonly scheduled?: boolean | undefined;
  /** Number of messages received from a partner. */
  readonly messagesOf?: ((code: string) => number) | undefined;
}

/** Wraps `receive` and counts messages for DispatchTerms. */
export function countArrivals<R>(receive: (raw: RawMessage) => R) {
  const counts = new Map<string, number>();
  return {
    receive(raw: RawMessage): R {
      counts.set(raw.partner, (counts.get(raw.partner) ?? 0) + 1);
      return receive(raw);
    },
    messagesOf: (code: string): number => counts.get(code) ?? 0,
  };
}

/**
 * Sends what is due until `stop`. Everything pending becomes due at start (including what an earlier process was sending), when a
 * connection is re-established, and when a message arrives from a partner that was unreachable.
 */
export async function runDispatcher(
  gateway: Gateway,
  stop: AbortSignal,
  { scheduled = true, messagesOf = () => 0 }: DispatchTerms = {},
): Promise<void> {
  const schedule = scheduled ? listScheduler(gateway) : undefined;
  const rhythms = new Map<string, Rhythm>();
  const dispatch = async (code: string): Promise<boolean> => {
    const connections = gateway.partners.get(code)?.transport?.connections?.();
    const signs = { connections, messages: messagesOf(code) };
    const before = rhythms.get(code);
    if (before === undefined) await beginWith(gateway, code);
    if (before !== undefined && before.turns > 1 && !isBack(before, signs)) {
      rhythms.set(code, { ...before, turns: before.turns - 1 });
      return false;
    }
    const wasAway = before !== undefined && before.turns > 0;
    if (before === undefined || isBack(before, signs)) await makeAllDue(gateway, [code]);
    rhythms.set(code, { ...signs, failures: before?.failures ?? 0, turns: 0 });
    await schedule?.(code);
    const delivered = (await deliverNext(gateway, code)) ?? (wasAway ? await deliverAny(gateway, code) : undefined);
    const rhythm = delivered === undefined ? undefined : rhythmAfter(gateway, code, delivered, before?.failures);
    if (rhythm !== undefined) rhythms.set(code, { ...signs, ...rhythm });
    return rhythm?.turns === 0;
  };
  await repeatForEach(gateway, stop, 'dispatching', dispatch, () => turnSeconds);
}

/**
 * Releases the leases of an earlier process, and asks the partner, if it can answer, which of our lists it holds: the store may be an older
 * copy.
 */
async function beginWith(gateway: Gateway, code: string): Promise<void> {
  const { db, now, owner } = gateway;
  await db.transaction((tx) => endEarlierLeases(tx, code, owner));
  const partner = gateway.partners.get(code);
  const discipline = partner?.adapter.stream.discipline;
  // Lists of other disciplines carry no sequence number; each side counts by itself.
  if (discipline !== 'chained' && discipline !== 'numbered') return;
  if ((await findStream(db.sql, code, 'out')) === undefined) return;
  const held = await partner?.transport?.held?.();
  if (held !== undefined) await db.transaction((tx) => compareHeld(gateway, tx, code, held, momentOf(now())));
}

/** Sends one message, even before its next attempt is due, to find out whether the partner is back. */
async function deliverAny(gateway: Gateway, code: string): Promise<Delivered | undefined> {
  await gateway.db.transaction((tx) => makeDue(tx, code, momentOf(gateway.now())));
  return await deliverNext(gateway, code);
}

function isBack({ turns, ...before }: Rhythm, { connections, messages }: Signs): boolean {
  return connections !== before.connections || (turns > 0 && messages !== before.messages);
}

/**
 * A partner counts as unreachable after a failed connection or several failed attempts in a row; then one message is tried after some
 * skipped turns.
 */
function rhythmAfter(
  gateway: Gateway,
  code: string,
  { failed, pauseSeconds }: Delivered,
  failuresBefore = 0,
): Pick<Rhythm, 'failures' | 'turns'> {
  const { failures: limit, everySeconds } = getPartner(gateway, code).adapter.retry.away;
  const failures = failed ? failuresBefore + 1 : 0;
  const pause = pauseSeconds ?? (failures >= limit ? jittered(gateway, everySeconds) : 0);
  return { failures, turns: pause / turnSeconds };
}

/** Makes messages that wait for a retry or a receipt due: at start, when a partner is back, and after the clock was set back. */
export async function makeAllDue({ db, now }: Pick<Gateway, 'db' | 'now'>, partners: Iterable<string>): Promise<void> {
  await db.transaction(async (tx) => {
    for (const code of partners) {
      await makeDue(tx, code, momentOf(now()));
      await makeUnansweredDue(tx, code, momentOf(now()));
    }
  });
}

/**
 * Repeats `work` for every partner until `stop`, without a pause while there is more to do. Partners are independent: an outage of one
 * delays no other.
 */
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
