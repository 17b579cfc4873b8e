/**
 * What was published on a stream, as both sides keep it: who, under which leaf, active or not. It lies in the 256 buckets
 * of the root (digest.ts): a change reads, writes and hashes one of them.
 */

import { bucketDigest, bucketOf, emptyBucketDigest, rootOf } from './digest.ts';

export interface MirrorEntry {
  readonly identifier: string;
  readonly leaf: string;
  readonly active: boolean;
}

/** Entries of one bucket, sorted by identifier. */
export type Bucket = readonly MirrorEntry[];

export const bucketCount = 256;

/** All that must be known of a mirror to say its root after one bucket changed. */
export interface MirrorSummary {
  /** Digest of each bucket, in order. */
  readonly digests: readonly string[];
  readonly count: number;
  /** How many of them are active. */
  readonly active: number;
}

export const emptyMirror: MirrorSummary = {
  digests: new Array<string>(bucketCount).fill(emptyBucketDigest),
  count: 0,
  active: 0,
};

export interface MirrorChange {
  readonly buckets: ReadonlyMap<number, Bucket>;
  readonly after: MirrorSummary;
}

export function mirrorRoot({ digests, count }: MirrorSummary): string {
  return rootOf(count, digests);
}

/** A mirror that holds exactly these entries. */
export function mirrorOf(entries: readonly MirrorEntry[]): MirrorChange {
  const buckets = Array.from({ length: bucketCount }, (): MirrorEntry[] => []);
  for (const entry of entries) buckets[bucketOf(entry.identifier)]?.push(entry);
  for (const bucket of buckets) bucket.sort(byIdentifier);
  return {
    buckets: new Map(buckets.entries()),
    after: { digests: buckets.map(bucketDigest), count: entries.length, active: entries.filter(isActive).length },
  };
}

/** The mirror after entries came, changed or went. `buckets` holds those that are touched; `gone` are identifiers. */
export function changeMirror(
  before: MirrorSummary,
  buckets: ReadonlyMap<number, Bucket>,
  puts: readonly MirrorEntry[],
  gone: readonly string[],
): MirrorChange {
  const changes = new Map<number, Map<string, MirrorEntry | undefined>>();
  for (const identifier of gone) changesIn(changes, identifier).set(identifier, undefined);
  for (const entry of puts) changesIn(changes, entry.identifier).set(entry.identifier, entry);
  const digests = [...before.digests];
  const changed = new Map<number, Bucket>();
  let { count, active } = before;
  for (const [number, change] of changes) {
    const old = buckets.get(number) ?? [];
    const bucket = merged(old, change);
    count += bucket.length - old.length;
    active += bucket.filter(isActive).length - old.filter(isActive).length;
    digests[number] = bucketDigest(bucket);
    changed.set(number, bucket);
  }
  return { buckets: changed, after: { digests, count, active } };
}

function changesIn(
  changes: Map<number, Map<string, MirrorEntry | undefined>>,
  identifier: string,
): Map<string, MirrorEntry | undefined> {
  const number = bucketOf(identifier);
  const found = changes.get(number) ?? new Map<string, MirrorEntry | undefined>();
  changes.set(number, found);
  return found;
}

function merged(bucket: Bucket, change: ReadonlyMap<string, MirrorEntry | undefined>): Bucket {
  const kept = bucket.filter(({ identifier }) => !change.has(identifier));
  for (const entry of change.values()) if (entry !== undefined) kept.push(entry);
  return kept.sort(byIdentifier);
}

/** The entry of that operator; undefined when its bucket has none. */
export function findEntry(buckets: ReadonlyMap<number, Bucket>, identifier: string): MirrorEntry | undefined {
  return buckets.get(bucketOf(identifier))?.find((entry) => entry.identifier === identifier);
}

function byIdentifier(a: MirrorEntry, b: MirrorEntry): number {
  return a.identifier < b.identifier ? -1 : 1;
}

function isActive({ active }: MirrorEntry): boolean {
  return active;
}
