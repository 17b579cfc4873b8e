/** `mra operator …`: imports our own operators from the domestic system, and shows them. */

import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { Adapter } from '../adapter/adapter.ts';
import type { Gateway } from '../gateway.ts';
import { eligibility } from '../model/record/partner-view.ts';
import { GatewayError } from '../model/errors.ts';
import { columnValues, recordColumns } from '../model/record/record-text.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import type { ImportReport, Problem } from '../domestic/import.ts';
import { restrictionWords, type Restriction } from '../domestic/known-facts.ts';
import { allOperators, countOperators, findOperator, operatorVersions } from '../store/operators.ts';
import { tableEncodings, type TableEncoding } from '../wire/files/file-content.ts';
import { withGateway, type CommandContext } from './context.ts';
import { exitCodes, type Output } from './output.ts';
import { wholeNumber, writeOutput } from './input.ts';

/** The part of a partner that decides which of our operators it may see. */
interface Viewer {
  readonly code: string;
  readonly adapter: Pick<Adapter, 'arrangement' | 'identifiers'> & {
    readonly list: Pick<Adapter['list'], 'requiredPaths'>;
  };
}

interface OperatorGateway extends Pick<Gateway, 'home' | 'db' | 'now'> {
  readonly partners: ReadonlyMap<string, Viewer>;
}

export type OperatorContext = CommandContext<OperatorGateway>;

interface ImportArguments {
  readonly encoding: TableEncoding;
  readonly sheet?: string;
  readonly asOf?: string;
  readonly lift?: boolean;
  readonly as?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
}

export function operatorCommands(program: Command, context: OperatorContext): void {
  const operator = program.command('operator').description('our own operators');
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
      withGateway(context, (gateway) => runImport(context, gateway, file, options)),
    );
  operator
    .command('show <code>')
    .description('one operator by its registration code, which partners may see it, and what they hold of it')
    .option('--history', 'all its states: since when, from which import, by whom')
    .action((code: string, { history }: { history?: boolean }) =>
      withGateway(context, (gateway) => (history === true ? showHistory : show)(context, gateway, code)),
    );
  operator
    .command('list')
    .description('operators in order of their codes')
    .option('--limit <n>', 'how many at most', wholeNumber('--limit'), 20)
    .action(({ limit }: { limit: number }) => withGateway(context, (gateway) => list(context, gateway, limit)));
}

async function runImport(
  { out, exit }: OperatorContext,
  gateway: OperatorGateway,
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
    format: /\.jsonl(\.gz)?$/u.test(file) ? 'jsonl' : 'table',
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

function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `account ${process.getuid?.() ?? ''}`.trim(); // it has no name on this machine
  }
}

const headlines = { saved: '', dry_run: 'dry run, nothing changed: ', stopped: 'stopped, nothing changed: ' } as const;
const momentSources = {
  option: '--as-of',
  file_name: 'the name of the file',
  newest_day: 'the newest day in it',
} as const;

function printImport(out: Output, report: ImportReport): void {
  const { file, state, asOf, counts, problems } = report;
  const { rows, created, changed, unchanged, warnings, refused } = counts;
  out.print(`${headlines[state]}${file.name}: ${amount(rows)} rows`);
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
  { state, counts }: ImportReport,
  file: string,
  { reportFile, stopped }: { reportFile: string | undefined; stopped: boolean },
): string {
  if (stopped) return `mra operator import ${file} --lift   (once the rows that lift a restriction are checked)`;
  if (counts.refused > 0) {
    if (reportFile === undefined)
      return `mra operator import ${file} --report refused.csv   (all refused rows, each with its fix)`;
    return `correct the ${amount(counts.refused)} rows in ${reportFile}, then mra operator import ${reportFile}`;
  }
  return state === 'dry_run' ? `mra operator import ${file}` : 'mra list build PARTNER --full --out list.xml';
}

/** Each state with what differs from the one before it. */
async function showHistory({ out }: OperatorContext, gateway: OperatorGateway, code: string): Promise<void> {
  const versions = await operatorVersions(gateway.db.sql, code);
  if (versions.length === 0) throw unknownOperator(gateway);
  const states = versions.map((version, i) => {
    const { record, since, asOf, source } = version;
    const [now, before] = [columnValues(record), columnValues(versions[i + 1]?.record ?? record)];
    const changed = recordColumns.filter((field) => now[field] !== before[field]);
    return { since, as_of: asOf, import: source, changed, record };
  });
  out.result(
    { code, states },
    states.map(({ since, as_of, import: source, changed, record }) => ({
      since,
      'as of': as_of,
      file: source?.file,
      by: source?.person,
      changed: changed.map((field) => `${field}: ${columnValues(record)[field] ?? ''}`).join('; '),
    })),
  );
}

function unknownOperator({ home }: OperatorGateway): GatewayError {
  return new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
    fix: `A code is ${home.code.words}.`,
  });
}

async function show({ out }: OperatorContext, gateway: OperatorGateway, code: string): Promise<void> {
  const record = await findOperator(gateway.db.sql, code);
  if (record === undefined) throw unknownOperator(gateway);
  const partners = [...gateway.partners.values()].map((partner) => visibility(record, partner));
  const columns = columnValues(record);
  out.result(
    { record, partners },
    recordColumns.filter((field) => columns[field] !== undefined).map((field) => ({ field, value: columns[field] })),
    partners.map(({ reasons, ...rest }) => ({ ...rest, reasons: reasons.join(', ') })),
  );
}

/** Whether a partner may see the operator, and every reason why not. */
function visibility(record: DomesticRecord, { code: partner, adapter }: Viewer) {
  const { arrangement, identifiers, list } = adapter;
  const found = eligibility(record, { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours });
  const identifier = identifiers.ours.toIdentifier(record.code);
  return { partner, identifier, listed: found.eligible ? 'yes' : 'no', reasons: found.eligible ? [] : found.reasons };
}

async function list({ out }: OperatorContext, { db }: OperatorGateway, limit: number): Promise<void> {
  const operators = await firstOperators(db, limit);
  const count = await countOperators(db.sql);
  out.result(
    { count, operators },
    operators.map(({ code, name, grade, status, consent }) => ({
      code,
      name: name.latin ?? name.local,
      grade,
      status,
      consent: consent ? 'yes' : 'no',
    })),
  );
  out.note(`${amount(operators.length)} of ${amount(count)} operators`);
  if (count === 0) out.next('mra operator import FILE');
}

async function firstOperators(db: Gateway['db'], most: number): Promise<readonly DomesticRecord[]> {
  const records: DomesticRecord[] = [];
  for await (const batch of allOperators(db.sql)) {
    records.push(...batch.slice(0, most - records.length));
    if (records.length >= most) break;
  }
  return records;
}

function amount(count: number): string {
  return count.toLocaleString('en');
}
