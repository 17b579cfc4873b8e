/** The bars the gateway was built against, held against what was measured. A bar that is missed is printed as missed. */

import { inARow, type MessageResult } from './messages.ts';
import type { DirectionResult, PeerResult, SizeResult } from './lists.ts';
import type { NamesResult } from './names.ts';
import type { BorderResult } from './border.ts';
import type { ThroughputResult } from './throughput.ts';
import { rounded } from './numbers.ts';

export interface Bar {
  readonly what: string;
  readonly bar: string;
  /** Absent where it was not measured in this run. */
  readonly figure?: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

/** Of the home programme at the end of 2017. */
export const listSize = 37_151;
const [smallSize, largeSize] = [10_000, 300_000];

/**
 * What is compared: out, the steps from reading to the seal (without the commit) against a peer that only validates and
 * signs; in, everything from the bytes to the commit against a peer that only validates and verifies. A JVM that has done
 * the same document many times is three times as fast as one that starts, so there is a bar for either.
 */
export function listBars(results: readonly SizeResult[], names: readonly NamesResult[]): Bar[] {
  const list = results.find(({ records }) => records === listSize);
  const native = list?.out.peers.native?.toUncommitted;
  const [jdkOut, jdkIn] = [list?.out.peers.jdk, list?.in.peers.jdk];
  const longestWait = results.length === 0 ? undefined : Math.max(...results.map(({ thread }) => thread.loopMs));
  return [
    atLeast('list out: times faster than the JDK, validate and sign, both warm', 1.4, jdkOut?.toUncommitted),
    atLeast('list out: the same, both the first of a process', 2.5, firstOf(jdkOut, coldUncommitted(list?.out))),
    atMost('list out: times as long as xmllint and xmlsec1', 2.5, native === undefined ? undefined : 1 / native),
    atMost('list out: memory of a process that makes one, MB', 300, megabytes(list?.out.firstPeakBytes)),
    atLeast('list in: times faster than the JDK, validate and verify, both warm', 1, jdkIn?.toWhole),
    atLeast('list in: the same, both the first of a process', 2, firstOf(jdkIn, list?.in.coldMs)),
    atMost('list in: memory of a process that takes one, MB', 300, megabytes(list?.in.firstPeakBytes)),
    atMost('list in, second thread: longest wait of the first, ms', 50, longestWait),
    atMost(
      'list out: cost per record, 300,000 against 10,000',
      1.3,
      growth(results, ({ out }) => out),
    ),
    atMost(
      'list in: cost per record, 300,000 against 10,000',
      1.3,
      growth(results, ({ in: into }) => into),
    ),
    atMost('list out: names as companies have them against plain ones', 1.3, names[0]?.out),
    atMost('list in: names as companies have them against plain ones', 1.3, names[0]?.in),
  ];
}

function firstOf(peer: PeerResult | undefined, ours: number | undefined): number | undefined {
  return peer === undefined || ours === undefined ? undefined : peer.coldMs / ours;
}

/** Without the commit, as no peer has one. */
function coldUncommitted(result: DirectionResult | undefined): number | undefined {
  return result === undefined ? undefined : result.coldMs - (result.coldSteps['commit'] ?? 0);
}

/** A row needs operators: with fewer than it is long there is none, and of a list of one only one operator changes at a time. */
export function messageBars(results: readonly MessageResult[]): Bar[] {
  return results
    .filter(({ records }) => records >= inARow)
    .map(({ records, out }) =>
      atLeast(`messages out in a row, list of ${records}: share of bare RSA-2048 signatures`, 0.7, out.ratio),
    );
}

export function throughputBars(results: readonly ThroughputResult[]): Bar[] {
  return results.flatMap(({ engine, ratio, p99 }) => [
    atLeast(`messages in of four partners, ${engine}: share of bare commits and signatures`, 0.5, ratio),
    atMost(`messages in of four partners, ${engine}: p99 at half of that, ms`, 50, p99),
  ]);
}

function growth(results: readonly SizeResult[], of: (result: SizeResult) => DirectionResult): number | undefined {
  const small = results.find(({ records }) => records === smallSize);
  const large = results.find(({ records }) => records === largeSize);
  if (small === undefined || large === undefined) return undefined;
  return of(large).microsecondsPerRecord / of(small).microsecondsPerRecord;
}

function megabytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1e6;
}

function atLeast(what: string, least: number, figure: number | undefined): Bar {
  return judged(what, `at least ${least}`, figure, (value) => value >= least);
}

function atMost(what: string, most: number, figure: number | undefined): Bar {
  return judged(what, `at most ${most}`, figure, (value) => value <= most);
}

function judged(what: string, bar: string, figure: number | undefined, meets: (value: number) => boolean): Bar {
  if (figure === undefined) return { what, bar, verdict: 'not measured' };
  return { what, bar, figure: rounded(figure), verdict: meets(figure) ? 'met' : 'missed' };
}

/** Research behind the figures: a prototype reached 0.56 and 0.76 of the bare server on the embedded store, 0.40 and 0.48 on PostgreSQL. */
export function borderBars(results: readonly BorderResult[]): Bar[] {
  return results.flatMap(({ engine, rates, readyMs, bytesPerRecord, ...loads }) => {
    const bars = engine === 'sqlite' ? { 32: 0.45, 256: 0.6 } : { 32: 0.3, 256: 0.38 };
    const ratioAt = (connections: number): number | undefined =>
      rates.find((rate) => rate.connections === connections)?.ratio;
    const title = (text: string): string => `border, ${engine}: ${text}`;
    return [
      atLeast(title('share of a bare server, 32 connections'), bars[32], ratioAt(32)),
      atLeast(title('share of a bare server, 256 connections'), bars[256], ratioAt(256)),
      atMost(title('p99 at half of that, ms'), 15, loads.half.p99),
      atMost(title('the same while a list of 100,000 is applied'), 25, loads.whileApplied.p99),
      atMost(title('the same while a snapshot is cut'), 25, loads.whileCut.p99),
      atMost(title('p99 of 500 a second under a flood of batches, ms'), 50, loads.whileFlooded.p99),
      atMost(title('from start to ready, ms'), 4000, readyMs),
      atMost(title('memory of the register, bytes an operator'), 100, bytesPerRecord),
    ];
  });
}
