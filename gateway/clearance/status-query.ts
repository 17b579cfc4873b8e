/** One question answered from the store, and answers recorded with their numbers: the two steps every kind of request shares. */

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Adapter } from '../adapter/adapter.ts';
import { getPartner } from '../gateway.ts';
import type { Answer, CheckRequest, ListInForce, ProvenAnswer } from '../model/clearance/answer.ts';
import { decide } from '../model/clearance/check.ts';
import { makeConsultationNumber } from '../model/clearance/consultation-number.ts';
import { foundByName } from '../model/arrangement.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { readIdentifier } from '../model/identifier.ts';
import { registeredAs, type Registration } from '../model/clearance/names.ts';
import type { Question } from '../model/clearance/query.ts';
import type { Day, Moment } from '../model/record/domestic-record.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import { issuerOf, nearMiss } from './identifier-suggestions.ts';
import { recordConsultations } from '../store/consultations.ts';
import type { Database, Reader, Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { findRecords } from '../store/register-search.ts';
import { findStatus } from '../store/register.ts';
import { listInForce } from '../store/streams.ts';
import { canonicalJson } from '../model/canonical-json.ts';

/** Of a partner's adapter, the answers need its terms and no message. */
export type ClearanceTerms = Pick<Adapter, 'partner' | 'name' | 'timeZone' | 'arrangement' | 'identifiers'>;

/** What an answer needs. A Gateway is one of these. */
export interface Clearance {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly partners: ReadonlyMap<string, { readonly adapter: ClearanceTerms }>;
  /** Name of the policy the advice follows; part of every answer. */
  readonly policy: string;
  /** Partners whose changed adapter was not taken, and why: the old one answers. */
  readonly rejectedAdapters?: ReadonlyMap<string, string>;
  now(): Date;
  random(bytes: number): Uint8Array;
}

export interface Answered {
  readonly request: CheckRequest;
  readonly answer: Answer;
}

/** Questions put together: all are answered as of one moment, and lists are looked up once. */
export interface Sitting {
  answer(request: CheckRequest): Promise<Answer>;
}

/** Every so many questions other work gets its turn; an answer from the embedded store takes about a tenth of a millisecond. */
const questionsPerTurn = 50;

/** Opens a sitting. `answer` throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID (a moment that is none, nobody named); every other finding is an answer. */
export function openSitting(clearance: Clearance): Sitting {
  const now = momentOf(clearance.now());
  const reader = clearance.db.sql;
  const all = [...clearance.partners.values()].map(({ adapter }) => adapter);
  const lists = new Map<string, ListInForce | undefined>();
  const listOf = async (partner: string, knownAt: Moment): Promise<ListInForce | undefined> => {
    const key = `${partner} ${knownAt}`;
    if (!lists.has(key)) lists.set(key, await listInForce(reader, partner, knownAt));
    return lists.get(key);
  };
  let asked = 0;
  return {
    async answer(request) {
      asked += 1;
      if (asked % questionsPerTurn === 0) await nextTurn();
      const { adapter } = speakerFor(clearance, request.partner);
      const at = request.at === undefined ? now : readMoment(request.at, '/at');
      // Nothing is known from the future: a clock of the caller that is ahead of ours must not matter.
      const knownAt = request.known_at === undefined ? now : earlier(readMoment(request.known_at, '/known_at'), now);
      const sought = await seek(reader, adapter, request, { day: dayAt(at, adapter.timeZone), knownAt });
      const list = await listOf(adapter.partner, knownAt);
      const { home, policy } = clearance;
      const question = { home: home.country, terms: adapter, request, ...sought, list, at, knownAt, now, policy };
      const answer = decide(question);
      const missed = await nearMiss({ reader, all, listOf }, question, answer);
      return missed === undefined ? answer : { ...answer, would_change_answer: missed };
    },
  };
}

type Sought = Pick<Question, 'identifier' | 'fact' | 'namesakes'>;

/** The operator the question is about, by its identifier or, where the arrangement says so, by its name and address. */
async function seek(
  reader: Reader,
  adapter: ClearanceTerms,
  request: CheckRequest,
  moment: { readonly day: Day; readonly knownAt: Moment },
): Promise<Sought> {
  const { partner } = adapter;
  if (request.identifier !== undefined) {
    const identifier = readIdentifier(request.identifier, issuerOf(adapter, request.partner));
    return { identifier, fact: await findStatus(reader, partner, identifier.value, moment.day, moment.knownAt) };
  }
  const found = await findRecords(reader, partner, moment, registeredAs(registrationOf(adapter, request)));
  const only = found.length === 1 ? found[0] : undefined;
  return { identifier: { value: only?.identifier ?? '', changes: [] }, fact: only, namesakes: found.length };
}

/** Throws RequestFaults where the arrangement has no operators found by name on such entries, or half of what that takes is missing. */
function registrationOf({ arrangement }: ClearanceTerms, { name, address, mode }: CheckRequest): Registration {
  const required = (member: string, detail: string): RequestFaults =>
    new RequestFaults([{ pointer: `/${member}`, code: 'REQUIRED', detail }]);
  if (!foundByName(arrangement, mode)) {
    const byName = mode === undefined && arrangement.matching?.some(({ by }) => by === 'name_and_address') === true;
    throw byName
      ? required('mode', 'Whether this partner’s operators are found by name depends on the mode of transport.')
      : required('identifier', 'This partner’s operators are found by their identifier.');
  }
  if (name === undefined) throw required('name', 'Without an identifier, name and address are needed.');
  if (address === undefined) throw required('address', 'Without an identifier, name and address are needed.');
  return { name, address };
}

/** The partner of that code, or the one that speaks for the state of that code; E_PARTNER_UNKNOWN when there is neither. */
function speakerFor(clearance: Clearance, code: string): { readonly adapter: ClearanceTerms } {
  const state = code.toUpperCase();
  const speaks = ({ adapter }: { readonly adapter: ClearanceTerms }): boolean =>
    adapter.identifiers.theirs.issuers?.includes(state) === true;
  const speaker = clearance.partners.has(state) ? undefined : [...clearance.partners.values()].find(speaks);
  return speaker ?? getPartner(clearance, code);
}

/** Numbers the answers, logs each, and records them. */
export async function prove(
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

/** The same of any value that JSON can say. */
export function digestOf(value: unknown): string {
  return `sha-256:${createHash('sha256').update(canonicalJson(value)).digest('base64url')}`;
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
