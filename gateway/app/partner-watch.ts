/**
 * Notices that partners or keys were changed in the store, by a command or by another gateway on it, and lets new keys of ours go on; and
 * what the log says of partners.
 */

import { bestEvidence, isWeak } from '../adapter/conversation/evidence.ts';
import type { OpenGateway } from './composition.ts';
import { renewKeys, renewTls } from './key-renewal.ts';
import { runRollovers } from './key-rollover.ts';
import type { Reloaded } from './partners.ts';
import { fetchRevocationLists } from './revocation.ts';
import { openComparing } from '../outcomes/agreed-numbers.ts';
import { momentOf } from '../model/day.ts';
import { present } from '../model/present.ts';
import { partnerRevision } from '../store/partner-keys.ts';
import { faultFields } from '../wire/log.ts';
import { repeatUntil } from './repeat.ts';

const pauseMs = 1_000;

/** Calls `take` after each change, and again in a second where it failed, and takes the steps of new keys that are due, until `stop`. */
export async function watchPartners(
  gateway: OpenGateway,
  take: () => Promise<unknown>,
  stop: AbortSignal,
): Promise<void> {
  await Promise.all([takeChanges(gateway, take, stop), runRollovers(gateway, stop), followDates(gateway, take, stop)]);
}

/** Every minute: the TLS key whose day has come, lists of revoked certificates that are due, keys that end soon, and hourly the numbers of partners. */
async function followDates(gateway: OpenGateway, take: () => Promise<unknown>, stop: AbortSignal): Promise<void> {
  const compare = openComparing();
  const follow = async (): Promise<void> => {
    const { nextTls } = gateway.keyring;
    if (nextTls !== undefined && nextTls.from <= momentOf(gateway.now())) await take();
    await fetchRevocationLists(gateway, gateway.config.partners);
    await renewKeys(gateway);
    await renewTls(gateway);
    await compare(gateway);
  };
  await repeatUntil(stop, follow, {
    everyMs: 60_000,
    report: (error) => gateway.log.error('lists and keys: trying again', faultFields(error)),
  });
}

async function takeChanges(
  { db, log, partnersAt }: Pick<OpenGateway, 'db' | 'log' | 'partnersAt'>,
  take: () => Promise<unknown>,
  stop: AbortSignal,
): Promise<void> {
  let taken = partnersAt;
  const compare = async (): Promise<void> => {
    const newest = await partnerRevision(db.sql);
    if (newest !== taken) await take();
    taken = newest;
  };
  await repeatUntil(stop, compare, {
    everyMs: pauseMs,
    report: (error) => log.error('changes of partners not taken; trying again', faultFields(error)),
  });
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
