/**
 * Outcomes of a large month take seconds to compute, and people open several pages of them: each is kept for some minutes, and those who ask
 * while it is computed wait for the same one.
 */

import { momentOf } from '../model/day.ts';
import type { Moment } from '../model/record/record.ts';
import type { LongWork } from './long-work.ts';

const keptMs = 5 * 60_000;
/** Some kilobytes each. */
const mostKept = 50;

/** The same work, with outcomes that say as of when they are. */
export function keepOutcomes(work: LongWork, now: () => Date): LongWork {
  return {
    ...work,
    outcomeForStaff: kept(now, work.outcomeForStaff),
    outcomeReport: kept(now, work.outcomeReport),
  };
}

type AsOf = { readonly as_of: Moment };

/** A failure is not kept. */
function kept<Given extends readonly unknown[], Found extends object>(
  now: () => Date,
  compute: (...given: Given) => Promise<Found>,
): (...given: Given) => Promise<Found & AsOf> {
  const known = new Map<string, { readonly since: Date; readonly found: Promise<Found> }>();
  return async (...given) => {
    const key = JSON.stringify(given);
    const before = known.get(key);
    const isKept = before !== undefined && now().getTime() - before.since.getTime() < keptMs;
    const one = isKept ? before : { since: now(), found: compute(...given) };
    if (!isKept) {
      known.delete(key);
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= mostKept) known.delete(oldest);
      known.set(key, one);
    }
    try {
      return { ...(await one.found), as_of: momentOf(one.since) };
    } catch (error) {
      if (known.get(key) === one) known.delete(key);
      throw error;
    }
  };
}
