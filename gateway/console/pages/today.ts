/** Today: what needs a person and who must act, lists that are due, keys that end soon, and what happened since the last sign-in. */

import { keyCalendar, type KeyDate } from '../../app/key-calendar.ts';
import { shownAlarm, type ShownAlarm } from '../../app/health/alarm-texts.ts';
import { later, momentOf } from '../../model/day.ts';
import { shownSchedule, type ShownSchedule } from '../../outbound/scheduled-lists.ts';
import { requireMay } from '../../people/roles.ts';
import { listAlarms } from '../../store/alarms.ts';
import { countEvents, listEvents } from '../../store/events.ts';
import { heldMessages } from '../../store/held-messages.ts';
import { page, type Call, type Section } from '../page.ts';
import { html, link, pathOf, state, table, time, type VNode } from '../parts.ts';
import { alarmCard } from './alarms.ts';
import { keyDays, keyTable } from './keys.ts';
import { scheduleTable } from './schedule.ts';

interface Today {
  readonly held: readonly {
    readonly id: string;
    readonly partner: string;
    readonly reason: string | null;
    readonly since: string;
  }[];
  readonly alarms: readonly ShownAlarm[];
  readonly lists: readonly (ShownSchedule & { readonly cause: string | null })[];
  readonly keys: readonly KeyDate[];
  readonly since: { readonly at: string | null; readonly events: Readonly<Record<string, number>> };
}

const mostAlarms = 50;
/** Events of one kind that are counted. */
const mostCounted = 10_000;

async function load({ gateway, session }: Call): Promise<Today> {
  requireMay(session.person, 'alarms.read');
  const { sql } = gateway.db;
  const held = await heldMessages(sql);
  const signIns = await listEvents(sql, { ref: session.person.id, kind: 'signed_in', limit: 2 });
  const last = signIns[1];
  return {
    held: held.map(({ digest, partner, reason, receivedAt }) => {
      return { id: digest, partner, reason: reason ?? null, since: receivedAt };
    }),
    // A held list is there by itself, with its page.
    alarms: (await listAlarms(sql, { limit: mostAlarms })).filter(({ cause }) => cause !== 'list_held').map(shownAlarm),
    lists: (await shownSchedule(gateway)).map((each) => ({ ...each, cause: each.next })),
    keys: await keyCalendar(gateway, later(momentOf(gateway.now()), keyDays * 86_400)),
    since: { at: last?.at ?? null, events: last === undefined ? {} : await countEvents(sql, last.n, mostCounted) },
  };
}

function view(today: Today, call: Call): VNode {
  const { t } = call.words;
  return html`<div class="panels">
    <section aria-labelledby="needs">
      <h2 id="needs">${t('today.needs', { count: today.held.length + today.alarms.length })}</h2>
      ${needsView(today, call)}
    </section>
    <div>
      ${scheduleTable(today.lists, call)} ${keyTable(t('today.keys', { count: keyDays }), today.keys, call)}
      <h2>${t('today.since')}</h2>
      ${sinceView(today, call)}
    </div>
  </div>`;
}

function needsView({ held, alarms }: Today, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  if (held.length + alarms.length === 0) return html`<p>${t('today.nothing')}</p>`;
  return html`${held.map(
    ({ id, partner, reason, since }) =>
      html`<article class="card warn">
        <h3>${state('held', t('today.held', { partner }))}</h3>
        <p>
          ${words.code('reason', reason ?? '')} · ${t('today.two_people')} · ${words.distance(since, gateway.now())}
        </p>
        <p>${link(pathOf('held', id), t('today.compare'))}</p>
      </article>`,
  )}
  ${alarms.map((alarm) => alarmCard(alarm, call))}`;
}

function sinceView({ since: { at, events } }: Today, { words }: Call): VNode {
  const { t } = words;
  if (at === null) return html`<p class="none">${t('today.first_visit')}</p>`;
  return html`<p>${time(words, at)}</p>
    ${table(
      t('today.since'),
      [{ head: t('head.event') }, { head: t('head.count'), number: true }],
      Object.entries(events).map(([kind, count]) => [
        words.code('event', kind),
        `${words.number(count)}${count < mostCounted ? '' : '+'}`,
      ]),
      t('today.quiet'),
    )}`;
}

export const today: Section = {
  pages: [
    page({
      ...{ path: '/', needs: 'signed_in', live: true, load, view },
      goTo: ({ session }) => (session.person.partner === undefined ? undefined : '/files'),
      title: ({ words }) => words.t('nav.today'),
    }),
  ],
};
