/**
 * Answers given while the store was away. Their consultation numbers stand for places beyond those of the log, of which each process reserves
 * a range while it has the store; once they are recorded, a table leads from such a place to the entry of the log.
 */

import { consultationEvent } from './log.ts';
import { insertMany, oneOf } from './bulk.ts';
import { recordConsultations } from './consultations.ts';
import { advanceCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import { appendEvents, leafHash, takeLogNumbers } from './events.ts';
import { allowing } from './retention-guard.ts';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
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

/** Records answers that are not recorded yet, and says in the log how many were given without the store. Returns how many. */
export async function recordSpooled(tx: Tx, answers: readonly SpooledAnswer[], at: Moment): Promise<number> {
  const places = answers.map(({ place }) => place);
  const known = tx
    .selectFrom('spooled_answer')
    .select('place')
    .where(oneOf(tx, 'place', places));
  const recorded = new Set((await known.execute()).map(({ place }) => place));
  const missing = answers.filter(({ place }) => !recorded.has(place));
  const [oldest, newest] = [missing[0], missing.at(-1)];
  if (oldest === undefined || newest === undefined) return 0;
  const first = await takeLogNumbers(tx, missing.length);
  const rows = missing.map(({ place: _, ...given }, i) => {
    const event = consultationEvent(JSON.parse(given.answer) as ProvenAnswer);
    return { ...given, n: first + i, leafHash: leafHash(first + i, event) };
  });
  await recordConsultations(tx, rows);
  const pairs = missing.map(({ place }, i) => ({ place, n: first + i }));
  await insertMany(tx, 'spooled_answer', pairs);
  const detail = { count: missing.length, from: oldest.askedAt, to: newest.askedAt };
  await appendEvents(tx, [{ kind: 'answers_spooled', ref: String(first), detail, at }]);
  return missing.length;
}

/** The entries of the log go: nothing leads to them any more. */
export async function forgetSpooled(tx: Tx, numbers: readonly number[]): Promise<void> {
  await allowing(tx, () =>
    tx
      .deleteFrom('spooled_answer')
      .where(oneOf(tx, 'n', numbers))
      .execute(),
  );
}

/** The place in the log: the place itself, or that of the answer that was given under it without the store; undefined where it is not recorded. */
export async function recordedPlace(reader: Reader, place: number): Promise<number | undefined> {
  if (place < firstPlace) return place;
  const row = reader.selectFrom('spooled_answer').select('n').where('place', '=', place);
  return Number.isSafeInteger(place) ? (await row.executeTakeFirst())?.n : undefined;
}
