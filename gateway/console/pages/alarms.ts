/** Alarms: the open ones with who must act, what happens next by itself and a safe command; and those that have closed. */

import { acknowledge, existingAlarm } from '../../app/health/acknowledge-alarm.ts';
import { shownAlarm, type ShownAlarm } from '../../app/health/alarm-texts.ts';
import { closedAlarms, listAlarms } from '../../store/alarms.ts';
import { beforeOf, nextBefore, olderLink } from '../paging.ts';
import { page, param, type Call, type Section } from '../page.ts';
import { actForm, english, facts, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';

const needs = 'alarms.read';
const mostOpen = 200;
const pageSize = 100;

interface Alarms {
  readonly open: readonly ShownAlarm[];
  readonly closed: readonly ShownAlarm[];
  /** The number before which the next page of closed ones begins; null: there are no more. */
  readonly next: number | null;
}

async function loadAll(call: Call): Promise<Alarms> {
  const { sql } = call.gateway.db;
  const closed = await closedAlarms(sql, { before: beforeOf(call), limit: pageSize });
  return {
    open: (await listAlarms(sql, { limit: mostOpen })).map(shownAlarm),
    closed: closed.map(shownAlarm),
    next: nextBefore(closed, pageSize, ({ n }) => n),
  };
}

/** What is wrong, who must act, and what happens next by itself. */
export function alarmCard(alarm: ShownAlarm, { words, gateway }: Call): VNode {
  const { t } = words;
  return html`<article class=${`card ${alarm.severity}`}>
    <h3>
      ${state(alarm.severity === 'fail' ? 'bad' : 'held', words.code('alarm', alarm.cause))} ${alarm.partners.join(' ')}
    </h3>
    <p>${english(alarm.detail)}</p>
    <p>${t('today.who', { who: words.code('actor', alarm.who_must_act) })} ${english(alarm.fix)}</p>
    <p class="why">${english(alarm.next_by_itself)} ${words.distance(alarm.opened_at, gateway.now())}</p>
    <p>${link(pathOf('alarms', String(alarm.alarm)), t('alarms.one', { number: alarm.alarm }))}</p>
  </article>`;
}

function viewAll({ open, closed, next }: Alarms, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<h2>${t('alarms.open', { count: open.length })}</h2>
    ${open.length === 0 ? html`<p class="none">${t('alarms.none')}</p>` : open.map((alarm) => alarmCard(alarm, call))}
    <h2>${t('alarms.closed')}</h2>
    ${table(
      t('alarms.closed'),
      [
        { head: t('head.number'), number: true },
        { head: t('alarms.cause') },
        { head: t('head.partner') },
        { head: t('alarms.opened_at') },
        { head: t('alarms.closed_at') },
        { head: t('alarms.acknowledged_by') },
      ],
      closed.map(({ alarm, cause, partners, opened_at, closed_at, acknowledged_by }) => [
        link(pathOf('alarms', String(alarm)), alarm),
        ...[words.code('alarm', cause), partners.join(' ')],
        ...[time(words, opened_at), time(words, closed_at), acknowledged_by],
      ]),
      t('alarms.none_closed'),
    )}
    ${olderLink(call, next)}`;
}

function viewOne(alarm: ShownAlarm, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const isClosed = alarm.closed_at !== null;
  return html`<p>
      ${isClosed ? state('good', t('alarms.closed_at')) : state(alarm.severity === 'fail' ? 'bad' : 'held', words.code('severity', alarm.severity))}
    </p>
    <p>${english(alarm.means)}</p>
    <p>${english(alarm.detail)}</p>
    ${facts([
      [t('head.partner'), alarm.partners.join(' ')],
      [t('problem.who'), words.code('actor', alarm.who_must_act)],
      [t('alarms.fix'), english(alarm.fix)],
      [t('alarms.command'), html`<code>${alarm.command}</code>`],
      [t('alarms.next'), alarm.next_by_itself === '' ? undefined : english(alarm.next_by_itself)],
      [t('alarms.opened_at'), time(words, alarm.opened_at)],
      [t('alarms.closed_at'), time(words, alarm.closed_at)],
      [t('alarms.acknowledged_by'), alarm.acknowledged_by ?? undefined],
    ])}
    ${actForm(
      call,
      {
        ...{ to: pathOf('alarms', String(alarm.alarm), 'acknowledge'), needs: 'alarms.acknowledge' },
        unless: isClosed ? t('alarms.is_closed') : undefined,
      },
      [{ text: t('alarms.acknowledge') }],
    )}
    <p>${link('/alarms', t('alarms.all'))}</p>`;
}

export const alarms: Section = {
  pages: [
    page({ path: '/alarms', needs, title: ({ words }) => words.t('nav.alarms'), load: loadAll, view: viewAll }),
    page({
      ...{ path: '/alarms/:number', needs, view: viewOne },
      title: ({ words }, { alarm, cause }) =>
        `${words.t('alarms.one', { number: alarm })} ${words.code('alarm', cause)}`,
      load: async (call) => shownAlarm(await existingAlarm(call.gateway.db.sql, param(call, 'number'))),
    }),
  ],
  acts: [
    {
      ...{ path: '/alarms/:number/acknowledge', needs: 'alarms.acknowledge' },
      async act(call) {
        const { id: person } = call.session.person;
        const alarm = await acknowledge(call.gateway, param(call, 'number'), person);
        return { to: pathOf('alarms', String(alarm)), result: { alarm, acknowledged_by: person } };
      },
    },
  ],
};
