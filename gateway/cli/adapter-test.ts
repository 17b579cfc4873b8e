/** `mra adapter test | mutate`: runs the samples and generated messages of an adapter, and changes it to see what they notice. */

import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Command } from 'commander';
import { testAdapter, type Case, type TestReport } from '../adapter/check/test-adapter.ts';
import type { Coverage } from '../adapter/check/coverage.ts';
import { mutateAdapter } from '../adapter/check/mutate.ts';
import type { Failure } from '../adapter/check/failures.ts';
import { asGatewayError } from '../model/errors.ts';
import { watchFolder } from '../wire/files/folder-watch.ts';
import { folderOf, schemaChecker } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { junitXml, type JunitCase } from './junit.ts';
import { exitCodes } from './output.ts';
import { stopSignal } from './serve.ts';
import { wholeNumber } from './whole-number.ts';

interface RunOptions {
  readonly runs: number;
  readonly seed: number;
}

interface TestOptions extends RunOptions {
  readonly only?: string;
  readonly update?: boolean;
  readonly watch?: boolean;
}

/** Registers the commands under `mra adapter`. */
export function testCommands(adapter: Command, context: CliContext): void {
  const runs = wholeNumber('--runs', 0);
  const seed = wholeNumber('--seed', 0);
  adapter
    .command('test')
    .argument('<cc>', 'folder under adapters/')
    .option('--runs <number>', 'generated messages of each kind and layout', runs, 500)
    .option('--seed <number>', 'of the generated messages', seed, 1)
    .option('--only <text>', 'only the cases whose name contains this')
    .option('--watch', 'run again after every change of the folder')
    .option('--update', 'rewrite the samples as messages are encoded now, and show each change')
    .description('run the sample conversations, and encode and decode generated messages')
    .action((cc: string, options: TestOptions) => test(context, cc, options));
  adapter
    .command('mutate')
    .argument('<cc>', 'folder under adapters/')
    .option('--runs <number>', 'generated messages of each kind and layout for what no sample notices', runs, 30)
    .option('--seed <number>', 'of the generated messages', seed, 1)
    .description('change the adapter on purpose, one change at a time, and list what nothing notices')
    .action((cc: string, options: RunOptions) => mutate(context, cc, options));
}

async function mutate(context: CliContext, cc: string, { runs, seed }: RunOptions): Promise<void> {
  const { out, tools } = context;
  const folder = folderOf(context.config().adapters, cc);
  const report = await mutateAdapter(folder, tools, { runs, seed, checkSchema: schemaChecker() });
  const { changes, refused, bySamples, byMadeUp, survivors } = report;
  if (survivors.length > 0) context.exit(exitCodes.findings);
  if (out.format === 'json') return out.json({ adapter: cc, ...report });
  for (const { at, change, wanted } of survivors) out.print(`${at}  ${change}\n  a sample would notice it: ${wanted}`);
  out.print(
    `${changes} changes: ${bySamples} noticed by samples, ${byMadeUp} by generated messages, ${refused} do not load, ${survivors.length} unnoticed`,
  );
  out.next(survivors.length > 0 ? `add samples, then mra adapter mutate ${cc}` : `mra adapter certify ${cc}`);
}

async function test(context: CliContext, cc: string, options: TestOptions): Promise<void> {
  const folder = folderOf(context.config().adapters, cc);
  await testOnce(context, cc, folder, options);
  if (options.watch !== true) return;
  const stopping = new AbortController();
  void stopSignal().then(() => stopping.abort());
  context.out.note('Watching the folder; every change runs the tests again. Ctrl-C ends it.');
  await watchFolder(folder, {
    quietMs: 150,
    signal: stopping.signal,
    // A folder that does not load is reported like a failed test: the watch goes on.
    changed: () =>
      testOnce(context, cc, folder, { ...options, update: false }).catch(
        (error: unknown) => void context.out.fail(asGatewayError(error)),
      ),
  });
}

