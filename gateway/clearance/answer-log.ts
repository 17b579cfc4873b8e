/** Answers are recorded with a number, a digest and their place in the log before they are given. Answers of one moment share a commit. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalJson } from '../model/canonical-json.ts';
import { digestOfAnswer } from '../model/clearance/answer-digest.ts';
import type { Answer, CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { consultationNumbers, type ConsultationNumbers } from '../model/clearance/consultation-number.ts';
import type { HomeProfile } from '../model/home.ts';
import { numberKey, recordConsultations } from '../store/consultations.ts';
import type { Database, Tx } from '../store/database.ts';
import { leafHash, takeLogNumbers } from '../store/events.ts';
import { consultationEvent } from '../store/log.ts';

export interface AnsweredQuery {
  readonly request: CheckRequest;
  readonly answer: Answer;
}

/** `text` is the answer as JSON, as it is stored. */
export interface RecordedAnswer {
  readonly answer: ProvenAnswer;
  readonly text: string;
}

/** Something that must be stored with the answers or not at all, such as the reply under an idempotency key. */
type AlsoStore<T> = (tx: Tx, recorded: readonly RecordedAnswer[]) => Promise<T>;

export interface AnswerLog {
  /** Recorded when this resolves, in the order of the answers. Throws as Database.transaction; nothing is recorded then. */
  record(answered: readonly AnsweredQuery[], requester: string): Promise<readonly RecordedAnswer[]>;
  /** The same in a transaction of its own, which also stores what else belongs to the answers; it fails as a whole. */
  recordWith<T>(answered: readonly AnsweredQuery[], requester: string, also: AlsoStore<T>): Promise<T>;
  /** The place in the log that a consultation number stands for. */
  placeOf(number: string): Promise<number>;
}

/** Answers of one caller that are not recorded yet. */
interface Waiting {
  readonly drafts: readonly Draft[];
  readonly done: PromiseWithResolvers<readonly RecordedAnswer[]>;
}

export function openAnswerLog(db: Database, { country }: Pick<HomeProfile, 'country'>): AnswerLog {
  const numbersOf = numbersOfStore(db, country);
  const recordTogether = openQueue(async (drafts) => {
    const numbers = await numbersOf();
    return await db.transaction((tx) => write(tx, numbers, drafts));
  });
  return {
    record: async (answered, requester) => await recordTogether(answered.map((each) => draftOf(each, requester))),
    async recordWith(answered, requester, also) {
      const numbers = await numbersOf();
      const drafts = answered.map((each) => draftOf(each, requester));
      return await db.transaction(async (tx) => await also(tx, await write(tx, numbers, drafts)));
    },
    placeOf: async (number) => (await numbersOf()).placeOf(number),
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
      // What arrives in this turn of the loop goes along.
      await nextTurn();
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
  const rows = drafts.map((draft, i) => rowOf(draft, first + i, given[i] ?? ''));
  await recordConsultations(tx, rows);
  return rows.map(({ recorded }) => recorded);
}

interface Draft extends AnsweredQuery {
  readonly requester: string;
  /** Canonical JSON of the answer. */
  readonly text: string;
  readonly digest: string;
}

function draftOf({ request, answer }: AnsweredQuery, requester: string): Draft {
  const text = canonicalJson(answer);
  return { request, answer, requester, text, digest: digestOfAnswer(text) };
}

function rowOf({ request, answer, requester, text, digest }: Draft, n: number, number: string) {
  const { answered_at: at, subject } = answer;
  const proof = { answer_digest: digest, consultation_number: number, issued_at: at, log_index: n, requester };
  const given = { ...answer, proof };
  const proven = `${text.slice(0, -1)},"proof":${JSON.stringify(proof)}}`;
  const leaf = leafHash(n, consultationEvent(given));
  const row = { n, leafHash: leaf, askedAt: at, requester, partner: subject.partner };
  return { ...row, request: JSON.stringify(request), answer: proven, recorded: { answer: given, text: proven } };
}
