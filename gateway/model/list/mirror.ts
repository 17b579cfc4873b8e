/**
 * The mirror of a stream: identifier, leaf and activity of every record published, which both sides keep. It is divided into the
 * 256 buckets of the root (digest.ts), so that a change reads, writes and hashes one bucket.
 */

import { bucketDigest, bucketOf, digestLines, emptyBucketDigest, rootOf, setDigest } from './digest.ts';

export interface MirrorEntry {
  readonly identifier: string;
  readonly leaf: string;
  readonly active: boolean;
}

/** Entries of one bucket, sorted by identifier: each is an identifier and a leaf, with the prefix `+` if active and `-` if not. */
export type Bucket = readonly string[];

const bucketCount = 256;

/** What the root of a mirror is computed from after one bucket changed. */
export interface MirrorSummary {
  /** A line for each bucket, in order (digest.ts). */
  readonly digests: Buffer;
  readonly count: number;
  /** How many of them are active. */
  readonly active: number;
}

export const emptyMirror: MirrorSummary = {
  digests: digestLines(new Array<string>(bucketCount).fill(emptyBucketDigest)),
  count: 0,
  active: 0,
};

/** The changed buckets of a mirror, and its summary after the change. */
export interface MirrorChange {
  readonly buckets: ReadonlyMap<number, Bucket>;
  readonly after: MirrorSummary;
}

/** The same while changes are added. */
export interface OpenMirrorChange {
  readonly buckets: Map<number, Bucket>;
  readonly after: { readonly digests: Buffer; count: number; active: number };
}

export function mirrorRoot({ digests, count }: MirrorSummary): string {
  return rootOf(count, digests);
}

/** A mirror of exactly these entries. */
export function mirrorOf(entries: readonly MirrorEntry[]): OpenMirrorChange {
  const buckets = Array.from({ length: bucketCount }, (): string[] => []);
  const leaves = buckets.map((): string[] => []);
  let active = 0;
  for (const entry of entries.toSorted((a, b) => (a.identifier < b.identifier ? -1 : 1))) {
    const number = bucketOf(entry.identifier);
    buckets[number]?.push(entry.identifier, markedLeaf(entry));
    leaves[number]?.push(entry.leaf);
    if (entry.active) active += 1;
  }
  const digests = digestLines(leaves.map(bucketDigest));
  return { buckets: new Map(buckets.entries()), after: { digests, count: entries.length, active } };
}

function markedLeaf({ leaf, active }: MirrorEntry): string {
  return active ? `+${leaf}` : `-${leaf}`;
}

/** Puts and removes entries. `held`: the buckets that change; `gone`: identifiers. */
export function changeMirror(
  before: MirrorSummary,
  held: ReadonlyMap<number, Bucket>,
  puts: readonly MirrorEntry[],
  gone: readonly string[],
): MirrorChange {
  const change = beginMirrorChange(before);
  addMirrorChange(change, held, puts, gone);
  return change;
}

export function beginMirrorChange({ digests, count, active }: MirrorSummary): OpenMirrorChange {
  return { buckets: new Map(), after: { digests: Buffer.from(digests), count, active } };
}

/** Adds a change. `held`: the buckets before the first change. */
export function addMirrorChange(
  { buckets, after }: OpenMirrorChange,
  held: ReadonlyMap<number, Bucket>,
  puts: readonly MirrorEntry[],
  gone: readonly string[],
): void {
  const changes = new Map<number, Map<string, MirrorEntry | undefined>>();
  for (const identifier of gone) changesIn(changes, identifier).set(identifier, undefined);
  for (const entry of puts) changesIn(changes, entry.identifier).set(entry.identifier, entry);
  for (const [number, change] of changes) {
    const old = buckets.get(number) ?? held.get(number) ?? [];
    const bucket = applyChanges(old, change);
    after.count += (bucket.length - old.length) / 2;
    after.active += activeIn(bucket) - activeIn(old);
    setDigest(after.digests, number, bucketDigest(leavesOf(bucket)));
    buckets.set(number, bucket);
  }
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

function applyChanges(bucket: Bucket, change: ReadonlyMap<string, MirrorEntry | undefined>): Bucket {
  const pairs = [...bucket];
  for (const [identifier, entry] of change) {
    const at = entryIndex(pairs, identifier);
    const held = pairs[at] === identifier ? 2 : 0;
    if (entry === undefined) pairs.splice(at, held);
    else pairs.splice(at, held, identifier, markedLeaf(entry));
  }
  return pairs;
}

/** The index of an operator's entry, or the index where it would be inserted: identifiers are sorted by UTF-16 code units. */
function entryIndex(bucket: Bucket, identifier: string): number {
  let [low, high] = [0, bucket.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bucket[2 * middle] ?? '') < identifier) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function leavesOf(bucket: Bucket): readonly string[] {
  const leaves: string[] = [];
  for (let i = 1; i < bucket.length; i += 2) leaves.push(bucket[i]?.slice(1) ?? '');
  return leaves;
}

function activeIn(bucket: Bucket): number {
  let count = 0;
  for (let i = 1; i < bucket.length; i += 2) if (isActive(bucket[i] ?? '')) count += 1;
  return count;
}

/** The entry of an operator; undefined when its bucket has none. */
export function findEntry(buckets: ReadonlyMap<number, Bucket>, identifier: string): MirrorEntry | undefined {
  const bucket = buckets.get(bucketOf(identifier)) ?? [];
  const at = entryIndex(bucket, identifier);
  return bucket[at] === identifier ? entryAt(bucket, at) : undefined;
}

/** All entries of these buckets. */
export function* entriesIn(buckets: ReadonlyMap<number, Bucket>): Generator<MirrorEntry> {
  for (const bucket of buckets.values()) for (let i = 0; i < bucket.length; i += 2) yield entryAt(bucket, i);
}

function entryAt(bucket: Bucket, at: number): MirrorEntry {
  const [identifier = '', marked = ''] = [bucket[at], bucket[at + 1]];
  return { identifier, leaf: marked.slice(1), active: isActive(marked) };
}

function isActive(marked: string): boolean {
  return marked.startsWith('+');
}
