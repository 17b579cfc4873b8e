/**
 * The third story: an entry comes in and is answered.
 *
 *   entry -> parties with foreign identifiers -> identifier grammar -> arrangement in force? direction, role
 *   -> register as of the entry's moment -> outcome, freshness, advice -> consultation recorded -> answer
 *
 * No answer leaves before it is recorded: its number, its digest and its place in the log are in it.
 */

import { digestOf, openSitting, prove, type Answered, type Clearance } from './status-query.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { assessedParty, benefitsOf, choosePartner, decideEntry, validUntil } from '../model/clearance/assessment.ts';
import type { Assessment, Choice, Finding } from '../model/clearance/assessment.ts';
import {
  isConsultationNumber,
  makeConsultationNumber,
  readConsultationNumber,
} from '../model/clearance/consultation-number.ts';
import { momentOf } from '../model/day.ts';
import type { Entry, EntryParty } from '../model/clearance/entry.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { findAssessment, findConsultation, recordAssessment } from '../store/consultations.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import type { ReadEntry } from '../wire/files/entry-reader.ts';
import { canonicalJson } from '../model/canonical-json.ts';

export { answerDigest, type Clearance, type ClearanceTerms } from './status-query.ts';

/** Something that must be stored with the answers or not at all, such as the reply under an idempotency key. */
export type Also<T> = (tx: Tx, result: T) => Promise<void>;

/** Answers one question. Throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID (a moment that is none); every other finding is an answer. */
export async function check(
  clearance: Clearance,
  request: CheckRequest,
  requester: string,
  also?: Also<ProvenAnswer>,
): Promise<ProvenAnswer> {
  // 1. What we know, and what follows from it.
  const answer = await openSitting(clearance).answer(request);

  // 2. Recorded with its number, and only then given.
  return await clearance.db.transaction(async (tx) => {
    const proven = getFirst(await prove(tx, clearance, [{ request, answer }], requester));
    await also?.(tx, proven);
    return proven;
  });
}

/** Answers many questions under the caller's keys. A question that cannot be put is an error beside the answers of the others. */
export async function checkBatch(
  clearance: Clearance,
  questions: ReadonlyMap<string, CheckRequest>,
  requester: string,
  also?: Also<BatchResult>,
): Promise<BatchResult> {
  const sitting = openSitting(clearance);
  const answered: (Answered & { readonly key: string })[] = [];
  const results = new Map<string, ProvenAnswer | GatewayError>();
  for (const [key, request] of questions) {
    const answer = await sitting.answer(request).catch(onlyCallersError);
    if (isGatewayError(answer)) results.set(key, answer);
    else answered.push({ key, request, answer });
  }
  return await clearance.db.transaction(async (tx) => {
    const proven = await prove(tx, clearance, answered, requester);
    for (const [index, answer] of proven.entries()) results.set(answered[index]?.key ?? '', answer);
    await also?.(tx, results);
    return results;
  });
}

export type BatchResult = ReadonlyMap<string, ProvenAnswer | GatewayError>;

/** Assesses a whole entry: finds the parties to ask about, asks about each once, and says what follows for the goods. */
export async function assess(
  clearance: Clearance,
  read: ReadEntry,
  requester: string,
  also?: Also<Assessment>,
): Promise<Assessment> {
  const { entry } = read;
  const terms = [...clearance.partners.values()].map(({ adapter }) => adapter);

  // 1. Which parties may be operators of a partner. The same party at many items is one question.
  const choices = entry.parties.map((party) => ({ party, choice: choosePartner(party, entry, terms) }));
  const sitting = openSitting(clearance);
  const asked = new Map<string, Answered>();
  for (const { party, choice } of choices) {
    const request = requestOf(party, choice, entry);
    if (request === undefined) continue;
    const key = canonicalJson(request);
    // 2. What we know of each.
    if (!asked.has(key)) asked.set(key, { request, answer: await sitting.answer(request) });
  }

  // 3. All consultations and the assessment are recorded together.
  return await clearance.db.transaction(async (tx) => {
    const proven = await prove(tx, clearance, [...asked.values()], requester);
    const answers = new Map([...asked.keys()].map((key, index) => [key, proven[index]]));
    const findings = choices.map(({ party, choice }): Finding => {
      const request = requestOf(party, choice, entry);
      const answer = request === undefined ? undefined : answers.get(canonicalJson(request));
      return answer === undefined ? { party, choice } : { party, choice, answer };
    });
    const assessment = conclude(clearance, read, findings, requester);
    await recordAssessment(tx, {
      number: assessment.assessment,
      askedAt: assessment.answered_at,
      requester,
      request: entry,
      answer: assessment,
    });
    const detail = { decision: assessment.decision, answer_digest: digestOf(assessment) };
    await appendEvents(tx, [{ kind: 'assessment', ref: assessment.assessment, detail, at: assessment.answered_at }]);
    await also?.(tx, assessment);
    return assessment;
  });
}

