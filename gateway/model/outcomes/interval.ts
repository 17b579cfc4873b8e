/** Intervals for shares and quantiles of samples, exact by the binomial distribution (Clopper and Pearson 1934; Korn and Graubard 1998 where entries have weights). */

import { compiled, incbi } from 'cephes';

// What it is compiled from is compiled in the background.
await compiled;

/** In 95 of 100 samples, or more, such an interval holds the true value. */
export const confidence = 0.95;

/** A value that was estimated, and the interval that holds the true one. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Of a share that was found `found` times among `size`; both may be the effective numbers of a weighted sample, and then no whole ones. */
export function shareOf(found: number, size: number): Estimate {
  const tail = (1 - confidence) / 2;
  return {
    value: found / size,
    low: found <= 0 ? 0 : incbi(found, size - found + 1, tail),
    high: found >= size ? 1 : incbi(found + 1, size - found, 1 - tail),
  };
}

/** A value and how much it counts. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The median of values in their order, with an interval by the order of the values (Woodruff 1952). `size`: how many equal entries they stand for. */
export function medianOf(sorted: readonly Weighted[], size: number): Estimate {
  const { low, high } = shareOf(size / 2, size);
  const [below, middle, above] = quantiles(sorted, [low, 0.5, high]);
  return { value: middle ?? Number.NaN, low: below ?? Number.NaN, high: above ?? Number.NaN };
}

/** The first value at or below which each of these parts of the weight lies; `parts` rise. */
export function quantiles(sorted: readonly Weighted[], parts: readonly number[]): readonly number[] {
  const whole = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const found: number[] = [];
  let weight = 0;
  for (const each of sorted) {
    weight += each.weight;
    // Sums of fractions may miss a half by the last digit.
    while (found.length < parts.length && weight >= (parts[found.length] ?? 1) * whole * (1 - 1e-12))
      found.push(each.value);
  }
  return found;
}

/** The first less the second, with an interval from theirs (Zou and Donner 2008). */
export function difference(first: Estimate, second: Estimate): Estimate {
  const value = first.value - second.value;
  return {
    value,
    low: value - Math.hypot(first.value - first.low, second.high - second.value),
    high: value + Math.hypot(first.high - first.value, second.value - second.low),
  };
}
