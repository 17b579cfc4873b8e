/** Five counts of a month that two administrations know independently, each from its own store, and whether both got the same. */

/**
 * Of the lists of one side that were issued in the month (UTC) and are in force at the other: how many; full ones; on how many days; how many
 * operators are on the last one; of how many of them records were refused.
 */
export const agreedNumbers = ['lists', 'full_lists', 'days', 'operators', 'partial_lists'] as const;
export type AgreedNumber = (typeof agreedNumbers)[number];
export type MonthNumbers = Readonly<Record<AgreedNumber, number>>;

/** What one side counts of a month (`2026-10`). `open`: lists of it without a verdict; until there are none its counts may change. */
export interface SideNumbers {
  readonly month: string;
  readonly open: number;
  readonly sent: MonthNumbers;
  readonly received: MonthNumbers;
}

export interface ComparedNumber {
  /** `out`: of our lists to the partner. */
  readonly direction: 'out' | 'in';
  readonly name: AgreedNumber;
  readonly ours: number;
  readonly theirs: number;
}

/** Undefined while one side still waits for a verdict. */
export function compareNumbers(ours: SideNumbers, theirs: SideNumbers): readonly ComparedNumber[] | undefined {
  if (ours.open + theirs.open > 0) return undefined;
  const pairs = { out: [ours.sent, theirs.received], in: [ours.received, theirs.sent] } as const;
  return (['out', 'in'] as const).flatMap((direction) => {
    const [own, other] = pairs[direction];
    return agreedNumbers.map((name) => ({ direction, name, ours: own[name], theirs: other[name] }));
  });
}

/** What the other side states; undefined for anything else, and for the counts of another month than the one asked for. */
export function readSideNumbers(value: unknown, asked: string): SideNumbers | undefined {
  const { month, open, sent, received } = (value ?? {}) as Readonly<Record<keyof SideNumbers, unknown>>;
  const [own, other] = [numbersIn(sent), numbersIn(received)];
  if (month !== asked || !isCount(open) || own === undefined || other === undefined) return undefined;
  return { month, open, sent: own, received: other };
}

function numbersIn(value: unknown): MonthNumbers | undefined {
  const stated = (value ?? {}) as Readonly<Record<string, unknown>>;
  const counts = agreedNumbers.flatMap((name) => (isCount(stated[name]) ? [[name, stated[name]] as const] : []));
  return counts.length === agreedNumbers.length ? (Object.fromEntries(counts) as MonthNumbers) : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
