/** Runs every check of an adapter; when all pass, the result is its certificate. */

import { basename, resolve } from 'node:path';
import type { Day } from '../../model/record/record.ts';
import { adapterDigest, checkNames, type Certificate, type CheckName } from '../certificate.ts';
import { sharesText } from './coverage.ts';
import { failurePlace } from './failures.ts';
import { lintAdapter } from './lint.ts';
import { mutateAdapter, noticedText } from './mutate.ts';
import type { CheckTools } from './message-text.ts';
import { testAdapter, type Case } from './test-adapter.ts';

export interface CheckResult {
  readonly check: CheckName;
  /** What the check looked at; empty when it did not run. */
  readonly covered: string;
  readonly failures: readonly string[];
}

export interface CertifyReport {
  readonly checks: readonly CheckResult[];
  /** Absent when a check did not pass. */
  readonly certificate?: Certificate;
}

interface CertifyOptions {
  readonly today: Day;
  readonly program: string;
  readonly clock: () => number;
}

/** Generated messages of each kind and layout: enough to reach every branch many times, few enough to wait for. */
const testRuns = 500;
const mutationRuns = 30;
const seed = 1;

/** Runs the checks in order. A folder with errors does not load, and tests that fail notice no mutant: what follows is not run. */
export async function certifyAdapter(
  folder: string,
  tools: CheckTools,
  options: CertifyOptions,
): Promise<CertifyReport> {
  const digest = await adapterDigest(folder);
  const checks = [await lintCheck(folder, tools)];
  if (passed(checks)) checks.push(...(await testChecks(folder, tools, options)));
  if (passed(checks)) checks.push(await mutantsCheck(folder, tools));
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

async function lintCheck(folder: string, tools: CheckTools): Promise<CheckResult> {
  const findings = await lintAdapter(folder, tools);
  const errors = findings.filter(({ severity }) => severity === 'error');
  return {
    check: 'lint',
    covered: `${errors.length} errors, ${findings.length - errors.length} warnings`,
    failures: errors.map(
      ({ code, file, line, detail }) => `${code} ${file}${line === undefined ? '' : `:${line}`} ${detail}`,
    ),
  };
}

/** The samples show everything the adapter can say; they and generated messages are written and read as they say. */
async function testChecks(folder: string, tools: CheckTools, { clock }: CertifyOptions): Promise<CheckResult[]> {
  const { cases, coverage } = await testAdapter(folder, tools, { runs: testRuns, seed, clock });
  const { sample = [], 'round trips': trips = [] } = Object.groupBy(cases, ({ kind }) => kind);
  const unseen = coverage.samples.never.map((point) => `no sample has ${point}`);
  return [
    {
      check: 'samples',
      covered: `${sample.length} messages with ${sharesText(coverage.samples)}`,
      failures: [...failuresOf(sample), ...unseen],
    },
    { check: 'roundTrips', covered: trips.map(({ name }) => name).join('; '), failures: failuresOf(trips) },
  ];
}

function failuresOf(cases: readonly Case[]): string[] {
  return cases.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failurePlace(failure)}`]));
}

async function mutantsCheck(folder: string, tools: CheckTools): Promise<CheckResult> {
  const report = await mutateAdapter(folder, tools, { runs: mutationRuns, seed });
  const failures = report.survivors.map(({ at, change }) => `${at} ${change}: nothing notices it`);
  return { check: 'mutants', covered: noticedText(report), failures };
}
