/** What is asked of a list for a partner, and what is said of one that was queued. */

import type { ListMessage } from './list.ts';

export interface ListOptions {
  /** Absent: a delta where the partner holds a list and takes deltas, a full one otherwise. */
  readonly kind?: ListMessage['kind'] | undefined;
  /** Send the list even if nothing changed: it renews one that would grow too old at the partner's border. */
  readonly renew?: boolean | undefined;
  /** One delta for each operator, for partners that require it. */
  readonly each?: boolean | undefined;
}

export interface QueuedList {
  /** Of its last message. */
  readonly id: string;
  readonly records: number;
  readonly departures: number;
}
