/** The results as rows, for the terminal and for the page alike. */

import type { ThroughputResult } from './throughput.ts';
import type { Bar } from './bars.ts';
import type { DirectionResult, SizeResult } from './lists.ts';
import type { BorderState, OfficeResult } from './office.ts';
import type { MessageResult } from './messages.ts';
import { rounded } from './numbers.ts';

export type Row = Readonly<Record<string, string | number>>;

const ways = ['out', 'in'] as const;
const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

export function barRows(bars: readonly Bar[]): Row[] {
  return bars.map(({ what, bar, figure, verdict }) => ({ what, bar, measured: figure ?? '', verdict }));
}

export function sizeRows(results: readonly SizeResult[]): Row[] {
  return eachWay(results, (way, { records, bytes }, result) => ({
    records,
    way,
    'MB signed': rounded(bytes / 1e6),
    'cold ms': rounded(result.coldMs),
    'warm ms': rounded(result.warmMs),
    'without commit': rounded(result.uncommittedMs),
    'µs a record': rounded(result.microsecondsPerRecord),
    'cpu ms': rounded(result.cpuMs),
    'loop ms': rounded(result.loopMs),
    'MB first': megabytes(result.firstPeakBytes),
    'MB peak': megabytes(result.peakBytes),
  }));
}

/** Warm; the steps of one way as columns. */
export function stepRows(results: readonly SizeResult[], way: (typeof ways)[number]): Row[] {
  return results.map(({ records, [way]: { steps } }) => ({ records, ...rowOf(steps) }));
}

export function peerRows(results: readonly SizeResult[]): Row[] {
  return ways.flatMap((way) =>
    results.flatMap(({ records, [way]: { peers } }) =>
      Object.entries(peers).map(([peer, result]) => ({
        records,
        way,
        peer,
        'cold ms': rounded(result.coldMs),
        'warm ms': rounded(result.warmMs),
        'ours beside it': rounded(result.oursMs),
        'of it': told(result.steps),
        besides: told(result.extra),
        'MB peak': result.peakBytes === undefined ? '' : megabytes(result.peakBytes),
        'peer / ours without commit': rounded(result.toUncommitted),
        'peer / ours whole': rounded(result.toWhole),
      })),
    ),
  );
}

export function threadRows(results: readonly SizeResult[]): Row[] {
  return results.map(({ records, thread }) => ({
    records,
    'ms with start': rounded(thread.coldMs),
    'longest wait of the first thread, ms': rounded(thread.loopMs),
    'MB peak': megabytes(thread.peakBytes),
  }));
}

const messageWays = {
  out: 'out, in a row',
  alone: 'out, one by one',
  in: 'in over HTTPS',
  inside: 'of it receiveMessage',
} as const;

export function messageRows(results: readonly MessageResult[]): Row[] {
  return (['out', 'alone', 'in', 'inside'] as const).flatMap((way) =>
    results.map(({ records, [way]: { perSecond, rawPerSecond, ratio, steps }, syncsPerSecond }) => ({
      'list of': records,
      way: messageWays[way],
      'messages/s': rounded(perSecond),
      'bare/s': rounded(rawPerSecond),
      share: rounded(ratio),
      'ms of one': told(steps),
      'fdatasync/s': rounded(syncsPerSecond),
    })),
  );
}

export function throughputRows(results: readonly ThroughputResult[]): Row[] {
  return results.map(({ engine, perSecond, rawPerSecond, ratio, cpuMs, p50, p99 }) => ({
    engine,
    'messages/s': rounded(perSecond),
    'bare/s': rounded(rawPerSecond),
    share: rounded(ratio),
    'cpu ms of one': rounded(cpuMs),
    'p50 ms at half': rounded(p50),
    'p99 ms at half': rounded(p99),
  }));
}

export function profileRows({ profile = [] }: DirectionResult): Row[] {
  const total = profile.reduce((sum, { ms }) => sum + ms, 0);
  return profile.slice(0, 14).map(({ place, ms, most }) => ({
    where: place,
    ms: rounded(ms),
    share: `${Math.round((ms / total) * 100)} %`,
    most: most.map(({ name, ms: own }) => `${name} ${rounded(own)}`).join(', '),
  }));
}

export function partRows({ parts }: DirectionResult): Row[] {
  return Object.entries(parts?.steps ?? {}).map(([part, ms]) => ({ part, ms: rounded(ms) }));
}

function eachWay(
  results: readonly SizeResult[],
  row: (way: (typeof ways)[number], size: SizeResult, result: DirectionResult) => Row,
): Row[] {
  return ways.flatMap((way) => results.map((size) => row(way, size, size[way])));
}

function told(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, ms]) => `${name} ${rounded(ms)}`)
    .join(', ');
}

function rowOf(values: Readonly<Record<string, number>>): Row {
  return Object.fromEntries(Object.entries(values).map(([name, ms]) => [name, rounded(ms)]));
}

export function officeBorderRows({ perSecond, alone, beside }: OfficeResult['border']): readonly Row[] {
  const row = (what: string, of: Partial<BorderState>): Row => {
    const numbers = Object.entries({ perSecond: 0, p50: 0, p99: 0, late: 0, ...of });
    return { what, ...Object.fromEntries(numbers.map(([name, value]) => [name, rounded(value)])) };
  };
  return [{ what: 'at most', perSecond: rounded(perSecond) }, row('at half', alone), row('with pages', beside)];
}

/** The slowest first. */
export function officeRows({ alone, beside }: OfficeResult, bar: number): readonly Row[] {
  const quiet = new Map(alone.map(({ page, p95 }) => [page, p95]));
  return beside
    .toSorted((a, b) => b.p95 - a.p95)
    .map(({ page, p50, p95, kilobytes }) => ({
      ...{ page, 'p95 alone': quiet.get(page) ?? '', p50, p95, kilobytes, verdict: p95 < bar ? 'met' : 'missed' },
    }));
}
