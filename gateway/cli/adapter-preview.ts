/** `mra adapter preview`: one record as the partner reads it, the records that lose most, and the effect of a change of the adapter. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Option, type Command } from 'commander';
import type { Adapter } from '../adapter/adapter.ts';
import { previewWay } from '../adapter/check/preview-way.ts';
import { previewAdapter, type Preview, type PreviewContext } from '../adapter/check/preview.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { Day, DomesticRecord } from '../model/record/record.ts';
import { inventOperators } from '../rehearsal/invented-operators.ts';
import { schemaChecker } from '../app/adapter-checks.ts';
import { folderOf } from './adapter-folder.ts';
import { withReading, type CliContext } from './context.ts';
import { existingDay, wholeNumber } from './input.ts';

interface PreviewOptions {
  readonly record?: string;
  readonly operator?: string;
  readonly worst?: number;
  readonly diff?: string;
  readonly day?: Day;
}

export function previewCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('preview')
    .argument('<cc>', 'folder under adapters/')
    .option('--record <code>', 'one of our operators; without it, an invented one')
    .option('--operator <code>', 'the same')
    .addOption(
      new Option('--worst <number>', 'the operators that are left out or lose most')
        .argParser(wholeNumber('--worst'))
        .conflicts(['diff', 'record', 'operator']),
    )
    .option('--day <day>', 'in the layout of this day, YYYY-MM-DD; without it, of today', existingDay('--day'))
    .option('--diff <revision>', 'compare with the adapter of a git revision')
    .description('show one record beside what the partner reads of it')
    .action((cc: string, options: PreviewOptions) => preview(context, cc, options));
}

interface Previewed {
  readonly cc: string;
  readonly folder: string;
  readonly adapter: Adapter;
  readonly context: PreviewContext;
}

async function preview(context: CliContext, cc: string, options: PreviewOptions): Promise<void> {
  const settings = context.config();
  const folder = folderOf(settings.adapters, cc);
  const home = await loadHome(join(settings.adapters, settings.home.toLowerCase()), context.tools);
  const adapter = await loadAdapter(folder, context.tools);
  const day = options.day ?? dayAt(new Date(), adapter.timeZone);
  const about = { cc, folder, adapter, context: { home, day, checkSchema: schemaChecker() } };
  if (options.worst !== undefined) return showWorst(context, about, options.worst);
  const code = options.record ?? options.operator;
  const record = code === undefined ? inventedRecord(home) : await storedRecord(context, code);
  if (options.diff === undefined) showRecord(context, about, record);
  else await showDifference(context, about, record, options.diff);
}

function showRecord({ out }: CliContext, { cc, adapter, context }: Previewed, record: DomesticRecord): void {
  const shown = previewAdapter(adapter, record, context);
  const way = previewWay(adapter, context.home.country, momentOf(new Date()));
  if (out.format === 'json') return out.json({ adapter: cc, operator: record.code, day: context.day, ...shown, way });
  out.print(`layout ${shown.template} of ${context.day}`);
  for (const line of summaryLines(shown)) out.print(line);
  out.table(
    shown.fields.map(({ path, ours, theirs }) => ({
      field: path,
      ours,
      theirs: theirs === '' ? '(not sent)' : theirs,
      '': shown.losses.includes(path) ? 'cut or changed' : '',
    })),
  );
  if (shown.text !== '') out.print(`\n${textLines(shown.text).join('\n')}`);
  if (way.length > 0) out.print('');
  if (way.length > 0) out.table(way.map((line) => ({ ...line })));
  out.next(`mra adapter lint ${cc}, then mra adapter test ${cc}`);
}

function summaryLines({ reasons, law, fault, bytes, losses }: Preview): string[] {
  const granted = law === undefined ? [] : [`grade granted under ${law}`];
  if (reasons.length > 0) return [...granted, `not sent: ${reasons.join(', ')}`];
  const place = fault?.at === undefined ? '' : ` at ${fault.at}`;
  const schema = fault === undefined ? 'follows the schema' : `${fault.code}${place}: ${fault.detail}`;
  const lost = losses.length === 0 ? [] : [`cut or changed: ${losses.join(', ')}`];
  const fix = fault?.fix === undefined ? [] : [`  fix  ${fault.fix}`];
  return [...granted, `${bytes} bytes, ${schema}`, ...fix, ...lost];
}

/** XML and JSON with each element on its own line, so that lines can be compared. */
function textLines(text: string): string[] {
  return text.replaceAll('><', '>\n<').replaceAll(/,"/gu, ',\n"').split('\n');
}

interface AffectedOperator {
  readonly operator: string;
  readonly leftOut: readonly string[];
  readonly losses: readonly string[];
  /** Of the format; such a record would stop the list. */
  readonly fault: string;
}

/** A fault counts most, then the reasons for leaving an operator out, then its losses. */
async function showWorst(context: CliContext, previewed: Previewed, count: number): Promise<void> {
  const { out } = context;
  const { cc } = previewed;
  const { total, affected } = await affectedOperators(context, previewed);
  const weight = ({ leftOut, losses, fault }: AffectedOperator): number =>
    leftOut.length * 100 + (fault === '' ? 0 : 1000) + losses.length;
  const worst = affected.sort((a, b) => weight(b) - weight(a) || a.operator.localeCompare(b.operator)).slice(0, count);
  const rows = worst.map(({ operator, leftOut, losses, fault }) => ({
    operator,
    'left out': leftOut.join(', '),
    'cut or changed': losses.join(', '),
    fault,
  }));
  out.result({ adapter: cc, operators: total, affected: affected.length, worst }, rows);
  out.note(`${affected.length} of ${total} operators are left out, lose something or do not fit`);
  const [first] = worst;
  out.next(first === undefined ? `mra adapter lint ${cc}` : `mra adapter preview ${cc} --record ${first.operator}`);
}

/** Loaded for what is stored: the commands of adapters need no store otherwise. */
const storedOperators = () => import('../store/operators.ts');

async function affectedOperators(
  context: CliContext,
  { adapter, context: { home, day } }: Previewed,
): Promise<{ total: number; affected: AffectedOperator[] }> {
  const affected: AffectedOperator[] = [];
  let total = 0;
  const { allOperators } = await storedOperators();
  await withReading(context, async ({ db }) => {
    for await (const records of allOperators(db.sql)) {
      total += records.length;
      for (const record of records) {
        const { reasons, losses, fault } = previewAdapter(adapter, record, { home, day });
        if (reasons.length + losses.length === 0 && fault === undefined) continue;
        affected.push({ operator: record.code, leftOut: reasons, losses, fault: fault?.code ?? '' });
      }
    }
  });
  if (total > 0) return { total, affected };
  throw new GatewayError('E_REQUEST_INVALID', 'there are no operators yet', {
    fix: 'Import them with mra operator import.',
  });
}

async function showDifference(
  { out, tools }: CliContext,
  { cc, adapter, folder, context }: Previewed,
  record: DomesticRecord,
  revision: string,
): Promise<void> {
  const previewOf = (version: Adapter): Preview =>
    previewAdapter(version, record, { ...context, checkSchema: schemaChecker() });
  const before = await withAdapterAt({ folder, revision }, tools, previewOf);
  const now = previewOf(adapter);
  const changed = changedFields(before, now);
  const { day } = context;
  if (out.format === 'json')
    return out.json({ adapter: cc, operator: record.code, day, revision, before, now, changed });
  out.print(`layout ${now.template} of ${day}`);
  const [old, current] = [textLines(before.text), textLines(now.text)];
  const removed = old.filter((line) => !current.includes(line)).map((line) => `- ${line}`);
  const added = current.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  if (changed.length + removed.length + added.length === 0)
    out.print(`the partner reads this record as under ${revision}`);
  out.table(changed);
  for (const line of [...removed, ...added]) out.print(line);
  out.next(`mra adapter test ${cc}`);
}

function changedFields(before: Preview, now: Preview): { field: string; before: string; now: string }[] {
  const valuesOf = ({ fields, reasons, fault }: Preview): ReadonlyMap<string, string> =>
    new Map([
      ...fields.map(({ path, theirs }): [string, string] => [path, theirs]),
      ['(not sent)', [...reasons, ...(fault === undefined ? [] : [fault.code])].join(', ')],
    ]);
  const [old, current] = [valuesOf(before), valuesOf(now)];
  return [...new Set([...before.fields, ...now.fields].map(({ path }) => path)), '(not sent)']
    .map((field) => ({ field, before: old.get(field) ?? '', now: current.get(field) ?? '' }))
    .filter((each) => each.before !== each.now);
}

function inventedRecord(home: HomeProfile): DomesticRecord {
  const records = inventOperators(home, { count: 50, advanced: 50, seed: 1, today: dayAt(new Date(), home.timeZone) });
  const found = records.find(({ status, consent }) => status === 'active' && consent) ?? records[0];
  if (found === undefined) throw new GatewayError('E_CONFIG_INVALID', 'the home profile cannot invent an operator');
  return found;
}

async function storedRecord(context: CliContext, code: string): Promise<DomesticRecord> {
  const { findOperator } = await storedOperators();
  const found = await withReading(context, ({ db }) => findOperator(db.sql, code));
  if (found !== undefined) return found;
  throw new GatewayError('E_REQUEST_INVALID', 'there is no operator of this code', {
    fix: 'Import it, or leave --record out.',
  });
}

const run = promisify(execFile);

/**
 * Loads the folder's files of a revision from a temporary copy. `use` may compile the schemas, so it runs before the copy is
 * removed. Throws E_REQUEST_INVALID outside a repository, for an unknown revision, and for one without this folder.
 */
async function withAdapterAt<T>(
  { folder, revision }: { readonly folder: string; readonly revision: string },
  tools: AdapterTools,
  use: (adapter: Adapter) => T,
): Promise<T> {
  const names = await namesAt(folder, revision);
  const copy = await mkdtemp(join(tmpdir(), 'adapter-at-'));
  try {
    const into = join(copy, basename(folder));
    for (const name of names) {
      const file = join(into, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await git(folder, ['show', `${revision}:./${name}`], 'buffer'));
    }
    return use(await loadAdapter(into, tools));
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Names of the files of the folder itself, samples not among them. */
async function namesAt(folder: string, revision: string): Promise<readonly string[]> {
  // A revision is never an option: --end-of-options would be plainer, and older programs do not know it.
  if (revision.startsWith('-')) throw noRevision(revision);
  const inside = await git(folder, ['rev-parse', '--is-inside-work-tree'], 'utf8').catch((cause: unknown) => {
    throw new GatewayError('E_REQUEST_INVALID', 'the adapter is not in a git repository', {
      at: folder,
      fix: 'Keep adapters/ under git, or leave --diff out.',
      cause,
    });
  });
  const listed = await git(folder, ['ls-tree', '--full-tree', '--name-only', `${revision}:./`], 'utf8').catch(() => {
    throw noRevision(revision);
  });
  const names = listed
    .toString()
    .split('\n')
    .filter((name) => /\.[a-z]+$/u.test(name));
  if (inside.toString().trim() === 'true' && names.includes('adapter.yaml')) return names;
  throw noRevision(revision);
}

function noRevision(revision: string): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', 'git has no such adapter at this revision', {
    at: revision,
    fix: 'Give a commit, tag or branch that has this folder, such as HEAD.',
  });
}

async function git(folder: string, words: readonly string[], encoding: 'utf8' | 'buffer'): Promise<string | Buffer> {
  const { stdout } = await run('git', ['-C', folder, ...words], { encoding, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
