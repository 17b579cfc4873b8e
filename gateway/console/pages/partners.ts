/** Partners: one row for each, and a page with its lists, its terms, its identifiers, and what waits for it. */

import { getPartner, type Partner } from '../../gateway.ts';
import type { Memorandum } from '../../model/memorandum.ts';
import { inForce } from '../../model/arrangement.ts';
import { dayAt, momentOf } from '../../model/day.ts';
import { openMessagesTo, type OpenMessages } from '../../store/message-list.ts';
import { findStream, listInForce } from '../../store/streams.ts';
import { cardLink } from './card.ts';
import { memorandumView } from './agency.ts';
import { page, param, type Call, type Section } from '../page.ts';
import { english, facts, html, link, pathOf, rowOf, state, table, time, type Content, type VNode } from '../parts.ts';

interface PartnerRow {
  readonly kind: 'administration' | 'agency';
  readonly partner: string;
  readonly name: string;
  readonly in_force: boolean;
  readonly list: string | null;
  readonly list_received_at: string | null;
  readonly age_s: number | null;
  readonly max_age_s: number;
  readonly freshness: 'fresh' | 'stale' | 'none';
  readonly operators: number;
  readonly they_hold: number;
  readonly newer_held: boolean;
  readonly messages: OpenMessages;
}

async function partnerRow({ gateway }: Call, { code, adapter }: Partner): Promise<PartnerRow> {
  const { sql } = gateway.db;
  const now = gateway.now();
  const list = await listInForce(sql, code);
  const [theirs, ours] = [await findStream(sql, code, 'in'), await findStream(sql, code, 'out')];
  const age = list === undefined ? null : Math.max(0, Math.round((now.getTime() - Date.parse(list.issuedAt)) / 1000));
  const { maxAgeSeconds } = adapter.arrangement;
  return {
    kind: adapter.memorandum === undefined ? 'administration' : 'agency',
    partner: code,
    name: adapter.name,
    in_force: inForce(adapter.arrangement, dayAt(now, gateway.home.timeZone)).yes,
    list: list?.number ?? null,
    list_received_at: list?.receivedAt ?? null,
    age_s: age,
    max_age_s: maxAgeSeconds,
    freshness: age === null ? 'none' : age > maxAgeSeconds ? 'stale' : 'fresh',
    operators: theirs?.position.count ?? 0,
    they_hold: ours?.position.count ?? 0,
    newer_held: list?.newerHeld ?? false,
    messages: await openMessagesTo(sql, code, momentOf(now)),
  };
}

async function loadAll(call: Call): Promise<{ readonly items: readonly PartnerRow[] }> {
  const items: PartnerRow[] = [];
  for (const partner of call.gateway.partners.values()) items.push(await partnerRow(call, partner));
  return { items };
}

function ageView({ kind, freshness, age_s: age, max_age_s: most }: PartnerRow, { words, gateway }: Call): Content {
  const { t } = words;
  if (kind === 'agency') return t('agency.sends_none');
  if (age === null) return state('none', t('partners.no_list'));
  const since = words.distance(new Date(gateway.now().getTime() - age * 1000).toISOString(), gateway.now());
  const limit = t('partners.limit', { hours: Math.round(most / 3600) });
  return html`${state(freshness === 'fresh' ? 'good' : 'old', words.code('freshness', freshness))} ${since} · ${limit}`;
}

function viewAll({ items }: { readonly items: readonly PartnerRow[] }, call: Call): VNode {
  const { t, number } = call.words;
  const shown = table(
    t('nav.partners'),
    [
      ...[{ head: t('head.partner') }, { head: t('head.name') }, { head: t('head.list_age') }],
      ...[
        { head: t('head.operators'), number: true },
        { head: t('head.they_hold'), number: true },
      ],
      ...[
        { head: t('head.waiting'), number: true },
        { head: t('head.unanswered'), number: true },
      ],
    ],
    items.map((row) => [
      link(pathOf('partners', row.partner), row.partner),
      english(row.name),
      ageView(row, call),
      ...[number(row.operators), number(row.they_hold)],
      ...[number(row.messages.waiting + row.messages.held), number(row.messages.overdue)],
    ]),
    t('partners.none'),
  );
  return html`${shown}
    <p>${link('/partners/new', t('adding.title'))}</p>`;
}

