/** Audit: what the gateway and its people did, from the log that cannot be changed without being noticed. */

import { present } from '../../model/present.ts';
import type { Reader } from '../../store/database.ts';
import { eventsOfPerson, listEvents, type EventQuery } from '../../store/events.ts';
import { logId, logSize } from '../../store/log.ts';
import { asked, page, type Call, type Section } from '../page.ts';
import { beforeOf, nextBefore, olderLink } from '../paging.ts';
import { facts, field, html, link, searchForm, table, time, type VNode } from '../parts.ts';

const pageSize = 100;

interface AuditPage {
  readonly log: string;
  readonly size: number;
  readonly items: readonly {
    readonly n: number;
    readonly at: string;
    readonly kind: string;
    readonly ref: string;
    readonly detail: object;
  }[];
  /** The number before which the next page begins; null: there are no more. */
  readonly next: number | null;
}

async function load(call: Call): Promise<AuditPage> {
  const { sql } = call.gateway.db;
  const asks = { before: beforeOf(call), ref: asked(call, 'ref'), kind: asked(call, 'kind') };
  const [query, person] = [{ ...present(asks), limit: pageSize }, asked(call, 'person')];
  const { events, next } =
    person === undefined ? await newest(sql, query) : await eventsOfPerson(sql, person.toLowerCase(), query);
  return {
    log: await logId(sql),
    size: await logSize(sql),
    items: events.map(({ n, at, kind, ref, detail }) => ({
      n,
      at,
      kind,
      ref,
      detail: JSON.parse(detail ?? '{}') as object,
    })),
    next,
  };
}

async function newest(sql: Reader, query: EventQuery) {
  const events = await listEvents(sql, query);
  return { events, next: nextBefore(events, pageSize, ({ n }) => n) };
}

function view({ log, size, items, next }: AuditPage, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${facts([
    [t('audit.log'), html`<code>${log}</code>`],
    [t('audit.size'), words.number(size)],
  ])}
  ${searchForm(
    words,
    '/audit',
    html`${field({ name: 'person', label: t('head.person'), hint: t('audit.person_hint'), value: asked(call, 'person') })}
    ${field({ name: 'ref', label: t('audit.ref'), hint: t('audit.ref_hint'), value: asked(call, 'ref') })}
    ${field({ name: 'kind', label: t('audit.kind'), value: asked(call, 'kind') })}`,
    'form.filter',
  )}
  ${table(
    t('nav.audit'),
    [
      { head: t('head.number'), number: true },
      { head: t('head.at') },
      { head: t('head.event') },
      { head: t('audit.ref') },
      { head: t('head.detail') },
    ],
    items.map(({ n, at, kind, ref, detail }) => [
      ...[n, time(words, at), link(`/audit?kind=${encodeURIComponent(kind)}`, words.code('event', kind))],
      link(`/audit?ref=${encodeURIComponent(ref)}`, html`<code>${ref}</code>`),
      html`<code
        >${Object.entries(detail)
          .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
          .join(' ')}</code
      >`,
    ]),
    t('form.no_match'),
  )}
  ${olderLink(call, next)}`;
}

export const audit: Section = {
  pages: [page({ path: '/audit', needs: 'audit.read', title: ({ words }) => words.t('nav.audit'), load, view })],
};
