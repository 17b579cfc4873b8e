/**
 * Digests of a list: a leaf for each record, a root over all records, a chain over all messages.
 * Both sides compute them alone and must agree; what stands here is enough to write them in another language.
 *
 * All hashes are SHA-256 in lower-case hex, over UTF-8 text; hashes inside a hashed text stand in hex as well.
 *
 *   leaf    = H(0x00 canonical record)
 *   bucket  = H(0x01 number of records 0x0A, then a line `leaf 0x0A` for each, sorted by identifier)
 *   root    = H(0x02 number of records 0x0A, then a line `bucket 0x0A` for each bucket in order)
 *   chain   = H(0x03 previous chain 0x0A sequence 0x0A kind 0x0A root 0x0A)
 *
 * A leaf covers the identifier of its record. A record lies in the bucket that the 32-bit FNV-1a hash of its identifier,
 * taken over UTF-16 code units, has in its last eight bits: 256 buckets; identifiers are sorted by UTF-16 code units.
 * So a change of one record costs one bucket, and two sides whose roots differ need to compare one bucket, not the whole list. A part of a list states the root of the
 * whole list, as every other part of it does.
 */

import { createHash, hash } from 'node:crypto';
import type { ListMessage, ListRecord } from './list.ts';

/** The chain before the first message of an epoch. */
export const zeroChain = '0'.repeat(64);

/**
 * The canonical text of a record: a JSON array as RFC 8785 writes it (no spaces), members in this order; what is absent is
 * an empty text, since no text of a record is empty when present, and roles are sorted:
 * `[identifier,[name local,latin],[address local,latin,city,postcode],grade,status,statusSince,validFrom,validTo,[roles]]`.
 */
export function recordText({ name, address, ...rest }: ListRecord): string {
  return JSON.stringify([
    rest.identifier,
    [name.local ?? '', name.latin ?? ''],
    [address.local ?? '', address.latin ?? '', address.city ?? '', address.postcode ?? ''],
    rest.grade,
    rest.status,
    rest.statusSince,
    rest.validFrom,
    rest.validTo ?? '',
    [...rest.roles].sort(),
  ]);
}

type RecordCells = [
  string,
  [string, string],
  [string, string, string, string],
  string,
  ListRecord['status'],
  string,
  string,
  string,
  ListRecord['roles'],
];

/** The record of a canonical text that recordText wrote. */
export function recordOfText(text: string): ListRecord {
  const cells = JSON.parse(text) as RecordCells;
  const [identifier, [local, latin], address, grade, status, statusSince, validFrom, validTo, roles] = cells;
  const [addressLocal, addressLatin, city, postcode] = address;
  return {
    identifier,
    name: present({ local, latin }),
    address: present({ local: addressLocal, latin: addressLatin, city, postcode }),
    grade,
    status,
    statusSince,
    validFrom,
    ...(validTo === '' ? {} : { validTo }),
    roles,
  };
}

function present<T extends object>(texts: T): Partial<T> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')) as Partial<T>;
}

/** As the words above say it. Lists hash the bytes they have at hand (packed-records.ts). */
export function leafOf(record: ListRecord): string {
  return sha256(`\u0000${recordText(record)}`);
}

/** The number of the bucket in which a record lies. */
export function bucketOf(identifier: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identifier.length; i += 1) hash = Math.imul(hash ^ identifier.charCodeAt(i), 0x01000193);
  return hash & 0xff;
}

/** Over the leaves of one bucket, sorted by identifier. */
export function bucketDigest(leaves: readonly string[]): string {
  return sha256(`\u0001${leaves.length}\n${linesOf(leaves)}`);
}

function linesOf(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `${texts.join('\n')}\n`;
}

export const emptyBucketDigest = bucketDigest([]);

const digestLength = 64;

/** The lines that a root is taken over: digests of all buckets, in order. */
export function digestLines(digests: readonly string[]): Buffer {
  return Buffer.from(linesOf(digests), 'latin1');
}

export function setDigest(lines: Buffer, number: number, digest: string): void {
  lines.write(digest, number * (digestLength + 1), 'latin1');
}

/** The root from the digests of all buckets, a line for each. */
export function rootOf(count: number, lines: Uint8Array): string {
  return createHash('sha256').update(`\u0002${count}\n`).update(lines).digest('hex');
}

/** The chain after a message; `root` is what the message states. */
export function nextChain(previousChain: string, sequence: number, kind: ListMessage['kind'], root: string): string {
  return sha256(`\u0003${previousChain}\n${sequence}\n${kind}\n${root}\n`);
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
