/**
 * The register in memory, for answers about now. The store counts the changes of each partner (`register_revision`); before the queries
 * of a moment are answered, the counts are read once, and a partner whose change is not in memory yet is answered from the store. So an
 * answer rests on everything committed before the query came, whichever process committed it. While the store is away, memory answers as
 * it is, and says so.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Database, Reader } from './database.ts';
import { isStoreAway } from '../model/errors.ts';
import { openPackedRegister } from './packed-register.ts';
import { openRegisterLoader, type RegisterLoader } from './register-loader.ts';
import type { PackedPartner } from './register-snapshot.ts';
import { readRevisions, readTotal } from './register-revisions.ts';
import type { RegisterView } from './register-view.ts';

/** The view of a partner as of now; undefined where memory does not have it. */
type ViewOf = (partner: string) => RegisterView | undefined;

export interface RegisterIndex {
  /**
   * What is in memory of everything committed before the call. Calls that come while the store is read share the next reading. Where the
   * store is away, what memory holds; throws E_STORE_UNREACHABLE where it holds nothing.
   */
  current(): Promise<ViewOf>;
  /** Brings what changed in the store into memory. Throws as the store. */
  bringUp(): Promise<void>;
}

/** One partner in memory, as of a count of changes. */
interface Indexed {
  readonly revision: number;
  readonly view: RegisterView;
}

interface Memory {
  readonly partners: Map<string, Indexed>;
  /** The sum of all revisions, all of which are in memory: they only grow. */
  total: number;
  /** Every partner was read once. */
  isLoaded: boolean;
  isStoreAway: boolean;
}

/** `loader`: absent where this thread packs what it needs. */
export function openRegisterIndex(
  { sql: reader }: Pick<Database, 'sql'>,
  loader: Pick<RegisterLoader, 'load'> = openRegisterLoader({ sql: reader }),
): RegisterIndex {
  const memory: Memory = { partners: new Map(), total: NaN, isLoaded: false, isStoreAway: false };
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
      if (memory.isLoaded && !memory.isStoreAway && (await readTotal(reader)) === memory.total) return;
      memory.total = await loader.load((loaded) => void memory.partners.set(loaded.partner, indexed(loaded)));
      memory.isLoaded = true;
      memory.isStoreAway = false;
    },
  };
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

function indexed({ revision, list, packed }: PackedPartner): Indexed {
  const register = openPackedRegister(packed);
  const status = (identifier: string, day: string): RegisterFact | undefined => register.find(identifier, day);
  const view: RegisterView = {
    list,
    status,
    statuses(identifiers, day) {
      const found = identifiers.map((identifier) => [identifier, status(identifier, day)] as const);
      return new Map(found.filter((each): each is [string, RegisterFact] => each[1] !== undefined));
    },
  };
  return { revision, view };
}
