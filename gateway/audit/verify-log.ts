/** Compares the log in the store, entry by entry, with its leaf hashes and with the checkpoints kept outside. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
import { answerDigest } from '../model/clearance/answer-digest.ts';
import { isGatewayError } from '../model/errors.ts';
import { growingTree } from '../model/log/merkle.ts';
import type { Reader } from '../store/database.ts';
import { findAssessment } from '../store/consultations.ts';
import { leafHash } from '../store/events.ts';
import { foldedEntries, foldedLevel, keptSubtrees } from '../store/log-folding.ts';
import { recentEntries, recordedRetention } from './recorded-retention.ts';
import { entriesOf, logId, logSize, retiredAfter, retiredLeaves, skippedLeaf, type LogEntry } from '../store/log.ts';
import type { SealedCheckpoint } from './seal-log.ts';

export interface LogFault {
  readonly fault:
    | 'entry_changed'
    | 'entry_missing'
    | 'answer_changed'
    | 'tail_missing'
    | 'history_changed'
    | 'not_compared'
    | 'retired_early'
    | 'other_log';
  /** Numbers of the first and the last entry. */
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface LogReport {
  readonly size: number;
  readonly checkpoints: number;
  /** A checkpoint covers the entries up to this one. */
  readonly coveredTo: number;
  /** Entries deleted by retention: their content is gone, but their leaf hashes, or the hashes of subtrees above them, are kept. */
  readonly retired: number;
  /** Checkpoints that end inside a subtree of which only one hash is left: later checkpoints cover the same entries. */
  readonly uncompared: number;
  readonly faults: readonly LogFault[];
}

/** Entries read at a time (a few milliseconds). A multiple of the subtrees of which only one hash may be left. */
const page = 2 * foldedEntries;
/** Enough to describe a store that was altered throughout. */
const mostFaults = 100;

/** `checkpoints`: oldest first, with verified signatures. */
export async function verifyLog(reader: Reader, checkpoints: readonly SealedCheckpoint[]): Promise<LogReport> {
  const size = await logSize(reader);
  const id = await logId(reader);
  const own = checkpoints.filter((each) => each.origin.endsWith(`/${id}`) && each.size <= size);
  const waiting = own.sort((a, b) => a.size - b.size);
  const newest = waiting.at(-1)?.size ?? 0;
  const faults: LogFault[] = [];
  const missing: number[] = [];
  const skips: Skip[] = [];
  const tree = growingTree();
  const recent = recentEntries((await recordedRetention(reader)).before);
  let [covered, retired, uncompared] = [0, 0, 0];
  for await (const { n, entry, hash, level, isRetired } of numbersOf(reader, size)) {
    if (entry !== undefined) faults.push(...(await faultsOfEntry(reader, entry)));
    else if (isRetired) retired += 2 ** level;
    else missing.push(n);
    skips.push(...skipIn(entry));
    if (entry !== undefined) recent.add(entry);
    tree.add(Buffer.from(hash, 'hex'), level);
    for (; (waiting[0]?.size ?? n) < n; waiting.shift()) uncompared += 1;
    for (; waiting[0]?.size === n; waiting.shift()) {
      if (tree.root().toString('base64') !== waiting[0].root)
        faults.push(fault('history_changed', covered + 1, n, 'not the entries of which the checkpoint was signed'));
      covered = n;
    }
    if (faults.length >= mostFaults) break;
  }
  // After a break, the remaining checkpoints are still pending.
  if (waiting.length === 0 && covered < newest)
    faults.push(fault('not_compared', covered + 1, newest, 'the last checkpoint ends where one hash is left of 256'));
  const early = await retiredEarly(reader, recent.first());
  const all = [...faults, ...missingEntries(missing, skips), ...early, ...beyond(checkpoints, id, size)];
  return { size, checkpoints: checkpoints.length, coveredTo: covered, retired, uncompared, faults: all };
}

interface LogNumber {
  /** Number of the last entry that it covers. */
  readonly n: number;
  readonly entry: LogEntry | undefined;
  /** Hash of the leaf (level 0), or of a complete subtree of which nothing else is left. */
  readonly hash: string;
  readonly level: number;
  readonly isRetired: boolean;
}

