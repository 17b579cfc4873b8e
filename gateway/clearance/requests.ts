/**
 * The third story: a status query, a batch of them, or a whole entry is answered from the register.
 *
 *   parties that may be operators of a partner -> partner and moment -> operator and list in the register
 *   -> outcome, freshness, advice -> recorded with number, digest and place in the log -> answer
 */

import type { AnsweredQuery, RecordedAnswer } from './answer-log.ts';
import { answerQuery, openQueryBatch, termsOf, type Clearance } from './status-query.ts';
import { answerDigest } from '../model/clearance/answer-digest.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { assessedParty, benefitsOf, choosePartner, decideEntry, validUntil } from '../model/clearance/assessment.ts';
import type { Assessment, Choice, Finding } from '../model/clearance/assessment.ts';
import { isConsultationNumber, randomNumber, readConsultationNumber } from '../model/clearance/number-form.ts';
import { dayAt, momentOf } from '../model/day.ts';
import type { Entry, EntryParty } from '../model/clearance/entry.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { resultsOf } from '../model/outcomes/entry-result.ts';
import { present } from '../model/present.ts';
import { answerAt, earlierAnswer, findAssessment } from '../store/consultations.ts';
import type { AssessedEntry } from '../store/entry-outcomes.ts';
import type { Tx } from '../store/database.ts';
import type { SpooledEntry } from '../store/spooled-answers.ts';
import type { ReadEntry } from '../wire/files/entry-reader.ts';

export { termsOf, type Clearance, type ClearanceTerms } from './status-query.ts';

/** Stores something in the transaction of the answers, such as the reply under an idempotency key. */
type AlsoStore<T> = (tx: Tx, result: T) => Promise<void>;

/** Answers one query. Throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID (an impossible moment); every other finding is an answer. */
export async function check(clearance: Clearance, request: CheckRequest, requester: string): Promise<ProvenAnswer> {
  return (await checkRecorded(clearance, request, requester)).answer;
}

/** Like `check`, and returns the recorded text as well. */
export async function checkRecorded(
  clearance: Clearance,
  request: CheckRequest,
  requester: string,
  also?: AlsoStore<RecordedAnswer>,
): Promise<RecordedAnswer> {
  // 1. Answer from the register.
  const answered = [await answerQuery(openQueryBatch(clearance), request)];

  // 2. Record the answer with its number, and only then give it.
  const { answers } = clearance;
  const recorded =
    also === undefined
      ? await answers.record(answered, requester)
      : await answers.recordWith(answered, requester, async (tx, all) => {
          await also(tx, theOnly(all));
          return all;
        });
  return theOnly(recorded);
}

function theOnly(recorded: readonly RecordedAnswer[]): RecordedAnswer {
  const [only] = recorded;
  if (only === undefined) throw new GatewayError('E_INTERNAL', 'an answer was recorded and is not there');
  return only;
}

export type BatchResult = ReadonlyMap<string, ProvenAnswer | GatewayError>;

/** Answers many queries under the caller's keys. A query that is the caller's error gets that error as its result; the others are answered. */
export async function checkBatch(
  clearance: Clearance,
  queries: ReadonlyMap<string, CheckRequest>,
  requester: string,
  also?: AlsoStore<BatchResult>,
): Promise<BatchResult> {
  const batch = openQueryBatch(clearance);
  const answered: (AnsweredQuery & { readonly key: string })[] = [];
  const results = new Map<string, ProvenAnswer | GatewayError>();
  for (const [key, request] of queries) {
    const answer = await answerQuery(batch, request).catch(onlyCallersError);
    if (isGatewayError(answer)) results.set(key, answer);
    else answered.push({ key, ...answer });
  }
  const withRecorded = (recorded: readonly RecordedAnswer[]): BatchResult => {
    for (const [index, { answer }] of recorded.entries()) results.set(answered[index]?.key ?? '', answer);
    return results;
  };
  const { answers } = clearance;
  if (also === undefined) return withRecorded(await answers.record(answered, requester));
  return await answers.recordWith(answered, requester, async (tx, recorded) => {
    await also(tx, withRecorded(recorded));
    return results;
  });
}

/** Assesses a whole entry: chooses the parties to ask about, answers for each, and decides what follows for the goods. */
export async function assess(
  clearance: Clearance,
  read: ReadEntry,
  requester: string,
  also?: AlsoStore<Assessment>,
): Promise<Assessment> {
  // 1. Choose the parties that may be operators of a partner.
  const parties = chooseParties(clearance, read.entry);

  // 2. Answer each from the register; the same party at many items is one query.
  const batch = openQueryBatch(clearance);
  const answered = new Map<string, AnsweredQuery>();
  for (const { key, request } of parties)
    if (request !== undefined && !answered.has(key)) answered.set(key, await answerQuery(batch, request));

  // 3. Record the answers and the assessment together.
  const asked = [...answered.values()];
  const isStoreAway = asked.some((each) => each.isStoreAway === true);
  const make = (recorded: readonly RecordedAnswer[]): MadeAssessment => {
    const answers = new Map([...answered.keys()].map((key, index) => [key, recorded[index]?.answer]));
    const findings = parties.map(({ party, choice, key }) => present({ party, choice, answer: answers.get(key) }));
    return madeOf(clearance, read, findings, makeAssessment(clearance, { read, isStoreAway }, findings, requester));
  };
  const store = also && ((tx: Tx, { given }: MadeAssessment): Promise<void> => also(tx, given));
  return (await clearance.answers.recordEntry(asked, requester, make, store)).given;
}

interface ChosenParty extends Finding {
  /** Absent if nothing is asked about the party. */
  readonly request: CheckRequest | undefined;
  readonly key: string;
}

