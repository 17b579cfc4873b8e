/** The log as a tree: its entries are the events and the answers to status queries, numbered together from 1 without gaps. */

import { randomBytes } from 'node:crypto';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
import { joined, type SubtreeHash, type TreeHash } from '../model/log/merkle.ts';
import { sql, type RawBuilder } from 'kysely';
import { sha256 } from '../model/canonical-json.ts';
import type { Moment } from '../model/record/record.ts';
import { readCounter } from './counters.ts';
import type { Database, Reader, Tx } from './database.ts';
import { appendEvents, type NewEvent } from './events.ts';

/** Hashes of complete subtrees are kept at every eighth level: a proof then reads a few hundred rows, however long the log is. */
export const keptEvery = 8;
const fanOut = 2 ** keptEvery;

export async function logSize(reader: Reader): Promise<number> {
  return await readCounter(reader, 'event');
}

/** Which log this is: it stays with the store. */
export async function logId(reader: Reader): Promise<string> {
  const id = reader.selectFrom('store_key').select('value').where('name', '=', 'log_id');
  return (await id.executeTakeFirstOrThrow()).value;
}

/** The public key of the one that signs the log under its present name; undefined before anything was signed. */
export async function logSigner(reader: Reader): Promise<string | undefined> {
  const key = reader.selectFrom('store_key').select('value').where('name', '=', 'log_signer');
  return (await key.executeTakeFirst())?.value;
}

/** States which key signs the log, unless another gateway on the store did so before. */
export async function nameLogSigner(tx: Tx, value: string): Promise<void> {
  const named = tx.insertInto('store_key').values({ name: 'log_signer', value });
  await named.onConflict((known) => known.column('name').doNothing()).execute();
}

interface LogRestart {
  readonly person: string;
  readonly reason: string;
  readonly at: Moment;
  /** The name under which the log was signed last, and how many entries were. */
  readonly before: string | undefined;
  readonly signed: number | undefined;
}

/** Another name for the log, whose newest entry says why. */
export async function restartLog(tx: Tx, { at, ...detail }: LogRestart): Promise<void> {
  const value = randomBytes(8).toString('hex');
  await tx.updateTable('store_key').set({ value }).where('name', '=', 'log_id').execute();
  await tx.deleteFrom('store_key').where('name', '=', 'log_signer').execute();
  await appendEvents(tx, [{ kind: 'log_restarted', ref: value, detail, at }]);
}

/** Whether the store is a backup that was restored, and its log was not given another name since. */
export async function isRestored(reader: Reader): Promise<boolean> {
  const kinds = reader.selectFrom('event').select('kind').where('kind', 'in', ['store_restored', 'log_restarted']);
  return (await kinds.orderBy('n', 'desc').limit(1).executeTakeFirst())?.kind === 'store_restored';
}

/** The leaf hash of a number that no entry has: numbers are skipped where a store is older than what was sent. */
export const skippedLeaf = sha256('');

/** Entries of which only the leaf hashes are left, since they were older than agreed. */
export async function retiredLeaves(reader: Reader, first: number, last: number): Promise<ReadonlyMap<number, string>> {
  const retired = reader.selectFrom('log_retired').selectAll().where('n', '>=', first).where('n', '<=', last);
  return new Map((await retired.execute()).map(({ n, leaf_hash: leaf }) => [n, leaf]));
}

/** Numbers after `n` of entries that were older than agreed, at most `limit`. */
export async function retiredAfter(reader: Reader, n: number, limit: number): Promise<readonly number[]> {
  const rows = reader.selectFrom('log_retired').select('n').where('n', '>', n).orderBy('n').limit(limit);
  return (await rows.execute()).map((row) => row.n);
}

/** An entry as its leaf covers it, and the leaf hash stored with it. */
export interface LogEntry extends NewEvent {
  readonly n: number;
  readonly leafHash: string;
  /** Of a status query: the answer as it is stored. */
  readonly answer?: string;
}

/** Entries from `first` to `last`, in their order; those that are missing are absent. */
export async function entriesOf(reader: Reader, first: number, last: number): Promise<readonly LogEntry[]> {
  const events = await reader.selectFrom('event').selectAll().where('n', '>=', first).where('n', '<=', last).execute();
  const answers = await reader
    .selectFrom('border_answer')
    .select(['n', 'leaf_hash', 'answer'])
    .where('n', '>=', first)
    .where('n', '<=', last)
    .execute();
  const others = events.map(({ leaf_hash: leafHash, detail, ...event }) => {
    return { ...event, leafHash, ...(detail === null ? {} : { detail: storedJson(detail) }) };
  });
  const consulted = answers.map(({ n, leaf_hash: leafHash, answer }) => {
    const given = storedJson(answer) as Partial<ProvenAnswer>;
    const { proof, subject } = given;
    if (!proof || !subject) return { n, leafHash, answer, kind: 'consultation', ref: '', at: '' };
    return { n, leafHash, answer, ...consultationEvent({ ...given, proof, subject } as ProvenAnswer) };
  });
  return [...others, ...consulted].sort((a, b) => a.n - b.n);
}

