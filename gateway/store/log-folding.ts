/**
 * What is left of the log where all entries in a row are older than agreed: the hash of their complete subtree in place of their leaf
 * hashes. Roots and proofs of everything else need no more (RFC 6962, 2.1).
 */

import { sql } from 'kysely';
import type { Database, Reader, Tx } from './database.ts';
import { keptEvery } from './log.ts';
import { allowing } from './retention-guard.ts';

/** Of the subtrees that take the place of leaf hashes. */
export const foldedLevel = keptEvery;
export const foldedEntries = 2 ** foldedLevel;

/** Hashes of the complete subtrees between two numbers, by the first number of each. */
export async function keptSubtrees(reader: Reader, first: number, last: number): Promise<ReadonlyMap<number, string>> {
  const nodes = reader.selectFrom('log_node').select(['i', 'hash']).where('level', '=', foldedLevel);
  const within = nodes
    .where('i', '>=', Math.floor((first - 1) / foldedEntries))
    .where('i', '<', Math.floor(last / foldedEntries));
  return new Map((await within.execute()).map(({ i, hash }) => [i * foldedEntries + 1, hash]));
}

const subtreesAtOnce = 20;

/**
 * Deletes the leaf hashes of complete subtrees of which nothing else is left, but for those in which a signed checkpoint ends: its root could
 * not be computed any more. `heads`: sizes of the signed checkpoints. Returns the number of leaf hashes.
 */
export async function foldLog(
  { sql: reader, transaction }: Pick<Database, 'sql' | 'transaction'>,
  heads: readonly number[],
  pause: () => Promise<void>,
): Promise<number> {
  const inside = heads.filter((size) => size % foldedEntries !== 0);
  const ends = new Set(inside.map((size) => Math.floor(size / foldedEntries)));
  let folded = 0;
  for (let after = -1; ;) {
    const found = await completeRetired(reader, after);
    for (const i of found) if (!ends.has(i)) folded += await transaction((tx) => foldSubtree(tx, i));
    if (found.length < subtreesAtOnce) return folded;
    after = found.at(-1) ?? after;
    await pause();
  }
}

/** Numbers of complete subtrees after one, of which all entries are older than agreed. */
async function completeRetired(reader: Reader, after: number): Promise<readonly number[]> {
  const { rows } = await sql<{ i: number }>`select i from (
      select cast((n - 1) / ${sql.lit(foldedEntries)} as integer) as i, count(*) as entries from log_retired
      where n > ${(after + 1) * foldedEntries} group by 1) as subtrees
    where entries = ${sql.lit(foldedEntries)}
      and exists (select 1 from log_node where level = ${sql.lit(foldedLevel)} and log_node.i = subtrees.i)
    order by i limit ${sql.lit(subtreesAtOnce)}`.execute(reader);
  return rows.map(({ i }) => i);
}

/** The first leaf hash stays: it says that the others are not missing. */
async function foldSubtree(tx: Tx, i: number): Promise<number> {
  const leaves = tx.deleteFrom('log_retired').where('n', '>', i * foldedEntries + 1);
  await allowing(tx, () => leaves.where('n', '<=', (i + 1) * foldedEntries).execute());
  return foldedEntries - 1;
}
