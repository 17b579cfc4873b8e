/** The log of what the gateway did: numbered without gaps, never changed, each entry with the hash of a Merkle tree's leaf. */

import { sql } from 'kysely';
import type { Moment } from '../model/record/domestic-record.ts';
import { insertMany } from './bulk.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import type { Reader, Tx } from './database.ts';

export interface NewEvent {
  readonly kind: string;
  /** What it is about: a message id, a consultation number, a digest. */
  readonly ref: string;
  readonly detail?: object;
  readonly at: Moment;
}

export interface StoredEvent {
  readonly n: number;
  readonly leafHash: string;
  readonly kind: string;
  readonly ref: string;
  readonly detail?: unknown;
  readonly at: Moment;
}

/**
 * Writes events and says the number of the last; the first event of a store has number 1. Numbers are given out under a
 * lock that is held until the transaction ends: append last, or other transactions wait for the rest of this one.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<number> {
  const { value: last } = await tx
    .updateTable('counter')
    .set({ value: sql`value + ${events.length}` })
    .where('name', '=', 'event')
    .returning('value')
    .executeTakeFirstOrThrow();
  const before = last - events.length;
  const rows = events.map(({ kind, ref, detail, at }, i) => {
    const n = before + i + 1;
    const text = detail === undefined ? null : canonicalJson(detail);
    return {
      n,
      leaf_hash: leafOfEvent({ n, kind, ref, at, ...(detail === undefined ? {} : { detail }) }),
      kind,
      ref,
      detail: text,
      at,
    };
  });
  await insertMany(tx, 'event', rows);
  return last;
}

/** RFC 6962 section 2.1: SHA-256 over the byte 0 and the entry; the entry is the canonical JSON (RFC 8785) of the event. */
export function leafOfEvent(event: Omit<StoredEvent, 'leafHash'>): string {
  const { n, kind, ref, detail, at } = event;
  return sha256(`\u0000${canonicalJson({ n, kind, ref, detail, at })}`);
}

/** Events after number `n`, oldest first. */
export async function eventsSince(reader: Reader, n: number, limit: number): Promise<StoredEvent[]> {
  const rows = await reader.selectFrom('event').selectAll().where('n', '>', n).orderBy('n').limit(limit).execute();
  return rows.map(({ n, leaf_hash: leafHash, kind, ref, detail, at }) => ({
    n,
    leafHash,
    kind,
    ref,
    ...(detail === null ? {} : { detail: JSON.parse(detail) as unknown }),
    at,
  }));
}