async function testOnce(context: CliContext, cc: string, folder: string, options: TestOptions): Promise<void> {
  const { out } = context;
  const report = await runTest(context, folder, options);
  const rewritten = options.update === true ? await rewrite(report) : [];
  const shown = rewritten.length === 0 ? report : await runTest(context, folder, options);
  const failed = shown.cases.filter(({ ok }) => !ok).length;
  if (failed > 0) context.exit(exitCodes.findings);
  const passed = shown.cases.length - failed;
  if (out.format === 'json') return out.json({ adapter: cc, passed, failed, rewritten, ...shown });
  if (out.format === 'junit') return out.print(junitXml(`adapter ${cc}`, shown.cases.map(junitCase)));
  for (const change of rewritten) out.print(changeLines(change));
  for (const each of shown.cases) out.print(caseLines(each));
  // Some of the cases say nothing about the coverage of all.
  if (options.only === undefined) for (const line of coverageLines(shown)) out.print(line);
  out.note(`${passed} passed, ${failed} failed`);
  const again = shown.cases.find(({ ok }) => !ok)?.again;
  out.next(again === undefined ? `mra adapter mutate ${cc}` : `mra adapter test ${cc} ${again}`);
}

function runTest({ tools }: CliContext, folder: string, { runs, seed, only }: TestOptions): Promise<TestReport> {
  const clock = (): number => performance.now();
  const options = { runs, seed, checkSchema: schemaChecker(), clock };
  return testAdapter(folder, tools, only === undefined ? options : { ...options, only });
}

interface Rewritten {
  readonly file: string;
  readonly at: string;
  readonly was: string;
  readonly now: string;
}

/** Rewrites the samples as their messages are encoded now. A person reviews the changes. */
async function rewrite({ cases }: TestReport): Promise<readonly Rewritten[]> {
  const changes: Rewritten[] = [];
  for (const { rewrite: sample, failure } of cases) {
    if (sample === undefined) continue;
    await writeFile(sample.file, sample.text);
    const { at = '', expected = '', got = '' } = failure ?? {};
    changes.push({ file: relative('.', sample.file), at, was: expected, now: got });
  }
  return changes;
}

function changeLines({ file, at, was, now }: Rewritten): string {
  return `rewritten  ${file}, ${at}\n  was  ${was}\n  now  ${now}`;
}

function caseLines({ name, ok, milliseconds, failure, note }: Case): string {
  const lines = [`${ok ? 'ok  ' : 'FAIL'}  ${name}  ${Math.ceil(milliseconds)} ms`];
  if (failure !== undefined) lines.push(...failureLines(failure).map((line) => `      ${line}`));
  if (note !== undefined) lines.push(`      ${note}`);
  return lines.join('\n');
}

function failureLines({ detail, at, expected, got }: Failure): string[] {
  return [
    `${detail}${at === undefined ? '' : ` at ${at}`}`,
    ...(expected === undefined ? [] : [`expected  ${expected}`]),
    ...(got === undefined ? [] : [`got       ${got}`]),
  ];
}

function junitCase({ name, milliseconds, failure, again }: Case): JunitCase {
  const failed = failure === undefined ? {} : { failure: [...failureLines(failure), again].join('\n') };
  return { name, milliseconds, ...failed };
}

function coverageLines({ coverage: { samples, madeUp } }: TestReport): string[] {
  const share = ({ fields, branches, codes, transforms }: Coverage): string =>
    Object.entries({ fields, branches, codes, transforms })
      .map(([name, { seen, all }]) => `${seen} of ${all} ${name}`)
      .join(', ');
  const lines = [`by samples   ${share(samples)}`, `by generated ${share(madeUp)}`];
  if (samples.never.length > 0)
    lines.push(`no sample exercises:\n${samples.never.map((each) => `  ${each}`).join('\n')}`);
  return lines;
}
