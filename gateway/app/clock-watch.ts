/** Watches the clock of a gateway that serves. A jump is logged and recorded as an event, because dates and the age of lists depend on it. */

import type { Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { makeAllDue } from '../outbound/dispatcher.ts';
import { appendEvents, clockJumps, lastEvent } from '../store/events.ts';
import { clockToleranceSeconds } from '../store/delivery-leases.ts';
import { faultFields } from '../wire/log.ts';
import { repeatUntil } from './repeat.ts';

/** Milliseconds of the clock, and of a clock that nobody sets. */
interface ClockReading {
  readonly clock: number;
  readonly monotonic: number;
}

const pauseMs = 1_000;
const mostForwardsMs = 60_000;
const mostBackwardsMs = 1_000;

/** By how many milliseconds the clock was moved between two readings: over a minute forwards, or a second backwards; else 0. */
export function jumpBetween(before: ClockReading, after: ClockReading): number {
  const moved = Math.round(after.clock - before.clock - (after.monotonic - before.monotonic));
  return moved > mostForwardsMs || moved < -mostBackwardsMs ? moved : 0;
}

type Watched = Pick<Gateway, 'db' | 'log' | 'now'>;
type Waiting = Watched & { readonly partners: ReadonlyMap<string, unknown> };

/** By how many milliseconds the clock is behind the last commit, as a negative number. Gateways on one server differ a little. */
export async function behindLastCommit({ db, now }: Watched): Promise<number> {
  const last = await lastEvent(db.sql);
  const behind = last === undefined ? 0 : now().getTime() - Date.parse(last.at);
  return behind < (db.engine === 'sqlite' ? 0 : -clockToleranceSeconds * 1000) ? behind : 0;
}

/** The alarm: an error in the log, and an event that `mra doctor` shows. */
export async function recordJump({ db, log, now }: Watched, milliseconds: number): Promise<void> {
  log.error('the clock jumped', { delayMs: milliseconds });
  const event = { kind: 'clock_jumped', ref: clockJumps, detail: { milliseconds }, at: momentOf(now()) };
  await db.transaction(async (tx) => await appendEvents(tx, [event]));
}

/**
 * Compares the clock with the last commit, and then every second with the monotonic clock, until `stop`. After a jump everything is due that
 * waits for an attempt, because the moment of that attempt came from the other clock.
 */
export async function watchClock(gateway: Waiting, monotonic: () => number, stop: AbortSignal): Promise<void> {
  const read = (): ClockReading => ({ clock: gateway.now().getTime(), monotonic: monotonic() });
  let before: ClockReading | undefined;
  const compare = async (): Promise<void> => {
    if (before === undefined) {
      before = read();
      const behind = await behindLastCommit(gateway);
      if (behind !== 0) await recordJump(gateway, behind);
      return;
    }
    const after = read();
    const jump = jumpBetween(before, after);
    if (jump !== 0) {
      await recordJump(gateway, jump);
      await makeAllDue(gateway, gateway.partners.keys());
    }
    before = after;
  };
  // What could not be stored is compared again.
  await repeatUntil(stop, compare, {
    everyMs: pauseMs,
    report: (error) => gateway.log.error('watching the clock failed', faultFields(error)),
  });
}