async function* numbersOf(reader: Reader, size: number): AsyncGenerator<LogNumber> {
  for (let first = 1; first <= size; first += page) {
    const last = Math.min(first + page - 1, size);
    const entries = new Map((await entriesOf(reader, first, last)).map((entry) => [entry.n, entry]));
    const old = await retiredLeaves(reader, first, last);
    const subtrees = await keptSubtrees(reader, first, last);
    const isKnown = (n: number): boolean => entries.has(n) || old.has(n);
    for (let n = first; n <= last; n += 1) {
      const subtree = subtrees.get(n);
      if (subtree !== undefined && old.has(n) && !range(n + 1, foldedEntries - 1).some(isKnown)) {
        n += foldedEntries - 1;
        yield { n, entry: undefined, hash: subtree, level: foldedLevel, isRetired: true };
        continue;
      }
      const entry = entries.get(n);
      yield { n, entry, hash: entry?.leafHash ?? old.get(n) ?? skippedLeaf, level: 0, isRetired: old.has(n) };
    }
    await nextTurn();
  }
}

const range = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => first + i);

/** What the last checkpoint says about a log that is shorter, or is another log. */
function beyond(checkpoints: readonly SealedCheckpoint[], id: string, size: number): readonly LogFault[] {
  const last = checkpoints.at(-1);
  if (last === undefined) return [];
  if (!last.origin.endsWith(`/${id}`))
    return [fault('other_log', 1, size, `the last checkpoint is of ${last.origin}: the database was replaced`)];
  return last.size <= size
    ? []
    : [fault('tail_missing', size + 1, last.size, `the log ends at entry ${size}; ${last.size} were signed`)];
}

/** Numbers skipped by a store that was older than what was sent; both included. */
interface Skip {
  readonly from: number;
  readonly to: number;
}

function skipIn(entry: LogEntry | undefined): readonly Skip[] {
  const { skipped } = (entry?.detail ?? {}) as { readonly skipped?: Skip };
  return skipped === undefined ? [] : [skipped];
}

/**
 * Retention records its deletions in the log afterwards. So nothing is deleted after its last record, or after entries that are all more
 * recent than any limit it recorded. `recent`: the first of those.
 */
async function retiredEarly(reader: Reader, recent: number | undefined): Promise<readonly LogFault[]> {
  // Read last, so that it includes what retention deleted meanwhile.
  const { last } = await recordedRetention(reader);
  const numbers = await retiredAfter(reader, Math.min(recent ?? last, last), page);
  const detail = 'retired, and younger than what retention recorded that it deletes';
  return runsOf(numbers).map(({ from, to }) => fault('retired_early', from, to, detail));
}

/** One fault for each range of missing numbers that no entry declares as skipped. */
function missingEntries(missing: readonly number[], skips: readonly Skip[]): readonly LogFault[] {
  const runs = runsOf(missing.filter((n) => !skips.some(({ from, to }) => n >= from && n <= to)));
  return runs.map(({ from, to }) => fault('entry_missing', from, to, 'there is no entry of this number'));
}

function runsOf(numbers: readonly number[]): readonly Skip[] {
  const runs: { from: number; to: number }[] = [];
  for (const n of numbers) {
    const last = runs.at(-1);
    if (last?.to === n - 1) last.to = n;
    else runs.push({ from: n, to: n });
  }
  return runs;
}

async function faultsOfEntry(reader: Reader, entry: LogEntry): Promise<readonly LogFault[]> {
  const { n, answer, leafHash: stored, ref } = entry;
  const isUnchanged = await holds(() => leafHash(n, entry) === stored);
  const isProven = await holds(() =>
    answer === undefined ? isAssessmentProven(reader, entry) : isAnswerProven(JSON.parse(answer) as ProvenAnswer, n),
  );
  return [
    ...(isUnchanged ? [] : [fault('entry_changed', n, n, `${entry.kind} ${ref}`)]),
    ...(isProven ? [] : [fault('answer_changed', n, n, `the answer under ${ref} is not the one given`)]),
  ];
}

/** Invalid JSON, missing members, or a value without a canonical form has no digest, so the test fails. Throws the errors of the store. */
async function holds(test: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await test();
  } catch (error) {
    const hasNoDigest = isGatewayError(error) && error.code === 'E_INTERNAL';
    if (hasNoDigest || error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

function isAnswerProven({ proof, ...answer }: ProvenAnswer, n: number): boolean {
  const { log_index: index = n, answer_digest: digest } = proof;
  return index === n && answerDigest(answer) === digest;
}

async function isAssessmentProven(reader: Reader, { kind, ref, detail }: LogEntry): Promise<boolean> {
  if (kind !== 'assessment') return true;
  const found = await findAssessment(reader, ref);
  const digest = found === undefined ? undefined : answerDigest(found.answer as object);
  return (detail as { readonly answer_digest?: string } | undefined)?.answer_digest === digest;
}

function fault(name: LogFault['fault'], from: number, to: number, detail: string): LogFault {
  return { fault: name, from, to, detail };
}
