/**
 * Digests of a list: a leaf for each record, a root over all records, a chain over all messages.
 * Both sides compute them independently. This description suffices to implement them in another language.
 *
 * All hashes are SHA-256 in lower-case hex, over UTF-8 text; hashes inside a hashed text stand in hex as well.
 *
 *   leaf    = H(0x00 canonical text of the record, record/record-text.ts)
 *   bucket  = H(0x01 number of records 0x0A, then a line `leaf 0x0A` for each, sorted by identifier)
 *   root    = H(0x02 number of records 0x0A, then a line `bucket 0x0A` for each bucket in order)
 *   chain   = H(0x03 previous chain 0x0A sequence 0x0A kind 0x0A root 0x0A)
 *
 * A leaf covers the identifier of its record. A record belongs to the bucket that the 32-bit FNV-1a hash of its identifier,
 * taken over UTF-16 code units, has in its last eight bits: 256 buckets; identifiers are sorted by UTF-16 code units.
 * A change of one record therefore changes one bucket only. Every part of a list states the root of the whole list.
 */

import { createHash, hash } from 'node:crypto';
import type { ListMessage } from './list.ts';

/** The chain before the first message of an epoch. */
export const zeroChain = '0'.repeat(64);

/** The number of the bucket to which a record belongs. */
export function bucketOf(identifier: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identifier.length; i += 1) hash = Math.imul(hash ^ identifier.charCodeAt(i), 0x01000193);
  return hash & 0xff;
}

/** `leaves`: those of one bucket, sorted by identifier. */
export function bucketDigest(leaves: readonly string[]): string {
  return sha256(`\u0001${leaves.length}\n${linesOf(leaves)}`);
}

function linesOf(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `${texts.join('\n')}\n`;
}

export const emptyBucketDigest = bucketDigest([]);

const digestLength = 64;

/** The lines that a root covers: the digests of all buckets, in order. */
export function digestLines(digests: readonly string[]): Buffer {
  return Buffer.from(linesOf(digests), 'latin1');
}

/** The same lines without their ends, as they are stored. */
export function joinDigests(lines: Buffer): string {
  return lines.toString('latin1').replaceAll('\n', '');
}

export function splitDigests(joined: string): Buffer {
  const digests = Buffer.from(joined, 'latin1');
  const lines = Buffer.alloc((digests.length / digestLength) * (digestLength + 1), '\n');
  for (let from = 0, to = 0; from < digests.length; from += digestLength, to += digestLength + 1)
    digests.copy(lines, to, from, from + digestLength);
  return lines;
}

export function setDigest(lines: Buffer, number: number, digest: string): void {
  lines.write(digest, number * (digestLength + 1), 'latin1');
}

/** `lines`: the digests of all buckets, one on each line. */
export function rootOf(count: number, lines: Uint8Array): string {
  return createHash('sha256').update(`\u0002${count}\n`).update(lines).digest('hex');
}

/** The chain after a message that states `root`. */
export function nextChain(previousChain: string, sequence: number, kind: ListMessage['kind'], root: string): string {
  return sha256(`\u0003${previousChain}\n${sequence}\n${kind}\n${root}\n`);
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
