/** Consultations and entries: what was answered at the border, the newest first, and one assessment with its parties and benefits. */

import { join } from 'node:path';
import { programFolder } from '../../app/config.ts';
import { lookUpAssessment, termsOf } from '../../clearance/requests.ts';
import { searchReply } from '../../doors/border-searches.ts';
import { outcomes, type Advice, type Outcome } from '../../model/clearance/answer.ts';
import type { EntryEvent } from '../../model/outcomes/entry-event.ts';
import { findEntries } from '../../store/entry-outcomes.ts';
import type { Assessment } from '../../model/clearance/assessment.ts';
import { shownConsultationNumber } from '../../model/clearance/number-form.ts';
import type { Searched } from '../../store/answer-search.ts';
import { asked, page, param, type Call, type Section } from '../page.ts';
import { choice, english, facts, field, html, link, pathOf, searchForm, state, table, time } from '../parts.ts';
import { olderLink, searchedNote } from '../paging.ts';
import type { Kind, VNode } from '../parts.ts';
import type { Words } from '../words.ts';

const needs = 'register.read';
const pageSize = 50;

interface Found<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null: there are no more. */
  readonly next: string | null;
  /** As searchedNote has it. */
  readonly searched_to: string | null;
}

interface FoundConsultation {
  readonly consultation_number: string;
  readonly answered_at: string;
  readonly requester: string;
  readonly partner: string;
  readonly identifier: string | null;
  readonly outcome: Outcome;
  readonly entry?: string;
}

type FoundAssessment = Pick<Assessment, 'assessment' | 'answered_at' | 'requester' | 'entry' | 'profile' | 'decision'>;

const filters = ['identifier', 'entry', 'requester', 'outcome', 'partner', 'from', 'to', 'cursor'] as const;

/** As the border door searches. Throws as it does. */
async function search<Item>(call: Call, kind: Searched): Promise<Found<Item>> {
  const { db, home } = call.gateway;
  const query = new URLSearchParams({ limit: String(pageSize) });
  for (const name of filters) {
    const value = asked(call, name);
    if (value !== undefined) query.set(name, value);
  }
  const reply = await searchReply({ db, home, schemas: join(programFolder, 'schemas') }, kind, query);
  const body = reply.body as Readonly<Record<string, unknown>>;
  const [next = null, searched_to = null] = [body['next'], body['searched_to']] as (string | undefined)[];
  return { items: body[`${kind}s`] as readonly Item[], next, searched_to };
}

const actions: readonly Advice['action'][] = ['apply', 'apply_with_limits', 'do_not_apply', 'refer'];

function searchFields(call: Call, kind: Searched): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const codes =
    kind === 'consultation'
      ? outcomes.map((code) => [code, words.code('outcome', code)] as const)
      : actions.map((code) => [code, words.code('advice', code)] as const);
  const all: readonly [string, string] = ['', t('form.all')];
  const value = (name: string): string | undefined => asked(call, name);
  return html`${field({ name: 'identifier', label: t('head.identifier'), value: value('identifier') })}
  ${field({ name: 'entry', label: t('entries.entry'), value: value('entry') })}
  ${choice('partner', t('head.partner'), [all, ...termsOf(gateway).map(({ partner }) => [partner, partner] as const)], value('partner'))}
  ${choice('outcome', t('head.outcome'), [all, ...codes], value('outcome'))}
  ${field({ name: 'requester', label: t('check.requester'), value: value('requester') })}
  ${field({ name: 'from', label: t('entries.from'), type: 'date', value: value('from') })}
  ${field({ name: 'to', label: t('entries.to'), type: 'date', value: value('to') })}`;
}

const noneText = (call: Call, none: string): string =>
  filters.some((name) => asked(call, name) !== undefined) ? call.words.t('form.no_match') : none;

