/** Lists that go on: `before` in the query is the number at which the page before ended, and `next` of an answer where the next begins. */

import { GatewayError } from '../model/errors.ts';
import { asked, type Call } from './page.ts';
import { html, link, withQuery, type VNode } from './parts.ts';
import type { Words } from './words.ts';

/** Throws E_REQUEST_INVALID. */
export function beforeOf(call: Call): number | undefined {
  const before = asked(call, 'before');
  if (before === undefined) return undefined;
  if (/^\d{1,15}$/u.test(before)) return Number(before);
  throw new GatewayError('E_REQUEST_INVALID', 'before is no number of this list', {
    at: '/before',
    fix: 'Take the next of the page before.',
  });
}

/** Null after the last page. */
export function nextBefore<T>(rows: readonly T[], limit: number, numberOf: (row: T) => number): number | null {
  const last = rows.at(-1);
  return rows.length < limit || last === undefined ? null : numberOf(last);
}

/** A page of rows that stand newest first, numbered from the oldest, so that new ones move no page; `start`: the place of its first. */
export function pageOfNumbered<T>(
  rows: readonly T[],
  call: Call,
  limit: number,
): { readonly shown: readonly T[]; readonly start: number; readonly next: number | null } {
  const start = Math.max(0, rows.length + 1 - (beforeOf(call) ?? rows.length + 1));
  const end = start + limit;
  return { shown: rows.slice(start, end), start, next: end < rows.length ? rows.length + 1 - end : null };
}

export function olderLink(call: Call, next: number | string | null, name = 'before'): VNode | false {
  return next !== null && html`<p>${link(withQuery(call, name, String(next)), call.words.t('form.older'))}</p>`;
}

/** Above what was found among recorded answers; null: all were searched. */
export function searchedNote({ t, moment }: Words, searchedTo: string | null): VNode | false {
  return searchedTo !== null && html`<p class="card warn">${t('form.searched_to', { at: moment(searchedTo) })}</p>`;
}
