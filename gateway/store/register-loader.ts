/**
 * Reads the register from the store, or from the snapshot of it and what changed since, and packs it for the register in memory
 * (register-index.ts).
 */

import type { Database, Reader } from './database.ts';
import { isGatewayError, type GatewayError } from '../model/errors.ts';
import { packPartner, type NewlyPacked, type PackOrder } from './register-packing.ts';
import { readSnapshot, writeSnapshot, type PackedPartner } from './register-snapshot.ts';
import { readRevisions } from './register-revisions.ts';

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
interface KeptRegister {
  readonly file: string;
  unusable(error: GatewayError): void;
  /** So many changed operators are worth another snapshot; absent: as many as are read from the store in half a second. */
  readonly worthOf?: number;
}

/** So many operators are packed here at most, in some milliseconds. */
const fewOperators = 1_000;

/** Where the register is packed. */
interface Loading {
  /** Absent where the register is read from the store at each start. */
  readonly kept?: KeptRegister;
  /** Packs many operators elsewhere; absent: here. */
  readonly packMany?: (order: PackOrder) => Promise<NewlyPacked>;
}

export function openRegisterLoader(
  { sql: reader }: Pick<Database, 'sql'>,
  { kept, packMany }: Loading = {},
): RegisterLoader {
  const partners = new Map<string, PackedPartner>();
  /** Operators packed since the last snapshot. */
  let changesKept = 0;
  let isFirst = true;
  const pack = async (order: PackOrder): Promise<NewlyPacked> =>
    packMany === undefined
      ? await packPartner(reader, order)
      : ((await packPartner(reader, order, fewOperators)) ?? (await packMany(order)));
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
        const { changes, ...loaded } = await pack({ partner, revision, held });
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
