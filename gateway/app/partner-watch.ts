/** Notices that partners or keys were changed in the store, by a command or by another gateway on it; and what the log says of partners. */

import { setTimeout as wait } from 'node:timers/promises';
import { bestEvidence, isWeak } from '../adapter/conversation/evidence.ts';
import type { OpenGateway } from './composition.ts';
import type { Reloaded } from './partners.ts';
import { present } from '../model/present.ts';
import { partnerRevision } from '../store/partner-keys.ts';
import { faultFields } from '../wire/log.ts';

const pauseMs = 1_000;

/** Calls `take` after each change, and again in a second where it failed, until `stop`. */
export async function watchPartners(
  { db, log, partnersAt }: Pick<OpenGateway, 'db' | 'log' | 'partnersAt'>,
  take: () => Promise<unknown>,
  stop: AbortSignal,
): Promise<void> {
  let taken = partnersAt;
  while (!stop.aborted) {
    try {
      const newest = await partnerRevision(db.sql);
      if (newest !== taken) await take();
      taken = newest;
    } catch (error) {
      log.error('changes of partners not taken; trying again', faultFields(error));
    }
    await wait(pauseMs, undefined, { signal: stop }).catch(() => undefined); // only `stop` ends the wait early
  }
}

export function logTaken({ log }: Pick<OpenGateway, 'log'>, results: readonly Reloaded[]): void {
  for (const { partner, loaded, detail } of results)
    log[loaded ? 'info' : 'error']('partner taken from the settings', present({ partner, state: loaded, detail }));
}

export function warnOfWeakEvidence({ partners, log }: OpenGateway): void {
  for (const { code: partner, adapter } of partners.values()) {
    const evidence = bestEvidence(adapter.exchange, adapter.transport);
    if (isWeak(evidence)) log.warn('answers of this partner are weak evidence', { partner, evidence });
  }
}
