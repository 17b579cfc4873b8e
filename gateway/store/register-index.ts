/**
 * The register in memory, for answers about now. The store counts the changes of each partner (`register_revision`); before the queries
 * of a moment are answered, the counts are read once, and a partner whose change is not in memory yet is answered from the store. So an
 * answer rests on everything committed before the query came, whichever process committed it. While the store is away, memory answers as
 * it is, and says so.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import { oneOf } from './bulk.ts';
import { changedOperators } from './changed-operators.ts';
import type { Database, Reader } from './database.ts';
import { isGatewayError, type GatewayError, isStoreAway } from '../model/errors.ts';
import { emptyPacked, openPackedRegister, type PackedRegister } from './packed-register.ts';
import { factColumns, factOf, versionsAsOf, type Version } from './register.ts';
import { readSnapshot, writeSnapshot, type PackedPartner } from './register-snapshot.ts';
import { readRevisions, readTotal } from './register-revisions.ts';
import type { RegisterView } from './register-view.ts';
import { listInForce } from './streams.ts';

/** The view of a partner as of now; undefined where memory does not have it. */
type ViewOf = (partner: string) => RegisterView | undefined;

export interface RegisterIndex {
  /**
   * What is in memory of everything committed before the call. Calls that come while the store is read share the next reading. Where the
   * store is away, what memory holds; throws E_STORE_UNREACHABLE where it holds nothing.
   */
  current(): Promise<ViewOf>;
  /**
   * Brings what changed in the store into memory; the first time, from where the snapshot ends. Not while `keep` is at work. Throws as the
   * store.
   */
  bringUp(): Promise<void>;
  /** Writes a snapshot where much has changed since the last one, for the next start. Throws as the store, and errors of the file system. */
  keep(): Promise<void>;
}

/** The file of the snapshot, and who is informed that it was not used. */
interface KeptRegister {
  readonly file: string;
  unusable(error: GatewayError): void;
  /** So many changed operators are worth another snapshot; absent: as many as are read from the store in half a second. */
  readonly worthOf?: number;
}

/** One partner in memory, as of a count of changes. */
interface Indexed extends Omit<PackedPartner, 'partner' | 'packed'> {
  readonly packed: PackedRegister;
  readonly view: RegisterView;
}

/** Rows read between two turns of other work: one or two milliseconds. */
const page = 500;
/** From this share of replaced bytes on, a partner is packed anew. */
const mostReplaced = 0.5;

interface Memory {
  readonly partners: Map<string, Indexed>;
  /** The sum of all revisions, all of which are in memory: they only grow. */
  total: number;
  /** Operators packed since the last snapshot. */
  changes: number;
  /** Every partner was read once. */
  isLoaded: boolean;
  isStoreAway: boolean;
}

/** `kept`: absent where the register is read from the store at each start. */
export function openRegisterIndex({ sql: reader }: Pick<Database, 'sql'>, kept?: KeptRegister): RegisterIndex {
  const memory: Memory = { partners: new Map(), total: NaN, changes: 0, isLoaded: false, isStoreAway: false };
  let next: Promise<ViewOf> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async current() {
      // What was committed before a query came must be read: a reading that began before the query does not count.
      next ??= Promise.allSettled([last, nextTurn()]).then(() => {
        next = undefined;
        return (last = viewsNow(reader, memory));
      });
      return await next;
    },
    async bringUp() {
      const { partners } = memory;
      if (kept !== undefined && !memory.isLoaded && partners.size === 0) await loadSnapshot(reader, memory, kept);
      const revisions = await readRevisions(reader);
      for (const [partner, revision] of revisions) {
        const held = partners.get(partner);
        if (held?.revision === revision) continue;
        const { changes, ...loaded } = await loadPartner(reader, partner, revision, held);
        partners.set(partner, withView(loaded));
        memory.changes += changes;
      }
      memory.total = revisions.values().reduce((sum, revision) => sum + revision, 0);
      memory.isLoaded = true;
      memory.isStoreAway = false;
    },
    async keep() {
      if (kept === undefined || memory.changes < (kept.worthOf ?? 50_000)) return;
      // Where it fails, it is tried again after as many changes.
      memory.changes = 0;
      const partners = memory.partners.entries().map(([partner, { revision, list, newest, packed }]) => {
        return { partner, revision, list, newest, packed: packed.packed() };
      });
      await writeSnapshot(reader, kept.file, [...partners]);
    },
  };
}

