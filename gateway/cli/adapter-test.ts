/** `mra adapter test | mutate | certify`: runs the samples and generated messages of an adapter, changes it to see what they notice, and certifies it. */

import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { certificateFile } from '../adapter/certificate.ts';
import { certifyAdapter, type CheckResult } from '../adapter/check/certify.ts';
import { sharesText } from '../adapter/check/coverage.ts';
import { failurePlace, type Failure } from '../adapter/check/failures.ts';
import { mutateAdapter, noticedText } from '../adapter/check/mutate.ts';
import { testAdapter, type Case, type TestReport } from '../adapter/check/test-adapter.ts';
import { momentOf } from '../model/day.ts';
import { asGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { watchFolder } from '../wire/files/folder-watch.ts';
import { checkTools } from '../app/adapter-checks.ts';
import { folderOf } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { wholeNumber } from './input.ts';
import { junitXml, type JunitCase } from './junit.ts';
import { exitCodes } from './output.ts';
import { stopSignal } from './stop-signal.ts';

interface RunOptions {
  readonly runs: number;
  readonly seed: number;
}

interface TestOptions extends RunOptions {
  readonly only?: string;
  readonly update?: boolean;
  readonly watch?: boolean;
}

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
  adapter
    .command('certify')
    .argument('<cc>', 'folder under adapters/')
    .description('run all checks; write certificate.json when all pass, else list what failed')
    .action((cc: string) => certify(context, cc));
}

async function mutate(context: CliContext, cc: string, { runs, seed }: RunOptions): Promise<void> {
  const { out, tools } = context;
  const folder = folderOf(context.config().adapters, cc);
  const report = await mutateAdapter(folder, checkTools(tools), { runs, seed });
  const { survivors } = report;
  if (survivors.length > 0) context.exit(exitCodes.findings);
  if (out.format === 'json') return out.json({ adapter: cc, ...report });
  for (const { at, change, wanted } of survivors) out.print(`${at}  ${change}\n  a sample would notice it: ${wanted}`);
  out.print(`${noticedText(report)}, ${survivors.length} unnoticed`);
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
  return testAdapter(folder, checkTools(tools), { runs, seed, clock, ...present({ only }) });
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

function failureLines(failure: Failure): string[] {
  const compared = Object.entries(present({ expected: failure.expected, got: failure.got }));
  return [failurePlace(failure), ...compared.map(([name, text]) => `${name.padEnd(8)}  ${text}`)];
}

function junitCase({ name, milliseconds, failure, again }: Case): JunitCase {
  const failed = failure && [...failureLines(failure), again].join('\n');
  return { name, milliseconds, ...present({ failure: failed }) };
}

function coverageLines({ coverage: { samples, madeUp } }: TestReport): string[] {
  const unseen =
    samples.never.length === 0 ? [] : ['no sample exercises:', ...samples.never.map((each) => `  ${each}`)];
  return [`by samples   ${sharesText(samples)}`, `by generated ${sharesText(madeUp)}`, ...unseen];
}

async function certify(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const folder = folderOf(context.config().adapters, cc);
  const { checks, certificate } = await certifyAdapter(folder, checkTools(tools), {
    today: momentOf(new Date()).slice(0, 10),
    program: about.version,
    clock: () => performance.now(),
  });
  const file = join(folder, certificateFile);
  // A folder that fails must not keep the certificate of an earlier run.
  if (certificate === undefined) await rm(file, { force: true });
  else await writeFile(file, `${JSON.stringify(certificate, null, 2)}\n`);
  const certified = certificate !== undefined;
  if (!certified) context.exit(exitCodes.findings);
  out.result({ adapter: cc, certified, ...certificate, checks }, checks.map(checkRow));
  if (out.format === 'json') return;
  for (const { check, covered, failures } of checks)
    if (covered !== '') for (const failure of failures) out.print(`${check}  ${failure}`);
  out.print(
    certified
      ? `${cc} is certified: ${relative('.', file)} is valid until a file of the folder changes`
      : `${cc} is not certified; production does not take it`,
  );
  const next = certified ? `mra list build ${cc.toUpperCase()} --full --out list` : undefined;
  out.next(next ?? `correct what failed, then mra adapter certify ${cc}`);
}

function checkRow({ check, covered, failures }: CheckResult): { check: string; result: string; covered: string } {
  const result = failures.length === 0 ? 'passed' : covered === '' ? 'not run' : 'failed';
  return { check, result, covered };
}
