/** Records each answer with its number, digest and place in the log before it is given. Answers that arrive together share a commit. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { digestOfAnswer } from '../model/clearance/answer-digest.ts';
import type { Answer, CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { consultationNumbers, type ConsultationNumbers } from '../model/clearance/consultation-number.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { present } from '../model/present.ts';
import type { AnswerSpool } from './answer-spool.ts';
import { numberKey, recordConsultations } from '../store/consultations.ts';
import type { Database, Tx } from '../store/database.ts';
import { leafHash, takeLogNumbers } from '../store/events.ts';
import { consultationEvent } from '../store/log.ts';
import {
  offlinePlace,
  recordAssessed,
  recordedPlace,
  type SpooledAnswer,
  type SpooledEntry,
} from '../store/spooled-answers.ts';

export interface AnsweredQuery {
  readonly request: CheckRequest;
  readonly answer: Answer;
  /** The store could not confirm that the register is unchanged; the answer comes from memory. */
  readonly isStoreAway?: boolean;
}

/** `text` is the answer as stored JSON. */
export interface RecordedAnswer {
  readonly answer: ProvenAnswer;
  readonly text: string;
}

/** Stores something in the transaction of the answers, such as the reply under an idempotency key. */
type AlsoStore<T> = (tx: Tx, recorded: readonly RecordedAnswer[]) => Promise<T>;

export interface AnswerLog {
  /**
   * Resolves once the answers are recorded, in their order. If the store is unreachable, or another process or thread keeps writing the
   * embedded store, it resolves once they are in the spool, and they are recorded later. Throws the same errors as Database.transaction and
   * AnswerSpool.append; no answer may be given then.
   */
  record(answered: readonly AnsweredQuery[], requester: string): Promise<readonly RecordedAnswer[]>;
  /** Like `record`, but in a separate transaction that `also` writes to; either everything is stored or nothing. */
  recordWith<T>(answered: readonly AnsweredQuery[], requester: string, also: AlsoStore<T>): Promise<T>;
  /**
   * Like `record`, for an entry that `make` builds from its answers; `make` may be called twice. While the store is unreachable an entry is
   * spooled too, unless `also` is given.
   */
  recordEntry<T extends SpooledEntry>(
    answered: readonly AnsweredQuery[],
    requester: string,
    make: (recorded: readonly RecordedAnswer[]) => T,
    also?: (tx: Tx, made: T) => Promise<void>,
  ): Promise<T>;
  /** The place in the log behind a consultation number; undefined if no answer is recorded there. */
  placeOf(number: string): Promise<number | undefined>;
  /**
   * Reserves numbers for the next outage of the store, and records the answers that were spooled. Returns how many. Throws the same errors
   * as Database.transaction.
   */
  recordSpooled(): Promise<number>;
  /** Resolves if an answer could be spooled while the store is unreachable. Throws E_STORE_UNREACHABLE. */
  trySpooling(): Promise<void>;
}

/** Answers of one caller that wait to be recorded. */
interface Waiting {
  readonly drafts: readonly Draft[];
  readonly done: PromiseWithResolvers<readonly RecordedAnswer[]>;
}