interface PartnerPage extends PartnerRow {
  /** Of an agency at home, whose terms stand in `arrangement`, too. */
  readonly memorandum: Memorandum | null;
  readonly arrangement: {
    readonly title: string;
    readonly programme: string;
    readonly from: string;
    readonly until: string | null;
    readonly directions: readonly string[];
    readonly benefits: Readonly<Record<string, string>>;
  };
  readonly identifiers: { readonly theirs: string; readonly ours: string };
  readonly adapter: string;
  readonly transport: string;
  readonly seal: string;
}

async function loadOne(call: Call): Promise<PartnerPage> {
  const partner = getPartner(call.gateway, param(call, 'partner'));
  const { arrangement, memorandum = null, identifiers, cc, transport, seal } = partner.adapter;
  const { title, programme, inForce: period, directions, benefits } = arrangement;
  return {
    ...(await partnerRow(call, partner)),
    memorandum,
    arrangement: { title, programme, from: period.from, until: period.until ?? null, directions, benefits },
    identifiers: { theirs: identifiers.theirs.words, ours: identifiers.ours.words },
    ...{ adapter: cc, transport: partner.byFile ? 'file' : transport, seal: seal.kind },
  };
}

function theirList(one: PartnerPage, call: Call): [string, Content][] {
  const { t, number } = call.words;
  return [
    [t('partners.their_list'), html`${one.list ?? ''} ${ageView(one, call)}`],
    [t('head.received'), time(call.words, one.list_received_at)],
    [t('head.operators'), number(one.operators)],
  ];
}

function arrangementView({ arrangement, identifiers, ...one }: PartnerPage, { words }: Call): VNode {
  const { t } = words;
  return html`<h2>${t('partners.arrangement')}</h2>
    ${facts([
      [t('head.name'), english(arrangement.title)],
      [t('partners.programme'), english(arrangement.programme)],
      [t('partners.in_force'), `${arrangement.from} – ${arrangement.until ?? ''}`],
      [t('partners.directions'), arrangement.directions.map((each) => words.code('direction', each)).join(', ')],
      [t('partners.theirs'), english(identifiers.theirs)],
      [t('partners.ours'), english(identifiers.ours)],
      [t('partners.adapter'), `${one.adapter}, ${one.transport}, ${one.seal}`],
    ])}`;
}

function viewOne(one: PartnerPage, call: Call): VNode {
  const { words } = call;
  const { t, number } = words;
  const { messages, arrangement } = one;
  return html`${facts([
    ...(one.kind === 'agency' ? [] : theirList(one, call)),
    [t('head.they_hold'), number(one.they_hold)],
    [t('head.waiting'), number(messages.waiting)],
    [t('partners.held_messages'), number(messages.held)],
    [t('head.unanswered'), number(messages.overdue)],
    [t('partners.last_attempt'), messages.evidence === undefined ? undefined : english(messages.evidence)],
  ])}
  ${one.newer_held && html`<p>${link('/held', t('partners.newer_held'))}</p>`}
  ${one.memorandum === null ? arrangementView(one, call) : memorandumView(words, arrangement, one.memorandum)}
  ${table(
    t('partners.benefits'),
    [{ head: t('head.code') }, { head: t('head.name') }],
    Object.entries(arrangement.benefits).map(([code, text]) => [html`<code>${code}</code>`, english(text)]),
    t('partners.no_benefits'),
  )}
  ${rowOf([
    link(`/messages?partner=${one.partner}`, t('nav.messages')),
    ...(one.kind === 'administration'
      ? [
          link(`/register?partner=${one.partner}`, t('nav.register')),
          link(pathOf('outcomes', 'partners', one.partner), t('nav.outcomes')),
          cardLink(words, one.partner),
        ]
      : []),
    link(pathOf('partners', one.partner, 'files'), t('nav.files')),
    link(pathOf('partners', one.partner, 'decisions'), t('decisions.link')),
  ])}`;
}

export const partners: Section = {
  pages: [
    page({
      path: '/partners',
      needs: 'partners.read',
      title: ({ words }) => words.t('nav.partners'),
      load: loadAll,
      view: viewAll,
    }),
    page({
      ...{ path: '/partners/:partner', needs: 'partners.read', load: loadOne, view: viewOne },
      title: (_, { partner, name }) => `${partner} ${name}`,
    }),
  ],
};