function consultationsView({ items, next, searched_to }: Found<FoundConsultation>, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${searchForm(words, '/consultations', searchFields(call, 'consultation'), 'form.filter')}
  ${searchedNote(words, searched_to)}
  ${table(
    t('nav.consultations'),
    [
      ...[{ head: t('head.at') }, { head: t('head.partner') }, { head: t('head.identifier') }],
      ...[{ head: t('head.outcome') }, { head: t('check.requester') }, { head: t('entries.entry') }],
      { head: t('check.number') },
    ],
    items.map(({ consultation_number: number, answered_at, partner, identifier, outcome, requester, entry }) => [
      ...[time(words, answered_at), partner, identifier, words.code('outcome', outcome), requester, entry],
      link(pathOf('answers', number), shownConsultationNumber(number)),
    ]),
    noneText(call, t('entries.no_consultations')),
  )}
  ${olderLink(call, next, 'cursor')}`;
}

const actionKinds: Readonly<Record<Advice['action'], Kind>> = {
  ...{ apply: 'good', apply_with_limits: 'part', do_not_apply: 'none', refer: 'held' },
};

function entriesView({ items, next, searched_to }: Found<FoundAssessment>, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${searchForm(words, '/entries', searchFields(call, 'assessment'), 'form.filter')}
  ${searchedNote(words, searched_to)}
  ${table(
    t('nav.entries'),
    [
      ...[{ head: t('head.at') }, { head: t('entries.entry') }, { head: t('check.advice') }],
      ...[{ head: t('check.requester') }, { head: t('entries.profile') }, { head: t('entries.number') }],
    ],
    items.map(({ assessment, answered_at, entry, decision, requester, profile }) => [
      ...[time(words, answered_at), entry, state(actionKinds[decision], words.code('advice', decision))],
      ...[requester, profile, link(pathOf('entries', assessment), assessment)],
    ]),
    noneText(call, t('entries.no_entries')),
  )}
  ${olderLink(call, next, 'cursor')}`;
}

/** With what border systems reported of the entry, oldest first. */
type ShownEntry = Assessment & { readonly events: readonly EntryEvent[] };

async function loadEntry(call: Call): Promise<ShownEntry> {
  const found = (await lookUpAssessment(call.gateway, param(call, 'number'))) as Assessment;
  const { entry = found.assessment } = found;
  const known = (await findEntries(call.gateway.db.sql, [entry])).get(entry);
  return { ...found, events: known?.events ?? [] };
}

function entryView(one: ShownEntry, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<p>${state(actionKinds[one.decision], words.code('advice', one.decision))}</p>
    ${facts([
      [t('entries.entry'), one.entry],
      [t('head.at'), time(words, one.answered_at)],
      [t('check.requester'), one.requester],
      [t('entries.profile'), one.profile],
      [t('entries.until'), time(words, one.valid_until)],
    ])}
    ${one.warnings.map((text) => html`<p class="card warn">${english(text)}</p>`)}
    ${table(
      t('partners.benefits'),
      [{ head: t('head.code') }, { head: t('head.name') }, { head: t('entries.because') }],
      one.benefits.map(({ code, name: text, because }) => [
        html`<code>${code}</code>`,
        english(text),
        because.map((party) => partyText(words, party)).join(', '),
      ]),
      t('entries.no_benefits'),
    )}
    ${partiesView(one, call)}
    ${table(
      t('entries.events'),
      [{ head: t('head.at') }, { head: t('head.event') }],
      one.events.map(({ at, event }) => [time(words, at), words.code('entry_event', event)]),
      t('entries.no_events'),
    )}
    <p>${link('/entries', t('entries.all'))}</p>`;
}

/** As the table of parties numbers it, from 1 on; `party:0` for programs. */
function partyText({ t, number }: Words, party: string): string {
  const [, n] = /^party:(\d+)$/u.exec(party) ?? [];
  return n === undefined ? party : t('entries.party', { n: number(Number(n) + 1) });
}

function partiesView({ parties }: Assessment, { words }: Call): VNode {
  const { t } = words;
  return table(
    t('entries.parties'),
    [
      ...[{ head: t('head.number'), number: true }, { head: t('check.role') }, { head: t('head.partner') }],
      ...[{ head: t('head.outcome') }, { head: t('entries.counts') }, { head: t('head.detail') }],
      { head: t('check.number') },
    ],
    parties.map(({ n, role, partner, outcome, not_checked: why = '', counts_for_benefit: counts, note, ...party }) => [
      ...[words.number(n + 1), words.code('entry_role', role), partner],
      outcome === undefined ? words.code('not_checked', why) : words.code('outcome', outcome),
      t(counts ? 'form.yes' : 'form.no'),
      note !== undefined && english(note),
      party.consultation_number !== undefined &&
        link(pathOf('answers', party.consultation_number), shownConsultationNumber(party.consultation_number)),
    ]),
    t('entries.no_parties'),
  );
}

export const consultations: Section = {
  pages: [
    page({
      ...{ path: '/consultations', needs, view: consultationsView },
      title: ({ words }) => words.t('nav.consultations'),
      load: (call) => search<FoundConsultation>(call, 'consultation'),
    }),
    page({
      ...{ path: '/entries', needs, view: entriesView },
      title: ({ words }) => words.t('nav.entries'),
      load: (call) => search<FoundAssessment>(call, 'assessment'),
    }),
    page({
      ...{ path: '/entries/:number', needs, view: entryView },
      title: (_, { assessment }) => assessment,
      load: loadEntry,
    }),
  ],
};