/** An answer given before, as it was given. Throws E_CONSULTATION_NUMBER (mistyped) and E_CONSULTATION_UNKNOWN. */
export async function consultation(clearance: Pick<Clearance, 'db'>, written: string): Promise<unknown> {
  const number = readConsultationNumber(written);
  if (!isConsultationNumber(number)) {
    throw new GatewayError('E_CONSULTATION_NUMBER', 'the check character does not fit', {
      fix: 'Compare the number with the answer it came with.',
    });
  }
  const found = await findConsultation(clearance.db.sql, number);
  if (found === undefined) throw new GatewayError('E_CONSULTATION_UNKNOWN', 'no answer was given under this number');
  return found.answer;
}

/** An assessment given before, as it was given. Throws E_ASSESSMENT_UNKNOWN. */
export async function assessment(clearance: Pick<Clearance, 'db'>, number: string): Promise<unknown> {
  const found = await findAssessment(clearance.db.sql, number);
  if (found === undefined) throw new GatewayError('E_ASSESSMENT_UNKNOWN', 'no entry was assessed under this number');
  return found.answer;
}

function requestOf(party: EntryParty, choice: Choice, entry: Entry): CheckRequest | undefined {
  if (!('partner' in choice)) return undefined;
  // A box with nothing but blanks is an empty one: the party was then chosen by its name and address.
  const identifier = party.identifier?.trim() === '' ? undefined : party.identifier;
  return {
    partner: choice.partner,
    ...(identifier === undefined ? {} : { identifier }),
    role: party.role,
    ...(entry.direction === undefined ? {} : { direction: entry.direction }),
    ...(entry.mode === undefined ? {} : { mode: entry.mode }),
    ...(entry.port === undefined ? {} : { port: entry.port }),
    ...(entry.portOfDeparture === undefined ? {} : { port_of_departure: entry.portOfDeparture }),
    ...(entry.boxLength === undefined ? {} : { box_length: entry.boxLength }),
    ...(entry.acceptedAt === undefined ? {} : { at: entry.acceptedAt }),
    ...(party.name === undefined ? {} : { name: party.name }),
    ...(party.address === undefined ? {} : { address: party.address }),
    ...(entry.id === undefined ? {} : { reference: entry.id }),
  };
}

function conclude(clearance: Clearance, read: ReadEntry, findings: readonly Finding[], requester: string): Assessment {
  const terms = [...clearance.partners.values()].map(({ adapter }) => adapter);
  const decision = decideEntry(findings);
  const granted = decision === 'apply';
  const until = granted ? validUntil(findings, terms) : undefined;
  return {
    assessment: `ASM-${makeConsultationNumber(clearance.home.country, (bytes) => clearance.random(bytes))}`,
    ...(read.entry.id === undefined ? {} : { entry: read.entry.id }),
    profile: read.profile,
    decision,
    benefits: granted ? benefitsOf(findings, terms) : [],
    parties: findings.map(assessedParty),
    ...(until === undefined ? {} : { valid_until: until }),
    policy: clearance.policy,
    requester,
    answered_at: momentOf(clearance.now()),
    warnings: read.warnings,
  };
}

/** What the caller asked wrongly stands beside the answers; our own trouble ends the whole batch. */
function onlyCallersError(error: unknown): GatewayError {
  if (isGatewayError(error) && error.kind.who === 'caller') return error;
  throw error;
}

function getFirst<T>([first]: readonly T[]): T {
  if (first === undefined) throw new GatewayError('E_INTERNAL', 'an answer was recorded and is not there');
  return first;
}
