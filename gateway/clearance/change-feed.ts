/** News for the systems that ask at the border: what changed in the register, in the order in which it took effect. */

import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Reader } from '../store/database.ts';
import { changesAfter, newestChange, type RegisterChange } from '../store/register-changes.ts';

export interface FeedQuery {
  /** The number read last; 0: from the first. */
  readonly after: number;
  readonly limit: number;
  readonly partner?: string | undefined;
  /** Only what ends a recognition, and what must be read anew; absent: all. */
  readonly lane?: 'restrictions' | undefined;
  /** How long to wait for the first change, in milliseconds. */
  readonly waitMs: number;
}

export interface FeedPage {
  readonly changes: readonly RegisterChange[];
  /** What to ask after next. */
  readonly next: number;
}

export interface ChangeFeed {
  /**
   * The changes after a number, as many as asked for; where there are none, it waits until there are or the time is over.
   * Throws E_CURSOR_UNKNOWN (a number that was not given out), and as the store.
   */
  read(query: FeedQuery, signal: AbortSignal): Promise<FeedPage>;
}

/** Those who wait share one look at the store. */
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
        // What a filter passed over need not be looked at again.
        const next = changes.length === query.limit ? last : Math.max(last, newest);
        if (changes.length > 0 || isOver()) return { changes, next };
        const before = newest;
        while (newest === before && !isOver()) newest = await nextLook();
      }
    },
  };
}

/** As the API shows a change. */
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
