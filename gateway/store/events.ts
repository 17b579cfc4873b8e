/** The append-only log of what the gateway did: numbered without gaps, each event with its Merkle tree leaf hash (RFC 6962). */

import type { Moment } from '../model/record/record.ts';
import { insertMany } from './bulk.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import { advanceCounter } from './counters.ts';
import type { Tables } from './tables.ts';
import type { Reader, Tx } from './database.ts';

interface NewEvent {
  readonly kind: string;
  /** The subject: a message id, a consultation number, a digest. */
  readonly ref: string;
  readonly detail?: object;
  readonly at: Moment;
}

/**
 * Appends events and returns the number of the last; the first event of a store has number 1. The counter stays locked until the
 * transaction ends: append at its end, or other transactions wait for the rest of it.
 * Leaf hash (section 2.1): SHA-256 over the byte 0 and the canonical JSON (RFC 8785) of the event.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<number> {
  const last = await advanceCounter(tx, 'event', events.length);
  const before = last - events.length;
  const rows = events.map(({ kind, ref, detail, at }, i) => {
    const n = before + i + 1;
    const leaf = sha256(`\u0000${canonicalJson({ n, kind, ref, detail, at })}`);
    return { n, leaf_hash: leaf, kind, ref, detail: detail === undefined ? null : canonicalJson(detail), at };
  });
  await insertMany(tx, 'event', rows);
  return last;
}

/** The kind of the newest event about a subject, of those whose kind begins so. */
export async function newestEvent(reader: Reader, ref: string, kindPrefix: string): Promise<string | undefined> {
  const newest = reader.selectFrom('event').select('kind').where('ref', '=', ref).orderBy('n', 'desc');
  return (await newest.where('kind', 'like', `${kindPrefix}%`).limit(1).executeTakeFirst())?.kind;
}

/** What events about jumps of the clock refer to. */
export const clockJumps = 'clock';

/** The event appended last, or the last about one subject. */
export async function lastEvent(reader: Reader, ref?: string): Promise<Tables['event'] | undefined> {
  const newest = reader.selectFrom('event').selectAll().orderBy('n', 'desc').limit(1);
  return await (ref === undefined ? newest : newest.where('ref', '=', ref)).executeTakeFirst();
}
