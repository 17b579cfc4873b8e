/** Changes of the register for border systems, in the order in which they took effect. */

import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Reader } from '../store/database.ts';
import { changesAfter, newestChange, type RegisterChange } from '../store/register-changes.ts';

export interface FeedQuery {
  /** Number of the last change read; 0 starts with the first. */
  readonly after: number;
  readonly limit: number;
  readonly partner?: string | undefined;
  /** Only changes that end a recognition, and resets; absent: all changes. */
  readonly lane?: 'restrictions' | undefined;
  /** How long to wait for the first change, in milliseconds. */
  readonly waitMs: number;
}

export interface FeedPage {
  readonly changes: readonly RegisterChange[];
  /** Pass this as `after` next time. */
  readonly next: number;
}

export interface ChangeFeed {
  /**
   * Returns the changes after a number, up to the limit. If there are none, it waits for the first or until the time is over. Throws
   * E_CURSOR_UNKNOWN for a number that was never given out, and the errors of the store.
   */
  read(query: FeedQuery, signal: AbortSignal): Promise<FeedPage>;
}

/** All waiting callers share one query of the store. */
const betweenLooksMs = 200;

export function openChangeFeed(reader: Reader): ChangeFeed {
  let look: Promise<number> | undefined;
  const nextLook = (): Promise<number> =>
    (look ??= wait(betweenLooksMs)
      .then(() => newestChange(reader))
      .finally(() => (look = undefined)));
  return {
    async read({ waitMs, ...query }, signal) {
      const until = performance.now() + waitMs;
      const isOver = (): boolean => performance.now() >= until || signal.aborted;
      let newest = await newestChange(reader);
      if (query.after > newest)
        throw new GatewayError('E_CURSOR_UNKNOWN', `the newest change has the number ${newest}`, {
          at: 'after',
          fix: 'The store may have been restored: read the register anew, and ask from this number on.',
        });
      for (;;) {
        const changes = await changesAfter(reader, query);
        const last = changes.at(-1)?.n ?? 0;
        // Changes that the filter skipped need not be read again.
        const next = changes.length === query.limit ? last : Math.max(last, newest);
        if (changes.length > 0 || isOver()) return { changes, next };
        const before = newest;
        while (newest === before && !isOver()) newest = await nextLook();
      }
    },
  };
}

/** A change as shown by the API. */
export function shownChange(change: RegisterChange): object {
  const { n, kind, partner, identifier, status_before: before, status_after: after } = change;
  const statuses = { before: before ?? undefined, after: after ?? undefined };
  const moments = { effective_from: change.effective_from, known_from: change.known_at };
  return present({
    n,
    change: kind,
    partner,
    identifier: identifier === '' ? undefined : identifier,
    ...statuses,
    ...moments,
  });
}
