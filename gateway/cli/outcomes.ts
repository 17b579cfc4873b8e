/** `mra outcomes`: what each arrangement brought in a month; `mra outcomes report`: what of it may leave, for people and for programs. */

import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { reportCsv, reportDocument, reportWorkbook, type ReportOf } from '../console/outcome-files.ts';
import { languages, openWords, type Language } from '../console/words.ts';
import { getPartner } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { monthAfter, monthOf, monthsBetween, type Months } from '../outcomes/arrangement-outcome.ts';
import { outcomeReport, outcomesInShort } from '../outcomes/report.ts';
import { savedNumbers } from '../store/month-numbers.ts';
import { exitCodes } from './output.ts';
import { withReading, type CliContext, type OpenGateway } from './context.ts';
import { writeOutput } from './input.ts';
import { printDocument } from './print-document.ts';

interface MonthOptions {
  readonly month?: string;
  readonly to?: string;
}

interface ReportOptions extends MonthOptions {
  readonly partner?: string;
  readonly language: Language;
  readonly out?: string;
  readonly print?: string;
  readonly browser: string;
}

export function outcomesCommands(program: Command, context: CliContext): void {
  const outcomes = program
    .command('outcomes')
    .description('what the arrangements bring: entries, benefits, comparisons');
  inMonths(
    outcomes.command('show', { isDefault: true }).description('one row for each arrangement, with all counts'),
  ).action((options: MonthOptions) =>
    withReading(context, async (gateway) => {
      const months = monthsOf(gateway, options);
      const rows = await outcomesInShort(gateway, months);
      context.out.result(
        { ...months, items: rows },
        rows.map((row) => ({ ...row })),
      );
      context.out.next(`mra outcomes report --month ${months.from} --out report.html`);
    }),
  );
  inMonths(outcomes.command('numbers').description('counts of months, beside those of the partners that compare them'))
    .option('--partner <code>', 'of this partner only')
    .action((options: MonthOptions & { readonly partner?: string }) =>
      withReading(context, (gateway) => showNumbers(context, gateway, options)),
    );
  const report = outcomes.command('report').description('the figures that may leave: small counts are withheld');
  inMonths(report)
    .option('--partner <code>', 'of this partner only')
    .addOption(new Option('--language <language>').choices(Object.keys(languages)).default('en'))
    .option('--out <file>', 'a file that ends with .html, .csv or .xlsx')
    .option('--print <file>', 'a PDF, printed by a browser')
    .option('--browser <program>', 'the browser that prints', 'chromium')
    .action((options: ReportOptions) => withReading(context, (gateway) => writeReport(context, gateway, options)));
}

function inMonths(command: Command): Command {
  return command
    .option('--month <month>', 'the month, or the first of several, as 2026-11 (the last that is over)')
    .option('--to <month>', 'the last of several');
}

/** Exit code 1 where a number differs. */
async function showNumbers(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  { partner, ...options }: MonthOptions & { readonly partner?: string },
): Promise<void> {
  const { to } = monthsOf(gateway, present({ to: options.to ?? options.month }));
  const months = monthsOf(gateway, { month: options.month ?? monthAfter(to, -2), to });
  const code = partner === undefined ? {} : { partner: getPartner(gateway, partner).code };
  const numbers = await savedNumbers(gateway.db.sql, { ...months, ...code });
  out.result(
    { ...months, items: numbers },
    numbers.map(({ compared_at: compared, ...row }) => ({
      ...row,
      same: row.ours === row.theirs ? 'yes' : 'no',
      compared,
    })),
  );
  if (numbers.some(({ ours, theirs }) => ours !== theirs)) exit(exitCodes.findings);
}

/** Throws E_REQUEST_INVALID. */
function monthsOf(gateway: OpenGateway, { month, to }: MonthOptions): Months {
  const from = month ?? to ?? monthAfter(monthOf(gateway), -1);
  const months = { from, to: to ?? from };
  monthsBetween(months);
  return months;
}

async function writeReport({ out }: CliContext, gateway: OpenGateway, options: ReportOptions): Promise<void> {
  const { partner, language, out: file, print, browser } = options;
  const write = file === undefined ? undefined : writerFor(file);
  const report = await outcomeReport(gateway, monthsOf(gateway, options), partner);
  const words = (await openWords(gateway.home.timeZone))(language);
  const of = { report, words, home: gateway.home.name };
  if (file !== undefined && write !== undefined) writeOutput(file, write(of));
  if (print !== undefined) await printDocument(browser, reportDocument(of), print);
  const rows = report.arrangements.flatMap(({ partner: code, figures }) =>
    figures.map(({ figure, unit, value, low, high, withheld }) => ({
      ...{ partner: code, figure, unit, value: withheld === true ? 'withheld' : (value ?? '') },
      ...{ low: low ?? '', high: high ?? '' },
    })),
  );
  out.result(report, rows);
}

/** Throws E_REQUEST_INVALID before anything is computed. */
function writerFor(file: string): (of: ReportOf) => string | Buffer {
  switch (extname(file).toLowerCase()) {
    case '.html':
      return reportDocument;
    case '.csv':
      return ({ report, words }) => reportCsv(report, words);
    case '.xlsx':
      return ({ report, words }) => reportWorkbook(report, words);
    default: {
      const fix = 'Let its name end with .html, .csv or .xlsx; --print writes a PDF.';
      throw new GatewayError('E_REQUEST_INVALID', 'the report is not written in this format', { at: '--out', fix });
    }
  }
}
