/**
 * A month of entries whose truth is known: operators with a benefit trade other goods at other offices than the rest, so that plain rates
 * differ even where the benefit does nothing. Both effects are given: how much rarer examinations are, and how much earlier goods go.
 */

import type { Evaluation, ObservedEntry } from '../../gateway/model/outcomes/matched-comparison.ts';
import { compareMatched } from '../../gateway/model/outcomes/matched-comparison.ts';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';

export interface Truth {
  readonly seed: number;
  readonly entries: number;
  /** Examinations of entries with a benefit, as a part of those that the same entries would have without. */
  readonly rate: number;
  readonly secondsEarlier: number;
}

interface Stratum {
  readonly alike: string;
  readonly share: number;
  /** Of its entries that have a benefit. */
  readonly benefit: number;
  readonly examined: number;
  readonly median: number;
}

/** Where benefits are frequent, examinations are rare anyway, and goods go early. */
function strataOf(random: SeededRandom): readonly Stratum[] {
  return Array.from({ length: 30 }, (_, i) => {
    const ease = random.next();
    return {
      alike: `stratum ${i}`,
      share: 0.2 + random.next(),
      benefit: 0.1 + 0.6 * ease,
      examined: 0.02 + 0.25 * (1 - ease),
      median: 900 + 14_400 * (1 - ease),
    };
  });
}

/** The sum of twelve, less six: near enough to the normal distribution. */
function normal(random: SeededRandom): number {
  return Array.from({ length: 12 }, () => random.next()).reduce((sum, each) => sum + each, -6);
}

export interface Simulated {
  readonly entries: readonly ObservedEntry[];
  /** What the benefit changes for an entry of each stratum. */
  readonly examined: ReadonlyMap<string, number>;
}

export function simulateEntries({ seed, entries, rate, secondsEarlier }: Truth): Simulated {
  const random = seededRandom(seed);
  const strata = strataOf(random);
  const whole = strata.reduce((sum, { share }) => sum + share, 0);
  const drawn = Array.from({ length: entries }, (): ObservedEntry => {
    let at = random.next() * whole;
    const stratum = strata.find(({ share }) => (at -= share) < 0) ?? strata[0];
    if (stratum === undefined) throw new RangeError('no stratum');
    const benefit = random.next() < stratum.benefit;
    const seconds = stratum.median * Math.exp(0.8 * normal(random)) + secondsEarlier - (benefit ? secondsEarlier : 0);
    const examined = random.next() < stratum.examined * (benefit ? rate : 1);
    return { alike: stratum.alike, benefit, examined, seconds };
  });
  return { entries: drawn, examined: new Map(strata.map(({ alike, examined }) => [alike, examined * (rate - 1)])) };
}

export interface Judged {
  readonly evaluation: Evaluation;
  readonly holds: { readonly examined: boolean; readonly release: boolean };
  readonly claims: { readonly examined: boolean; readonly release: boolean };
}

/** Whether the intervals hold the truth, and whether an effect is claimed. */
export function judgeSimulated(truth: Truth): Judged {
  const { entries, examined } = simulateEntries(truth);
  const evaluation = compareMatched(entries, 30);
  const withOthers = new Set(entries.filter(({ benefit }) => !benefit).map(({ alike }) => alike));
  const matched = entries.filter(({ benefit, alike }) => benefit && withOthers.has(alike));
  const effect = matched.reduce((sum, { alike = '' }) => sum + (examined.get(alike) ?? 0), 0) / matched.length;
  const { examined: found, release_s: release } = evaluation;
  if (found === undefined || release === undefined) throw new Error('too few entries for a figure');
  const within = ({ low, high }: { low: number; high: number }, value: number): boolean =>
    low <= value && value <= high;
  return {
    evaluation,
    holds: {
      examined: within(found.difference, effect),
      release: within(release.difference, -truth.secondsEarlier),
    },
    claims: { examined: found.differs, release: release.differs },
  };
}
