/** Reads the event log of a store. */

import type { Reader } from '../../gateway/store/database.ts';
import { entriesOf } from '../../gateway/store/log.ts';

export interface LoggedEvent {
  readonly n: number;
  readonly leafHash: string;
  readonly kind: string;
  readonly ref: string;
  readonly detail?: unknown;
  readonly at: string;
}

/** Entries of the log after number `n`, oldest first: events, and answers to status queries. */
export async function eventsSince(reader: Reader, n: number, limit: number): Promise<LoggedEvent[]> {
  const entries = await entriesOf(reader, n + 1, n + limit);
  return entries.map(({ answer: _, ...entry }) => entry);
}
