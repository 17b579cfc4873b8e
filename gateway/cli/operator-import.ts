/** `mra operator import`: imports our own operators from a file of the domestic system, and reports the result. */

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { ImportDeps, ImportReport, Problem } from '../domestic/import.ts';
import { restrictionWords, type Restriction } from '../domestic/known-facts.ts';
import { tableEncodings, type TableEncoding } from '../wire/files/file-content.ts';
import { withGateway, withReading, type CommandContext } from './context.ts';
import { account, writeOutput } from './input.ts';
import { amount, exitCodes, type Output } from './output.ts';

type ImportContext = CommandContext<ImportDeps>;

interface ImportArguments {
  readonly encoding: TableEncoding;
  readonly sheet?: string;
  readonly asOf?: string;
  readonly lift?: boolean;
  readonly as?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
}

export function importCommand(operator: Command, context: ImportContext): void {
  operator
    .command('import <file>')
    .description(
      'import a table with column titles (CSV, plain or gzipped, or XLSX) or JSON lines (.jsonl); adds and changes, never removes',
    )
    .addOption(new Option('--encoding <name>', 'character encoding').choices(tableEncodings).default('utf-8'))
    .option('--sheet <name>', 'sheet of a workbook (default: the first)')
    .option(
      '--as-of <day>',
      'day or time at home that the file speaks of (default: a column as_of, a day in its name, or the newest day in it)',
    )
    .option('--lift', 'lift suspensions, revocations and withdrawals that rows end on a later day')
    .option('--as <person>', 'who imports (default: the account)')
    .option('--report <file>', 'write the refused rows to this file, as CSV that can be corrected and imported')
    .option('--dry-run', 'check and count, change nothing')
    .action((file: string, options: ImportArguments) =>
      (options.dryRun === true ? withReading : withGateway)(context, (gateway) =>
        runImport(context, gateway, file, options),
      ),
    );
}

async function runImport(
  { out, exit }: ImportContext,
  gateway: ImportDeps,
  file: string,
  { report: reportFile, ...options }: ImportArguments,
): Promise<void> {
  // Loaded when needed: the check digits of all countries take 0.1 s, which no other command needs.
  const [{ importOperators }, { refusedRowsCsv }] = await Promise.all([
    import('../domestic/import.ts'),
    import('../domestic/refused-rows.ts'),
  ]);
  const progress = out.progress(basename(file), statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const report = await importOperators(gateway, file, {
    ...options,
    person: options.as ?? account(),
    progress: progress.at,
  }).finally(progress.end);
  if (reportFile !== undefined) writeOutput(reportFile, refusedRowsCsv(report), 'the import itself is done');
  if (out.format === 'json') out.json(importJson(report, reportFile));
  else printImport(out, report);
  const stopped = lifted(report) !== '' && options.lift !== true;
  out.next(afterImport(report, file, { reportFile, stopped }));
  if (stopped) exit(exitCodes.stopped);
  else exit(report.counts.refused === 0 ? exitCodes.done : exitCodes.partly);
}

const headlines = { saved: '', dry_run: 'dry run, nothing changed: ', stopped: 'stopped, nothing changed: ' } as const;
const momentSources = {
  option: '--as-of',
  column: 'the column as_of',
  file_name: 'the name of the file',
  newest_day: 'the newest day in it',
} as const;

function printImport(out: Output, report: ImportReport): void {
  const { file, state, asOf, counts, problems } = report;
  const { rows, created, changed, unchanged, warnings, refused } = counts;
  out.print(`${headlines[state]}${file.name}: ${amount(rows)} rows`);
  const { sheet, sheets_not_read: others = [] } = file;
  const rest = others.length === 0 ? '' : ` (not read: ${others.join(', ')})`;
  if (sheet !== undefined) out.print(`  sheet     ${sheet}${rest}`);
  if (asOf.moment !== '') out.print(`  as of     ${asOf.moment} (${momentSources[asOf.from]})`);
  const accepted = `${amount(created)} new, ${amount(changed)} changed, ${amount(unchanged)} unchanged`;
  out.print(`  accepted  ${amount(created + changed + unchanged)}: ${accepted}`);
  out.print(`  warnings  ${amount(warnings)} of these`);
  out.print(`  refused   ${amount(refused)}`);
  const lifts = lifted(report);
  if (lifts !== '') out.print(`  ${state === 'saved' ? 'lifted' : 'would lift'} ${lifts}`);
  for (const problem of problems) printProblem(out, problem);
}

/** `1 suspension, 2 withdrawals of consent`; empty where nothing is lifted. */
function lifted({ lifts }: ImportReport): string {
  return Object.entries(lifts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => {
      const [noun = '', ...rest] = restrictionWords[kind as Restriction].split(' ');
      return [amount(count), count === 1 ? noun : `${noun}s`, ...rest].join(' ');
    })
    .join(', ');
}

function printProblem(out: Output, { title, severity, rows, rule, samples, fix }: Problem): void {
  const effect = severity === 'refused' ? 'refused' : 'accepted with a warning';
  out.print(`\n${title}: ${amount(rows)} ${rows === 1 ? 'row' : 'rows'} ${effect} (${rule})`);
  for (const { row, column, value, detail } of samples) {
    const found = value === '' ? '' : ` “${value}”`;
    const why = detail === title ? '' : `: ${detail}`;
    out.print(`  row ${row}${column === '' ? '' : `, ${column}`}${found}${why}`);
  }
  out.print(`  fix  ${fix}`);
}

/** Published: member names are stable. */
function importJson(imported: ImportReport, report: string | undefined): unknown {
  const { file, state, asOf, counts, lifts, problems } = imported;
  return {
    file,
    state,
    as_of: asOf,
    counts,
    lifts,
    problems: problems.map(({ rule, severity, rows, samples, fix }) => ({
      group: rule,
      severity,
      rows,
      examples: samples.map(({ row, column, value, detail }) => ({ row, column, found: value, detail })),
      fix,
    })),
    ...(report === undefined ? {} : { downloads: { refused_rows: report } }),
  };
}

function afterImport(
  { state, counts, asOf, problems }: ImportReport,
  file: string,
  { reportFile, stopped }: { reportFile: string | undefined; stopped: boolean },
): string {
  if (stopped) return `mra operator import ${file} --lift   (once the rows that lift a restriction are checked)`;
  if (counts.refused > 0) {
    // An old day in the file may be all that makes its rows older than what is known.
    if (asOf.from === 'newest_day' && problems.some(({ rule }) => rule === 'row_outdated'))
      return `mra operator import ${file} --as-of DAY   (the day of which the file is; without it the newest day in it counts, ${asOf.moment})`;
    if (reportFile === undefined)
      return `mra operator import ${file} --report refused.csv   (all refused rows, each with its fix)`;
    return `correct the ${amount(counts.refused)} rows in ${reportFile}, then mra operator import ${reportFile}`;
  }
  return state === 'dry_run' ? `mra operator import ${file}` : 'mra list build PARTNER --full --out list.xml';
}
