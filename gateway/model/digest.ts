/**
 * Digests of a list: a leaf for each record, a root over all records, a chain over all messages.
 * Both sides compute them alone and must agree; what stands here is enough to write them in another language.
 *
 * All hashes are SHA-256 in lower-case hex, over UTF-8 text; hashes inside a hashed text stand in hex as well.
 *
 *   leaf    = H(0x00 canonical record)
 *   bucket  = H(0x01 number of records 0x0A, then a line `H(identifier) leaf 0x0A` for each, sorted)
 *   root    = H(0x02 number of records 0x0A, then a line `bucket 0x0A` for each bucket in order)
 *   chain   = H(0x03 previous chain 0x0A sequence 0x0A kind 0x0A `+leaf` lines, sorted, then `-H(identifier)` lines, sorted)
 *
 * A record lies in the bucket of the first byte of H(identifier): 256 buckets. A list of more than 50,000 records has
 * 4,096, by the first twelve bits. So two sides whose roots differ need to compare one bucket, not the whole list.
 */

import { hash } from 'node:crypto';
import type { Departure, ListMessage, ListRecord } from './list.ts';

/** The chain before the first message of an epoch. */
export const zeroChain = '0'.repeat(64);

const manyRecords = 50_000;

/**
 * The leaf of a record. Its canonical text is a JSON array as RFC 8785 writes it (no spaces), members in this order;
 * what is absent is an empty text, since no text of a record is empty when present, and roles are sorted:
 * `[identifier,[name local,latin],[address local,latin,city,postcode],grade,status,statusSince,validFrom,validTo,[roles]]`.
 */
export function leafOf(record: ListRecord): string {
  return sha256(`\u0000${canonical(record)}`);
}

function canonical({ name, address, ...rest }: ListRecord): string {
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

/** The root over a list, from the leaves by identifier, in any order. */
export function listRoot(leaves: ReadonlyMap<string, string>): { readonly root: string; readonly count: number } {
  const count = leaves.size;
  const digits = count > manyRecords ? 3 : 2;
  const buckets: string[][] = Array.from({ length: 16 ** digits }, () => []);
  for (const [identifier, leaf] of leaves) {
    const key = sha256(identifier);
    buckets[Number.parseInt(key.slice(0, digits), 16)]?.push(`${key} ${leaf}\n`);
  }
  const lines = buckets.map((bucket) => `${sha256(`\u0001${bucket.length}\n${bucket.sort().join('')}`)}\n`);
  return { root: sha256(`\u0002${count}\n${lines.join('')}`), count };
}

/** What a message does to the list. Reasons and days of departures are not part of it: they do not change the list. */
export interface ChainStep {
  readonly kind: ListMessage['kind'];
  readonly leaves: readonly string[];
  readonly departures: readonly Pick<Departure, 'identifier'>[];
}

/** The chain after a message. The order of records inside the message does not matter. */
export function nextChain(previousChain: string, sequence: number, step: ChainStep): string {
  const puts = [...step.leaves].sort().map((leaf) => `+${leaf}\n`);
  const gone = step.departures.map(({ identifier }) => `-${sha256(identifier)}\n`).sort();
  return sha256(`\u0003${previousChain}\n${sequence}\n${step.kind}\n${puts.join('')}${gone.join('')}`);
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
