/**
 * Exposure: answers that would differ by what is known now. The border recognised an operator, and a later list says that it was already
 * suspended, revoked or off the list. Each recorded answer is computed again for the same moment from the current register.
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

/** An answer that would differ now. */
interface ChangedAnswer {
  readonly answer: ProvenAnswer;
  readonly request: CheckRequest;
  readonly outcomeNow: Outcome;
}

/** A restriction that took effect before it became known, and the answers that recognised the operator in between. */
export interface Exposure {
  readonly change: RegisterChange;
  /** Newest first. */
  readonly answers: readonly ChangedAnswer[];
  /** True if there are more answers than listed. */
  readonly isCut: boolean;
}

const recognised: readonly Outcome[] = ['recognised', 'recognised_with_limits'];
/** Most answers listed for one restriction. */
const mostAnswers = 200;

interface ExposureQuery {
  /** Absent: of every partner. */
  readonly partner?: string;
  /** Restrictions that became known in this period: `from` inclusive, `to` exclusive. */
  readonly from: Moment;
  readonly to: Moment;
  /** Only restrictions with a lower number; absent: all. */
  readonly before?: number | undefined;
  /** Restrictions examined at most. */
  readonly limit: number;
}

interface ExposurePage {
  /** Restrictions with at least one answer, newest first. */
  readonly exposures: readonly Exposure[];
  /** Pass this as `before` for the next page; absent after the last. */
  readonly next?: number;
}

/** Skips partners that are no longer in the settings. Throws the errors of the store. */
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
  const pages = await Promise.all(
    recognised.map((outcome) => {
      const values = { partner, identifier, outcome };
      return changedAnswers(clearance, { kind: 'consultation', values, from, limit: mostAnswers });
    }),
  );
  const answers = pages.flatMap(({ changed }) => changed.filter(({ outcomeNow }) => !recognised.includes(outcomeNow)));
  const isCut = pages.some(({ next }) => next !== undefined);
  answers.sort((a, b) => (a.answer.answered_at < b.answer.answered_at ? 1 : -1));
  return answers.length === 0 ? undefined : { change, answers, isCut };
}

interface ChangedAnswers {
  /** Newest first. */
  readonly changed: readonly ChangedAnswer[];
  /** How many recorded answers were computed again. */
  readonly examined: number;
  /** Start of the next page; absent after the last. */
  readonly next?: SearchPlace;
}

/** The matching answers whose outcome would differ now. Skips queries with `known_at`, whose answers cannot change. */
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

/** False for a partner that is no longer in the settings: nothing is known of its operators now. */
function onlyUnknownPartner(error: unknown): undefined {
  if (isGatewayError(error) && error.kind.who === 'caller') return;
  throw error;
}

/** An exposure as shown by the API and the command line. */
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
