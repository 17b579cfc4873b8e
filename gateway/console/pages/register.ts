/** Foreign operators: a search in what a partner's list holds, and one operator on both axes: true at, known at. */

import { termsOf } from '../../clearance/requests.ts';
import { getPartner } from '../../gateway.ts';
import { isDay } from '../../adapter/template/dates.ts';
import type { RegisterFact } from '../../model/clearance/answer.ts';
import { dayAt, momentInZone } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { detailsOf, findStatus, versionsOf, type Version } from '../../store/register.ts';
import { searchRegister } from '../../store/register-search.ts';
import { listInForce } from '../../store/streams.ts';
import { openDay, openMoment } from '../../store/tables.ts';
import { asked, page, param, type Call, type Section } from '../page.ts';
import { olderLink, pageOfNumbered } from '../paging.ts';
import {
  choice,
  facts,
  field,
  html,
  link,
  name,
  pathOf,
  rowOf,
  searchForm,
  state,
  table,
  time,
  withQuery,
} from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';
import { timeLine } from '../time-line.ts';
import type { Words } from '../words.ts';

/** Of one page, and of the operators that are read for it: names have no index. */
const mostFound = 50;
const mostRead = 10_000;
const mostVersions = 100;

interface AsOf {
  readonly partner: string;
  readonly at: string;
  readonly known_at: string | null;
  readonly list: string | null;
}

interface Found extends AsOf {
  readonly items: readonly RegisterFact[];
  /** The identifier behind which the search goes on; null: all were read. */
  readonly next: string | null;
}

/** The day and the list that a page is as of; without values: today, and what is known now. Throws E_REQUEST_INVALID. */
async function asOf(call: Call, code: string): Promise<AsOf & { readonly ordinal: number }> {
  const { gateway } = call;
  const partner = getPartner(gateway, code);
  const at = asked(call, 'at') ?? dayAt(gateway.now(), partner.adapter.timeZone);
  const known = asked(call, 'known_at');
  const knownAt =
    known === undefined
      ? undefined
      : isDay(known)
        ? momentInZone(`${known}T23:59:59`, gateway.home.timeZone)
        : undefined;
  if (!isDay(at) || (known !== undefined && knownAt === undefined))
    throw new GatewayError('E_REQUEST_INVALID', 'one of the days is none', { fix: 'Write a day as 2026-02-28.' });
  const list = await listInForce(gateway.db.sql, partner.code, knownAt);
  return {
    partner: partner.code,
    at,
    known_at: knownAt ?? null,
    list: list?.number ?? null,
    ordinal: list?.ordinal ?? 0,
  };
}

async function load(call: Call): Promise<Found | null> {
  const code = asked(call, 'partner');
  if (code === undefined) return null;
  const { ordinal, ...view } = await asOf(call, code);
  const text = (asked(call, 'text') ?? '').normalize('NFKC').toLowerCase();
  const items: RegisterFact[] = [];
  let next: string | null = null;
  let read = 0;
  const where = { day: view.at, list: ordinal };
  const { sql } = call.gateway.db;
  for await (const { facts: some, last } of searchRegister(
    sql,
    view.partner,
    where,
    asked(call, 'after') ?? '',
    (row) => fits(row, text),
  )) {
    items.push(...some);
    read += 1_000;
    next = last === '' ? null : last;
    if (items.length >= mostFound || read >= mostRead) break;
    next = null;
  }
  const shown = items.slice(0, mostFound);
  return { ...view, items: shown, next: items.length > mostFound ? (shown.at(-1)?.identifier ?? null) : next };
}

function fits({ identifier, details }: Version, text: string): boolean {
  return (
    text === '' || identifier.toLowerCase().includes(text) || details.normalize('NFKC').toLowerCase().includes(text)
  );
}

const kinds: Readonly<Record<RegisterFact['status'], Kind>> = {
  ...{ active: 'good', suspended: 'held', revoked: 'bad', withdrawn: 'none', left: 'none' },
};

function statusOf(words: Words, { status, validTo }: Pick<RegisterFact, 'status' | 'validTo'>, day: string): VNode {
  return validTo !== undefined && validTo < day
    ? state('bad', words.code('outcome', 'expired'))
    : state(kinds[status], words.code('status', status));
}

function axesFields(call: Call): VNode {
  const { t } = call.words;
  return html`${field({ name: 'at', label: t('register.true_at'), type: 'date', value: asked(call, 'at') })}
  ${field({ name: 'known_at', label: t('register.known_at'), type: 'date', value: asked(call, 'known_at') })}`;
}

function view(found: Found | null, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const partners = termsOf(gateway).map(({ partner, name }) => [partner, `${partner} ${name}`] as const);
  return html`${searchForm(
    words,
    '/register',
    html`${choice('partner', t('head.partner'), partners, asked(call, 'partner'))}
    ${field({ name: 'text', label: t('register.text'), type: 'search', value: asked(call, 'text') })}
    ${axesFields(call)}`,
  )}
  ${found !== null && foundView(found, call)}`;
}

