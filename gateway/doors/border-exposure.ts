/** `GET /v1/exposure`: answers that would differ by what is known now. */

import { changedAnswers, exposureIn, shownChangedAnswer, shownExposure } from '../clearance/exposure.ts';
import type { Clearance } from '../clearance/requests.ts';
import { present } from '../model/present.ts';
import { searchedTo } from '../store/answer-search.ts';
import { requireParameters, wholeNumber } from './border-news.ts';
import type { BorderReply } from './border-requests.ts';
import { cursorOf, periodOf, requestIn, searchTermsIn, type Searching } from './border-searches.ts';

const mostRestrictions = 100;

/** Restrictions that became known in a period and took effect earlier, with the answers that recognised the operator in between. */
export async function exposureReply(door: Clearance & Searching, query: URLSearchParams): Promise<BorderReply> {
  requireParameters(query, ['from', 'to', 'before', 'limit']);
  const bounds = [...query].filter(([name]) => name === 'from' || name === 'to');
  const { from = '', to = '9999' } = periodOf(door, requestIn(door.schemas, new URLSearchParams(bounds)));
  const before = query.has('before')
    ? wholeNumber(query, 'before', { otherwise: 0, most: Number.MAX_SAFE_INTEGER })
    : undefined;
  const limit = Math.max(1, wholeNumber(query, 'limit', { otherwise: 50, most: mostRestrictions }));
  const searched_to = await searchedTo(door.db);
  const { exposures, next } = await exposureIn(door, { from, to, before, limit });
  return { status: 200, body: present({ exposures: exposures.map(shownExposure), searched_to, next }) };
}

/** The matching answers whose outcome would differ now. */
export async function changedAnswersReply(door: Clearance & Searching, query: URLSearchParams): Promise<BorderReply> {
  const terms = searchTermsIn(door, 'consultation', query);
  const searched_to = await searchedTo(door.db);
  const { changed, examined, next } = await changedAnswers(door, { ...terms, kind: 'consultation' });
  return {
    status: 200,
    body: present({ examined, answers: changed.map(shownChangedAnswer), searched_to, next: next && cursorOf(next) }),
  };
}
