/** Today: what needs a person and who must act, lists that are due, keys that end soon, and what happened since the last sign-in. */

import { keyCalendar, type KeyDate } from '../../app/key-calendar.ts';
import { shownAlarm, type ShownAlarm } from '../../app/health/alarm-texts.ts';
import { later, momentOf } from '../../model/day.ts';
import { scheduledList } from '../../outbound/scheduled-lists.ts';
import { listAlarms } from '../../store/alarms.ts';
import { countEvents, listEvents } from '../../store/events.ts';
import { heldMessages } from '../../store/inbox.ts';
import { page, type Call, type Section } from '../page.ts';
import { english, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';

interface DueList {
  readonly partner: string;
  readonly cause: string | null;
  readonly at: string | null;
  readonly waits: string | null;
}

interface Today {
  readonly held: readonly {
    readonly id: string;
    readonly partner: string;
    readonly reason: string | null;
    readonly since: string;
  }[];
  readonly alarms: readonly ShownAlarm[];
  readonly lists: readonly DueList[];
  readonly keys: readonly KeyDate[];
  readonly since: { readonly at: string | null; readonly events: Readonly<Record<string, number>> };
}

const keyDays = 30;
const mostAlarms = 50;

async function load({ gateway, session }: Call): Promise<Today> {
  const { sql } = gateway.db;
  const held = await heldMessages(sql);
  const lists: DueList[] = [];
  for (const partner of gateway.partners.keys()) {
    const { next, waits } = await scheduledList(gateway, partner);
    lists.push({ partner, cause: next?.cause ?? null, at: next?.at ?? null, waits: waits ?? null });
  }
  const signIns = await listEvents(sql, { ref: session.person.id, kind: 'signed_in', limit: 2 });
  const last = signIns[1];
  return {
    held: held.map(({ messageId, digest, partner, reason, receivedAt }) => {
      return { id: messageId ?? digest, partner, reason: reason ?? null, since: receivedAt };
    }),
    // A held list is there by itself, with its page.
    alarms: (await listAlarms(sql, { limit: mostAlarms })).filter(({ cause }) => cause !== 'list_held').map(shownAlarm),
    lists: lists.toSorted((a, b) => ((a.at ?? '9') < (b.at ?? '9') ? -1 : 1)),
    keys: await keyCalendar(gateway, later(momentOf(gateway.now()), keyDays * 86_400)),
    since: { at: last?.at ?? null, events: last === undefined ? {} : await countEvents(sql, last.n) },
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
      ${listsView(today, call)} ${keysView(today, call)}
      <h2>${t('today.since')}</h2>
      ${sinceView(today, call)}
    </div>
  </div>`;
}

function needsView({ held, alarms }: Today, { words, gateway }: Call): VNode {
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
  ${alarms.map(
    (alarm) =>
      html`<article class=${`card ${alarm.severity}`}>
        <h3>
          ${state(alarm.severity === 'fail' ? 'bad' : 'held', words.code('alarm', alarm.cause))}
          ${alarm.partners.join(' ')}
        </h3>
        <p>${english(alarm.detail)}</p>
        <p>${t('today.who', { who: words.code('actor', alarm.who_must_act) })} ${english(alarm.fix)}</p>
        <p class="why">${english(alarm.next_by_itself)} ${words.distance(alarm.opened_at, gateway.now())}</p>
      </article>`,
  )}`;
}

function listsView({ lists }: Today, { words }: Call): VNode {
  const { t } = words;
  return table(
    t('today.lists'),
    [{ head: t('head.partner') }, { head: t('head.cause') }, { head: t('head.at') }, { head: t('head.waits') }],
    lists.map(({ partner, cause, at, waits }) => [
      link(pathOf('partners', partner), partner),
      cause === null ? '' : words.code('schedule', cause),
      time(words, at),
      waits === null ? '' : state('held', words.code('schedule', waits)),
    ]),
    t('partners.none'),
  );
}

function keysView({ keys }: Today, { words, gateway }: Call): VNode {
  const { t } = words;
  return table(
    t('today.keys', { count: keyDays }),
    [{ head: t('head.at') }, { head: t('head.partner') }, { head: t('head.key') }, { head: t('head.change') }],
    keys.map(({ at, partner = '', side, use, change }) => [
      html`${words.distance(at, gateway.now())} · ${time(words, at)}`,
      partner,
      `${t(side === 'ours' ? 'key.ours' : 'key.theirs')}, ${words.code('use', use)}`,
      words.code('change', change),
    ]),
    t('today.no_keys'),
  );
}

function sinceView({ since: { at, events } }: Today, { words }: Call): VNode {
  const { t } = words;
  if (at === null) return html`<p class="none">${t('today.first_visit')}</p>`;
  return html`<p>${time(words, at)}</p>
    ${table(
      t('today.since'),
      [{ head: t('head.event') }, { head: t('head.count'), number: true }],
      Object.entries(events).map(([kind, count]) => [words.code('event', kind), words.number(count)]),
      t('today.quiet'),
    )}`;
}

export const today: Section = {
  pages: [page({ path: '/', needs: 'signed_in', title: ({ words }) => words.t('nav.today'), load, view })],
};
