/** What the border door tells about itself: with whom there is an arrangement, how fresh each list is, whether it can answer. */

import type { Clearance } from '../clearance/requests.ts';
import type { Freshness } from '../model/clearance/answer.ts';
import { freshnessOf } from '../model/clearance/check.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { listInForce } from '../store/streams.ts';
import type { Reply } from './border-requests.ts';

/** The terms with each partner and the list that answers for it now. */
export async function partnersReply(clearance: Clearance): Promise<Reply> {
  const now = momentOf(clearance.now());
  const partners = await Promise.all(
    [...clearance.partners.values()].map(async ({ adapter }) => {
      const { arrangement, identifiers } = adapter;
      const { words, example, issuers } = identifiers.theirs;
      const list = await listInForce(clearance.db.sql, adapter.partner, now);
      return {
        partner: adapter.partner,
        name: adapter.name,
        programme: arrangement.programme,
        in_force: arrangement.inForce,
        directions: arrangement.directions,
        entry_roles: arrangement.entryRoles,
        benefits: arrangement.benefits,
        ...(arrangement.limits === undefined ? {} : { limits: arrangement.limits }),
        ...(arrangement.matching === undefined ? {} : { matching: arrangement.matching }),
        identifier: { form: words, example, ...(issuers === undefined ? {} : { issuers }) },
        freshness: freshnessOf({ list, terms: adapter, at: now, knownAt: now }),
      };
    }),
  );
  return { status: 200, body: { home: clearance.home.country, policy: clearance.policy, as_of: now, partners } };
}

/**
 * Ready means that a question can be answered from the store. A stale list does not make the door unready: the answers say so.
 * Neither does a changed adapter that was not taken: the old one answers.
 * Throws E_STORE_UNREACHABLE when the register cannot be read, whatever the reason.
 */
export async function readinessReply(clearance: Clearance, verbose: boolean): Promise<Reply> {
  const states = await listStates(clearance).catch((cause: unknown) => {
    throw new GatewayError('E_STORE_UNREACHABLE', 'the register cannot be read', { cause });
  });
  const rejectedAdapters = Object.fromEntries(clearance.rejectedAdapters ?? []);
  const settled = Object.keys(rejectedAdapters).length === 0;
  const status = settled && states.every(([, state]) => state === 'fresh') ? 'pass' : 'degraded';
  const checks = {
    store: { status: 'pass' },
    partners: Object.fromEntries(states),
    ...(settled ? {} : { untaken: rejectedAdapters }),
  };
  return { status: 200, body: verbose ? { status, serving: true, checks } : { status } };
}

async function listStates(clearance: Clearance): Promise<readonly (readonly [string, Freshness['state']])[]> {
  const now = momentOf(clearance.now());
  const states: (readonly [string, Freshness['state']])[] = [];
  for (const { adapter } of clearance.partners.values()) {
    const list = await listInForce(clearance.db.sql, adapter.partner, now);
    states.push([adapter.partner, freshnessOf({ list, terms: adapter, at: now, knownAt: now }).state]);
  }
  return states;
}