function chooseParties(clearance: Clearance, entry: Entry): readonly ChosenParty[] {
  const terms = termsOf(clearance);
  return entry.parties.map((party) => {
    const choice = choosePartner(party, entry, terms);
    const request = requestOf(party, choice, entry);
    return { party, choice, request, key: request === undefined ? '' : canonicalJson(request) };
  });
}

interface MadeAssessment extends SpooledEntry {
  readonly given: Assessment;
}

function madeOf(
  clearance: Clearance,
  { entry, isUncertain }: ReadEntry,
  findings: readonly Finding[],
  given: Assessment,
): MadeAssessment {
  const { assessment: number, answered_at: askedAt, requester, decision } = given;
  return {
    given,
    assessment: { number, askedAt, requester, request: entry, answer: given },
    entry: assessedEntry(entry, given, clearance.home.timeZone),
    results: resultsOf(findings, { entry, decision }, termsOf(clearance)),
    isPart: isUncertain === true,
    detail: { decision, answer_digest: answerDigest(given) },
  };
}

function assessedEntry(entry: Entry, { assessment, answered_at: at }: Assessment, timeZone: string): AssessedEntry {
  const { id = assessment, acceptedAt = at, office = null, mode = null, commodity } = entry;
  return {
    ...{ entry: id, assessment, assessed_at: at, month: dayAt(at, timeZone).slice(0, 7) },
    ...{ begun_at: acceptedAt < at ? acceptedAt : at, office, mode, chapter: commodity?.slice(0, 2) ?? null },
  };
}

/**
 * Returns an earlier answer, exactly as given. `reader` sees only its own answers; without it, all are visible. Throws
 * E_CONSULTATION_NUMBER (mistyped) and E_CONSULTATION_UNKNOWN.
 */
export async function lookUpConsultation(
  { db, answers }: Pick<Clearance, 'db' | 'answers'>,
  written: string,
  reader?: string,
): Promise<unknown> {
  const place = await placeOfConsultation({ answers }, written);
  const stored = place === undefined ? undefined : await answerAt(db.sql, place);
  const found = stored ?? (await earlierAnswer(db.sql, readConsultationNumber(written)));
  if (found === undefined || (reader !== undefined && found.proof.requester !== reader))
    throw new GatewayError('E_CONSULTATION_UNKNOWN', 'no answer was given under this number');
  return found;
}

/** The place in the log behind a number in any notation; undefined if there is none. Throws E_CONSULTATION_NUMBER. */
export async function placeOfConsultation(
  { answers }: Pick<Clearance, 'answers'>,
  written: string,
): Promise<number | undefined> {
  const number = readConsultationNumber(written);
  if (isConsultationNumber(number)) return await answers.placeOf(number);
  throw new GatewayError('E_CONSULTATION_NUMBER', 'the check character does not fit', {
    fix: 'Compare the number with the answer it came with.',
  });
}

/** Like lookUpConsultation, for an assessment. Throws E_ASSESSMENT_UNKNOWN. */
export async function lookUpAssessment(
  clearance: Pick<Clearance, 'db'>,
  number: string,
  reader?: string,
): Promise<unknown> {
  const found = await findAssessment(clearance.db.sql, number);
  if (found === undefined || (reader !== undefined && found.requester !== reader))
    throw new GatewayError('E_ASSESSMENT_UNKNOWN', 'no entry was assessed under this number');
  return found.answer;
}

function requestOf(party: EntryParty, choice: Choice, entry: Entry): CheckRequest | undefined {
  if (!('partner' in choice)) return undefined;
  // A box with only spaces is empty; such a party was found by its name and address.
  const identifier = party.identifier?.trim() === '' ? undefined : party.identifier;
  const { direction, mode, port, portOfDeparture, boxLength, acceptedAt, id } = entry;
  return present({
    ...{ partner: choice.partner, identifier, role: party.role, direction, mode, port },
    ...{ port_of_departure: portOfDeparture, box_length: boxLength, at: acceptedAt },
    ...{ name: party.name, address: party.address, reference: id },
  });
}

const storeAwayWarning = 'The store could not be reached: newer lists may have been applied.';

function makeAssessment(
  clearance: Clearance,
  { read, isStoreAway }: { readonly read: ReadEntry; readonly isStoreAway: boolean },
  findings: readonly Finding[],
  requester: string,
): Assessment {
  const { entry, profile, isUncertain } = read;
  const warnings = isStoreAway ? [...read.warnings, storeAwayWarning] : read.warnings;
  const terms = termsOf(clearance);
  const found = decideEntry(findings);
  // A repaired entry is not what the declarant wrote, and a partial one may lack a suspended party.
  const decision = isUncertain === true && found !== 'do_not_apply' ? 'refer' : found;
  const granted = decision === 'apply';
  return present({
    assessment: `ASM-${randomNumber(clearance.home.country, (bytes) => clearance.random(bytes))}`,
    entry: entry.id,
    profile,
    decision,
    benefits: granted ? benefitsOf(findings, terms) : [],
    parties: findings.map(assessedParty),
    valid_until: granted ? validUntil(findings, terms) : undefined,
    policy: clearance.policy,
    requester,
    answered_at: momentOf(clearance.now()),
    warnings: findings.length > 0 ? warnings : [...warnings, 'The entry names no party: nothing was asked.'],
  });
}

/** Turns an error of the caller into the result of its query; an error of the gateway ends the whole batch. */
function onlyCallersError(error: unknown): GatewayError {
  if (isGatewayError(error) && error.kind.who === 'caller') return error;
  throw error;
}
