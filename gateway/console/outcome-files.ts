/** The report of outcomes as files: CSV and XLSX with a row for each figure, and HTML that needs nothing beside it and prints. */

import { readFileSync } from 'node:fs';
import { textOf } from './layout.ts';
import type { OutcomeReport } from '../outcomes/report.ts';
import { writeCsv } from '../wire/files/csv.ts';
import { writeWorkbookLines } from '../wire/files/workbook-lines.ts';
import { outcomeView } from './outcome-views.ts';
import { html, type VNode } from './parts.ts';
import type { Words } from './words.ts';

const columns = ['partner', 'from', 'to', 'figure', 'words', 'unit', 'value', 'low', 'high', 'withheld'] as const;

type Cell = string | number | undefined;

function rowsOf({ arrangements }: OutcomeReport, words: Words): readonly (readonly Cell[])[] {
  return arrangements.flatMap(({ partner, from, to, figures }) =>
    figures.map(({ figure, unit, value, low, high, withheld }) => [
      ...[partner, from, to, figure, words.code('figure', figure), unit],
      ...[value ?? undefined, low, high, withheld === true ? 'yes' : undefined],
    ]),
  );
}

export function reportCsv(report: OutcomeReport, words: Words): string {
  return writeCsv([columns, ...rowsOf(report, words).map((row) => row.map((cell) => cell ?? ''))]);
}

/** Numbers are numbers. */
export function reportWorkbook(report: OutcomeReport, words: Words): Buffer {
  const text = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const line = (row: readonly Cell[]): string =>
    row.map((cell) => (typeof cell === 'string' ? text(cell) : String(cell ?? ''))).join(',');
  const lines = [columns, ...rowsOf(report, words)].map((row) => `${line(row)}\r\n`);
  return writeWorkbookLines(lines.join(''), 'outcomes');
}

export interface ReportOf {
  readonly report: OutcomeReport;
  readonly words: Words;
  readonly home: string;
}

export function reportView({ report, words, home }: ReportOf): VNode {
  const { t } = words;
  const { small_counts: least } = report;
  return html`<p>${t('outcomes.report_of', { home, from: report.from, to: report.to })}</p>
    ${least > 0 && html`<p class="why">${t('outcomes.small_counts', { least })}</p>`}
    ${report.arrangements.map(
      (outcome) =>
        html`<section class="sheet">
          <h2>${outcome.partner} <span lang="en">${outcome.name}</span></h2>
          ${outcomeView({ words, outcome, least, heading: 'h3' })}
        </section>`,
    )}`;
}

const styles = readFileSync(new URL('office.css', import.meta.url), 'utf8');

/** A whole document: it loads nothing. */
export function reportDocument(of: ReportOf): string {
  const { words } = of;
  const title = words.t('outcomes.report');
  const body = html`<html lang=${words.language}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      <style dangerouslySetInnerHTML=${{ __html: styles }} />
    </head>
    <body>
      <main>
        <h1>${title}</h1>
        ${reportView(of)}
      </main>
    </body>
  </html>`;
  return textOf(body);
}
