/** The conformance run: all scenarios in their order against one gateway, and the report. */

import { join } from 'node:path';
import { adapterDigest } from '../adapter/certificate.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { openEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
import { reportKind, type ConformanceReport } from './report.ts';
import { runScenario, type Scenario, type ScenarioResult } from './scenario.ts';
import { scenarios } from './scenarios.ts';

export interface ConformanceOptions extends EnvironmentOptions {
  /** Scenarios by their ids; all if absent. The first always runs: the others depend on it. */
  readonly only?: readonly string[] | undefined;
  report(result: ScenarioResult): void;
}

/** Runs the scenarios. Throws only what keeps the run from starting. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const chosen = chosenScenarios(options.only);
  const started = performance.now();
  const environment = await openEnvironment(options);
  try {
    const results: ScenarioResult[] = [];
    for (const scenario of chosen) {
      const result = await runScenario(scenario, environment);
      options.report(result);
      results.push(result);
    }
    return await reportOf(options, environment, results, Math.round(performance.now() - started));
  } finally {
    await environment.close();
  }
}

function chosenScenarios(only: readonly string[] | undefined): readonly Scenario[] {
  if (only === undefined) return scenarios;
  const unknown = only.find((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown !== undefined) {
    throw new GatewayError('E_REQUEST_INVALID', 'there is no such scenario', {
      at: '--only',
      fix: `Use some of ${scenarios[0]?.id ?? ''} to ${scenarios.at(-1)?.id ?? ''}.`,
    });
  }
  return scenarios.filter(({ id, first }) => first || only.includes(id));
}

async function reportOf(
  options: ConformanceOptions,
  { simulator, tested }: Environment,
  results: readonly ScenarioResult[],
  milliseconds: number,
): Promise<ConformanceReport> {
  const { base, partner, plays, against, seed, operators } = options;
  const { config, home } = simulator.gateway;
  const { adapter, code } = simulator.other;
  const counted = (verdict: ScenarioResult['verdict']): number =>
    results.filter((result) => result.verdict === verdict).length;
  return {
    report: reportKind,
    partner: plays === 'partner' ? home.country : code,
    home: base.home,
    adapterDigest: await adapterDigest(join(base.adapters, partner.toLowerCase())),
    played: plays,
    against: tested === undefined ? (against ?? '') : 'this process',
    transport: config.partners[code]?.transport ?? adapter.transport,
    seed,
    operators,
    at: momentOf(options.now),
    milliseconds,
    summary: { pass: counted('pass'), fail: counted('fail'), skip: counted('skip') },
    scenarios: results,
  };
}
