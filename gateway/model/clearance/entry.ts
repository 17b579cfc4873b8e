/** An entry: a declaration at the border, and the parties on it. */

import type { Direction, EntryRole, TransportMode } from '../arrangement.ts';
import type { Moment } from '../record/record.ts';

/** Roles on an entry in which no arrangement gives anything; such parties are listed and never counted. */
export const bystanderRoles = ['submitter', 'duty_party', 'authorisation_holder', 'other'] as const;
export type PartyRole = EntryRole | (typeof bystanderRoles)[number];

export interface EntryParty {
  /** Where on the entry the party was found: a JSON Pointer, or the path of an XML element. */
  readonly pointer: string;
  readonly role: PartyRole;
  /** What the declaration says, untouched; absent when the box is empty. */
  readonly identifier?: string;
  readonly name?: string;
  readonly address?: string;
  readonly country?: string;
  /** Class and element of the WCO data model (`16C/R143`), as customs error messages point. */
  readonly wco?: string;
  /** False: the format holds it in a role in which no arrangement gives anything, and nothing is asked about it. */
  readonly asked?: false;
}

export interface Entry {
  readonly id?: string;
  /** Absent if the declaration does not state it (an amendment, a cancellation): then there is no benefit. */
  readonly direction?: Direction;
  readonly office?: string;
  /** Of its first item, in the nomenclature of the Harmonized System: at least the two digits of the chapter. */
  readonly commodity?: string;
  /** The legal moment: status is judged as of it. Absent: now. */
  readonly acceptedAt?: Moment;
  readonly mode?: TransportMode;
  /** Where the goods enter or leave here, and where they were loaded there (or are unloaded), as the declaration writes it. */
  readonly port?: string;
  readonly portOfDeparture?: string;
  /** Characters the identifier boxes of this format hold; an identifier that long may have been cut. */
  readonly boxLength?: number;
  readonly parties: readonly EntryParty[];
}
