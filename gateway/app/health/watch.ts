/** Looks after a gateway that serves: examines it again and again, and counts what its store recorded meanwhile. */

import { setTimeout as wait } from 'node:timers/promises';
import { probeStore } from '../../store/database.ts';
import { exchangeEvents, lastEvent } from '../../store/events.ts';
import { faultFields } from '../../wire/log.ts';
import type { OpenGateway } from '../composition.ts';
import { openAlarms } from './alarms.ts';
import { examineGateway } from './checks.ts';
import { freeBytes, keepSample } from './disk-growth.ts';
import type { Finding } from './finding.ts';
import type { Metrics } from './metrics.ts';
import { alarmWays } from './notices.ts';

/** Seconds between two examinations. */
const roundSeconds = 15;
/** Events that are counted in one step, so that a long absence takes no memory. */
const eventsAtOnce = 1_000;

interface Watching {
  /** Gets what each examination found; absent: the alarms, with the ways of the settings. */
  found?(findings: readonly Finding[]): Promise<void>;
  /** Between two examinations; absent: some seconds. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Until `stop`. Never rejects: what fails is logged and tried again. Throws E_CONFIG_INVALID where a secret of the ways cannot be read. */
export function watchHealth(
  gateway: OpenGateway,
  metrics: Metrics,
  stop: AbortSignal,
  { found, pause }: Watching = {},
): Promise<void> {
  const taken = found ?? openAlarms(gateway, alarmWays(gateway.config.alarms ?? {}));
  return watch(gateway, { metrics, stop, pause, found: taken });
}

async function watch(
  gateway: OpenGateway,
  {
    metrics,
    stop,
    found,
    pause,
  }: Pick<Watching, 'pause'> & Required<Pick<Watching, 'found'>> & { metrics: Metrics; stop: AbortSignal },
): Promise<void> {
  // Only `stop` ends the wait early.
  const rest = (): Promise<void> =>
    wait(roundSeconds * 1000, undefined, { signal: stop, ref: false }).catch(() => undefined);
  const attempt = (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => gateway.log.error('the examination failed', faultFields(error)));
  let counted: number | undefined;
  while (!stop.aborted) {
    await attempt(async () => {
      counted = await countEvents(gateway, metrics, counted);
    });
    // Also where nothing can be read: the examination writes, and the embedded store makes good only then what the disk did not take.
    await attempt(async () => {
      const { data } = gateway.config;
      keepSample(data, { at: gateway.now().getTime(), free: await freeBytes(data) });
      const findings = await examineGateway(gateway, () => probeStore(gateway.db));
      metrics.takeFindings(findings);
      await found(findings);
    });
    await (pause ?? rest)();
  }
}

/** Counts the events after those that were `counted`, and returns the number of the last; what came before this process is not counted. */
async function countEvents({ db }: OpenGateway, metrics: Metrics, counted: number | undefined): Promise<number> {
  const upTo = (await lastEvent(db.sql))?.n ?? 0;
  for (let after = counted ?? upTo; after < upTo;) {
    const events = await exchangeEvents(db.sql, { after, upTo, limit: eventsAtOnce });
    metrics.countEvents(events);
    after = events.length < eventsAtOnce ? upTo : (events.at(-1)?.n ?? upTo);
  }
  return upTo;
}
