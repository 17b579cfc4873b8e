/** Keys: when keys and certificates of both sides end or change, what of that is due in a month, and new keys of ours on their way. */

import { calendarFile, keyCalendar, monthsLater, type KeyDate } from '../../app/key-calendar.ts';
import { later, momentOf } from '../../model/day.ts';
import { openOwnKeys } from '../../store/partner-keys.ts';
import { page, type Call, type Section } from '../page.ts';
import { facts, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';

const needs = 'keys.read';
const months = 18;
export const keyDays = 30;

interface Keys {
  readonly until: string;
  readonly due: number;
  readonly calendar: readonly KeyDate[];
  /** New keys of ours that are not in use yet. */
  readonly changing: readonly {
    readonly partner: string;
    readonly state: string;
    readonly from: string | null;
    readonly old_until: string | null;
    readonly fingerprint: string;
  }[];
  /** A new TLS key of ours, which is used from then on. */
  readonly next_tls: string | null;
}

async function load({ gateway }: Call): Promise<Keys> {
  const now = momentOf(gateway.now());
  const until = monthsLater(now, months);
  const [calendar, soon] = [await keyCalendar(gateway, until), later(now, keyDays * 86_400)];
  const changing = await openOwnKeys(gateway.db.sql);
  return {
    ...{ until, due: calendar.filter(({ at }) => at <= soon).length, calendar },
    changing: changing.map(({ partner, state: is, fromAt, untilAt, fingerprint }) => {
      return { partner, state: is, from: fromAt ?? null, old_until: untilAt ?? null, fingerprint };
    }),
    next_tls: gateway.keyring.nextTls?.from ?? null,
  };
}

/** With `soon`: what is due by then stands out. */
export function keyTable(caption: string, keys: readonly KeyDate[], call: Call, soon = ''): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const now = momentOf(gateway.now());
  return table(
    caption,
    [{ head: t('head.at') }, { head: t('head.partner') }, { head: t('head.key') }, { head: t('head.change') }],
    keys.map(({ at, partner = '', side, use, change, key }) => [
      html`${words.distance(at, gateway.now())} · ${time(words, at)}`,
      partner === '' ? '' : link(pathOf('partners', partner), partner),
      html`${t(side === 'ours' ? 'key.ours' : 'key.theirs')}, ${words.code('use', use)}<br /><code>${key}</code>`,
      at > soon ? words.code('change', change) : state(at <= now ? 'bad' : 'held', words.code('change', change)),
    ]),
    t('today.no_keys'),
  );
}

function view(keys: Keys, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  return html`${facts([
      [t('keys.due', { days: keyDays }), words.number(keys.due)],
      [t('keys.until'), time(words, keys.until)],
      [t('keys.next_tls'), keys.next_tls === null ? undefined : time(words, keys.next_tls)],
    ])}
    ${table(
      t('keys.changing'),
      [
        ...[{ head: t('head.partner') }, { head: t('head.state') }, { head: t('keys.from') }],
        ...[{ head: t('keys.old_until') }, { head: t('head.digest') }],
      ],
      keys.changing.map(({ partner, state: is, from, old_until: old, fingerprint }) => [
        ...[
          link(pathOf('partners', partner), partner),
          words.code('key_state', is),
          time(words, from),
          time(words, old),
        ],
        html`<code>${fingerprint}</code>`,
      ]),
      t('keys.none_changing'),
    )}
    ${keyTable(t('keys.calendar', { months }), keys.calendar, call, later(momentOf(gateway.now()), keyDays * 86_400))}
    <p>${link('/keys/calendar', t('keys.file'))}</p>
    <p>
      ${t('keys.how')}
      ${[...gateway.partners.keys()].map((code) => html`${link(pathOf('partners', code, 'decisions'), code)} `)}
    </p>`;
}

export const keys: Section = {
  pages: [page({ path: '/keys', needs, title: ({ words }) => words.t('nav.keys'), load, view })],
  downloads: [
    {
      ...{ path: '/keys/calendar', needs },
      async load(call) {
        const { calendar } = await load(call);
        const text = calendarFile(calendar, momentOf(call.gateway.now()));
        return { name: 'keys.ics', contentType: 'text/calendar; charset=utf-8', bytes: Buffer.from(text) };
      },
    },
  ],
};
