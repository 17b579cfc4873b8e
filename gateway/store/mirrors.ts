/** The mirror of a stream, in buckets, and the parts of a list whose last part has not arrived. */

import type { Digest } from '../model/message.ts';
import type { Bucket } from '../model/list/mirror.ts';
import { insertRows, preparedOneOf } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { prepared, type Places } from './prepared.ts';
import { streamId } from './streams.ts';

type OfStream = { readonly stream: string };
const bucketsOf = (reader: Reader, { stream }: Places<OfStream>) =>
  reader.selectFrom('mirror_bucket').select(['bucket', 'entries']).where('stream', '=', stream);
const allBuckets = prepared(bucketsOf);
const someBuckets = preparedOneOf('bucket', 'bigint', (reader, isOne, places: Places<OfStream>) =>
  bucketsOf(reader, places).where(isOne),
);

/** The buckets with these numbers; those without entries are absent. */
export async function loadBuckets(
  reader: Reader,
  stream: string,
  numbers: readonly number[] | 'all',
): Promise<Map<number, Bucket>> {
  if (numbers.length === 0) return new Map();
  const { rows } =
    numbers === 'all' ? await allBuckets(reader, { stream }) : await someBuckets(reader, numbers, { stream });
  return new Map(rows.map(({ bucket, entries }) => [bucket, JSON.parse(entries) as Bucket]));
}

export async function saveBuckets(tx: Tx, stream: string, buckets: ReadonlyMap<number, Bucket>): Promise<void> {
  const columns = ['stream', 'bucket', 'entries'];
  const conflict = 'on conflict (stream, bucket) do update set entries = excluded.entries';
  const rows = buckets.entries().map(([bucket, entries]) => [stream, bucket, JSON.stringify(entries)]);
  await insertRows(tx, 'mirror_bucket', { columns, conflict }, rows);
}

const partsOf = prepared((reader, { stream }: Places<OfStream>) =>
  reader.selectFrom('list_part').select('digest').where('stream', '=', stream).orderBy('part'),
);

/** Digests of the parts received so far, in their order. */
export async function stagedParts(reader: Reader, stream: string): Promise<Digest[]> {
  const { rows } = await partsOf(reader, { stream });
  return rows.map(({ digest }) => digest);
}

/** Whether the next list of a partner may complete parts that were received. */
export async function hasStagedParts(reader: Reader, partner: string): Promise<boolean> {
  return (await stagedParts(reader, streamId(partner, 'in'))).length > 0;
}

export async function stagePart(tx: Tx, stream: string, part: number, digest: Digest): Promise<void> {
  await tx.insertInto('list_part').values({ stream, part, digest }).execute();
}

/** For a list that is complete or abandoned. */
export async function clearParts(tx: Tx, stream: string): Promise<void> {
  await tx.deleteFrom('list_part').where('stream', '=', stream).execute();
}