function foundView({ partner, list, items, next, at }: Found, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<p>${list === null ? t('register.empty') : t('register.as_of', { list })}</p>
    ${table(
      t('nav.register'),
      [
        { head: t('head.identifier') },
        { head: t('head.name') },
        { head: t('head.state') },
        { head: t('head.roles') },
        { head: t('head.from') },
      ],
      items.map((fact) => [
        link(`${pathOf('register', partner, fact.identifier)}${axesQuery(call)}`, fact.identifier),
        html`${name(fact.name)} ${name(fact.otherName)}`,
        statusOf(words, fact, at),
        fact.roles.map((role) => words.code('role', role)).join(', '),
        fact.validFrom,
      ]),
      list === null ? t('register.empty') : t('form.no_match'),
    )}
    ${next !== null && html`<p>${link(withQuery(call, 'after', next), t('form.more'))}</p>`}`;
}

function axesQuery(call: Call): string {
  const kept = (['at', 'known_at'] as const).flatMap((key) =>
    asked(call, key) === undefined ? [] : [[key, asked(call, key) ?? '']],
  );
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`;
}

interface OperatorVersions extends AsOf {
  readonly identifier: string;
  readonly fact: RegisterFact | null;
  readonly versions: readonly {
    readonly status: string;
    readonly valid_from: string;
    readonly valid_to: string | null;
    readonly known_from: string;
    readonly known_to: string | null;
    readonly name: string | null;
    readonly message: string;
    readonly details: object;
  }[];
  /** The number before which the next page of versions begins; null: there are no more. */
  readonly next: number | null;
}

async function loadOne(call: Call): Promise<OperatorVersions> {
  const { sql } = call.gateway.db;
  const { ordinal, ...view } = await asOf(call, param(call, 'partner'));
  const identifier = param(call, 'identifier');
  const versions = await versionsOf(sql, view.partner, identifier);
  if (versions.length === 0)
    throw new GatewayError('E_OPERATOR_UNKNOWN', 'no list of this partner ever had an operator with this identifier');
  const fact = (await findStatus(sql, view.partner, identifier, view.at, ordinal)) ?? null;
  const { shown, next } = pageOfNumbered(versions, call, mostVersions);
  return {
    ...view,
    ...{ identifier, fact, next },
    versions: shown.map((each) => ({
      ...{ status: each.status, valid_from: each.valid_from, known_from: each.known_from, name: each.name },
      valid_to: each.valid_to === openDay ? null : each.valid_to,
      known_to: each.known_to === openMoment ? null : each.known_to,
      ...{ message: each.source_message, details: detailsOf(each.details) },
    })),
  };
}

function viewOne(operator: OperatorVersions, call: Call): VNode {
  const { partner, identifier, fact, at, known_at: known, list, versions, next } = operator;
  const { words, gateway } = call;
  const { t } = words;
  const query = new URLSearchParams({ partner, identifier }).toString();
  return html`${searchForm(words, pathOf('register', partner, identifier), axesFields(call), 'form.show')}
  ${facts([
    [t('head.state'), fact === null ? state('none', words.code('outcome', 'not_on_list')) : statusOf(words, fact, at)],
    [t('head.name'), html`${name(fact?.name)} ${name(fact?.otherName)}`],
    [t('head.partner'), link(pathOf('partners', partner), partner)],
    [t('register.true_at'), at],
    [t('register.list'), list ?? t('register.empty')],
    [t('head.roles'), fact?.roles.map((role) => words.code('role', role)).join(', ')],
  ])}
  ${timeLine(words, { versions, ...lineEnds(at, known, gateway.now()) })}
  ${rowOf([link(`/check?${query}`, t('register.check')), link(`/consultations?${query}`, t('register.answers'))])}
  ${table(
    t('register.versions'),
    [
      ...[{ head: t('head.state') }, { head: t('register.true_from') }, { head: t('register.true_to') }],
      ...[
        { head: t('register.known_from') },
        { head: t('register.known_to') },
        { head: t('head.name') },
        { head: t('head.message') },
      ],
    ],
    versions.map((version) => [
      ...[words.code('status', version.status), version.valid_from, version.valid_to ?? ''],
      ...[time(words, version.known_from), time(words, version.known_to), name(version.name ?? undefined)],
      link(pathOf('messages', version.message), html`<code>${version.message.slice(0, 16)}</code>`),
    ]),
    '',
  )}
  ${olderLink(call, next)}`;
}

/** A moment known of in the future is now: nothing is known of it yet. */
function lineEnds(at: string, known: string | null, now: Date): { at: number; knownAt: number; now: number } {
  const knownAt = Math.min(now.getTime(), known === null ? Infinity : Date.parse(known));
  return { at: Date.parse(at), knownAt, now: now.getTime() };
}

export const register: Section = {
  pages: [
    page({ path: '/register', needs: 'register.read', title: ({ words }) => words.t('nav.register'), load, view }),
    page({
      ...{ path: '/register/:partner/:identifier', needs: 'register.read', load: loadOne, view: viewOne },
      title: (_, { identifier }) => identifier,
    }),
  ],
};
