/** Records the answers that were given from a snapshot under their original numbers, and compares them with the register. */

import type { Clearance } from '../clearance/requests.ts';
import { lookUpConsultation } from '../clearance/requests.ts';
import { answerQuery, openQueryBatch } from '../clearance/status-query.ts';
import { answerDigest } from '../model/clearance/answer-digest.ts';
import type { Answer, CheckRequest, Outcome, ProvenAnswer } from '../model/clearance/answer.ts';
import { isConsultationNumber } from '../model/clearance/number-form.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import { dayAt, momentOf, readMoment } from '../model/day.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Day } from '../model/record/record.ts';
import type { Tx } from '../store/database.ts';
import { cutAt } from './cut-snapshot.ts';
import { lastEvent } from '../store/events.ts';
import { recordOffline } from '../store/spooled-answers.ts';

/** In the form in which the border page stores it. */
export interface OfflineConsultation {
  readonly request: CheckRequest;
  readonly answer: ProvenAnswer;
}

interface Reconciled {
  readonly consultation_number: string;
  readonly result: 'recorded' | 'repeated';
  /** What the register says at the time of the snapshot, if outcome, operator or advice differ from the answer. */
  readonly outcome_expected?: Outcome;
}

export type ReconcileResults = readonly (Reconciled | GatewayError)[];

export interface Reconciling {
  readonly consultations: readonly OfflineConsultation[];
  /** The client that submits them. */
  readonly client: string;
  /** The client may submit only its own answers. */
  readonly ownOnly: boolean;
}

/**
 * Results in the same order; a refused answer does not affect the others. Errors of one answer: E_OFFLINE_ANSWER, E_CONSULTATION_NUMBER,
 * E_PARTNER_UNKNOWN, E_REQUEST_INVALID. `also` writes in the same transaction. Throws the same errors as Database.transaction.
 */
export async function reconcile(
  clearance: Clearance,
  { consultations, client, ownOnly }: Reconciling,
  also?: (tx: Tx, results: ReconcileResults) => Promise<void>,
): Promise<ReconcileResults> {
  const batch = openQueryBatch(clearance);
  const results: (Reconciled | GatewayError)[] = [];
  const fresh = new Map<string, OfflineConsultation>();
  for (const consultation of consultations) {
    const { consultation_number: number } = consultation.answer.proof;
    try {
      if (ownOnly && consultation.answer.proof.requester !== client) throw refused('another client gave it');
      const known = fresh.get(number)?.answer ?? (await requireSound(clearance, consultation));
      if (known !== undefined && canonicalJson(known) !== canonicalJson(consultation.answer))
        throw refused('another answer has this number');
      const expected = await outcomeExpected(batch, consultation);
      const result = known === undefined ? 'recorded' : 'repeated';
      if (known === undefined) fresh.set(number, consultation);
      results.push(present({ consultation_number: number, result, outcome_expected: expected } as const));
    } catch (error) {
      if (!isGatewayError(error) || error.kind.status >= 500) throw error;
      results.push(error);
    }
  }
  const rows = [...fresh.values()].map(rowOf);
  const differing = results.flatMap((each) =>
    'outcome_expected' in each && each.result === 'recorded' ? [each.consultation_number] : [],
  );
  await clearance.db.transaction(async (tx) => {
    await also?.(tx, results);
    await recordOffline(tx, rows, { client, differing, at: momentOf(clearance.now()) });
  });
  return results;
}

const refused = (detail: string): GatewayError => new GatewayError('E_OFFLINE_ANSWER', detail);

/** The answer recorded under the number; undefined if there is none. */
async function requireSound(clearance: Clearance, { answer }: OfflineConsultation): Promise<unknown> {
  const { proof, ...given } = answer;
  const { consultation_number: number, answer_digest: digest, issued_at: issued } = proof;
  if (!isConsultationNumber(number) || !number.startsWith(clearance.home.country))
    throw new GatewayError('E_CONSULTATION_NUMBER', 'no number of this administration');
  if (answerDigest(given) !== digest) throw refused('its digest is that of another answer');
  if (given.freshness.source !== 'snapshot' || proof.log_index !== undefined || issued !== given.answered_at)
    throw refused('it was not given from a snapshot');
  const { answered_at: answered, known_at: known } = given;
  if ([answered, known].some((each) => readMoment(each) !== each))
    throw refused('its moments are not as a page writes them');
  if (answered > momentOf(clearance.now())) throw refused('it was given in the future');
  if (known > answered) throw refused('it rests on what was known after it was given');
  const cut = await lastEvent(clearance.db.sql, cutAt(known));
  if (cut === undefined) throw refused('no copy of the register was cut at the moment that it names');
  const { last_day: lastDay } = JSON.parse(cut.detail ?? '{}') as { readonly last_day: Day };
  if (dayAt(answered, clearance.home.timeZone) > lastDay) throw refused('its copy answered no more on that day');
  return await lookUpConsultation(clearance, number).catch((error: unknown) => {
    if (isGatewayError(error) && error.code === 'E_CONSULTATION_UNKNOWN') return undefined;
    throw error;
  });
}

/** At the time of the snapshot; undefined if the register says the same about the same operator. */
async function outcomeExpected(
  batch: ReturnType<typeof openQueryBatch>,
  { request, answer }: OfflineConsultation,
): Promise<Outcome | undefined> {
  const { at, known_at } = answer;
  const { answer: expected } = await answerQuery(batch, { ...request, at, known_at });
  return whatCounts(expected) === whatCounts(answer) ? undefined : expected.outcome;
}

/** The part of an answer that a reader acts on. */
function whatCounts({ outcome, subject, advice: { action, benefits } }: Answer): string {
  return canonicalJson({ outcome, subject, action, benefits });
}

function rowOf({ request, answer }: OfflineConsultation) {
  const { answered_at: askedAt, subject, proof } = answer;
  const { consultation_number: number, requester } = proof;
  const given = { askedAt, requester, partner: subject.partner };
  return { ...given, number, request: JSON.stringify(request), answer: JSON.stringify(answer) };
}
