/** How one XML format of declarations is read: data of schemas/entry-profiles. */

import type { Direction, TransportMode } from '../../model/arrangement.ts';
import type { PartyRole } from '../../model/clearance/entry.ts';

/** Paths are local element names joined by `/`; the first with text counts. */
type Paths = readonly string[];

/** A whole entry, or a part of one such as an amendment; what cancels another one, or answers about it, is no entry. */
export const purposes = ['entry', 'part', 'cancellation', 'answer'] as const;

export interface EntryProfile {
  readonly name: string;
  readonly title: string;
  /** Local name of the element that is the declaration, at any depth. */
  readonly root: string;
  /** Patterns of its namespace. */
  readonly namespaces: readonly string[];
  /** Without a namespace it is a declaration only if it has text or elements at one of these paths, and no element but those `within` holds it. */
  readonly recognisedBy: Paths;
  readonly within?: readonly string[];
  /** Patterns of elements, in any case, in which the same name means something else. */
  readonly notIn?: readonly string[];
  /** Element that names the kind of document, where there is one, and the kinds that are declarations. */
  readonly documentType?: { readonly element: string; readonly accepts: readonly string[] };
  /** What a declaration is for, by a code; a code that is not there means `otherwise`, and without it an entry. */
  readonly purpose?: readonly {
    readonly path: Paths;
    readonly means: Readonly<Partial<Record<(typeof purposes)[number], readonly string[]>>>;
    readonly otherwise?: (typeof purposes)[number];
  }[];
  readonly id: Paths;
  readonly office: Paths;
  /** The code of the goods, of the first item that has one. */
  readonly commodity?: Paths;
  /** The first that tells counts. */
  readonly direction: readonly { readonly path: string; readonly begins: Readonly<Record<string, Direction>> }[];
  /** Elements with the time of acceptance, as text in themselves or in an element below. */
  readonly acceptedAt: Paths;
  readonly mode?: { readonly path: Paths; readonly codes: Readonly<Record<string, TransportMode>> };
  /** Ports by direction, in the home country and in the partner's. */
  readonly ports?: Readonly<Record<Direction, { readonly ours: Paths; readonly theirs: Paths }>>;
  /** Maximum length of an identifier in this format. */
  readonly boxLength?: number;
  /** Paths below a party, whose texts together are its address. */
  readonly address?: Paths;
  /** Values that stand for the absence of a party. */
  readonly absent?: readonly string[];
  /** Where parties have these, unless their rule says otherwise. */
  readonly party?: PartyPaths;
  readonly parties: readonly PartyRule[];
}

interface PartyPaths {
  readonly id?: Paths;
  readonly name?: Paths;
  readonly country?: Paths;
  /** Pattern of the names, in any case, of child elements that identify a party: without an identifier, a warning names those with text. */
  readonly unread?: string;
}

export interface PartyRule extends PartyPaths {
  /** Local name of its element; or a pattern, in any case, of names that no rule has in `each`. */
  readonly each?: string;
  readonly like?: string;
  readonly notIn?: readonly string[];
  readonly role: RoleRule;
  /** False: no arrangement gives anything in this role, and nothing is asked about the party. */
  readonly asked?: false;
  /** Pattern of identifiers within a longer text, in any case; each is a party. */
  readonly pick?: string;
  /** Pattern that occurs in each of them: where it also occurs elsewhere in the text, a warning says so. */
  readonly mention?: string;
  readonly wco?: string;
  /** For an element that holds several parties as fields: without identifier and name there is no party. */
  readonly skipEmpty?: boolean;
}

export type RoleRule =
  | PartyRole
  | Readonly<Record<Direction, PartyRole>>
  | { readonly path: string; readonly codes: Readonly<Record<string, PartyRole>>; readonly otherwise: PartyRole };
