/** Schedule: the next list to each partner, when it is due, and why one waits. */

import texts from '../../../schemas/code-explanations.json' with { type: 'json' };
import type { ListCause } from '../../model/list/list-schedule.ts';
import { shownSchedule, type ShownSchedule, type WaitReason } from '../../outbound/scheduled-lists.ts';
import { page, type Call, type Section } from '../page.ts';
import { english, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';

const meanings: Readonly<Record<ListCause | WaitReason, { readonly means: string }>> = texts.schedule;

export function scheduleTable(lists: readonly ShownSchedule[], { words }: Pick<Call, 'words'>): VNode {
  const { t } = words;
  return table(
    t('today.lists'),
    [{ head: t('head.partner') }, { head: t('head.cause') }, { head: t('head.at') }, { head: t('head.waits') }],
    lists.map(({ partner, next, at, waits }) => [
      link(pathOf('partners', partner), partner),
      next === null ? '' : words.code('schedule', next),
      time(words, at),
      waits === null ? '' : state('held', words.code('schedule', waits)),
    ]),
    t('partners.none'),
  );
}

function view({ items }: { readonly items: readonly ShownSchedule[] }, call: Call): VNode {
  const { words } = call;
  const shown = [...new Set(items.flatMap(({ next, waits }) => waits ?? next ?? []))];
  return html`${scheduleTable(items, call)}
    <dl class="facts">
      ${shown.map(
        (code) =>
          html`<div>
            <dt>${words.code('schedule', code)}</dt>
            <dd>${english(meanings[code].means)}</dd>
          </div>`,
      )}
    </dl>`;
}

export const schedule: Section = {
  pages: [
    page({
      ...{ path: '/schedule', needs: 'schedule.read', view },
      title: ({ words }) => words.t('nav.schedule'),
      load: async ({ gateway }) => ({ items: await shownSchedule(gateway) }),
    }),
  ],
};