async function loadSnapshot(reader: Reader, { partners }: Memory, { file, unusable }: KeptRegister): Promise<void> {
  try {
    const snapshot = (await readSnapshot(reader, file)) ?? [];
    for (const { partner, packed, ...rest } of snapshot)
      partners.set(partner, withView({ ...rest, packed: openPackedRegister(packed) }));
  } catch (error) {
    if (!isGatewayError(error) || error.code !== 'E_REGISTER_SNAPSHOT') throw error;
    unusable(error);
  }
}

async function viewsNow(reader: Reader, memory: Memory): Promise<ViewOf> {
  if (memory.isStoreAway) return viewsHeld(memory);
  const { partners } = memory;
  try {
    if ((await readTotal(reader)) === memory.total) return (partner) => partners.get(partner)?.view ?? emptyView;
    const revisions = await readRevisions(reader);
    return (partner) => {
      const revision = revisions.get(partner);
      if (revision === undefined) return emptyView;
      const held = partners.get(partner);
      return held?.revision === revision ? held.view : undefined;
    };
  } catch (error) {
    if (partners.size === 0 || !isStoreAway(error)) throw error;
    // Until the store is read again, nobody waits for it.
    memory.isStoreAway = true;
    return viewsHeld(memory);
  }
}

/** The views that memory has, whatever was committed since. */
function viewsHeld({ partners, isLoaded }: Memory): ViewOf {
  return (partner) => {
    const held = partners.get(partner);
    // What a snapshot says is not known to be the latest before the store was asked.
    if (!isLoaded) return undefined;
    return { ...(held?.view ?? emptyView), isStoreAway: true };
  };
}

const emptyView: RegisterView = { list: undefined, status: () => undefined, statuses: () => new Map() };

function withView(loaded: Omit<Indexed, 'view'>): Indexed {
  return { ...loaded, view: viewOf(loaded) };
}

function viewOf({ list, packed }: Pick<Indexed, 'list' | 'packed'>): RegisterView {
  const ordinal = list?.ordinal ?? 0;
  const status = (identifier: string, day: string): RegisterFact | undefined => packed.find(identifier, day, ordinal);
  return {
    list,
    status,
    statuses(identifiers, day) {
      const found = identifiers.map((identifier) => [identifier, status(identifier, day)] as const);
      return new Map(found.filter((each): each is [string, RegisterFact] => each[1] !== undefined));
    },
  };
}

/** The revision was read before the list, so that a change in between leads to another load. */
async function loadPartner(
  reader: Reader,
  partner: string,
  revision: number,
  held: Indexed | undefined,
): Promise<Loaded> {
  const list = await listInForce(reader, partner);
  const ordinal = list?.ordinal ?? 0;
  if (held !== undefined && held.list?.ordinal === ordinal) return { ...held, revision, list, changes: 0 };
  if (held?.list === undefined || held.packed.replacedShare > mostReplaced)
    return { revision, list, ...(await packAll(reader, partner, ordinal)) };
  const change = { held, from: held.list.ordinal, to: ordinal };
  return { revision, list, packed: held.packed, ...(await packChanges(reader, partner, change)) };
}

interface Loaded extends Omit<Indexed, 'view'> {
  /** Operators that were packed. */
  readonly changes: number;
}

type Packing = Pick<Loaded, 'newest' | 'changes'>;

async function packAll(reader: Reader, partner: string, list: number): Promise<Packing & Pick<Indexed, 'packed'>> {
  const lists = reader.selectFrom('list').where('partner', '=', partner).where('direction', '=', 'in');
  const stated = await lists.where('ordinal', '=', list).select('count').executeTakeFirst();
  const packed = openPackedRegister(emptyPacked(stated?.count ?? 0));
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
      packed.put(identifier, versions.map(factOf), 0);
      for (const { n } of versions) newest = Math.max(newest, n);
      last = identifier;
    }
    changes += operators.size;
    await nextTurn();
  }
  return { packed, newest, changes };
}

interface Change {
  readonly held: Indexed;
  /** Ordinals of the list that memory is as of, and of the one it shall be as of. */
  readonly from: number;
  readonly to: number;
}

/** Packs the operators that lists after `from` changed. Readers as of `from` do not notice. */
async function packChanges(reader: Reader, partner: string, { held, from, to }: Change): Promise<Packing> {
  let { newest } = held;
  let changes = 0;
  for await (const some of changedOperators(reader, partner, { newest, from, to, page })) {
    const operators = byOperator(await versionsOf(reader, partner, to, some));
    for (const identifier of some) {
      const versions = operators.get(identifier) ?? [];
      held.packed.put(identifier, versions.map(factOf), to);
      for (const { n } of versions) newest = Math.max(newest, n);
    }
    changes += some.length;
  }
  return { newest, changes };
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
