/** Computes all changes of a received list before anything is changed. */

import type { ListBands } from '../arrangement.ts';
import { bucketOf } from './digest.ts';
import { judgeBands, judgeMirror, judgeIdentifiers, judgeRecord, type Hold, type ListMovement } from './judge.ts';
import type { Departure, StatedPosition } from './list.ts';
import type { RecordResult } from '../message.ts';
import { changeMirror, entriesIn, findEntry, mirrorOf } from './mirror.ts';
import type { Bucket, MirrorChange, MirrorEntry, MirrorSummary } from './mirror.ts';
import { mirrorEntries, type PackedList, type PackedRecords } from '../record/packed-records.ts';
import type { Day } from '../record/record.ts';

/** The part of a partner's list that a message may change. */
interface HeldList {
  readonly mirror: MirrorSummary;
  /** The buckets that `touchedBuckets` names. */
  readonly buckets: ReadonlyMap<number, Bucket>;
}

export interface ListPlan {
  /** Everything that was published, including refused records, so that both sides' digests agree. */
  readonly mirror: MirrorChange;
  /** Changes of the register: the records with the indices in `puts`, and departures. */
  readonly register: {
    readonly records: PackedRecords;
    readonly puts: readonly number[];
    readonly departures: readonly Departure[];
  };
  readonly refused: readonly RecordResult[];
  readonly taken: number;
  /** Why the list is held for two people. */
  readonly hold: Hold | undefined;
}

interface PlanTerms {
  readonly form: { readonly form: string; readonly grammar: RegExp; readonly issuers?: readonly string[] };
  readonly bands: ListBands;
  /** The departure date of operators that are missing from a full list. */
  readonly day: Day;
}

/** The records and departures of a received list, of all its parts. */
interface ReceivedList extends Pick<PackedList, 'kind' | 'records' | 'departures'> {
  readonly position: StatedPosition;
  /** In the order of the records. */
  readonly entries: readonly MirrorEntry[];
  /** Faults of single records. */
  readonly refused: readonly RecordResult[];
}

/** Reads the records once, for their entries and their faults. */
export function receivedList(
  { kind, records, departures, position }: Omit<ReceivedList, 'entries' | 'refused'>,
  { grammar }: PlanTerms['form'],
): ReceivedList {
  const refused: RecordResult[] = [];
  const entries = mirrorEntries(records, (entry, columns) => {
    const fault = judgeRecord(entry, columns, grammar);
    if (fault !== undefined) refused.push(fault);
  });
  return { kind, records, departures, position, entries, refused };
}

/** The buckets that planList needs; `all` for a full list. */
export function touchedBuckets({ kind, entries, departures }: ReceivedList): readonly number[] | 'all' {
  if (kind === 'full') return 'all';
  const named = [...entries, ...departures].map(({ identifier }) => bucketOf(identifier));
  return [...new Set(named)];
}

/** Judges identifiers, root and count, then computes the changes. Throws E_RECORD_REPEATED, E_RECORD_SCOPE, E_LIST_ROOT. */
export function planList(list: ReceivedList, held: HeldList, terms: PlanTerms): ListPlan {
  const { entries, records, refused } = list;
  judgeIdentifiers(
    [...entries, ...list.departures].map(({ identifier }) => identifier),
    terms.form,
  );
  const before = heldEntries(list, held);
  const departures = list.kind === 'full' ? missingOperators(list, before, terms.day) : list.departures;
  const gone = list.departures.map(({ identifier }) => identifier);
  const mirror = list.kind === 'full' ? mirrorOf(entries) : changeMirror(held.mirror, held.buckets, entries, gone);
  judgeMirror(list.position, mirror.after);

  const faulty = new Set(refused.map(({ identifier }) => identifier));
  const { changed, movement } = compareEntries(entries, departures, before, held.mirror.active);
  return {
    mirror,
    register: {
      records,
      puts: faulty.size === 0 ? changed : changed.filter((i) => !faulty.has(entries[i]?.identifier ?? '')),
      departures,
    },
    refused,
    taken: entries.length + list.departures.length - refused.length,
    hold: judgeBands(movement, terms.bands),
  };
}

/** The entries held of the operators in the message; all entries for a full list. */
function heldEntries(
  { kind, entries, departures }: ReceivedList,
  { buckets }: HeldList,
): ReadonlyMap<string, MirrorEntry> {
  const found = new Map<string, MirrorEntry>();
  if (kind === 'full') {
    for (const entry of entriesIn(buckets)) found.set(entry.identifier, entry);
    return found;
  }
  for (const { identifier } of [...entries, ...departures]) {
    const entry = findEntry(buckets, identifier);
    if (entry !== undefined) found.set(identifier, entry);
  }
  return found;
}

/** Operators held that a full list no longer contains, with the reason that it states; absence alone is not a revocation. */
function missingOperators(
  { entries, departures }: ReceivedList,
  before: ReadonlyMap<string, MirrorEntry>,
  day: Day,
): readonly Departure[] {
  if (before.size === 0) return [];
  const listed = new Set(entries.map(({ identifier }) => identifier));
  const named = new Map(departures.map((departure) => [departure.identifier, departure]));
  const gone = [...before.keys()].filter((identifier) => !listed.has(identifier));
  return gone.map((identifier) => named.get(identifier) ?? { identifier, reason: 'left', since: day });
}

/** The indices of new and changed records, and the change in the number of active operators. */
function compareEntries(
  entries: readonly MirrorEntry[],
  departures: readonly Departure[],
  before: ReadonlyMap<string, MirrorEntry>,
  active: number,
): { readonly changed: readonly number[]; readonly movement: ListMovement } {
  const changed: number[] = [];
  let lost = departures.filter(({ identifier }) => before.get(identifier)?.active === true).length;
  let gained = 0;
  for (const [i, entry] of entries.entries()) {
    const held = before.size === 0 ? undefined : before.get(entry.identifier);
    if (held?.leaf === entry.leaf) continue;
    changed.push(i);
    if (entry.active && held?.active !== true) gained += 1;
    if (!entry.active && held?.active === true) lost += 1;
  }
  return { changed, movement: { before: active, after: active + gained - lost, lost, gained } };
}
