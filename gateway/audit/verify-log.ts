/** Compares the log in the store, entry by entry, with its leaf hashes and with the checkpoints that were kept outside. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256 } from '../model/canonical-json.ts';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
import { answerDigest } from '../model/clearance/answer-digest.ts';
import { growingTree } from '../model/log/merkle.ts';
import type { Reader } from '../store/database.ts';
import { findAssessment } from '../store/consultations.ts';
import { leafHash } from '../store/events.ts';
import { entriesOf, logId, logSize, type LogEntry } from '../store/log.ts';
import type { SealedCheckpoint } from './seal-log.ts';

export interface LogFault {
  readonly fault:
    'entry_changed' | 'entry_missing' | 'answer_changed' | 'tail_missing' | 'history_changed' | 'other_log';
  /** Numbers of the entries, both included. */
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface LogReport {
  readonly size: number;
  readonly checkpoints: number;
  /** Entries up to this one are covered by a checkpoint. */
  readonly coveredTo: number;
  readonly faults: readonly LogFault[];
}

/** Entries read at a time: some milliseconds. */
const page = 500;
/** A store that was altered throughout is described well enough by these. */
const mostFaults = 100;

/** `checkpoints`: oldest first, their signatures verified. */
export async function verifyLog(reader: Reader, checkpoints: readonly SealedCheckpoint[]): Promise<LogReport> {
  const size = await logSize(reader);
  const id = await logId(reader);
  const faults: LogFault[] = [];
  const tree = growingTree();
  const own = checkpoints.filter(({ origin }) => origin.endsWith(`/${id}`));
  const waiting = own.filter((checkpoint) => checkpoint.size <= size).sort((a, b) => a.size - b.size);
  let covered = 0;
  for (let first = 1; first <= size && faults.length < mostFaults; first += page) {
    const last = Math.min(first + page - 1, size);
    const entries = new Map((await entriesOf(reader, first, last)).map((entry) => [entry.n, entry]));
    for (let n = first; n <= last; n += 1) {
      const entry = entries.get(n);
      faults.push(...(await faultsOfEntry(reader, n, entry)));
      tree.add(Buffer.from(entry?.leafHash ?? sha256(''), 'hex'));
      for (let next = waiting[0]; next?.size === n; next = waiting[0]) {
        waiting.shift();
        if (tree.root().toString('base64') !== next.root)
          faults.push(fault('history_changed', covered + 1, n, 'not the entries of which the checkpoint was signed'));
        covered = n;
      }
    }
    await nextTurn();
  }
  return {
    size,
    checkpoints: checkpoints.length,
    coveredTo: covered,
    faults: [...faults, ...beyond(checkpoints, id, size)],
  };
}

/** What the last checkpoint says about a log that is shorter, or another one. */
function beyond(checkpoints: readonly SealedCheckpoint[], id: string, size: number): readonly LogFault[] {
  const last = checkpoints.at(-1);
  if (last === undefined) return [];
  if (!last.origin.endsWith(`/${id}`))
    return [fault('other_log', 1, size, `the last checkpoint is of ${last.origin}: the database was replaced`)];
  return last.size <= size
    ? []
    : [fault('tail_missing', size + 1, last.size, `the log ends at entry ${size}; ${last.size} were signed`)];
}

async function faultsOfEntry(reader: Reader, n: number, entry: LogEntry | undefined): Promise<readonly LogFault[]> {
  if (entry === undefined) return [fault('entry_missing', n, n, 'there is no entry of this number')];
  const { answer, leafHash: stored, ref } = entry;
  const changed = leafHash(n, entry) === stored ? [] : [fault('entry_changed', n, n, `${entry.kind} ${ref}`)];
  const isProven =
    answer === undefined
      ? await isAssessmentProven(reader, entry)
      : isAnswerProven(JSON.parse(answer) as ProvenAnswer, n);
  return isProven
    ? changed
    : [...changed, fault('answer_changed', n, n, `the answer under ${ref} is not the one given`)];
}

function isAnswerProven({ proof, ...answer }: ProvenAnswer, n: number): boolean {
  return proof.log_index === n && answerDigest(answer) === proof.answer_digest;
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
