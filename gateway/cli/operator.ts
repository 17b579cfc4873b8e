/** `mra operator`: our own operators, brought in from the domestic system and looked at. */

import { statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { Adapter } from '../adapter/adapter.ts';
import type { Gateway } from '../gateway.ts';
import { eligibility } from '../model/record/eligibility.ts';
import { GatewayError } from '../model/errors.ts';
import { cellsOf, recordPaths } from '../model/record/columns.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import type { ImportReport, Problem } from '../domestic/import.ts';
import { allOperators, countOperators, findOperator } from '../store/operators.ts';
import { tableEncodings, type TableEncoding } from '../wire/files/csv.ts';
import type { CliContext } from './context.ts';
import { exitCodes, type Output } from './output.ts';

/** Of a partner only how it sees our operators. */
interface Viewer {
  readonly code: string;
  readonly adapter: Pick<Adapter, 'arrangement' | 'identifiers'> & { readonly list: Pick<Adapter['list'], 'needs'> };
}

interface Opened extends Pick<Gateway, 'home' | 'db' | 'now'> {
  readonly partners: ReadonlyMap<string, Viewer>;
  close(): Promise<void>;
}

/** The part of CliContext these commands use. */
export interface OperatorContext extends Pick<CliContext, 'out' | 'exit'> {
  open(): Promise<Opened>;
}

interface ImportArguments {
  readonly encoding: TableEncoding;
  readonly report?: string;
  readonly dryRun?: boolean;
}

/** Adds `operator import | show | list` to the program. */
export function operatorCommands(program: Command, context: OperatorContext): void {
  const operator = program.command('operator').description('our own operators');
  operator
    .command('import')
    .argument('<file>', 'CSV with titles, plain or gzipped; or JSON lines, named .jsonl')
    .description('take in a file of the domestic system; adds and changes, never removes')
    .addOption(new Option('--encoding <name>', 'how the file writes letters').choices(tableEncodings).default('utf-8'))
    .option('--report <file>', 'write the refused rows here, as CSV with what is wrong and what to do')
    .option('--dry-run', 'judge and count, change nothing')
    .action((file: string, options: ImportArguments) => runImport(context, file, options));
  operator
    .command('show')
    .argument('<code>', 'registration code')
    .description('one operator, and which partners may see it')
    .action((code: string) => runShow(context, code));
  operator
    .command('list')
    .description('operators in order of their codes')
    .option('--limit <n>', 'how many at most', '20')
    .action((options: { readonly limit: string }) => runList(context, options.limit));
}

async function runImport(context: OperatorContext, file: string, options: ImportArguments): Promise<void> {
  const { out } = context;
  // Loaded when needed: the check digits of all countries take 0.1 s that no other command should pay.
  const { importOperators, refusedRowsCsv } = await import('../domestic/import.ts');
  const gateway = await context.open();
  try {
    const bar = out.progress(basename(file), statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    const report = await importOperators(gateway, file, {
      encoding: options.encoding,
      format: /\.jsonl(\.gz)?$/u.test(file) ? 'jsonl' : 'csv',
      dryRun: options.dryRun === true,
      progress: (bytes) => bar.at(bytes),
    }).finally(() => bar.end());
    if (options.report !== undefined) writeReport(options.report, refusedRowsCsv(report));
    if (out.format === 'json') out.json(importJson(report, options.report));
    else printImport(out, report);
    out.next(afterImport(report, file, options.report));
    context.exit(report.counts.refused === 0 ? exitCodes.done : exitCodes.partly);
  } finally {
    await gateway.close();
  }
}

function writeReport(path: string, csv: string): void {
  try {
    writeFileSync(path, csv);
  } catch (error) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the report could not be written; the import itself is done', {
      fix: 'Name a file in a folder that may be written to, and import again: the same file changes nothing.',
      cause: error,
    });
  }
}

