/** The terms of one mutual recognition arrangement, as data: what was agreed, nothing about messages. */

import type { Day, Role } from './record/record.ts';

export type Direction = 'import' | 'export';
export type TransportMode = 'sea' | 'air' | 'road' | 'rail' | 'post';

/** Lower examination rate, priority, fewer document checks … : `letter: words`. */
export type Benefits = Readonly<Record<string, string>>;

export interface Arrangement {
  readonly title: string;
  /** The programme of the partner that we recognise. */
  readonly programme: string;
  /** First day in force; a mode of transport may have begun earlier or later than the rest. */
  readonly inForce: {
    readonly from: Day;
    readonly until?: Day;
    readonly modes?: Readonly<Partial<Record<TransportMode, Day>>>;
  };
  /** Movements of goods it covers, from the view of the home administration. */
  readonly directions: readonly Direction[];
  /** The roles on an entry in which the foreign operator earns the benefits. */
  readonly entryRoles: readonly EntryRole[];
  /** Which operators may stand in a role on an entry; for roles that are absent, clearance/operator-roles.ts says it. */
  readonly operatorRoles?: Readonly<Partial<Record<EntryRole, FittingRoles>>>;
  /** Our grades the partner accepts. */
  readonly grades: readonly string[];
  readonly benefits: Benefits;
  /** A list older than this, in seconds, no longer answers. */
  readonly maxAgeSeconds: number;
  /** How much a list may change in one message before two people must decide. */
  readonly bands: ListBands;
  /** A pilot covers less than the whole of the trade; absent: no such limit. */
  readonly limits?: Limits;
  /** How the partner's operators are found on an entry, by mode of transport; absent: by identifier always. */
  readonly matching?: readonly Matching[];
}

/** The source of a fact. An `assumed` fact is to be replaced by the agreed one. */
export interface Sourced {
  readonly source?: string;
  readonly confidence?: 'agreed' | 'seen' | 'inferred' | 'general' | 'assumed';
}

export type Fact<T> = Sourced & { readonly value: T };

/** Roles of an operator's record of which it has at least one, to stand in a role on an entry. */
export interface FittingRoles extends Sourced {
  readonly value: readonly Role[];
  /** The outcome for an operator that has none of them; absent: `recognised_with_limits`. */
  readonly otherwise?: 'recognised_with_limits' | 'not_on_list';
}

/** Outside these the operator is known and the benefits are not given. */
export interface Limits {
  readonly modes?: readonly TransportMode[];
  /** Ports of entry here and of departure there, as the declarations write them; each with its name. */
  readonly ports?: {
    readonly ours?: Readonly<Record<string, string>>;
    readonly theirs?: Readonly<Record<string, string>>;
  };
}

export interface Matching {
  readonly modes: readonly TransportMode[];
  readonly by: 'identifier' | 'name_and_address';
}

export interface ListBands {
  /** Number of operators a list may have at all. */
  readonly between: readonly [number, number];
  /** Leaving or no longer active in one message: at most this percentage, or this many if that is more. */
  readonly shrink: { readonly percent: number; readonly records: number };
  readonly grow: { readonly percent: number; readonly records: number };
}

/** A party's role on an entry: the WCO party classes, and the roles of the mutual recognition party (16C). */
export const entryRoles = [
  'consignor',
  'consignee',
  'exporter',
  'importer',
  'manufacturer',
  'buyer',
  'seller',
  'carrier',
  'declarant',
  'agent',
  'CS',
  'FW',
  'MF',
  'WH',
] as const;
export type EntryRole = (typeof entryRoles)[number];

type InForce = { readonly yes: true } | { readonly yes: false; readonly from: Day; readonly until?: Day };

/** Whether the arrangement is in force on a day for a mode of transport (unknown mode: the general date counts). */
export function inForce(arrangement: Arrangement, day: Day, mode?: TransportMode): InForce {
  const { until, modes } = arrangement.inForce;
  const from = (mode === undefined ? undefined : modes?.[mode]) ?? arrangement.inForce.from;
  if (from <= day && (until === undefined || day <= until)) return { yes: true };
  return until === undefined ? { yes: false, from } : { yes: false, from, until };
}

/** Whether the partner's operators are found by name and address on entries of that mode. */
export function foundByName({ matching }: Pick<Arrangement, 'matching'>, mode: TransportMode | undefined): boolean {
  const rules = matching?.filter(({ by }) => by === 'name_and_address') ?? [];
  return mode !== undefined && rules.some(({ modes }) => modes.includes(mode));
}
