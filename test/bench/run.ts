/** `npm run bench -- lists|messages|decisions|border|office`: measures, prints figures beside the bars, and writes docs/benchmarks.md when told to. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeOutput, type Output } from '../../gateway/cli/output.ts';
import { borderBars, listBars, listSize, messageBars, throughputBars, type Bar } from './bars.ts';
import { benchBorder, type BorderResult } from './border.ts';
import { benchLists } from './lists.ts';
import { benchDecisions } from './decisions.ts';
import { circumstances } from './machine.ts';
import { benchMessages } from './messages.ts';
import { writePage, type Measured } from './page.ts';
import { benchNames } from './names.ts';
import { benchOffice, officeBar, type OfficeResult } from './office.ts';
import { sizeOf } from './office-store.ts';
import { makeStage } from './stage.ts';
import { benchThroughput, withEngines } from './throughput.ts';
import * as tables from './tables.ts';

const usage = `npm run bench -- lists [--sizes 1000,10000,37151,100000,300000] [--runs 5] [--write] [-o json]
npm run bench -- messages [--sizes 1,1000,37151] [-o json]
npm run bench -- decisions [--runs 200] [-o json]
npm run bench -- border [--sizes 1000000] [--runs 3] [-o json]
npm run bench -- office [--sizes 5000000] [--runs 20] [-o json]   consultations; the rest in proportion
  --folder DIR keeps the filled stores in it and takes those that are there; --store sqlite|postgres://… measures one
--write measures messages too, and writes docs/benchmarks.md.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o', default: 'table' },
    sizes: { type: 'string' },
    runs: { type: 'string' },
    folder: { type: 'string' },
    store: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const [what] = positionals;
const usualRuns: Readonly<Record<string, string>> = { decisions: '200', border: '3', office: '20' };
const runs = wholeNumber(values.runs ?? usualRuns[what ?? ''] ?? '5');
const subjects = ['lists', 'messages', 'decisions', 'border', 'office'] as const;
const subject = subjects.find((each) => each === what) ?? stop('say what to measure');
if (values.output !== 'table' && values.output !== 'json') stop('the output is a table or json');
const out = makeOutput({ stdout: process.stdout, stderr: process.stderr, format: values.output });
if (subject === 'decisions') {
  const { decisions, ...ms } = await benchDecisions(runs);
  const rounded = Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, Math.round(value)]));
  out.result({ decisions, ms: rounded }, [{ decisions, ...rounded }]);
} else if (subject === 'border') await border();
else if (subject === 'office') await office();
else await main(subject);

async function office(): Promise<void> {
  const size = sizeOf(wholeNumber(values.sizes ?? '5000000'));
  const note = (text: string): void => out.note(`${new Date().toISOString().slice(11, 19)} ${text}`);
  const results: OfficeResult[] = [];
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'mra-bench-'));
  const measure = async (store: string | undefined): Promise<void> => {
    const of = join(folder, store === undefined ? 'sqlite' : 'postgres');
    results.push(await benchOffice({ folder: of, store, size, runs }, note));
  };
  try {
    if (values.store === undefined) await withEngines(note, measure);
    else await measure(values.store === 'sqlite' ? undefined : values.store);
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
  showOffice(results);
}

function showOffice(results: readonly OfficeResult[]): void {
  if (out.format === 'json') return out.json({ bar: officeBar, results });
  for (const result of results) {
    const { engine, fillSeconds, border, megabytes } = result;
    out.print(`${engine}: filled in ${fillSeconds ?? '–'} s, ${Math.round(megabytes)} MB`);
    out.table(tables.officeBorderRows(border));
    out.print('');
    out.table(tables.officeRows(result, officeBar));
    out.print('');
  }
}

async function border(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mra-bench-'));
  const note = (text: string): void => out.note(text);
  const operators = wholeNumber(values.sizes ?? '1000000');
  const results: BorderResult[] = [];
  try {
    await withEngines(note, async (store = `sqlite:${join(folder, 'mra.db')}`) => {
      const snapshot = join(mkdtempSync(join(folder, 'snapshot-')), 'register.snapshot');
      results.push(await benchBorder({ url: store, snapshot, operators, rounds: runs, seconds: 2 }, note));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  out.result({ results, bars: borderBars(results) }, tables.barRows(borderBars(results)));
}

async function main(subject: 'lists' | 'messages'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mra-bench-'));
  try {
    const measured = await measure(subject, folder);
    if (out.format === 'json') {
      out.json({ ...measured, bars: allBars(measured) });
    } else show(out, measured);
    if (values.write) for (const path of writePage(measured)) out.note(`written: ${path}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(subject: 'lists' | 'messages', folder: string): Promise<Measured> {
  const note = (text: string): void => out.note(text);
  const stage = await makeStage(folder);
  const sizes = values.sizes?.split(',').map(wholeNumber);
  const listSizes = sizes ?? [1000, 10_000, listSize, 100_000, 300_000];
  const messageSizes = (subject === 'messages' ? sizes : undefined) ?? [1, 1000, listSize];
  const profiled = listSizes.includes(listSize) ? listSize : Math.max(...listSizes);
  const lists =
    subject === 'lists' ? await benchLists(stage, { sizes: listSizes, runs, profiled: [profiled] }, note) : [];
  if (subject === 'lists') note(`names, ${profiled} records`);
  const names = subject === 'lists' ? [await benchNames(stage, profiled)] : [];
  const messages = subject === 'messages' || values.write ? await benchMessages(stage, messageSizes, note) : [];
  const throughput: Measured['throughput'][number][] = [];
  if (subject === 'messages' || values.write)
    await withEngines(note, async (store) => throughput.push(await benchThroughput(folder, store, runs)));
  return { circumstances: circumstances(new Date()), runs, lists, names, messages, throughput };
}

function allBars({ lists, names, messages, throughput }: Measured): readonly Bar[] {
  return [...listBars(lists, names), ...messageBars(messages), ...throughputBars(throughput)];
}

function show(
  to: Output,
  { circumstances: { at, commit, machine, versions }, lists, names, messages, throughput }: Measured,
): void {
  const put = (title: string, rows: readonly tables.Row[]): void => {
    if (rows.length === 0) return;
    to.print(title);
    to.table(rows);
    to.print('');
  };
  to.print(`${at}, commit ${commit}`);
  to.print(Object.values(machine).join(', '));
  put(
    'Versions',
    Object.entries(versions).map(([program, version]) => ({ program, version })),
  );
  put('Whole lists', tables.sizeRows(lists));
  put('Steps out, ms', tables.stepRows(lists, 'out'));
  put('Steps in, ms', tables.stepRows(lists, 'in'));
  put('In, second thread', tables.threadRows(lists));
  put(
    'Names as companies have them, times plain ones',
    names.map((result) => ({ ...result })),
  );
  put('Peers', tables.peerRows(lists));
  put('Messages of one record', tables.messageRows(messages));
  put('Messages of four partners', tables.throughputRows(throughput));
  for (const { records, out: outward, in: inward } of lists) {
    put(`Profile of ${records} out`, tables.profileRows(outward));
    put(`Profile of ${records} in`, tables.profileRows(inward));
    if (outward.profile !== undefined) put(`Bare parts of ${records}`, tables.partRows(inward));
  }
  const bars = [...messageBars(messages), ...throughputBars(throughput)];
  put('Bars', tables.barRows([...(lists.length > 0 ? listBars(lists, names) : []), ...bars]));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  return stop(`${text} is no whole number above 0`);
}

function stop(complaint: string): never {
  process.stderr.write(`${complaint}\n${usage}\n`);
  process.exit(2);
}
