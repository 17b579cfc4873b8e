/** Answers are recorded with a number, a digest and their place in the log before they are given. Answers of one moment share a commit. */

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
  /** The store did not say whether the register has changed: the answer is from memory. */
  readonly isStoreAway?: boolean;
}

/** `text` is the answer as JSON, as it is stored. */
export interface RecordedAnswer {
  readonly answer: ProvenAnswer;
  readonly text: string;
}

/** Something that must be stored with the answers or not at all, such as the reply under an idempotency key. */
type AlsoStore<T> = (tx: Tx, recorded: readonly RecordedAnswer[]) => Promise<T>;

export interface AnswerLog {
  /**
   * Recorded when this resolves, in the order of the answers; on disk and recorded later where the store is away, or another process or thread
   * is writing the embedded store for longer than an answer should wait. Throws as
   * Database.transaction and AnswerSpool.append; nothing may be given then.
   */
  record(answered: readonly AnsweredQuery[], requester: string): Promise<readonly RecordedAnswer[]>;
  /** The same in a transaction of its own, which also stores what else belongs to the answers; it fails as a whole. */
  recordWith<T>(answered: readonly AnsweredQuery[], requester: string, also: AlsoStore<T>): Promise<T>;
  /**
   * The same of an entry, which `make` makes of its answers; it may be called twice. Where nothing else must be stored, an entry is kept on disk
   * while the store is away, as answers are.
   */
  recordEntry<T extends SpooledEntry>(
    answered: readonly AnsweredQuery[],
    requester: string,
    make: (recorded: readonly RecordedAnswer[]) => T,
    also?: (tx: Tx, made: T) => Promise<void>,
  ): Promise<T>;
  /** The place in the log that a consultation number stands for; undefined where its answer is not recorded. */
  placeOf(number: string): Promise<number | undefined>;
  /**
   * Makes ready for a store that is away, and records the answers that were given while it was. Returns how many. Throws as
   * Database.transaction.
   */
  recordSpooled(): Promise<number>;
  /** Whether an answer could be kept while the store is away. Throws E_STORE_UNREACHABLE. */
  trySpooling(): Promise<void>;
}

/** Answers of one caller that are not recorded yet. */
interface Waiting {
  readonly drafts: readonly Draft[];
  readonly done: PromiseWithResolvers<readonly RecordedAnswer[]>;
}

/** `spool`: absent where no answer is given while the store is away. */
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

/** As AnswerLog.recordWith, on the terms of Database.transaction. */
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
 * Everything that waits when a commit begins goes into it; what comes meanwhile goes into the next. One commit at a time: on PostgreSQL
 * two would only wait for each other at the counter of the log.
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

/** Longest wait of an answer for others that share its commit, and how many go together at most. */
const mostWaitMs = 2;
const mostTogether = 256;

/**
 * While others come, waiting for them takes less than committing alone. A question is read in one turn of the loop and answered in the
 * next: if two turns bring none, none is on its way.
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

/** Reads the key of the store once; a store that cannot be read now is asked again. */
function numbersOfStore(db: Database, country: string): () => Promise<ConsultationNumbers> {
  let numbers: ConsultationNumbers | undefined;
  return async () => (numbers ??= consultationNumbers(country, await numberKey(db.sql)));
}

/** Takes numbers of the log last: another transaction cannot take one before this one ends. */
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

/** An answer whose COMMIT may have been made is recorded once more, under another number: the first was given to nobody. */
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

/** Without a place in the log: it is known once the answers are recorded. */
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
  // The members of an answer are made in the order of canonical JSON.
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
