/** State of the border door: arrangements, freshness of each list, and readiness. */

import { termsOf, type Clearance, type ClearanceTerms } from '../clearance/requests.ts';
import type { Freshness } from '../model/clearance/answer.ts';
import { freshnessOf } from '../model/clearance/check.ts';
import { fittingRoles } from '../model/clearance/operator-roles.ts';
import { momentOf } from '../model/day.ts';
import { isStoreAway } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { listInForce } from '../store/streams.ts';
import type { BorderReply } from './border-requests.ts';
import { readyInTime } from './readiness.ts';

/** The terms of each arrangement, and the freshness of the partner's list. */
export async function partnersReply(clearance: Clearance): Promise<BorderReply> {
  const now = momentOf(clearance.now());
  const partners = await Promise.all(
    termsOf(clearance).map(async (adapter) => {
      const { arrangement, identifiers } = adapter;
      const { words, example, issuers } = identifiers.theirs;
      return {
        partner: adapter.partner,
        name: adapter.name,
        programme: arrangement.programme,
        in_force: arrangement.inForce,
        directions: arrangement.directions,
        entry_roles: arrangement.entryRoles,
        operator_roles: Object.fromEntries(
          arrangement.entryRoles.map((role) => [role, fittingRoles(arrangement, role)]),
        ),
        benefits: arrangement.benefits,
        ...(arrangement.limits === undefined ? {} : { limits: arrangement.limits }),
        ...(arrangement.matching === undefined ? {} : { matching: arrangement.matching }),
        identifier: { form: words, example, ...(issuers === undefined ? {} : { issuers }) },
        freshness: await freshnessAt(clearance, adapter, now),
      };
    }),
  );
  return { status: 200, body: { home: clearance.home.country, policy: clearance.policy, as_of: now, partners } };
}

/**
 * Resolves if status queries can be answered and their answers recorded. A stale list does not make the door unready, because answers state
 * it; neither does a rejected adapter or a stopped partner, because the previous one stays in use. An unreachable store does not either,
 * while the register of every partner is in memory and answers can be spooled. Throws E_STORE_UNREACHABLE when the register cannot be read
 * or written, for any reason, and E_STORE_DAMAGED.
 */
export async function readinessReply(
  clearance: Clearance & { tryWriting(): Promise<void> },
  verbose: boolean,
): Promise<BorderReply> {
  try {
    await clearance.tryWriting();
  } catch (error) {
    const states = isStoreAway(error) ? await statesInMemory(clearance) : undefined;
    if (states === undefined) throw error;
    await clearance.answers.trySpooling();
    const checks = { store: { status: 'fail' }, partners: Object.fromEntries(states) };
    return { status: 200, body: verbose ? { status: 'degraded', serving: true, checks } : { status: 'degraded' } };
  }
  const states = await readyInTime(listStates(clearance), 'the register cannot be read');
  const faults = Object.entries({ untaken: clearance.rejectedAdapters, stopped: clearance.stopped })
    .filter(([, reasons]) => reasons !== undefined && reasons.size > 0)
    .map(([name, reasons]) => [name, Object.fromEntries(reasons ?? [])] as const);
  const status = faults.length === 0 && states.every(([, state]) => state === 'fresh') ? 'pass' : 'degraded';
  const checks = { store: { status: 'pass' }, partners: Object.fromEntries(states), ...Object.fromEntries(faults) };
  return { status: 200, body: verbose ? { status, serving: true, checks } : { status } };
}

type ListStates = readonly (readonly [string, Freshness['state']])[];

/** Undefined unless the register of every partner is in memory. */
async function statesInMemory(clearance: Clearance): Promise<ListStates | undefined> {
  const now = momentOf(clearance.now());
  const viewOf = await clearance.index?.current().catch(() => undefined);
  const states: (readonly [string, Freshness['state']])[] = [];
  for (const terms of termsOf(clearance)) {
    const view = viewOf?.(terms.partner);
    if (view === undefined) return undefined;
    states.push([terms.partner, freshnessOf({ list: view.list, terms, at: now, knownAt: now }).state]);
  }
  return states;
}

async function listStates(clearance: Clearance): Promise<ListStates> {
  const now = momentOf(clearance.now());
  const states: (readonly [string, Freshness['state']])[] = [];
  for (const terms of termsOf(clearance))
    states.push([terms.partner, (await freshnessAt(clearance, terms, now)).state]);
  return states;
}

async function freshnessAt({ db }: Clearance, terms: ClearanceTerms, at: Moment): Promise<Freshness> {
  return freshnessOf({ list: await listInForce(db.sql, terms.partner), terms, at, knownAt: at });
}
