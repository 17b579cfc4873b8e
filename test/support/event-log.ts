/** Reads the event log of a store. */

import type { Reader } from '../../gateway/store/database.ts';

export interface LoggedEvent {
  readonly n: number;
  readonly leafHash: string;
  readonly kind: string;
  readonly ref: string;
  readonly detail?: unknown;
  readonly at: string;
}

/** Events after number `n`, oldest first. */
export async function eventsSince(reader: Reader, n: number, limit: number): Promise<LoggedEvent[]> {
  const rows = await reader.selectFrom('event').selectAll().where('n', '>', n).orderBy('n').limit(limit).execute();
  return rows.map(({ leaf_hash: leafHash, detail, ...event }) => ({
    ...event,
    leafHash,
    ...(detail === null ? {} : { detail: JSON.parse(detail) as unknown }),
  }));
}