/** Without `spool`, no answer is given while the store is unreachable. */
export function openAnswerLog(db: Database, { country }: Pick<HomeProfile, 'country'>, spool?: AnswerSpool): AnswerLog {
  const numbersOf = numbersOfStore(db, country);
  const recordTogether = openQueue(async (drafts) => {
    const numbers = await numbersOf();
    return await db.transaction((tx) => write(tx, numbers, drafts), spool && 'prompt');
  });
  const spoolTogether = openQueue(async (drafts) => await writeSpool(required(spool), await numbersOf(), drafts));
  const recordWith: RecordWith = async (answered, requester, also, terms) => {
    const numbers = await numbersOf();
    const drafts = answered.map((each) => draftOf(each, requester));
    return await db.transaction(async (tx) => await also(tx, await write(tx, numbers, drafts)), terms);
  };
  return {
    recordWith: (answered, requester, also) => recordWith(answered, requester, also),
    recordEntry: entryRecorder({ recordWith, numbersOf, spool }),
    async record(answered, requester) {
      const drafts = answered.map((each) => draftOf(each, requester));
      if (spool === undefined) return await recordTogether(drafts);
      if (!answered.some(({ isStoreAway }) => isStoreAway === true)) {
        const recorded = await recordTogether(drafts).catch(onlyStoreAway);
        if (recorded !== undefined) return recorded;
      }
      return await spoolTogether(drafts);
    },
    async recordSpooled() {
      await numbersOf();
      await spool?.prepare();
      return (await spool?.drain()) ?? 0;
    },
    async trySpooling() {
      if (spool === undefined) throw new GatewayError('E_STORE_UNREACHABLE', 'no answer is given until it is back');
      await spool.tryAppending();
    },
    placeOf: async (number) =>
      (await offlinePlace(db.sql, number)) ?? (await recordedPlace(db.sql, (await numbersOf()).placeOf(number))),
  };
}

/** Like AnswerLog.recordWith, with the terms of Database.transaction. */
type RecordWith = <T>(
  answered: readonly AnsweredQuery[],
  requester: string,
  also: AlsoStore<T>,
  terms?: 'prompt',
) => Promise<T>;

interface EntryRecording {
  readonly recordWith: RecordWith;
  readonly spool: AnswerSpool | undefined;
  numbersOf(): Promise<ConsultationNumbers>;
}

function entryRecorder({ recordWith, numbersOf, spool }: EntryRecording): AnswerLog['recordEntry'] {
  return async (answered, requester, make, also) => {
    const record = async (tx: Tx, recorded: readonly RecordedAnswer[]): Promise<ReturnType<typeof make>> => {
      const made = make(recorded);
      await recordAssessed(tx, made);
      await also?.(tx, made);
      return made;
    };
    const store = (terms?: 'prompt') => recordWith(answered, requester, record, terms);
    if (spool === undefined || also !== undefined) return await store();
    if (!answered.some(({ isStoreAway }) => isStoreAway === true)) {
      const made = await store('prompt').catch(onlyStoreAway);
      if (made !== undefined) return made;
    }
    const drafts = answered.map((each) => draftOf(each, requester));
    const { rows, lines } = spooledRows(spool, await numbersOf(), drafts);
    const made = make(rows);
    const { assessment, entry, results, isPart, detail } = made;
    await spool.append([{ assessed: { assessment, entry, results, isPart, detail }, answers: lines }]);
    return made;
  };
}

type Commit = (drafts: readonly Draft[]) => Promise<readonly RecordedAnswer[]>;

/**
 * Group commit: a commit takes all drafts that wait when it begins; later ones join the next. Commits run one at a time, because on
 * PostgreSQL two would only wait for each other at the log counter.
 */
function openQueue(commit: Commit): Commit {
  let waiting: Waiting[] = [];
  let isBusy = false;
  async function commitAll(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      await untilNoneComes(() => waiting.length);
      const together = waiting;
      waiting = [];
      await commit(together.flatMap(({ drafts }) => drafts)).then(
        (recorded) => {
          let from = 0;
          for (const { drafts, done } of together) done.resolve(recorded.slice(from, (from += drafts.length)));
        },
        (error: unknown) => {
          for (const { done } of together) done.reject(error);
        },
      );
    }
    isBusy = false;
  }
  return (drafts) => {
    const done = Promise.withResolvers<readonly RecordedAnswer[]>();
    waiting.push({ drafts, done });
    if (!isBusy) void commitAll();
    return done.promise;
  };
}

/** An answer waits at most this long for others to share its commit, and a commit takes at most this many. */
const mostWaitMs = 2;
const mostTogether = 256;

