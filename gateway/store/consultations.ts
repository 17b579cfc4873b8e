/** Answers given at the border, exactly as given, and the idempotency keys under which a repeated request gets its first answer. */

import type { ProvenAnswer } from '../model/clearance/answer.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow } from './rows.ts';
import type { Tables } from './tables.ts';

/** An answer for a whole entry, with the consultation numbers of its parties. */
interface StoredAssessment {
  readonly number: string;
  readonly askedAt: Moment;
  readonly requester: string;
  readonly request: unknown;
  readonly answer: unknown;
}

interface Consultation extends StoredAssessment {
  readonly partner: string;
  readonly answer: ProvenAnswer;
}

function toRow<A extends StoredAssessment>({ askedAt, request, answer, ...rest }: A) {
  return { ...rest, asked_at: askedAt, request: JSON.stringify(request), answer: JSON.stringify(answer) };
}

export async function recordConsultations(tx: Tx, consultations: readonly Consultation[]): Promise<void> {
  await insertMany(tx, 'consultation', consultations.map(toRow));
}

export async function findConsultation(reader: Reader, number: string): Promise<Consultation | undefined> {
  const row = await reader.selectFrom('consultation').selectAll().where('number', '=', number).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    ...fromRow(row),
    request: JSON.parse(row.request) as unknown,
    answer: JSON.parse(row.answer) as ProvenAnswer,
  };
}

export async function recordAssessment(tx: Tx, assessment: StoredAssessment): Promise<void> {
  await insertMany(tx, 'assessment', [toRow(assessment)]);
}

export async function findAssessment(reader: Reader, number: string): Promise<StoredAssessment | undefined> {
  const row = await reader.selectFrom('assessment').selectAll().where('number', '=', number).executeTakeFirst();
  if (row === undefined) return undefined;
  return { ...fromRow(row), request: JSON.parse(row.request) as unknown, answer: JSON.parse(row.answer) as unknown };
}

/** The first answer under an idempotency key, and the fingerprint of its request. */
type FirstAnswer = Pick<Tables['idempotency'], 'fingerprint' | 'status' | 'body' | 'at'>;

export async function findIdempotent(reader: Reader, requester: string, key: string): Promise<FirstAnswer | undefined> {
  return await reader
    .selectFrom('idempotency')
    .select(['fingerprint', 'status', 'body', 'at'])
    .where('requester', '=', requester)
    .where('key', '=', key)
    .executeTakeFirst();
}

/** Stores the first answer under a key. False: another request with the key has stored its answer, which stays. */
export async function saveIdempotent(tx: Tx, first: Tables['idempotency']): Promise<boolean> {
  const insert = tx
    .insertInto('idempotency')
    .values(first)
    .onConflict((conflict) => conflict.columns(['requester', 'key']).doNothing());
  return await changesOne(insert);
}
