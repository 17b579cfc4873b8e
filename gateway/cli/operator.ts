/** `mra operator …`: imports our own operators from the domestic system, and shows them. */

import { statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { Adapter } from '../adapter/adapter.ts';
import type { Gateway } from '../gateway.ts';
import { eligibility } from '../model/record/partner-view.ts';
import { GatewayError } from '../model/errors.ts';
import { columnValues, recordColumns } from '../model/record/record-text.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import type { ImportReport, Problem } from '../domestic/import.ts';
import { allOperators, countOperators, findOperator } from '../store/operators.ts';
import { tableEncodings, type TableEncoding } from '../wire/files/csv.ts';
import { withGateway, type CommandContext } from './context.ts';
import { exitCodes, type Output } from './output.ts';
import { wholeNumber } from './input.ts';

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
  readonly report?: string;
  readonly dryRun?: boolean;
}

export function operatorCommands(program: Command, context: OperatorContext): void {
  const operator = program.command('operator').description('our own operators');
  operator
    .command('import <file>')
    .description(
      'import CSV with column titles, plain or gzipped, or JSON lines (.jsonl); adds and changes, never removes',
    )
    .addOption(new Option('--encoding <name>', 'character encoding').choices(tableEncodings).default('utf-8'))
    .option('--report <file>', 'write the refused rows to this file, as CSV with rule and fix')
    .option('--dry-run', 'check and count, change nothing')
    .action((file: string, options: ImportArguments) =>
      withGateway(context, (gateway) => runImport(context, gateway, file, options)),
    );
  operator
    .command('show <code>')
    .description('one operator by its registration code, and which partners may see it')
    .action((code: string) => withGateway(context, (gateway) => show(context, gateway, code)));
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
  options: ImportArguments,
): Promise<void> {
  // Loaded when needed: the check digits of all countries take 0.1 s, which no other command needs.
  const { importOperators, refusedRowsCsv } = await import('../domestic/import.ts');
  const progress = out.progress(basename(file), statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const report = await importOperators(gateway, file, {
    encoding: options.encoding,
    format: /\.jsonl(\.gz)?$/u.test(file) ? 'jsonl' : 'csv',
    dryRun: options.dryRun === true,
    progress: progress.at,
  }).finally(progress.end);
  if (options.report !== undefined) writeReport(options.report, refusedRowsCsv(report));
  if (out.format === 'json') out.json(importJson(report, options.report));
  else printImport(out, report);
  out.next(afterImport(report, file, options.report));
  exit(report.counts.refused === 0 ? exitCodes.done : exitCodes.partly);
}

function writeReport(path: string, csv: string): void {
  try {
    writeFileSync(path, csv);
  } catch (error) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the report could not be written; the import itself is done', {
      fix: 'Name a file in a writable folder, and import again: importing the same file changes nothing.',
      cause: error,
    });
  }
}

function printImport(out: Output, { file, state, counts, problems }: ImportReport): void {
  const { rows, created, changed, unchanged, warnings, refused } = counts;
  out.print(`${state === 'saved' ? '' : 'dry run, nothing changed: '}${file.name}: ${amount(rows)} rows`);
  const accepted = `${amount(created)} new, ${amount(changed)} changed, ${amount(unchanged)} unchanged`;
  out.print(`  accepted  ${amount(created + changed + unchanged)}: ${accepted}`);
  out.print(`  warnings  ${amount(warnings)} of these`);
  out.print(`  refused   ${amount(refused)}`);
  for (const problem of problems) printProblem(out, problem);
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
function importJson({ file, state, counts, problems }: ImportReport, report: string | undefined): unknown {
  return {
    file,
    state,
    counts,
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

function afterImport({ state, counts }: ImportReport, file: string, report: string | undefined): string {
  if (counts.refused > 0) {
    if (report === undefined)
      return `mra operator import ${file} --report refused.csv   (all refused rows, each with its fix)`;
    return `correct the ${amount(counts.refused)} rows of ${report} in the domestic system, and import again`;
  }
  return state === 'dry_run' ? `mra operator import ${file}` : 'mra list build PARTNER --full --out list.xml';
}

async function show({ out }: OperatorContext, gateway: OperatorGateway, code: string): Promise<void> {
  const record = await findOperator(gateway.db.sql, code);
  if (record === undefined)
    throw new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
      fix: `A code is ${gateway.home.code.words}.`,
    });
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
