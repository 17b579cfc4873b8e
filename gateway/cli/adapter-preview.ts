/** `mra adapter preview`: one record beside what the partner reads of it, the records that fare worst, and what a change of the adapter changes. */

import { join } from 'node:path';
import type { Command } from 'commander';
import type { Adapter } from '../adapter/adapter.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import { previewAdapter, type Preview } from '../adapter/check/preview.ts';
import { dayAt } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { allOperators, findOperator } from '../store/operators.ts';
import { folderOf, schemaChecker } from './adapter-folder.ts';
import { withAdapterAt } from './adapter-revision.ts';
import type { CliContext } from './context.ts';
import { inventOperators } from '../rehearsal/invented-operators.ts';

interface PreviewOptions {
  readonly record?: string;
  readonly operator?: string;
  readonly worst?: string;
  readonly diff?: string;
}

/** Registers the command under `mra adapter`. */
export function previewCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('preview')
    .argument('<cc>', 'folder under adapters/')
    .option('--record <code>', 'one of our operators; without it, an invented one')
    .option('--operator <code>', 'the same')
    .option('--worst <number>', 'the operators that lose most, or are left out')
    .option('--diff <revision>', 'the record under the adapter of a git revision, and now')
    .description('show one record beside what the partner reads of it')
    .action((cc: string, options: PreviewOptions) => preview(context, cc, options));
}

interface Stage {
  readonly cc: string;
  readonly folder: string;
  readonly adapter: Adapter;
  readonly home: HomeProfile;
}

async function preview(context: CliContext, cc: string, options: PreviewOptions): Promise<void> {
  const settings = context.config();
  const folder = folderOf(settings.adapters, cc);
  const home = await loadHome(join(settings.adapters, settings.home.toLowerCase()), context.tools);
  const stage = { cc, folder, home, adapter: await loadAdapter(folder, context.tools) };
  if (options.worst !== undefined) {
    await showWorst(context, stage, options.worst);
    return;
  }
  const code = options.record ?? options.operator;
  const record = code === undefined ? inventedRecord(home) : await storedRecord(context, code);
  if (options.diff === undefined) showRecord(context, stage, record);
  else await showDifference(context, stage, record, options.diff);
}

function showRecord({ out }: CliContext, { cc, adapter, home }: Stage, record: DomesticRecord): void {
  const shown = previewAdapter(adapter, record, home, schemaChecker());
  if (out.format === 'json') out.json({ adapter: cc, operator: record.code, ...shown });
  else for (const line of previewLines(shown)) out.print(line);
  if (out.format !== 'json') {
    out.table(
      shown.fields.map(({ path, ours, theirs }) => ({
        field: path,
        ours,
        theirs: theirs === '' ? '(does not leave)' : theirs,
        '': shown.losses.includes(path) ? 'cut or changed' : '',
      })),
    );
    if (shown.text !== '') out.print(`\n${textLines(shown.text).join('\n')}`);
  }
  out.next(`mra adapter lint ${cc}, then mra adapter test ${cc}`);
}

function previewLines({ reasons, law, fault, bytes, losses }: Preview): string[] {
  const about = law === undefined ? [] : [`grade given under ${law}`];
  if (reasons.length > 0) return [...about, `not sent: ${reasons.join(', ')}`];
  const place = fault?.at === undefined ? '' : ` at ${fault.at}`;
  const schema = fault === undefined ? 'follows the schema' : `${fault.code}${place}: ${fault.detail}`;
  return [
    ...about,
    `${bytes} bytes, ${schema}`,
    ...(losses.length === 0 ? [] : [`cut or changed: ${losses.join(', ')}`]),
  ];
}

