/** `mra adapter test | mutate | certify`: what an adapter promises, proved. */

import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { testAdapter, type Case, type TestReport } from '../adapter/check/test-adapter.ts';
import type { Coverage } from '../adapter/check/coverage.ts';
import { certifyAdapter, type CheckResult } from '../adapter/check/certify.ts';
import { mutateAdapter } from '../adapter/check/mutate.ts';
import { certificateFile } from '../adapter/certificate.ts';
import type { Failure } from '../adapter/check/failures.ts';
import { momentOf } from '../model/day.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import { watchFolder } from '../wire/files/folder-watch.ts';
import { folderOf, schemaChecker } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { junitXml, type JunitCase } from './junit.ts';
import { exitCodes } from './output.ts';
import { stopSignal } from './serve.ts';

interface TestArguments {
  readonly runs: string;
  readonly seed: string;
  readonly only?: string;
  readonly update?: boolean;
  readonly watch?: boolean;
}

/** Registers the commands under `mra adapter`. */
export function proofCommands(adapter: Command, context: CliContext): void {
  adapter
    .command('test')
    .argument('<cc>', 'folder under adapters/')
    .option('--runs <number>', 'generated messages of each kind and layout', '500')
    .option('--seed <number>', 'of the generated messages', '1')
    .option('--only <text>', 'only the cases whose name holds this')
    .option('--watch', 'again after every change of the folder')
    .option('--update', 'write the samples anew as messages are written now, and show each change')
    .description('run the sample conversations, and generated messages, encoded and decoded')
    .action((cc: string, options: TestArguments) => test(context, cc, options));
  adapter
    .command('mutate')
    .argument('<cc>', 'folder under adapters/')
    .option('--runs <number>', 'generated messages of each kind and layout, where no sample notices', '30')
    .option('--seed <number>', 'of the generated messages', '1')
    .description('break the adapter on purpose, one change at a time, and list what nothing noticed')
    .action((cc: string, options: Pick<TestArguments, 'runs' | 'seed'>) => mutate(context, cc, options));
  adapter
    .command('certify')
    .argument('<cc>', 'folder under adapters/')
    .description('run all checks; write certificate.json when all pass, else list what failed')
    .action((cc: string) => certify(context, cc));
}

async function mutate(
  context: CliContext,
  cc: string,
  { runs, seed }: Pick<TestArguments, 'runs' | 'seed'>,
): Promise<void> {
  const { out } = context;
  const folder = folderOf(context.config().adapters, cc);
  const report = await mutateAdapter(folder, context.tools, {
    runs: wholeNumber(runs, '--runs'),
    seed: wholeNumber(seed, '--seed'),
    checkSchema: schemaChecker(),
  });
  const { changes, refused, bySamples, byMadeUp, survivors } = report;
  if (survivors.length > 0) context.exit(exitCodes.findings);
  if (out.format === 'json') {
    out.json({ adapter: cc, ...report });
    return;
  }
  for (const { at, change, wanted } of survivors) out.print(`${at}  ${change}\n  a sample would notice it: ${wanted}`);
  out.print(
    `${changes} changes: ${bySamples} noticed by samples, ${byMadeUp} by generated messages, ${refused} do not load, ${survivors.length} unnoticed`,
  );
  out.next(survivors.length > 0 ? `add samples, then mra adapter mutate ${cc}` : `mra adapter certify ${cc}`);
}

async function test(context: CliContext, cc: string, options: TestArguments): Promise<void> {
  const folder = folderOf(context.config().adapters, cc);
  await testOnce(context, cc, folder, options);
  if (options.watch !== true) return;
  const stopping = new AbortController();
  void stopSignal().then(() => stopping.abort());
  context.out.note('Watching; every change runs the tests again. Ctrl-C ends it.');
  await watchFolder(folder, {
    quietMs: 150,
    signal: stopping.signal,
    changed: () => testOnce(context, cc, folder, { ...options, update: false }).catch(told(context)),
  });
}

