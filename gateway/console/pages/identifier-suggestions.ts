/** Identifier suggestions: identifiers that were sent, one small edit away from one that would be recognised. Nothing was granted. */

import { join } from 'node:path';
import { programFolder } from '../../app/config.ts';
import { termsOf } from '../../clearance/requests.ts';
import { cursorOf, searchTermsIn } from '../../doors/border-searches.ts';
import type { Outcome, WouldChangeAnswer } from '../../model/clearance/answer.ts';
import { shownConsultationNumber } from '../../model/clearance/number-form.ts';
import { searchAnswers, searchedTo, type Found } from '../../store/answer-search.ts';
import { asked, page, type Call, type Section } from '../page.ts';
import { olderLink, searchedNote } from '../paging.ts';
import { choice, field, html, link, pathOf, searchForm, seen, table, time, type VNode } from '../parts.ts';

const needs = 'register.read';
const missing: readonly Outcome[] = ['identifier_malformed', 'not_on_list'];
const filters = ['partner', 'requester', 'from', 'to', 'cursor'] as const;
const pageSize = 50;
/** Answers that are read for one page; the next goes on from there. */
const mostRead = 500;

interface Suggestion {
  readonly consultation_number: string;
  readonly answered_at: string;
  readonly requester: string;
  readonly partner: string;
  readonly identifier_as_sent: string;
  /** The one that would be recognised; null: there are several. */
  readonly identifier: string | null;
  /** What is wrong with the one that was sent. */
  readonly edit: WouldChangeAnswer['edit'];
  readonly entry: string | null;
}

interface Suggestions {
  readonly items: readonly Suggestion[];
  readonly next: string | null;
  /** As searchedNote has it. */
  readonly searched_to: string | null;
}

const outcomeOf = (call: Call): Outcome =>
  missing.find((each) => each === asked(call, 'outcome')) ?? 'identifier_malformed';

async function load(call: Call): Promise<Suggestions> {
  const { db, home } = call.gateway;
  const query = new URLSearchParams({ outcome: outcomeOf(call), limit: '100' });
  for (const name of filters) if (asked(call, name) !== undefined) query.set(name, asked(call, name) ?? '');
  const terms = searchTermsIn({ home, schemas: join(programFolder, 'schemas') }, 'consultation', query);
  const searched_to = (await searchedTo(db)) ?? null;
  const items: Suggestion[] = [];
  let { before } = terms;
  for (let read = 0; read < mostRead && items.length < pageSize; read += 100) {
    const { found, next } = await searchAnswers(db.sql, { ...terms, before });
    items.push(...found.flatMap(suggestionOf));
    before = next;
    if (next === undefined) break;
  }
  return { items, next: before === undefined ? null : cursorOf(before), searched_to };
}

function suggestionOf(found: Found): readonly Suggestion[] {
  if (found.kind !== 'consultation') return [];
  const { answer, request } = found;
  const { would_change_answer: change, subject, proof } = answer;
  if (change === undefined) return [];
  return [
    {
      ...{ consultation_number: proof.consultation_number, answered_at: answer.answered_at },
      ...{ requester: proof.requester, partner: subject.partner, entry: request.reference ?? null },
      identifier_as_sent: subject.identifier_as_sent ?? request.identifier ?? '',
      identifier: 'identifier' in change ? change.identifier : null,
      edit: change.edit,
    },
  ];
}

function view({ items, next, searched_to }: Suggestions, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const all = ['', t('form.all')] as const;
  const partners = [all, ...termsOf(gateway).map(({ partner }) => [partner, partner] as const)];
  const outcomes = missing.map((code) => [code, words.code('outcome', code)] as const);
  const fields = html`${choice('outcome', t('head.outcome'), outcomes, outcomeOf(call))}
  ${choice('partner', t('head.partner'), partners, asked(call, 'partner'))}
  ${field({ name: 'requester', label: t('check.requester'), value: asked(call, 'requester') })}
  ${field({ name: 'from', label: t('entries.from'), type: 'date', value: asked(call, 'from') })}
  ${field({ name: 'to', label: t('entries.to'), type: 'date', value: asked(call, 'to') })}`;
  return html`<p>${t('suggestions.about')}</p>
    ${searchForm(words, '/suggestions', fields, 'form.filter')} ${searchedNote(words, searched_to)}
    ${table(
      t('nav.suggestions'),
      [
        ...[{ head: t('head.at') }, { head: t('head.partner') }, { head: t('check.as_sent') }],
        ...[{ head: t('suggestions.right') }, { head: t('suggestions.because') }, { head: t('check.requester') }],
        ...[{ head: t('entries.entry') }, { head: t('check.number') }],
      ],
      items.map(({ consultation_number: number, identifier, partner, ...suggestion }) => [
        ...[time(words, suggestion.answered_at), link(pathOf('partners', partner, 'card'), partner)],
        html`<code>${seen(suggestion.identifier_as_sent)}</code>`,
        identifier === null ? t('suggestions.several') : link(pathOf('register', partner, identifier), identifier),
        ...[words.code('edit', suggestion.edit), suggestion.requester, suggestion.entry],
        link(pathOf('answers', number), shownConsultationNumber(number)),
      ]),
      next === null ? t('suggestions.none') : t('suggestions.none_here'),
    )}
    ${olderLink(call, next, 'cursor')}`;
}

export const identifierSuggestions: Section = {
  pages: [page({ path: '/suggestions', needs, title: ({ words }) => words.t('nav.suggestions'), load, view })],
};
