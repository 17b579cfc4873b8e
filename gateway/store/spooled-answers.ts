/**
 * Answers that were given without the store. While it was away: their consultation numbers stand for places beyond those of the log, of which each process
 * reserves a range while it has the store; once they are recorded, a table leads from such a place to the entry of the log.
 */

import { consultationEvent } from './log.ts';
import { insertMany, oneOf } from './bulk.ts';
import { findAssessment, recordAssessment, recordConsultations, type StoredAssessment } from './consultations.ts';
import { advanceCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import { recordEntry, type AssessedEntry } from './entry-outcomes.ts';
import { appendEvents, leafHash, takeLogNumbers } from './events.ts';
import { allowing } from './retention-guard.ts';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
import { GatewayError } from '../model/errors.ts';
import type { PartnerResult } from '../model/outcomes/entry-result.ts';
import type { Moment } from '../model/record/record.ts';

/** No log is as long as this. */
const firstPlace = 2 ** 52;
const rangeLength = 2 ** 24;

/** An answer as it was given. `request` and `answer`: JSON. */
export interface SpooledAnswer {
  readonly place: number;
  readonly askedAt: Moment;
  readonly requester: string;
  readonly partner: string;
  readonly request: string;
  readonly answer: string;
}

export interface PlaceRange {
  readonly first: number;
  readonly count: number;
}

/** Places that no other process gives out. */
export async function reservePlaces(tx: Tx): Promise<PlaceRange> {
  const range = await advanceCounter(tx, 'spool_range');
  return { first: firstPlace + (range - 1) * rangeLength, count: rangeLength };
}

/** A whole entry that was assessed, with what is kept of it beside its answers. */
export interface SpooledEntry {
  readonly assessment: StoredAssessment;
  readonly entry: AssessedEntry;
  readonly results: readonly PartnerResult[];
  /** It states only a part of an entry. */
  readonly isPart: boolean;
  /** Of its event in the log. */
  readonly detail: object;
}

/** The assessment, the results of the entry, and its event. */
export async function recordAssessed(
  tx: Tx,
  { assessment, entry, results, isPart, detail }: SpooledEntry,
): Promise<void> {
  await recordAssessment(tx, assessment);
  await recordEntry(tx, entry, results, isPart);
  await appendEvents(tx, [{ kind: 'assessment', ref: assessment.number, detail, at: assessment.askedAt }]);
}

/** A line of the spool: an answer by itself, or an entry with the answers to its parties. */
export type SpooledLine =
  SpooledAnswer | { readonly assessed: SpooledEntry; readonly answers: readonly SpooledAnswer[] };

/** Records what is not recorded yet, and says in the log how many answers were given without the store. Returns how many. */
export async function recordSpooled(tx: Tx, lines: readonly SpooledLine[], at: Moment): Promise<number> {
  const answers = lines.flatMap((line) => ('assessed' in line ? line.answers : [line]));
  const places = answers.map(({ place }) => place);
  const known = tx
    .selectFrom('spooled_answer')
    .select('place')
    .where(oneOf(tx, 'place', places));
  const recorded = new Set((await known.execute()).map(({ place }) => place));
  const missing = answers.filter(({ place }) => !recorded.has(place));
  const [oldest, newest] = [missing[0], missing.at(-1)];
  if (oldest !== undefined && newest !== undefined) {
    const first = await recordGiven(tx, missing);
    const pairs = missing.map(({ place }, i) => ({ place, n: first + i }));
    await insertMany(tx, 'spooled_answer', pairs);
    const detail = { count: missing.length, from: oldest.askedAt, to: newest.askedAt };
    await appendEvents(tx, [{ kind: 'answers_spooled', ref: String(first), detail, at }]);
  }
  for (const line of lines)
    if ('assessed' in line && (await findAssessment(tx, line.assessed.assessment.number)) === undefined)
      await recordAssessed(tx, line.assessed);
  return missing.length;
}

/** The entries of the log go: nothing leads to them any more. */
export async function forgetSpooled(tx: Tx, numbers: readonly number[]): Promise<void> {
  await allowing(tx, async () => {
    for (const table of ['spooled_answer', 'offline_answer'] as const)
      await tx
        .deleteFrom(table)
        .where(oneOf(tx, 'n', numbers))
        .execute();
  });
}

/** An answer given from a snapshot, under a number that its computer made. */
type OfflineAnswer = Omit<SpooledAnswer, 'place'> & { readonly number: string };

/** Records answers whose numbers are free, and says in the log how many there were and who brought them. Throws E_BUSY. */
export async function recordOffline(
  tx: Tx,
  answers: readonly OfflineAnswer[],
  by: { readonly client: string; readonly differing: readonly string[]; readonly at: Moment },
): Promise<void> {
  const [oldest, newest] = [answers[0], answers.at(-1)];
  if (oldest === undefined || newest === undefined) return;
  const first = await recordGiven(tx, answers);
  // From here on no other transaction records any: it would need the next number of the log.
  const numbers = answers.map(({ number }) => number);
  const taken = tx
    .selectFrom('offline_answer')
    .select('n')
    .where(oneOf(tx, 'number', numbers));
  if ((await taken.executeTakeFirst()) !== undefined)
    throw new GatewayError('E_BUSY', 'the same answers are being recorded by another request');
  const pairs = answers.map(({ number }, i) => ({ number, n: first + i }));
  await insertMany(tx, 'offline_answer', pairs);
  const { client, differing } = by;
  const counted = { count: answers.length, from: oldest.askedAt, to: newest.askedAt, client };
  const detail = differing.length === 0 ? counted : { ...counted, differing };
  await appendEvents(tx, [{ kind: 'answers_offline', ref: String(first), detail, at: by.at }]);
}

/** Answers as they were given, at the next places of the log; the first of them. */
async function recordGiven(tx: Tx, answers: readonly Omit<SpooledAnswer, 'place'>[]): Promise<number> {
  const first = await takeLogNumbers(tx, answers.length);
  const rows = answers.map(({ askedAt, requester, partner, request, answer }, i) => {
    const event = consultationEvent(JSON.parse(answer) as ProvenAnswer);
    return { askedAt, requester, partner, request, answer, n: first + i, leafHash: leafHash(first + i, event) };
  });
  await recordConsultations(tx, rows);
  return first;
}

/** The place in the log of an answer that was given from a snapshot; undefined for another number. */
export async function offlinePlace(reader: Reader, number: string): Promise<number | undefined> {
  const row = reader.selectFrom('offline_answer').select('n').where('number', '=', number);
  return (await row.executeTakeFirst())?.n;
}

/** The place in the log: the place itself, or that of the answer that was given under it without the store; undefined where it is not recorded. */
export async function recordedPlace(reader: Reader, place: number): Promise<number | undefined> {
  if (place < firstPlace) return place;
  const row = reader.selectFrom('spooled_answer').select('n').where('place', '=', place);
  return Number.isSafeInteger(place) ? (await row.executeTakeFirst())?.n : undefined;
}
