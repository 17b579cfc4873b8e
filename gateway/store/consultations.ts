/** Answers given at the border, exactly as given, and the idempotency keys under which a repeated request gets its first answer. */

import type { ProvenAnswer } from '../model/clearance/answer.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany, insertRows } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow } from './rows.ts';
import type { Tables } from './tables.ts';

/** An answer for a whole entry, with the consultation numbers of its parties. */
export interface StoredAssessment {
  readonly number: string;
  readonly askedAt: Moment;
  readonly requester: string;
  readonly request: unknown;
  readonly answer: unknown;
}

/** An answer to a status query at its place in the log. */
export interface Consultation {
  readonly n: number;
  readonly leafHash: string;
  readonly askedAt: Moment;
  readonly requester: string;
  readonly partner: string;
  /** JSON of the request and of the answer. */
  readonly request: string;
  readonly answer: string;
}

const answerColumns = {
  columns: ['n', 'leaf_hash', 'asked_at', 'requester', 'partner', 'request', 'answer'],
  utf8: [],
  numbers: ['n'],
};

/** The caller has taken the numbers in this transaction (`takeLogNumbers`). */
export async function recordConsultations(tx: Tx, consultations: readonly Consultation[]): Promise<void> {
  const rows = consultations
    .values()
    .map((each) => [
      ...[each.n, each.leafHash, each.askedAt, each.requester],
      ...[each.partner, each.request, each.answer],
    ]);
  await insertRows(tx, 'border_answer', answerColumns, rows);
}

/** The answer at a place of the log, as given; undefined if there is none. */
export async function answerAt(reader: Reader, place: number): Promise<ProvenAnswer | undefined> {
  if (!Number.isSafeInteger(place)) return undefined;
  const row = await reader.selectFrom('border_answer').select('answer').where('n', '=', place).executeTakeFirst();
  return row && (JSON.parse(row.answer) as ProvenAnswer);
}

/** The answer under this number from a version of the program before `border_answer` existed. */
export async function earlierAnswer(reader: Reader, number: string): Promise<ProvenAnswer | undefined> {
  const row = await reader.selectFrom('consultation').select('answer').where('number', '=', number).executeTakeFirst();
  return row && (JSON.parse(row.answer) as ProvenAnswer);
}

/** The 16-byte key that turns places in the log of this store into consultation numbers. */
export async function numberKey(reader: Reader): Promise<Uint8Array> {
  const key = reader.selectFrom('store_key').select('value').where('name', '=', 'consultation_number');
  return Buffer.from((await key.executeTakeFirstOrThrow()).value, 'hex');
}

export async function recordAssessment(tx: Tx, assessment: StoredAssessment): Promise<void> {
  const { askedAt, request, answer, ...rest } = assessment;
  const row = { ...rest, asked_at: askedAt, request: JSON.stringify(request), answer: JSON.stringify(answer) };
  await insertMany(tx, 'assessment', [row]);
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

/** Stores the first answer under a key. Returns false if another request with the key has stored its answer, which stays. */
export async function saveIdempotent(tx: Tx, first: Tables['idempotency']): Promise<boolean> {
  const insert = tx
    .insertInto('idempotency')
    .values(first)
    .onConflict((conflict) => conflict.columns(['requester', 'key']).doNothing());
  return await changesOne(insert);
}
