/** The nightly work of a gateway that serves: what is older than agreed goes. */

import { setTimeout as wait } from 'node:timers/promises';
import type { LogSealer } from '../audit/seal-log.ts';
import type { Gateway } from '../gateway.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import { appendEvents } from '../store/events.ts';
import { foldLog } from '../store/log-folding.ts';
import { claimNight, retire, type Retired } from '../store/retention.ts';
import { faultFields } from '../wire/log.ts';
import { repeatUntil } from './repeat.ts';
import type { RetentionDays } from './retention-settings.ts';

const daySeconds = 24 * 3600;
/** The hour of the night at home after which the work of a day is due. */
const nightHour = 2;
/** Between two pages, so that requests at the doors go first. */
const pauseMs = 20;
const lookEveryMs = 60_000;

type Retiring = Pick<Gateway, 'db' | 'now' | 'log'> & { readonly sealer: Pick<LogSealer, 'heads'> };

interface RetentionRun {
  readonly days: RetentionDays;
  readonly dryRun?: boolean;
  pause(): Promise<void>;
}

/** Deletes what is older than agreed, and records before it by which limits, and after it what that was. */
export async function runRetention(
  { db, now, log, sealer }: Retiring,
  { days, dryRun = false, pause }: RetentionRun,
): Promise<readonly Retired[]> {
  const at = momentOf(now());
  const limits = Object.fromEntries(
    Object.entries(days).map(([kind, count]) => [kind, later(at, -count * daySeconds)]),
  );
  const record = async (detail: object): Promise<void> => {
    await db.transaction((tx) => appendEvents(tx, [{ kind: 'retention', ref: 'retention', at, detail }]));
  };
  let begun: Promise<void> | undefined;
  // Before anything is gone, so that a crash leaves nothing without an explanation.
  const begin = (): Promise<void> => (begun ??= record({ limits }));
  const retired = await retire(db, { limits, dryRun, begin, pause });
  const some = retired.filter(({ rows }) => rows > 0);
  if (dryRun) return retired;
  await foldLog(db, await sealer.heads(), pause);
  if (some.length === 0) return retired;
  await record({ retired: some });
  for (const { kind, rows, bytes } of some) log.info('older than agreed, and deleted', { kind, count: rows, bytes });
  return retired;
}

/** The night that is due at home, in days since 1970. */
function nightOf({ now, home }: Pick<Gateway, 'now' | 'home'>): number {
  const begun = new Date(now().getTime() - nightHour * 3600 * 1000);
  return Date.parse(dayAt(begun, home.timeZone)) / (daySeconds * 1000);
}

/** Once a night, on one of the gateways on a store, until `stop`. A night on which nothing served is made up for. */
export async function retireNightly(
  gateway: Retiring & Pick<Gateway, 'home'> & { readonly sealer: Pick<LogSealer, 'thin'> },
  days: RetentionDays,
  stop: AbortSignal,
): Promise<void> {
  const pause = async (): Promise<void> => {
    await wait(pauseMs, undefined, { signal: stop });
  };
  let done = 0;
  const look = async (): Promise<void> => {
    const night = nightOf(gateway);
    if (night > done) await gateway.sealer.thin(); // each gateway has its own
    if (night > done && (await claimNight(gateway.db, night))) await runRetention(gateway, { days, pause });
    done = night;
  };
  await repeatUntil(stop, look, {
    everyMs: lookEveryMs,
    report(error) {
      if (!stop.aborted) gateway.log.error('retention failed; it goes on the next night', faultFields(error));
    },
  });
}