/** A folder that does not load is told like a failed test: the watch goes on. */
function told({ out }: CliContext): (error: unknown) => void {
  return (error) => void out.fail(asGatewayError(error));
}

async function testOnce(context: CliContext, cc: string, folder: string, options: TestArguments): Promise<void> {
  const { out } = context;
  const report = await runTest(context, folder, options);
  const rewritten = options.update === true ? await rewrite(report) : [];
  const shown = rewritten.length === 0 ? report : await runTest(context, folder, options);
  const failed = shown.cases.filter(({ ok }) => !ok).length;
  if (failed > 0) context.exit(exitCodes.findings);
  if (out.format === 'json') {
    const passed = shown.cases.length - failed;
    out.json({ adapter: cc, passed, failed, rewritten, ...shown });
    return;
  }
  if (out.format === 'junit') {
    out.print(junitXml(`adapter ${cc}`, shown.cases.map(junitCase)));
    return;
  }
  for (const change of rewritten) out.print(changeLines(change));
  for (const each of shown.cases) out.print(caseLines(each));
  // Part of the cases says nothing about what all of them exercise.
  if (options.only === undefined) for (const line of coverageLines(shown)) out.print(line);
  out.note(`${shown.cases.length - failed} passed, ${failed} failed`);
  const again = shown.cases.find(({ ok }) => !ok)?.again;
  out.next(again === undefined ? `mra adapter mutate ${cc}` : `mra adapter test ${cc} ${again}`);
}

async function certify(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const folder = folderOf(context.config().adapters, cc);
  const { checks, certificate } = await certifyAdapter(folder, tools, {
    today: momentOf(new Date()).slice(0, 10),
    program: about.version,
    checkSchema: schemaChecker(),
    clock: () => performance.now(),
  });
  const file = join(folder, certificateFile);
  if (certificate === undefined) {
    context.exit(exitCodes.findings);
    // A folder that fails must not keep the certificate of an earlier run.
    await rm(file, { force: true });
  } else await writeFile(file, `${JSON.stringify(certificate, null, 2)}\n`);
  if (out.format === 'json') {
    out.json({ adapter: cc, certified: certificate !== undefined, ...certificate, checks });
    return;
  }
  const resultOf = ({ covered, failures }: CheckResult): string =>
    failures.length === 0 ? 'passed' : covered === '' ? 'not run' : 'failed';
  out.table(checks.map((each) => ({ check: each.check, result: resultOf(each), covered: each.covered })));
  for (const { check, covered, failures } of checks)
    if (covered !== '') for (const failure of failures) out.print(`${check}  ${failure}`);
  out.print(
    certificate === undefined
      ? `${cc} is not certified; production does not take it`
      : `${cc} is certified: ${relative('.', file)} is valid until a file of the folder changes`,
  );
  out.next(
    certificate === undefined
      ? `correct what failed, then mra adapter certify ${cc}`
      : `mra list build ${cc.toUpperCase()} --full --out list`,
  );
}

function runTest(context: CliContext, folder: string, { runs, seed, only }: TestArguments): Promise<TestReport> {
  return testAdapter(folder, context.tools, {
    runs: wholeNumber(runs, '--runs'),
    seed: wholeNumber(seed, '--seed'),
    checkSchema: schemaChecker(),
    clock: () => performance.now(),
    ...(only === undefined ? {} : { only }),
  });
}

interface Rewritten {
  readonly file: string;
  readonly at: string;
  readonly was: string;
  readonly now: string;
}

/** Samples beside our own words are written as messages are written now. What changed is for a person to look at. */
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
  const told = failure === undefined ? {} : { failure: [...failureLines(failure), again].join('\n') };
  return { name, milliseconds, ...told };
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

function wholeNumber(text: string, option: string): number {
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw new GatewayError('E_REQUEST_INVALID', `${option} is not a whole number`);
}
