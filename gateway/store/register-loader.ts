/**
 * Reads the register from the store, or from the snapshot of it and what changed since, and packs it for the register in memory
 * (register-index.ts). A list of a hundred thousand operators takes a second of processor time, so a gateway that serves does this in a
 * thread of its own (register-thread.ts).
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { oneOf } from './bulk.ts';
import { changedOperators } from './changed-operators.ts';
import type { Database, Reader } from './database.ts';
import { isGatewayError, type GatewayError } from '../model/errors.ts';
import { emptyPacked, openPacking } from './packed-register.ts';
import { factColumns, factOf, versionsAsOf, type Version } from './register.ts';
import { readSnapshot, writeSnapshot, type PackedPartner } from './register-snapshot.ts';
import { readRevisions } from './register-revisions.ts';
import { listInForce } from './streams.ts';

export interface RegisterLoader {
  /**
   * Gives each partner that changed since the last time, packed; the first time all, from where the snapshot ends. Returns the sum of all
   * revisions that were given. Not while `keep` is at work. Throws as the store; what was given then counts.
   */
  load(take: (partner: PackedPartner) => void): Promise<number>;
  /** Writes a snapshot where much has changed since the last one, for the next start. Throws as the store, and errors of the file system. */
  keep(): Promise<void>;
}

/** The file of the snapshot, and who is informed that it was not used. */
export interface KeptRegister {
  readonly file: string;
  unusable(error: GatewayError): void;
  /** So many changed operators are worth another snapshot; absent: as many as are read from the store in half a second. */
  readonly worthOf?: number;
}

/** Rows read between two turns of other work: one or two milliseconds. */
const page = 500;
/** From this share of replaced bytes on, a partner is packed anew. */
const mostReplaced = 0.5;

/** `kept`: absent where the register is read from the store at each start. */
export function openRegisterLoader({ sql: reader }: Pick<Database, 'sql'>, kept?: KeptRegister): RegisterLoader {
  const partners = new Map<string, PackedPartner>();
  /** Operators packed since the last snapshot. */
  let changesKept = 0;
  let isFirst = true;
  return {
    async load(take) {
      if (kept !== undefined && isFirst)
        for (const each of await snapshotOf(reader, kept)) {
          partners.set(each.partner, each);
          take(each);
        }
      isFirst = false;
      const revisions = await readRevisions(reader);
      for (const [partner, revision] of revisions) {
        const held = partners.get(partner);
        if (held?.revision === revision) continue;
        const { changes, ...loaded } = await loadPartner(reader, partner, revision, held);
        partners.set(partner, loaded);
        take(loaded);
        changesKept += changes;
      }
      return revisions.values().reduce((sum, revision) => sum + revision, 0);
    },
    async keep() {
      if (kept === undefined || changesKept < (kept.worthOf ?? 50_000)) return;
      // Where it fails, it is tried again after as many changes.
      changesKept = 0;
      await writeSnapshot(reader, kept.file, [...partners.values()]);
    },
  };
}

async function snapshotOf(reader: Reader, { file, unusable }: KeptRegister): Promise<readonly PackedPartner[]> {
  try {
    return (await readSnapshot(reader, file)) ?? [];
  } catch (error) {
    if (!isGatewayError(error) || error.code !== 'E_REGISTER_SNAPSHOT') throw error;
    unusable(error);
    return [];
  }
}

/** The revision was read before the list, so that a change in between leads to another load. */
async function loadPartner(
  reader: Reader,
  partner: string,
  revision: number,
  held: PackedPartner | undefined,
): Promise<Loaded> {
  const list = await listInForce(reader, partner);
  const ordinal = list?.ordinal ?? 0;
  if (held !== undefined && held.list?.ordinal === ordinal) return { ...held, revision, list, changes: 0 };
  if (held?.list === undefined || held.packed.replaced > mostReplaced * held.packed.used)
    return { partner, revision, list, ...(await packAll(reader, partner, ordinal)) };
  const change = { held, from: held.list.ordinal, to: ordinal };
  return { partner, revision, list, ...(await packChanges(reader, partner, change)) };
}

interface Loaded extends PackedPartner {
  /** Operators that were packed. */
  readonly changes: number;
}

type PackedLists = Pick<Loaded, 'packed' | 'newest' | 'changes'>;

async function packAll(reader: Reader, partner: string, list: number): Promise<PackedLists> {
  const lists = reader.selectFrom('list').where('partner', '=', partner).where('direction', '=', 'in');
  const stated = await lists.where('ordinal', '=', list).select('count').executeTakeFirst();
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
  readonly held: PackedPartner;
  /** Ordinals of the list that memory is as of, and of the one it shall be as of. */
  readonly from: number;
  readonly to: number;
}

/** Packs the operators that lists after `from` changed. */
async function packChanges(reader: Reader, partner: string, { held, from, to }: Change): Promise<PackedLists> {
  const packing = openPacking(held.packed);
  let { newest } = held;
  let changes = 0;
  for await (const some of changedOperators(reader, partner, { newest, from, to, page })) {
    const operators = byOperator(await versionsOf(reader, partner, to, some));
    for (const identifier of some) {
      const versions = operators.get(identifier) ?? [];
      packing.put(identifier, versions.map(factOf));
      for (const { n } of versions) newest = Math.max(newest, n);
    }
    changes += some.length;
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
