/** Exposure: answers that recognised an operator which, as a later list says, was suspended, revoked or gone by then. */

import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { programFolder } from '../../app/config.ts';
import { exposureReply } from '../../doors/border-exposure.ts';
import type { Outcome } from '../../model/clearance/answer.ts';
import { shownConsultationNumber } from '../../model/clearance/number-form.ts';
import { addDays, dayAt } from '../../model/day.ts';
import { asked, page, type Call, type Section } from '../page.ts';
import { beforeOf, olderLink, searchedNote } from '../paging.ts';
import { field, html, link, pathOf, searchForm, table, time, type VNode } from '../parts.ts';

const needs = 'register.read';
/** Restrictions between two turns of other work: each answer meanwhile is given again. A page ends once as many had answers. */
const restrictionsAtOnce = 10;
/** For one page: most restrictions have no answers. */
const mostLooked = 200;
const daysShown = 30;

/** As `GET /v1/exposure` has it. */
interface Exposed {
  readonly change: {
    readonly partner: string;
    readonly identifier: string;
    readonly change: string;
    readonly effective_from: string;
    readonly known_from: string;
  };
  readonly answers: readonly {
    readonly consultation_number: string;
    readonly answered_at: string;
    readonly requester: string;
    readonly outcome_now: Outcome;
    readonly entry?: string;
  }[];
  readonly complete: boolean;
}

interface ExposurePage {
  readonly from: string;
  readonly items: readonly Exposed[];
  /** The number of the restriction before which the next page begins; null: there are no more. */
  readonly next: number | null;
  /** As searchedNote has it. */
  readonly searched_to: string | null;
}

async function load(call: Call): Promise<ExposurePage> {
  const { gateway } = call;
  const { timeZone } = gateway.home;
  const from = asked(call, 'from') ?? addDays(dayAt(gateway.now(), timeZone), -daysShown);
  const query = new URLSearchParams({ from, limit: String(restrictionsAtOnce) });
  const to = asked(call, 'to');
  if (to !== undefined) query.set('to', to);
  const items: Exposed[] = [];
  let [next, searched_to]: [number | null, string | null] = [beforeOf(call) ?? null, null];
  for (let looked = 0; looked < mostLooked && items.length < restrictionsAtOnce; looked += restrictionsAtOnce) {
    if (next !== null) query.set('before', String(next));
    const { body } = await exposureReply({ ...gateway, schemas: join(programFolder, 'schemas') }, query);
    const found = body as {
      readonly exposures: readonly Exposed[];
      readonly next?: number;
      readonly searched_to?: string;
    };
    items.push(...found.exposures);
    next = found.next ?? null;
    searched_to ??= found.searched_to ?? null;
    if (next === null) break;
    await nextTurn();
  }
  return { from, items, next, searched_to };
}

function view({ from, items, next, searched_to }: ExposurePage, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const fields = html`${field({ name: 'from', label: t('exposure.from'), type: 'date', value: from })}
  ${field({ name: 'to', label: t('exposure.to'), type: 'date', value: asked(call, 'to') })}`;
  return html`<p>${t('exposure.about')}</p>
    ${searchForm(words, '/exposure', fields, 'form.filter')} ${searchedNote(words, searched_to)}
    ${table(
      t('nav.exposure'),
      [
        ...[{ head: t('head.partner') }, { head: t('head.identifier') }, { head: t('head.change') }],
        ...[{ head: t('register.true_from') }, { head: t('register.known_from') }, { head: t('exposure.answered') }],
        ...[{ head: t('exposure.now') }, { head: t('entries.entry') }, { head: t('check.number') }],
      ],
      items.flatMap(({ change: { partner, identifier, change, effective_from: since, known_from: known }, answers }) =>
        answers.map(({ consultation_number: number, answered_at: at, outcome_now: now, entry }) => [
          ...[partner, link(pathOf('register', partner, identifier), identifier), words.code('status', change)],
          ...[since, time(words, known), time(words, at), words.code('outcome', now), entry],
          link(pathOf('answers', number), shownConsultationNumber(number)),
        ]),
      ),
      next === null ? t('exposure.none') : t('exposure.none_here'),
    )}
    ${items.some(({ complete }) => !complete) && html`<p class="why">${t('exposure.more')}</p>`}
    ${olderLink(call, next)}`;
}

export const exposure: Section = {
  pages: [page({ path: '/exposure', needs, title: ({ words }) => words.t('nav.exposure'), load, view })],
};
