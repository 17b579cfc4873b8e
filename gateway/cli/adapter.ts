/** `mra adapter lint | preview | test`: the loop of whoever writes an adapter. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { testAdapter, type Case, type CheckSchema } from '../adapter/conversations.ts';
import { lintAdapter, type Finding } from '../adapter/lint.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import { previewAdapter, type Preview } from '../adapter/preview.ts';
import { dayAt } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { DomesticRecord } from '../model/record.ts';
import { findOperator } from '../store/operators.ts';
import { loadSchema, type Schema } from '../wire/schema.ts';
import { checkDraft } from '../wire/seal.ts';
import type { CliContext } from './context.ts';
import { inventOperators } from './invented.ts';
import { exitCodes } from './output.ts';

interface TestArguments {
  readonly runs: string;
  readonly seed: string;
}

export function adapterCommands(program: Command, context: CliContext): void {
  const adapter = program.command('adapter').description('check and try the data of one partner, adapters/<cc>');
  adapter
    .command('lint')
    .argument('<cc>', 'folder under adapters/')
    .description('name everything wrong or doubtful, with file, line and fix')
    .action((cc: string) => lint(context, cc));
  adapter
    .command('preview')
    .argument('<cc>', 'folder under adapters/')
    .option('--operator <code>', 'one of our operators; without it, an invented one')
    .description('show one record beside what the partner reads of it')
    .action((cc: string, { operator }: { operator?: string }) => preview(context, cc, operator));
  adapter
    .command('test')
    .argument('<cc>', 'folder under adapters/')
    .option('--runs <number>', 'made-up messages of each kind', '200')
    .option('--seed <number>', 'of the made-up messages', '1')
    .description('run the sample conversations, and made-up messages out and back')
    .action((cc: string, options: TestArguments) => test(context, cc, options));
}

async function lint(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const findings = await lintAdapter(folderOf(context.config().adapters, cc), tools);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (out.format === 'json') out.json({ adapter: cc, findings });
  else for (const finding of findings) out.print(findingLines(finding));
  out.note(`${errors} errors, ${findings.length - errors} warnings`);
  if (errors > 0) context.exit(exitCodes.findings);
  out.next(errors > 0 ? `mend the first error, then mra adapter lint ${cc}` : `mra adapter test ${cc}`);
}

function findingLines({ severity, rule, file, line, column, detail, fix }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}  ${severity}  ${rule}  ${detail}${fix === undefined ? '' : `\n  fix  ${fix}`}`;
}

async function preview(context: CliContext, cc: string, code: string | undefined): Promise<void> {
  const { out, tools } = context;
  const settings = context.config();
  const adapter = await loadAdapter(folderOf(settings.adapters, cc), tools);
  const home = await loadHome(join(settings.adapters, settings.home.toLowerCase()), tools);
  const record = code === undefined ? inventedRecord(home) : await storedRecord(context, code);
  const shown = previewAdapter(adapter, record, home);
  if (out.format === 'json') out.json({ adapter: cc, operator: record.code, ...shown });
  else printPreview(context, shown);
  out.next(`mra adapter test ${cc}`);
}

function printPreview({ out }: CliContext, { reasons, fields, text, law }: Preview): void {
  if (law !== undefined) out.print(`grade given under ${law}`);
  if (reasons.length > 0) {
    out.print(`not sent: ${reasons.join(', ')}`);
    return;
  }
  out.table(
    fields.map(({ path, ours, theirs }) => ({
      field: path,
      ours,
      theirs: theirs === '' ? '(does not leave)' : theirs,
    })),
  );
  out.print(`\n${text.replaceAll('><', '>\n<')}`);
}

function inventedRecord(home: HomeProfile): DomesticRecord {
  const records = inventOperators(home, { count: 50, advanced: 50, seed: 1, today: dayAt(new Date(), home.timeZone) });
  const found = records.find(({ status, consent }) => status === 'active' && consent) ?? records[0];
  if (found === undefined) throw new GatewayError('E_CONFIG_INVALID', 'the home profile cannot invent an operator');
  return found;
}

async function storedRecord(context: CliContext, code: string): Promise<DomesticRecord> {
  const gateway = await context.open();
  try {
    const found = await findOperator(gateway.db.sql, code);
    if (found === undefined)
      throw new GatewayError('E_REQUEST_INVALID', 'there is no operator of this code', {
        fix: 'Import it, or leave --operator out.',
      });
    return found;
  } finally {
    await gateway.close();
  }
}

async function test(context: CliContext, cc: string, { runs, seed }: TestArguments): Promise<void> {
  const { out, tools } = context;
  const cases = await testAdapter(folderOf(context.config().adapters, cc), tools, {
    runs: wholeNumber(runs, '--runs'),
    seed: wholeNumber(seed, '--seed'),
    checkSchema: schemaChecker(),
  });
  const failed = cases.filter(({ ok }) => !ok).length;
  if (out.format === 'json') out.json({ adapter: cc, passed: cases.length - failed, failed, cases });
  else for (const each of cases) out.print(caseLine(each));
  out.note(`${cases.length - failed} passed, ${failed} failed`);
  if (failed > 0) context.exit(exitCodes.findings);
  out.next(
    failed > 0 ? `mend the first, then mra adapter test ${cc}` : `mra list build ${cc.toUpperCase()} --full --out list`,
  );
}

function caseLine({ name, ok, detail }: Case): string {
  return `${ok ? 'ok  ' : 'FAIL'}  ${name}${detail === undefined ? '' : `\n      ${detail}`}`;
}

/** Checks messages against schemas that are compiled once. Throws E_SCHEMA_INVALID. */
export function schemaChecker(): CheckSchema {
  const schemas = new Map<string, Schema>();
  return (text, format) => {
    const schema = schemas.get(format.schema) ?? loadSchema(format.schema);
    schemas.set(format.schema, schema);
    checkDraft([text], format, schema)[Symbol.dispose]();
  };
}

function folderOf(adapters: string, cc: string): string {
  const folder = join(adapters, cc.toLowerCase());
  if (/^[a-z][a-z0-9-]*$/u.test(cc.toLowerCase()) && existsSync(folder)) return folder;
  throw new GatewayError('E_ADAPTER_UNKNOWN', 'there is no such folder', {
    at: adapters,
    fix: 'Name a folder under adapters/, such as one copied from another partner.',
  });
}

function wholeNumber(text: string, option: string): number {
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw new GatewayError('E_REQUEST_INVALID', `${option} is not a whole number`);
}
