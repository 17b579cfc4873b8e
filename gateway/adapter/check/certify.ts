/** Runs every check of an adapter; when all pass, the result is its certificate. */

import { basename, resolve } from 'node:path';
import type { Day } from '../../model/record/domestic-record.ts';
import { adapterDigest, checkNames, type Certificate, type CheckName } from '../certificate.ts';
import type { AdapterTools } from '../tools.ts';
import { lintAdapter } from './lint.ts';
import { mutateAdapter } from './mutate.ts';
import type { CheckSchema } from './message-text.ts';
import { testAdapter, type Case, type TestReport } from './test-adapter.ts';

export interface CheckResult {
  readonly check: CheckName;
  /** What the check looked at; empty when it did not run. */
  readonly covered: string;
  /** Every reason why the check did not pass. */
  readonly failures: readonly string[];
}

export interface CertifyReport {
  readonly checks: readonly CheckResult[];
  /** Absent when a check did not pass. */
  readonly certificate?: Certificate;
}

interface CertifyOptions {
  readonly today: Day;
  /** The version of this program. */
  readonly program: string;
  readonly checkSchema: CheckSchema;
  readonly clock: () => number;
}

/** Generated messages of each kind and layout: enough to reach every branch many times, few enough to wait for. */
const testRuns = 500;
const mutationRuns = 30;
const seed = 1;

/** Runs the checks in order. A folder with errors does not load, and tests that fail notice no mutant: what follows is not run. */
export async function certifyAdapter(
  folder: string,
  tools: AdapterTools,
  options: CertifyOptions,
): Promise<CertifyReport> {
  const digest = await adapterDigest(folder);
  const checks = [await lintCheck(folder, tools, options)];
  if (passed(checks)) checks.push(...(await testChecks(folder, tools, options)));
  if (passed(checks)) checks.push(await mutantsCheck(folder, tools, options));
  const skipped = checkNames.slice(checks.length);
  if (skipped.length > 0 || !passed(checks)) {
    const failures = ['not run before the checks above pass'];
    return { checks: [...checks, ...skipped.map((check) => ({ check, covered: '', failures }))] };
  }
  const covered = Object.fromEntries(checks.map((each) => [each.check, each.covered])) as Certificate['checks'];
  const { today: on, program } = options;
  return { checks, certificate: { adapter: basename(resolve(folder)), on, program, digest, checks: covered } };
}

function passed(checks: readonly CheckResult[]): boolean {
  return checks.every(({ failures }) => failures.length === 0);
}

async function lintCheck(folder: string, tools: AdapterTools, { checkSchema }: CertifyOptions): Promise<CheckResult> {
  const findings = await lintAdapter(folder, tools, checkSchema);
  const errors = findings.filter(({ severity }) => severity === 'error');
  return {
    check: 'lint',
    covered: `${errors.length} errors, ${findings.length - errors.length} warnings`,
    failures: errors.map(
      ({ code, file, line, detail }) => `${code} ${file}${line === undefined ? '' : `:${line}`} ${detail}`,
    ),
  };
}

async function testChecks(
  folder: string,
  tools: AdapterTools,
  { checkSchema, clock }: CertifyOptions,
): Promise<CheckResult[]> {
  const report = await testAdapter(folder, tools, { runs: testRuns, seed, checkSchema, clock });
  const { samples, trips } = Object.groupBy(report.cases, ({ kind }) => (kind === 'sample' ? 'samples' : 'trips'));
  return [
    samplesCheck(samples ?? [], report.coverage.samples),
    {
      check: 'roundTrips',
      covered: (trips ?? []).map(({ name }) => name).join('; '),
      failures: failuresOf(trips ?? []),
    },
  ];
}

/** The samples show everything the adapter can say, and are written and read as they say. */
function samplesCheck(
  cases: readonly Case[],
  { fields, branches, codes, transforms, never }: TestReport['coverage']['samples'],
): CheckResult {
  const shares = Object.entries({ fields, branches, codes, transforms }).map(
    ([name, { seen, all }]) => `${seen} of ${all} ${name}`,
  );
  return {
    check: 'samples',
    covered: `${cases.length} messages with ${shares.join(', ')}`,
    failures: [...failuresOf(cases), ...never.map((point) => `no sample has ${point}`)],
  };
}

function failuresOf(cases: readonly Case[]): string[] {
  return cases.flatMap(({ name, failure }) => {
    if (failure === undefined) return [];
    return [`${name}: ${failure.detail}${failure.at === undefined ? '' : ` at ${failure.at}`}`];
  });
}

async function mutantsCheck(
  folder: string,
  tools: AdapterTools,
  { checkSchema }: CertifyOptions,
): Promise<CheckResult> {
  const { changes, bySamples, byMadeUp, refused, survivors } = await mutateAdapter(folder, tools, {
    runs: mutationRuns,
    seed,
    checkSchema,
  });
  return {
    check: 'mutants',
    covered: `${changes} changes: ${bySamples} noticed by samples, ${byMadeUp} by generated messages, ${refused} do not load`,
    failures: survivors.map(({ at, change }) => `${at} ${change}: nothing notices it`),
  };
}
