/** What the register holds of one partner as of one list: read from the store, or from memory (register-index.ts). */

import type { ListInForce, RegisterFact } from '../model/clearance/answer.ts';
import type { Day, Moment } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { findStatus, findStatuses } from './register.ts';
import { listInForce } from './streams.ts';

export interface RegisterView {
  /** The list that the view is as of; undefined before the first. */
  readonly list: ListInForce | undefined;
  /** The store could not say whether the register has changed since. */
  readonly isStoreAway?: boolean;
  /** The newest version of the operator that began on or before the day; else the first that begins later. */
  readonly status: (identifier: string, day: Day) => Promise<RegisterFact | undefined> | RegisterFact | undefined;
  /** The same for several, by identifier. Unknown ones are absent, and may be those that begin later. */
  readonly statuses: (
    identifiers: readonly string[],
    day: Day,
  ) => Promise<ReadonlyMap<string, RegisterFact>> | ReadonlyMap<string, RegisterFact>;
}

/** The register as of the partner's list in force: the one committed last, or the last that was applied by `past`. */
export async function storedView(reader: Reader, partner: string, past?: Moment): Promise<RegisterView> {
  const list = await listInForce(reader, partner, past);
  const ordinal = list?.ordinal ?? 0;
  return {
    list,
    status: (identifier, day) => findStatus(reader, partner, identifier, day, ordinal),
    statuses: (identifiers, day) => findStatuses(reader, partner, identifiers, day, ordinal),
  };
}