function printImport(out: Output, { file, state, counts, problems }: ImportReport): void {
  const taken = counts.created + counts.changed + counts.unchanged;
  const did = state === 'saved' ? '' : 'dry run, nothing changed: ';
  out.print(`${did}${file.name}: ${amount(counts.rows)} rows`);
  out.print(
    `  taken    ${amount(taken)}: ${amount(counts.created)} new, ${amount(counts.changed)} changed, ${amount(counts.unchanged)} unchanged`,
  );
  out.print(`  warned   ${amount(counts.warnings)} of these`);
  out.print(`  refused  ${amount(counts.refused)}`);
  for (const problem of problems) printProblem(out, problem);
}

function printProblem(out: Output, { title, severity, rows, rule, samples, fix }: Problem): void {
  out.print('');
  const weight = severity === 'refused' ? 'refused' : 'taken, with a warning';
  out.print(`${title}: ${amount(rows)} ${rows === 1 ? 'row' : 'rows'} ${weight} (${rule})`);
  for (const { row, column, value, detail } of samples) {
    const found = value === '' ? '' : ` “${value}”`;
    const why = detail === title ? '' : `: ${detail}`;
    out.print(`  row ${row}${column === '' ? '' : `, ${column}`}${found}${why}`);
  }
  out.print(`  fix  ${fix}`);
}

/** The report as programs read it; member names are stable. */
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
      return `mra operator import ${file} --report refused.csv   (all refused rows, with what to do)`;
    return `correct the ${amount(counts.refused)} rows of ${report} in the domestic system, and import again`;
  }
  return state === 'dry_run' ? `mra operator import ${file}` : 'mra list build PARTNER --full --out list.xml';
}

async function runShow(context: OperatorContext, code: string): Promise<void> {
  const { out } = context;
  const gateway = await context.open();
  try {
    const record = await findOperator(gateway.db.sql, code);
    if (record === undefined) {
      throw new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
        fix: `A code is ${gateway.home.code.words}.`,
      });
    }
    const partners = [...gateway.partners.values()].map((partner) => seenBy(record, partner));
    if (out.format === 'json') {
      out.json({ record, partners });
      return;
    }
    const cells = cellsOf(record);
    out.table(recordPaths.flatMap((field) => (cells[field] === undefined ? [] : [{ field, value: cells[field] }])));
    if (partners.length === 0) return;
    out.print('');
    out.table(partners.map(({ reasons, ...rest }) => ({ ...rest, reasons: reasons.join(', ') })));
  } finally {
    await gateway.close();
  }
}

interface SeenBy {
  readonly partner: string;
  readonly identifier: string;
  readonly listed: 'yes' | 'no';
  readonly reasons: readonly string[];
}

/** Whether a partner may see the operator, and every reason why not. */
function seenBy(record: DomesticRecord, { code, adapter }: Viewer): SeenBy {
  const { arrangement, identifiers, list } = adapter;
  const judged = eligibility(record, { arrangement, needs: list.needs, form: identifiers.ours });
  const identifier = identifiers.ours.toIdentifier(record.code);
  return {
    partner: code,
    identifier,
    listed: judged.eligible ? 'yes' : 'no',
    reasons: judged.eligible ? [] : judged.reasons,
  };
}

async function runList(context: OperatorContext, limit: string): Promise<void> {
  const { out } = context;
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) {
    throw new GatewayError('E_REQUEST_INVALID', 'the limit is not a whole number above 0', { at: '--limit' });
  }
  const gateway = await context.open();
  try {
    const records = await firstOperators(gateway, most);
    const count = await countOperators(gateway.db.sql);
    if (out.format === 'json') {
      out.json({ count, operators: records });
      return;
    }
    out.table(
      records.map(({ code, name, grade, status, consent }) => ({
        code,
        name: name.latin ?? name.local,
        grade,
        status,
        consent: consent ? 'yes' : 'no',
      })),
    );
    out.note(`${amount(records.length)} of ${amount(count)} operators`);
    if (count === 0) out.next('mra operator import FILE');
  } finally {
    await gateway.close();
  }
}

async function firstOperators(gateway: Pick<Gateway, 'db'>, most: number): Promise<readonly DomesticRecord[]> {
  const records: DomesticRecord[] = [];
  for await (const batch of allOperators(gateway.db.sql)) {
    records.push(...batch.slice(0, most - records.length));
    if (records.length >= most) break;
  }
  return records;
}

function amount(count: number): string {
  return count.toLocaleString('en');
}
