/**
 * Entries with a benefit beside others that are like them: of the same chapter, office, month and mode of transport. What the others
 * would look like if they were spread over these as the entries with a benefit are is what one compares with.
 */

import { difference, medianOf, shareOf, type Estimate, type Weighted } from './interval.ts';

/** An entry that was released. */
export interface ObservedEntry {
  /** What entries must share to be compared; undefined where the entry does not state all of it. */
  readonly alike: string | undefined;
  readonly benefit: boolean;
  readonly examined: boolean;
  /** From acceptance to release. */
  readonly seconds: number;
}

export interface Compared {
  readonly benefit: Estimate;
  /** Of all others, as they are: how they are spread differs. */
  readonly others: Estimate;
  readonly matched: Estimate;
  /** The entries with a benefit less the matched others. */
  readonly difference: Estimate;
  /** Whether zero is outside the interval of the difference. */
  readonly differs: boolean;
}

export interface Evaluation {
  readonly entries: number;
  readonly others: number;
  /** Of them, those that have others like them; and those others. */
  readonly matched_entries: number;
  readonly matched_others: number;
  /** Entries that state no chapter, office or mode of transport. */
  readonly not_comparable: number;
  readonly least_entries: number;
  /** Absent where fewer entries than that could be compared. */
  readonly examined?: Compared;
  readonly release_s?: Compared;
}

interface Group {
  readonly benefit: ObservedEntry[];
  readonly others: ObservedEntry[];
}

/** `least`: entries on each side below which no figure is given. */
export function compareMatched(all: readonly ObservedEntry[], least: number): Evaluation {
  const groups = new Map<string, Group>();
  const whole: Group = { benefit: [], others: [] };
  for (const entry of all) {
    add(whole, entry);
    if (entry.alike === undefined) continue;
    let group = groups.get(entry.alike);
    if (group === undefined) groups.set(entry.alike, (group = { benefit: [], others: [] }));
    add(group, entry);
  }
  const both = [...groups.values()].filter(({ benefit, others }) => benefit.length > 0 && others.length > 0);
  const benefit = both.flatMap((group) => group.benefit);
  const others = both.flatMap((group) => weighted(group, benefit.length));
  const counts = {
    ...{ entries: whole.benefit.length, others: whole.others.length },
    ...{ matched_entries: benefit.length, matched_others: others.length },
    not_comparable: all.filter(({ alike }) => alike === undefined).length,
    least_entries: least,
  };
  if (benefit.length < least || others.length < least) return counts;
  const size = effectiveSize(both, benefit.length);
  return {
    ...counts,
    examined: compared(shareExamined(benefit), shareExamined(whole.others), matchedShare(both, others, size)),
    release_s: compared(medianRelease(benefit), medianRelease(whole.others), medianOf(inOrder(others), size)),
  };
}

function add({ benefit, others }: Group, entry: ObservedEntry): void {
  (entry.benefit ? benefit : others).push(entry);
}

interface WeightedEntry extends ObservedEntry {
  readonly weight: number;
}

/** The others of a group stand together for as many entries as the group has with a benefit. */
function weighted({ benefit, others }: Group, all: number): readonly WeightedEntry[] {
  const weight = benefit.length / all / others.length;
  return others.map((entry) => ({ ...entry, weight }));
}

/** How many entries of equal weight tell as much as these (Kish 1965). */
function effectiveSize(groups: readonly Group[], all: number): number {
  return 1 / groups.reduce((sum, { benefit, others }) => sum + (benefit.length / all) ** 2 / others.length, 0);
}

const isExamined = ({ examined }: ObservedEntry): boolean => examined;

function shareExamined(entries: readonly ObservedEntry[]): Estimate {
  return shareOf(entries.filter(isExamined).length, entries.length);
}

/** Where the share varies so much between the groups that the sample tells less than its effective size says, the variance within them counts. */
function matchedShare(groups: readonly Group[], others: readonly WeightedEntry[], size: number): Estimate {
  const share = others.reduce((sum, { examined, weight }) => (examined ? sum + weight : sum), 0);
  const all = groups.reduce((sum, { benefit }) => sum + benefit.length, 0);
  const variance = groups.reduce((sum, { benefit, others: group }) => {
    const part = group.filter(isExamined).length / group.length;
    return sum + ((benefit.length / all) ** 2 * part * (1 - part)) / Math.max(1, group.length - 1);
  }, 0);
  const least = variance === 0 ? size : Math.min(size, (share * (1 - share)) / variance);
  return shareOf(share * least, least);
}

function inOrder(entries: readonly WeightedEntry[]): readonly Weighted[] {
  return entries.map(({ seconds, weight }) => ({ value: seconds, weight })).sort((a, b) => a.value - b.value);
}

function medianRelease(entries: readonly ObservedEntry[]): Estimate {
  return medianOf(inOrder(entries.map((entry) => ({ ...entry, weight: 1 }))), entries.length);
}

function compared(benefit: Estimate, others: Estimate, matched: Estimate): Compared {
  const less = difference(benefit, matched);
  return { benefit, others, matched, difference: less, differs: less.low > 0 || less.high < 0 };
}
