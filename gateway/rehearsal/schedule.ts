/** A simulated partner that runs by itself: turn by turn it sends a good list, or has one of its faults. */

import { setTimeout as wait } from 'node:timers/promises';
import { momentOf } from '../model/day.ts';
import { asGatewayError, type ErrorCode } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { seededRandom } from '../model/seeded-random.ts';
import { complaintAbout, resultOf, type AnswerFault, type Fault } from './fault.ts';
import { startNewEpoch, sendGoodList } from './sending.ts';
import type { Simulator } from './simulator.ts';

/** What happened in one turn. */
export interface Turn {
  readonly no: number;
  readonly at: Moment;
  /** Absent: a good list. */
  readonly fault?: string;
  /** `fault` as version 0.1 called it; for one more version. */
  readonly vice?: string;
  /** The messages that were sent, and their results. */
  readonly sent: readonly { readonly id: string; readonly ending: string }[];
  /** How many messages of the other side met the fault. */
  readonly met?: number;
  /** What the other side did wrong. */
  readonly complaints: readonly string[];
  /** The turn could not be completed. */
  readonly failed?: ErrorCode;
}

export interface ScheduleOptions {
  readonly faults: readonly Fault[];
  /** The same seed gives the same order of the faults. */
  readonly seed: number;
  /** Milliseconds between two turns; a fault of responses is injected for as long. */
  readonly everyMs: number;
  readonly withinMs: number;
  readonly maxFaultMs: number;
  /** Ends after each fault had one turn; otherwise they are repeated until stopped. */
  readonly once: boolean;
  readonly stop: AbortSignal;
  report(turn: Turn): void;
}

/** Runs until stopped or done. A good list follows every fault. */
export async function runSchedule(simulator: Simulator, options: ScheduleOptions): Promise<readonly Turn[]> {
  const { once, stop } = options;
  const turns: Turn[] = [];
  const take = async (fault?: Fault): Promise<void> => {
    const turn = await runTurn(simulator, options, turns.length + 1, fault);
    turns.push(turn);
    options.report(turn);
  };
  await startNewEpoch(simulator); // the simulator may have run before
  await take();
  const random = seededRandom(options.seed);
  const drawn = options.faults.map((fault) => ({ fault, place: random.next() }));
  const order = drawn.sort((a, b) => a.place - b.place).map(({ fault }) => fault);
  for (let round = 0; !stop.aborted && !(once && round > 0); round += 1) {
    for (const fault of order.length === 0 ? [undefined] : order) {
      if (!(await pause(options))) break;
      await take(fault);
      if (fault !== undefined) await take();
    }
  }
  return turns;
}

/** Waits for the next turn; false when there is none. */
async function pause({ everyMs, stop }: ScheduleOptions): Promise<boolean> {
  await wait(everyMs, undefined, { signal: stop }).catch(() => undefined); // only the stop signal ends the wait early
  return !stop.aborted;
}

async function runTurn(simulator: Simulator, options: ScheduleOptions, no: number, fault?: Fault): Promise<Turn> {
  const at = momentOf(simulator.gateway.now());
  const head = { no, at, ...(fault === undefined ? {} : { fault: fault.name, vice: fault.name }) };
  try {
    if (fault === undefined) {
      const { id, state, verdictDetail } = await sendGoodList(simulator, options.withinMs);
      const complaints = state === 'REJECTED' ? ['a good list was rejected'] : [];
      return { ...head, sent: [{ id, ending: verdictDetail ?? state }], complaints };
    }
    if (fault.acts === 'answers')
      return { ...head, sent: [], met: await injectForOneTurn(simulator, options, fault), complaints: [] };
    const sent = await fault.send(simulator, options.withinMs);
    const complaints = sent.map((message) => complaintAbout(fault, message)).filter((text) => text !== undefined);
    const results = sent.map((message) => ({ id: message.id, ending: resultOf(message) ?? message.evidence }));
    return { ...head, sent: results, complaints };
  } catch (error) {
    await startNewEpoch(simulator); // a message without a receipt must not precede the next list
    return { ...head, sent: [], complaints: [], failed: asGatewayError(error).code };
  }
}

/** How many messages met the fault. */
async function injectForOneTurn(simulator: Simulator, options: ScheduleOptions, fault: AnswerFault): Promise<number> {
  let met = 0;
  simulator.inject(fault.behaviour(simulator, options.maxFaultMs), () => (met += 1));
  await pause(options);
  simulator.inject();
  return met;
}