/** What is no JSON was changed in the store: as an object that has no leaf hash of the log. */
export function storedJson(text: string): object {
  try {
    return (JSON.parse(text) as object | null) ?? { unreadable: text };
  } catch {
    return { unreadable: text };
  }
}

/** The newest event about a subject whose kind ends so, and whose detail names the partner. */
export async function eventNumber(
  reader: Reader,
  ref: string,
  kindEnd: string,
  partner: string,
): Promise<number | undefined> {
  const events = reader.selectFrom('event').select(['n', 'detail']).where('ref', '=', ref).orderBy('n', 'desc');
  const rows = await events.where('kind', 'like', `%${kindEnd}`).execute();
  return rows.find(({ detail }) => (JSON.parse(detail ?? '{}') as { partner?: string }).partner === partner)?.n;
}

/** The event that an answer to a status query is in the log. */
export function consultationEvent({ proof, outcome, subject }: ProvenAnswer): NewEvent {
  const { answer_digest, consultation_number: ref, issued_at: at, requester } = proof;
  return { kind: 'consultation', ref, detail: { answer_digest, outcome, partner: subject.partner, requester }, at };
}

/** Hashes of complete subtrees of the stored log. The tree counts leaves from 0: leaf i is entry i + 1. */
export function storedSubtrees(reader: Reader): SubtreeHash {
  return async function subtree(level, index) {
    const kept = level - (level % keptEvery);
    const count = 2 ** (level - kept);
    return joined(await keptHashes(reader, kept, index * count, count));
  };
}

/** Hashes at a level that is kept: leaves at level 0. */
async function keptHashes(reader: Reader, level: number, from: number, count: number): Promise<readonly TreeHash[]> {
  if (level === 0) return (await leavesOf(reader, from + 1, from + count)).map((leaf) => Buffer.from(leaf, 'hex'));
  const rows = await reader
    .selectFrom('log_node')
    .select(['i', 'hash'])
    .where('level', '=', level)
    .where('i', '>=', from)
    .where('i', '<', from + count)
    .orderBy('i')
    .execute();
  const kept = new Map(rows.map(({ i, hash }) => [i, Buffer.from(hash, 'hex')]));
  const hashes: TreeHash[] = [];
  for (let i = from; i < from + count; i += 1) hashes.push(kept.get(i) ?? (await subtreeHash(reader, level, i)));
  return hashes;
}

/** Of a subtree that is not kept. Where a store skipped numbers, whole subtrees have no entry: their hash needs nothing of the store. */
async function subtreeHash(reader: Reader, level: number, index: number): Promise<TreeHash> {
  const [first, last] = [index * 2 ** level + 1, (index + 1) * 2 ** level];
  const { rows } = await sql`${entriesWithin(first, last)} limit 1`.execute(reader);
  if (rows.length === 0) return skippedHash(level);
  return joined(await keptHashes(reader, level - keptEvery, index * fanOut, fanOut));
}

/** By kept level: the hash over skipped numbers alone. */
const skippedHashes = new Map<number, TreeHash>([[0, Buffer.from(skippedLeaf, 'hex')]]);

function skippedHash(level: number): TreeHash {
  const known = skippedHashes.get(level) ?? joined(Array<TreeHash>(fanOut).fill(skippedHash(level - keptEvery)));
  skippedHashes.set(level, known);
  return known;
}

async function leavesOf(reader: Reader, first: number, last: number): Promise<readonly string[]> {
  const { rows } = await entriesWithin(first, last).execute(reader);
  const found = new Map(rows.map(({ n, leaf_hash: leaf }) => [n, leaf]));
  return Array.from({ length: last - first + 1 }, (_, i) => found.get(first + i) ?? skippedLeaf);
}

function entriesWithin(first: number, last: number): RawBuilder<{ readonly n: number; readonly leaf_hash: string }> {
  const within = (table: 'event' | 'border_answer' | 'log_retired') =>
    sql`select n, leaf_hash from ${sql.table(table)} where n >= ${first} and n <= ${last}`;
  return sql`${within('event')} union all ${within('border_answer')} union all ${within('log_retired')}`;
}

/** Keeps the hashes of subtrees that have become complete, at most `most` of each level. False: more are to be kept. */
export async function keepNodes(
  { sql: reader, transaction }: Pick<Database, 'sql' | 'transaction'>,
  most: number,
): Promise<boolean> {
  const size = await logSize(reader);
  let isDone = true;
  for (let level = keptEvery; 2 ** level <= size; level += keptEvery) {
    const kept = reader.selectFrom('log_node').select('i').where('level', '=', level).orderBy('i', 'desc').limit(1);
    const from = ((await kept.executeTakeFirst())?.i ?? -1) + 1;
    const count = Math.min(Math.floor(size / 2 ** level) - from, most);
    if (count === most) isDone = false;
    if (count <= 0) continue;
    const hashes = await keptHashes(reader, level, from, count);
    const rows = hashes.map((hash, i) => ({ level, i: from + i, hash: hash.toString('hex') }));
    // Two gateways on one store may keep the same node: it has the same hash.
    const insert = (tx: Tx) =>
      tx
        .insertInto('log_node')
        .values(rows)
        .onConflict((known) => known.doNothing());
    await transaction((tx) => insert(tx).execute());
  }
  return isDone;
}
