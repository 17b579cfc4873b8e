/**
 * The third story: an entry comes in and is answered.
 *
 *   entry -> parties with foreign identifiers -> identifier grammar -> arrangement in force? direction, role
 *   -> register as of the entry's moment -> outcome, freshness, advice -> consultation recorded -> answer
 *
 * No answer leaves before it is recorded: its number, its digest and its place in the log are in it.
 */

import { createHash } from 'node:crypto';
import type { Adapter } from './adapter/adapter.ts';
import { getPartner } from './gateway.ts';
import type { Answer, CheckRequest, ProvenAnswer } from './model/answer.ts';
import {
  assessedParty,
  benefitsOf,
  choosePartner,
  decideEntry,
  validUntil,
  type Assessment,
  type Choice,
  type Finding,
} from './model/assessment.ts';
import { decide } from './model/check.ts';
import { isConsultationNumber, makeConsultationNumber, readConsultationNumber } from './model/consultation-number.ts';
import { dayAt, momentOf } from './model/day.ts';
import type { Entry, EntryParty } from './model/entry.ts';
import { GatewayError, isGatewayError } from './model/errors.ts';
import type { HomeProfile } from './model/home.ts';
import { cleanIdentifier } from './model/identifier.ts';
import type { Moment } from './model/record.ts';
import { findAssessment, findConsultation, recordAssessment, recordConsultations } from './store/consultations.ts';
import type { Database, Tx } from './store/database.ts';
import { appendEvents } from './store/events.ts';
import { findStatus } from './store/register.ts';
import { listInForce } from './store/streams.ts';
import type { ReadEntry } from './wire/entry-reader.ts';
import { canonicalJson } from './wire/json.ts';

/** Of a partner's adapter, the answers need its terms and no message. */
export type ClearanceTerms = Pick<Adapter, 'partner' | 'name' | 'timeZone' | 'arrangement' | 'identifiers'>;

/** What an answer needs. A Gateway is one of these. */
export interface Clearance {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly partners: ReadonlyMap<string, { readonly adapter: ClearanceTerms }>;
  /** Name of the policy the advice follows; part of every answer. */
  readonly policy: string;
  now(): Date;
  random(bytes: number): Uint8Array;
}

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
  const answer = await answerTo(clearance, request);

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
  const answered: (Answered & { readonly key: string })[] = [];
  const results = new Map<string, ProvenAnswer | GatewayError>();
  for (const [key, request] of questions) {
    const answer = await answerTo(clearance, request).catch(onlyCallersError);
    if (isGatewayError(answer)) results.set(key, answer);
    else answered.push({ key, request, answer });
  }
  return await clearance.db.transaction(async (tx) => {
    const proven = await prove(tx, clearance, answered, requester);
    for (const [index, { key }] of answered.entries()) results.set(key, getFirst(proven.slice(index)));
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
  const asked = new Map<string, Answered>();
  for (const { party, choice } of choices) {
    const request = requestOf(party, choice, entry);
    if (request === undefined) continue;
    const key = canonicalJson(request);
    // 2. What we know of each.
    if (!asked.has(key)) asked.set(key, { request, answer: await answerTo(clearance, request) });
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

interface Answered {
  readonly request: CheckRequest;
  readonly answer: Answer;
}

async function answerTo(clearance: Clearance, request: CheckRequest): Promise<Answer> {
  const { adapter } = getPartner(clearance, request.partner);
  const now = momentOf(clearance.now());
  const at = request.at === undefined ? now : readMoment(request.at, '/at');
  // Nothing is known from the future: a clock of the caller that is ahead of ours must not matter.
  const knownAt = request.known_at === undefined ? now : earlier(readMoment(request.known_at, '/known_at'), now);
  const identifier = cleanIdentifier(request.identifier);
  const reader = clearance.db.sql;
  const list = await listInForce(reader, adapter.partner, knownAt);
  const fact = await findStatus(reader, adapter.partner, identifier.value, dayAt(at, adapter.timeZone), knownAt);
  const { home, policy } = clearance;
  return decide({ home: home.country, terms: adapter, request, identifier, fact, list, at, knownAt, now, policy });
}

/** Numbers the answers, logs each, and records them. */
async function prove(
  tx: Tx,
  clearance: Clearance,
  answered: readonly Answered[],
  requester: string,
): Promise<readonly ProvenAnswer[]> {
  if (answered.length === 0) return [];
  const drafts = answered.map(({ request, answer }) => ({
    request,
    answer,
    number: makeConsultationNumber(clearance.home.country, (bytes) => clearance.random(bytes)),
    digest: answerDigest(answer),
  }));
  const last = await appendEvents(
    tx,
    drafts.map(({ number, digest, answer }) => ({
      kind: 'consultation',
      ref: number,
      detail: { partner: answer.subject.partner, outcome: answer.outcome, answer_digest: digest },
      at: answer.answered_at,
    })),
  );
  const proven = drafts.map(({ answer, number, digest }, index): ProvenAnswer => ({
    ...answer,
    proof: {
      consultation_number: number,
      issued_at: answer.answered_at,
      requester,
      answer_digest: digest,
      log_index: last - (drafts.length - 1 - index),
    },
  }));
  await recordConsultations(
    tx,
    proven.map((answer, index) => ({
      number: answer.proof.consultation_number,
      askedAt: answer.answered_at,
      requester,
      partner: answer.subject.partner,
      request: answered[index]?.request,
      answer,
    })),
  );
  return proven;
}

/** `sha-256:` and base64url of SHA-256 over the canonical JSON of the answer without its proof. */
export function answerDigest(answer: Answer): string {
  return digestOf(answer);
}

function digestOf(value: unknown): string {
  return `sha-256:${createHash('sha256').update(canonicalJson(value)).digest('base64url')}`;
}

function requestOf(party: EntryParty, choice: Choice, entry: Entry): CheckRequest | undefined {
  if (!('partner' in choice) || party.identifier === undefined) return undefined;
  return {
    partner: choice.partner,
    identifier: party.identifier,
    role: party.role,
    ...(entry.direction === undefined ? {} : { direction: entry.direction }),
    ...(entry.mode === undefined ? {} : { mode: entry.mode }),
    ...(entry.acceptedAt === undefined ? {} : { at: entry.acceptedAt }),
    ...(party.name === undefined ? {} : { name: party.name }),
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

/** RFC 3339 has leap seconds, which no clock here can hold; a moment that is none must not become another. */
function readMoment(text: string, pointer: string): Moment {
  const read = new Date(text);
  if (!Number.isNaN(read.getTime())) return read.toISOString();
  throw new GatewayError('E_REQUEST_INVALID', 'a moment that no clock shows', { at: pointer });
}

function earlier(a: Moment, b: Moment): Moment {
  return a < b ? a : b;
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