/**
 * Waits while more drafts arrive, which costs less than a commit for each. A query is read in one turn of the event loop and answered in
 * the next: if two turns bring none, none is on its way.
 */
async function untilNoneComes(count: () => number): Promise<void> {
  const until = performance.now() + mostWaitMs;
  let before: number;
  do {
    before = count();
    await nextTurn();
    await nextTurn();
  } while (count() > before && count() < mostTogether && performance.now() < until);
}

/** Reads the key of the store once; tries again after a failure. */
function numbersOfStore(db: Database, country: string): () => Promise<ConsultationNumbers> {
  let numbers: ConsultationNumbers | undefined;
  return async () => (numbers ??= consultationNumbers(country, await numberKey(db.sql)));
}

/** Takes the log numbers as late as possible: no other transaction can take one until this one ends. */
async function write(
  tx: Tx,
  numbers: ConsultationNumbers,
  drafts: readonly Draft[],
): Promise<readonly RecordedAnswer[]> {
  if (drafts.length === 0) return [];
  const first = await takeLogNumbers(tx, drafts.length);
  const given = numbers.numbersOf(first, drafts.length);
  const rows = drafts.map((draft, i) => {
    const row = rowOf(draft, given[i] ?? '', first + i);
    return { ...row, n: first + i, leafHash: leafHash(first + i, consultationEvent(row.recorded.answer)) };
  });
  await recordConsultations(tx, rows);
  return rows.map(({ recorded }) => recorded);
}

/** An answer whose COMMIT has an unknown outcome is recorded again under another number; nobody was given the first. */
function onlyStoreAway(error: unknown): undefined {
  if (isGatewayError(error) && (error.code === 'E_STORE_UNREACHABLE' || error.code === 'E_OUTCOME_UNKNOWN')) return;
  throw error;
}

function required(spool: AnswerSpool | undefined): AnswerSpool {
  if (spool === undefined) throw new GatewayError('E_INTERNAL', 'answers are only spooled where there is a spool');
  return spool;
}

interface SpooledRows {
  readonly rows: readonly RecordedAnswer[];
  readonly lines: readonly SpooledAnswer[];
}

/** Rows without a place in the log, which is known only once they are recorded. */
function spooledRows(spool: AnswerSpool, numbers: ConsultationNumbers, drafts: readonly Draft[]): SpooledRows {
  const first = spool.takePlaces(drafts.length);
  const given = numbers.numbersOf(first, drafts.length);
  const rows = drafts.map((draft, i) => rowOf(draft, given[i] ?? ''));
  const lines = rows.map(({ recorded: _, ...row }, i) => ({ ...row, place: first + i }));
  return { rows: rows.map(({ recorded }) => recorded), lines };
}

async function writeSpool(
  spool: AnswerSpool,
  numbers: ConsultationNumbers,
  drafts: readonly Draft[],
): Promise<readonly RecordedAnswer[]> {
  const { rows, lines } = spooledRows(spool, numbers, drafts);
  await spool.append(lines);
  return rows;
}

interface Draft extends AnsweredQuery {
  readonly requester: string;
  /** Canonical JSON of the answer. */
  readonly text: string;
  readonly digest: string;
}

function draftOf({ request, answer }: AnsweredQuery, requester: string): Draft {
  // `decide` builds the members in the order of canonical JSON.
  const text = JSON.stringify(answer);
  return { request, answer, requester, text, digest: digestOfAnswer(text) };
}

function rowOf({ request, answer, requester, text, digest }: Draft, number: string, n?: number) {
  const { answered_at: at, subject } = answer;
  const proof = present({
    ...{ answer_digest: digest, consultation_number: number, issued_at: at, log_index: n, requester },
  });
  const given = { ...answer, proof };
  const proven = `${text.slice(0, -1)},"proof":${JSON.stringify(proof)}}`;
  const row = { askedAt: at, requester, partner: subject.partner, request: JSON.stringify(request), answer: proven };
  return { ...row, recorded: { answer: given, text: proven } };
}
