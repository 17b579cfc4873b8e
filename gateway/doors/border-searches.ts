/** Searches for recorded answers and assessments, in pages, newest first. */

import { join } from 'node:path';
import { addDays, momentInZone, readMoment } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { present } from '../model/present.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import type { Day, Moment } from '../model/record/record.ts';
import {
  searchAnswers,
  searchedTo,
  type Found,
  type SearchField,
  type Searched,
  type SearchPlace,
  type SearchTerms,
} from '../store/answer-search.ts';
import type { Database } from '../store/database.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import type { BorderReply } from './border-requests.ts';

type SearchRequest = Readonly<Partial<Record<SearchField | 'from' | 'to' | 'limit' | 'cursor', string>>>;

export interface Searching {
  readonly db: Database;
  readonly home: Pick<HomeProfile, 'timeZone'>;
  readonly schemas: string;
}

/** Throws RequestFaults, E_REQUEST_INVALID. `searched_to` is absent if all earlier answers can be found. */
export async function searchReply(door: Searching, kind: Searched, query: URLSearchParams): Promise<BorderReply> {
  const terms = searchTermsIn(door, kind, query);
  const searched_to = await searchedTo(door.db);
  const { found, next } = await searchAnswers(door.db.sql, terms);
  return { status: 200, body: present({ [`${kind}s`]: found.map(shown), searched_to, next: next && cursorOf(next) }) };
}

/** Reads the search terms. Throws the same errors as searchReply. */
export function searchTermsIn(
  door: Pick<Searching, 'home' | 'schemas'>,
  kind: Searched,
  query: URLSearchParams,
): SearchTerms {
  const { from, to, limit = '50', cursor, ...values } = requestIn(door.schemas, query);
  const before = cursor === undefined ? undefined : placeIn(cursor);
  return { kind, values, limit: Number(limit), before, ...periodOf(door, { from, to }) };
}

/** Bounds may be moments or whole days in the home time zone. Throws E_REQUEST_INVALID. */
export function periodOf(
  { home: { timeZone } }: Pick<Searching, 'home'>,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): { readonly from: Moment | undefined; readonly to: Moment | undefined } {
  return {
    from: from === undefined ? undefined : momentAt(from, timeZone, 'from'),
    to: to === undefined ? undefined : momentAt(to, timeZone, 'to'),
  };
}

/** Throws RequestFaults. */
export function requestIn(schemas: string, query: URLSearchParams): SearchRequest {
  const names = [...query.keys()];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new RequestFaults([
      { pointer: `/${twice.slice(0, 40)}`, code: 'REPEATED', detail: 'The parameter stands twice.' },
    ]);
  const verdict = jsonValidator<SearchRequest>(join(schemas, 'search-request.schema.json'))(Object.fromEntries(query));
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(verdict.errors);
}

/** A day becomes its start in the home time zone; as the end of a period, the start of the next day. */
function momentAt(text: string, timeZone: string, bound: 'from' | 'to'): Moment {
  const isDay = text.length === 10;
  const day: Day = bound === 'to' && isDay ? addDays(text, 1) : text;
  const moment = isDay ? momentInZone(`${day}T00:00:00`, timeZone) : readMoment(text);
  if (moment !== undefined) return moment;
  throw new GatewayError('E_REQUEST_INVALID', 'a moment that no clock shows', { at: `/${bound}` });
}

export function cursorOf({ at, n }: SearchPlace): string {
  return Buffer.from(`${at} ${n}`).toString('base64url');
}

function placeIn(cursor: string): SearchPlace {
  const [at = '', n = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(' ');
  if (readMoment(at) === at && /^\d{1,15}$/u.test(n)) return { at, n: Number(n) };
  throw new GatewayError('E_REQUEST_INVALID', 'the cursor is not one of this gateway', { at: '/cursor' });
}

function shown(found: Found): object {
  if (found.kind === 'assessment') {
    const { assessment, answered_at, requester, entry, profile, decision } = found.answer;
    return present({ assessment, answered_at, requester, entry, profile, decision });
  }
  const { outcome, subject, answered_at, advice, proof } = found.answer;
  return present({
    ...{ consultation_number: proof.consultation_number, answered_at, requester: proof.requester },
    ...{ partner: subject.partner, identifier: subject.identifier, outcome, action: advice.action },
    entry: found.request.reference,
  });
}
