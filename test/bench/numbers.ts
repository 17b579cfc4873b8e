/** Middle values, and what is told of repeated measurements. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The median of `above[i] / below[i]`: what one run owes to the moment it ran at, the other owes too. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, i) => value / (below[i] ?? Number.NaN)));
}

/** Three digits that mean something, without an exponent. */
export function rounded(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return step >= 1 ? Math.round(value) : Number((Math.round(value / step) * step).toPrecision(3));
}

export const mebibytes = (bytes: number): number => bytes / 1024 / 1024;