/** XML and JSON element by element, so that lines can be compared. */
function textLines(text: string): string[] {
  return text.replaceAll('><', '>\n<').replaceAll(/,"/gu, ',\n"').split('\n');
}

interface Faring {
  readonly operator: string;
  readonly leftOut: readonly string[];
  readonly losses: readonly string[];
  readonly fault: string;
}

/** Left out counts most, then what would stop the list, then what is lost. */
async function showWorst(context: CliContext, { cc, adapter, home }: Stage, wanted: string): Promise<void> {
  const { out } = context;
  if (!/^[1-9]\d{0,5}$/u.test(wanted))
    throw new GatewayError('E_REQUEST_INVALID', '--worst is not a number', {
      fix: 'Give how many operators are to be shown.',
    });
  const { total, faring } = await allFaring(context, adapter, home);
  const worst = faring
    .sort((a, b) => badness(b) - badness(a) || a.operator.localeCompare(b.operator))
    .slice(0, Number(wanted));
  const counts = { operators: total, affected: faring.length };
  if (out.format === 'json') out.json({ adapter: cc, ...counts, worst });
  else
    out.table(
      worst.map(({ operator, leftOut, losses, fault }) => ({
        operator,
        'left out': leftOut.join(', '),
        'cut or changed': losses.join(', '),
        fault,
      })),
    );
  out.note(`${faring.length} of ${total} operators are left out, lose something or do not fit`);
  out.next(
    worst[0] === undefined ? `mra adapter lint ${cc}` : `mra adapter preview ${cc} --record ${worst[0].operator}`,
  );
}

function badness({ leftOut, losses, fault }: Faring): number {
  return leftOut.length * 100 + (fault === '' ? 0 : 1000) + losses.length;
}

async function allFaring(
  context: CliContext,
  adapter: Adapter,
  home: HomeProfile,
): Promise<{ total: number; faring: Faring[] }> {
  const gateway = await context.open();
  try {
    const faring: Faring[] = [];
    let total = 0;
    for await (const records of allOperators(gateway.db.sql)) {
      total += records.length;
      for (const record of records) {
        const { reasons, losses, fault } = previewAdapter(adapter, record, home);
        if (reasons.length + losses.length === 0 && fault === undefined) continue;
        faring.push({ operator: record.code, leftOut: reasons, losses, fault: fault?.code ?? '' });
      }
    }
    if (total > 0) return { total, faring };
    throw new GatewayError('E_REQUEST_INVALID', 'there are no operators yet', {
      fix: 'Import them with mra operator import.',
    });
  } finally {
    await gateway.close();
  }
}

async function showDifference(
  context: CliContext,
  stage: Stage,
  record: DomesticRecord,
  revision: string,
): Promise<void> {
  const { out, tools } = context;
  const { cc, adapter, home, folder } = stage;
  const before = await withAdapterAt({ folder, revision }, tools, (then) =>
    previewAdapter(then, record, home, schemaChecker()),
  );
  const now = previewAdapter(adapter, record, home, schemaChecker());
  const changed = changedFields(before, now);
  const lines = changedLines(textLines(before.text), textLines(now.text));
  if (out.format === 'json') {
    out.json({ adapter: cc, operator: record.code, revision, before, now, changed });
    return;
  }
  if (changed.length + lines.length === 0) out.print(`the partner reads this record as under ${revision}`);
  out.table(changed);
  for (const line of lines) out.print(line);
  out.next(`mra adapter test ${cc}`);
}

function changedFields(before: Preview, now: Preview): { field: string; before: string; now: string }[] {
  const theirs = ({ fields }: Preview, wanted: string): string =>
    fields.find(({ path }) => path === wanted)?.theirs ?? '';
  const paths = new Set([...before.fields, ...now.fields].map(({ path }) => path));
  const changed = [...paths].map((field) => ({ field, before: theirs(before, field), now: theirs(now, field) }));
  const told = ({ reasons, fault }: Preview): string =>
    [...reasons, ...(fault === undefined ? [] : [fault.code])].join(', ');
  return [...changed, { field: '(not sent)', before: told(before), now: told(now) }].filter(
    (each) => each.before !== each.now,
  );
}

/** Lines that one text has and the other has not, in their order. */
function changedLines(before: readonly string[], now: readonly string[]): string[] {
  const gone = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...come];
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
        fix: 'Import it, or leave --record out.',
      });
    return found;
  } finally {
    await gateway.close();
  }
}
