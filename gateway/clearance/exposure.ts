/**
 * Answers that would be otherwise by what is known now: the border recognised an operator, and a list that came later says that it was
 * suspended, revoked or gone by then. Each recorded answer is given again, as of the same moment, from the register of now.
 */

import type { CheckRequest, Outcome, ProvenAnswer } from '../model/clearance/answer.ts';
import { momentInZone } from '../model/day.ts';
import { shownChange } from './change-feed.ts';
import { present } from '../model/present.ts';
import { isGatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { searchAnswers, type SearchPlace } from '../store/answer-search.ts';
import { lateRestrictions, type RegisterChange } from '../store/register-changes.ts';
import { answerQuery, openQueryBatch, type Clearance } from './status-query.ts';

/** An answer that would be otherwise now. */
interface ChangedAnswer {
  readonly answer: ProvenAnswer;
  readonly request: CheckRequest;
  readonly outcomeNow: Outcome;
}

/** A restriction that counts from a day before it became known, and the answers that recognised the operator meanwhile. */
export interface Exposure {
  readonly change: RegisterChange;
  /** The newest first. */
  readonly answers: readonly ChangedAnswer[];
  /** There are more answers than are named. */
  readonly isCut: boolean;
}

const recognised: readonly Outcome[] = ['recognised', 'recognised_with_limits'];
/** Answers of one restriction that are named. */
const mostAnswers = 200;

interface ExposureQuery {
  /** Absent: of every partner. */
  readonly partner?: string;
  /** When the restrictions became known: from here to before there. */
  readonly from: Moment;
  readonly to: Moment;
  /** Only restrictions with a lower number; absent: all. */
  readonly before?: number | undefined;
  /** Restrictions that are looked at. */
  readonly limit: number;
}

interface ExposurePage {
  /** Only restrictions with an answer; the newest first. */
  readonly exposures: readonly Exposure[];
  /** What to ask before next; absent after the last. */
  readonly next?: number;
}

/** Throws as the store. Partners that are not in the settings any more are passed over. */
export async function exposureIn(clearance: Clearance, query: ExposureQuery): Promise<ExposurePage> {
  const changes = await lateRestrictions(clearance.db.sql, query);
  const exposures: Exposure[] = [];
  for (const change of changes) {
    const exposure = clearance.partners.has(change.partner) ? await exposureOf(clearance, change) : undefined;
    if (exposure !== undefined) exposures.push(exposure);
  }
  const last = changes.length === query.limit ? changes.at(-1) : undefined;
  return { exposures, ...(last && { next: last.n }) };
}

async function exposureOf(clearance: Clearance, change: RegisterChange): Promise<Exposure | undefined> {
  const { partner, identifier, effective_from: day } = change;
  const timeZone = clearance.partners.get(partner)?.adapter.timeZone ?? clearance.home.timeZone;
  const from = momentInZone(`${day}T00:00:00`, timeZone);
  const answers: ChangedAnswer[] = [];
  let isCut = false;
  for (const outcome of recognised) {
    const values = { partner, identifier, outcome };
    const terms = { kind: 'consultation', values, from, limit: mostAnswers } as const;
    const page = await changedAnswers(clearance, terms);
    answers.push(...page.changed.filter(({ outcomeNow }) => !recognised.includes(outcomeNow)));
    isCut ||= page.next !== undefined;
  }
  answers.sort((a, b) => (a.answer.answered_at < b.answer.answered_at ? 1 : -1));
  return answers.length === 0 ? undefined : { change, answers, isCut };
}

interface ChangedAnswers {
  /** The newest first. */
  readonly changed: readonly ChangedAnswer[];
  /** How many recorded answers were given again. */
  readonly examined: number;
  /** Where the next page goes on; absent after the last. */
  readonly next?: SearchPlace;
}

/** Of the recorded answers that fit, those whose outcome would be another now. Questions about what was known earlier stay as they are. */
export async function changedAnswers(
  clearance: Clearance,
  terms: Parameters<typeof searchAnswers>[1] & { readonly kind: 'consultation' },
): Promise<ChangedAnswers> {
  const { found, next } = await searchAnswers(clearance.db.sql, terms);
  const batch = openQueryBatch(clearance);
  const changed: ChangedAnswer[] = [];
  let examined = 0;
  for (const each of found) {
    if (each.kind !== 'consultation' || each.request.known_at !== undefined) continue;
    const { answer, request } = each;
    examined += 1;
    const now = await answerQuery(batch, { ...request, at: answer.at }).catch(onlyUnknownPartner);
    if (now !== undefined && now.answer.outcome !== answer.outcome)
      changed.push({ answer, request, outcomeNow: now.answer.outcome });
  }
  return { changed, examined, ...(next && { next }) };
}

/** A partner that is not in the settings any more: nothing is known of its operators now. */
function onlyUnknownPartner(error: unknown): undefined {
  if (isGatewayError(error) && error.kind.who === 'caller') return;
  throw error;
}

/** As the API and the command line show it. */
export function shownExposure({ change, answers, isCut }: Exposure): object {
  return { change: shownChange(change), answers: answers.map(shownChangedAnswer), complete: !isCut };
}

export function shownChangedAnswer({ answer, request, outcomeNow }: ChangedAnswer): object {
  const { outcome, subject, answered_at, at, proof } = answer;
  return present({
    ...{ consultation_number: proof.consultation_number, answered_at, at, requester: proof.requester },
    ...{ partner: subject.partner, identifier: subject.identifier, outcome, outcome_now: outcomeNow },
    entry: request.reference,
  });
}
