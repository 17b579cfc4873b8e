/** Outcomes: what each arrangement brought, month by month, and the report of it that may leave. */

import { longWorkHere, type LongWork } from '../../app/long-work.ts';
import { getPartner } from '../../gateway.ts';
import { monthOf, monthsBetween, type Months } from '../../outcomes/arrangement-outcome.ts';
import { outcomesInShort, type OutcomeReport, type OutcomeShort, type ShownOutcome } from '../../outcomes/report.ts';
import { reportCsv, reportView, reportWorkbook } from '../outcome-files.ts';
import { outcomeView } from '../outcome-views.ts';
import { savedNumbers } from '../../store/month-numbers.ts';
import { numbersView, type SavedNumbers } from './month-numbers.ts';
import { asked, page, param, type Call, type Download, type Section } from '../page.ts';
import { english, field, html, link, pathOf, rowOf, searchForm, table, type VNode } from '../parts.ts';
import type { TextKey } from '../words.ts';

const needs = 'outcomes.read';

/** The months asked for: one where no last is named; the present one where none is. Throws E_REQUEST_INVALID. */
export function monthsOf(call: Call): Months {
  const from = asked(call, 'from') ?? asked(call, 'to') ?? monthOf(call.gateway);
  const months = { from, to: asked(call, 'to') ?? from };
  monthsBetween(months);
  return months;
}

export function monthFields({ words }: Call, { from, to }: Months): VNode {
  const hint = words.t('outcomes.month_hint');
  return html`${field({ name: 'from', label: words.t('outcomes.from'), value: from, type: 'month', hint })}
  ${field({ name: 'to', label: words.t('outcomes.to'), value: to, type: 'month', hint })}`;
}

const monthsForm = (call: Call, to: string, months: Months): VNode =>
  searchForm(call.words, to, monthFields(call, months), 'form.show');

const queryOf = ({ from, to }: Months, partner?: string): string =>
  new URLSearchParams({ from, to, ...(partner !== undefined && { partner }) }).toString();

interface All extends Months {
  readonly items: readonly OutcomeShort[];
}

function viewAll(all: All, call: Call): VNode {
  const { t, number } = call.words;
  const columns = ['entries', 'result.benefit', 'missed'] as const satisfies readonly string[];
  return html`${monthsForm(call, '/outcomes', all)}
  ${table(
    t('nav.outcomes'),
    [
      ...[{ head: t('head.partner') }, { head: t('head.name') }],
      ...columns.map((name) => ({ head: t(`figure.${name}` as TextKey), number: true })),
    ],
    all.items.map(({ partner, name, entries, benefit, missed }) => [
      link(`${pathOf('outcomes', 'partners', partner)}?${queryOf(all)}`, partner),
      english(name),
      ...[entries, benefit, missed].map(number),
    ]),
    t('partners.none'),
  )}
  ${filesView(call, all)}`;
}

function filesView({ words }: Call, months: Months, partner?: string): VNode {
  const { t } = words;
  const query = queryOf(months, partner);
  return html`${rowOf([
      link(`/outcomes/report?${query}`, t('outcomes.report')),
      link(`/outcomes/report.csv?${query}`, 'CSV'),
      link(`/outcomes/report.xlsx?${query}`, 'XLSX'),
    ])}
    <p class="why">
      ${t('outcomes.report_hint')} <code>mra outcomes report --month ${months.to} --print report.pdf</code>
    </p>`;
}

type ShownWithNumbers = ShownOutcome & { readonly numbers: SavedNumbers };

function viewOne(outcome: ShownWithNumbers, call: Call): VNode {
  const { words } = call;
  const missedAt = (reason: string): string =>
    `/missed?${new URLSearchParams({ partner: outcome.partner, reason, from: outcome.from, to: outcome.to }).toString()}`;
  return html`${monthsForm(call, pathOf('outcomes', 'partners', outcome.partner), outcome)} ${asOfView(call, outcome)}
    ${outcomeView({ words, outcome, least: 0, heading: 'h2', missedAt })} ${numbersView(words, outcome.numbers)}
    ${filesView(call, outcome, outcome.partner)}
    <p>${link(pathOf('partners', outcome.partner), words.t('nav.partners'))}</p>`;
}

/** Of outcomes that were computed some minutes ago. */
function asOfView({ words }: Call, { as_of: moment }: Pick<ShownOutcome, 'as_of'>): VNode | false {
  return (
    moment !== undefined && html`<p class="why">${words.t('outcomes.as_of', { moment: words.moment(moment) })}</p>`
  );
}

/** Entries that are compared in this thread: so many take some 20 ms. */
const mostHere = 20_000;

async function workFor({ gateway, work }: Call, months: Months): Promise<LongWork> {
  const counts = await outcomesInShort(gateway, months);
  return counts.reduce((sum, { entries }) => sum + entries, 0) > mostHere ? work : longWorkHere(gateway);
}

async function loadReport(call: Call): Promise<OutcomeReport> {
  const months = monthsOf(call);
  return await (await workFor(call, months)).outcomeReport(months, asked(call, 'partner'));
}

async function loadOne(call: Call): Promise<ShownWithNumbers> {
  const months = monthsOf(call);
  const { code } = getPartner(call.gateway, param(call, 'partner'));
  const outcome = await (await workFor(call, months)).outcomeForStaff(code, months);
  return { ...outcome, numbers: await savedNumbers(call.gateway.db.sql, { partner: code, ...months }) };
}

/** `write`: the bytes of the file. */
function reportFile(
  ending: 'csv' | 'xlsx',
  contentType: string,
  write: (report: OutcomeReport, call: Call) => Buffer,
): Download {
  return {
    ...{ path: `/outcomes/report.${ending}`, needs },
    async load(call) {
      const report = await loadReport(call);
      return { name: `outcomes-${report.from}-${report.to}.${ending}`, contentType, bytes: write(report, call) };
    },
  };
}

export const outcomes: Section = {
  pages: [
    page({
      ...{ path: '/outcomes', needs, view: viewAll },
      title: ({ words }) => words.t('nav.outcomes'),
      async load(call): Promise<All> {
        const months = monthsOf(call);
        return { ...months, items: await outcomesInShort(call.gateway, months) };
      },
    }),
    page({
      ...{ path: '/outcomes/partners/:partner', needs, view: viewOne },
      title: ({ words }, { partner, name }) => `${words.t('nav.outcomes')}: ${partner} ${name}`,
      load: loadOne,
    }),
    page({
      ...{ path: '/outcomes/report', needs, load: loadReport },
      title: ({ words }) => words.t('outcomes.report'),
      view: (report, call) =>
        html`${asOfView(call, report)} ${reportView({ report, words: call.words, home: call.gateway.home.name })}`,
    }),
  ],
  downloads: [
    reportFile('csv', 'text/csv; charset=utf-8', (report, { words }) => Buffer.from(reportCsv(report, words))),
    reportFile('xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', (report, { words }) =>
      reportWorkbook(report, words),
    ),
  ],
};
