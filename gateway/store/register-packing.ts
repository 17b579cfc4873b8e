/** Reads the operators of a partner from the store and packs them, all or those that lists changed. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { oneOf } from './bulk.ts';
import { changedOperators } from './changed-operators.ts';
import type { Reader } from './database.ts';
import { emptyPacked, openPacking } from './packed-register.ts';
import { factColumns, factOf, versionsAsOf, type Version } from './register.ts';
import type { PackedPartner } from './register-snapshot.ts';
import { listInForce } from './streams.ts';

/** Rows read between two turns of other work: one or two milliseconds. */
const page = 500;
/** From this share of replaced bytes on, a partner is packed anew. */
const mostReplaced = 0.5;

/** What is packed of a partner: all, or what changed since a part of it was packed. */
export interface PackOrder {
  readonly partner: string;
  /** Read before the list is, so that a change in between leads to another packing. */
  readonly revision: number;
  readonly held: PackedPartner | undefined;
}

export interface NewlyPacked extends PackedPartner {
  /** Operators that were packed. */
  readonly changes: number;
}

/** Undefined where that are more than `most` operators. Throws as the store. */
export async function packPartner(reader: Reader, order: PackOrder): Promise<NewlyPacked>;
export async function packPartner(reader: Reader, order: PackOrder, most: number): Promise<NewlyPacked | undefined>;
export async function packPartner(
  reader: Reader,
  { partner, revision, held }: PackOrder,
  most = Infinity,
): Promise<NewlyPacked | undefined> {
  const list = await listInForce(reader, partner);
  const ordinal = list?.ordinal ?? 0;
  if (held !== undefined && held.list?.ordinal === ordinal) return { ...held, revision, list, changes: 0 };
  const packed =
    held?.list === undefined || held.packed.replaced > mostReplaced * held.packed.used
      ? await packAll(reader, { partner, list: ordinal, most })
      : await packChanges(reader, { partner, held, from: held.list.ordinal, to: ordinal, most });
  return packed && { partner, revision, list, ...packed };
}

type PackedLists = Pick<NewlyPacked, 'packed' | 'newest' | 'changes'>;

interface Whole {
  readonly partner: string;
  /** Ordinal. */
  readonly list: number;
  readonly most: number;
}

async function packAll(reader: Reader, { partner, list, most }: Whole): Promise<PackedLists | undefined> {
  const lists = reader.selectFrom('list').where('partner', '=', partner).where('direction', '=', 'in');
  const stated = await lists.where('ordinal', '=', list).select('count').executeTakeFirst();
  if (stated !== undefined && stated.count > most) return undefined;
  const packing = openPacking(emptyPacked(stated?.count ?? 0));
  let changes = 0;
  let newest = 0;
  for (let last = '', more = true; more;) {
    const rows = await packedVersions(reader, partner, list)
      .where('identifier', '>', last)
      .orderBy('identifier')
      .orderBy('valid_from')
      .limit(page)
      .execute();
    more = rows.length === page;
    const operators = byOperator(rows);
    // The last operator may have more versions than came with this page.
    const cut = more ? rows.at(-1)?.identifier : undefined;
    if (cut !== undefined) operators.set(cut, await versionsOf(reader, partner, list, [cut]));
    for (const [identifier, versions] of operators) {
      packing.put(identifier, versions.map(factOf));
      for (const { n } of versions) newest = Math.max(newest, n);
      last = identifier;
    }
    changes += operators.size;
    await nextTurn();
  }
  return { packed: packing.packed(), newest, changes };
}

interface Change {
  readonly partner: string;
  readonly held: PackedPartner;
  /** Ordinals of the list that memory is as of, and of the one it shall be as of. */
  readonly from: number;
  readonly to: number;
  readonly most: number;
}

/** Packs the operators that lists after `from` changed. */
async function packChanges(
  reader: Reader,
  { partner, held, from, to, most }: Change,
): Promise<PackedLists | undefined> {
  const packing = openPacking(held.packed);
  let { newest } = held;
  let changes = 0;
  for await (const some of changedOperators(reader, partner, { newest, from, to, page })) {
    changes += some.length;
    if (changes > most) return undefined;
    const operators = byOperator(await versionsOf(reader, partner, to, some));
    for (const identifier of some) {
      const versions = operators.get(identifier) ?? [];
      packing.put(identifier, versions.map(factOf));
      for (const { n } of versions) newest = Math.max(newest, n);
    }
  }
  return { packed: packing.packed(), newest, changes };
}

/** Of each version only what is packed. */
type PackedVersion = Pick<Version, (typeof factColumns)[number] | 'n'>;

function packedVersions(reader: Reader, partner: string, list: number) {
  return versionsAsOf(reader, partner, list)
    .clearSelect()
    .select([...factColumns, 'n']);
}

async function versionsOf(
  reader: Reader,
  partner: string,
  list: number,
  identifiers: readonly string[],
): Promise<PackedVersion[]> {
  const versions = packedVersions(reader, partner, list).where(oneOf(reader, 'identifier', identifiers));
  return await versions.orderBy('valid_from').execute();
}

function byOperator(rows: readonly PackedVersion[]): Map<string, PackedVersion[]> {
  return Map.groupBy(rows, ({ identifier }) => identifier);
}
