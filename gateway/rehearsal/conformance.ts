/** The conformance run: all scenarios in their order against one other side, and the report of them. */

import { join } from 'node:path';
import { adapterDigest } from '../adapter/certificate.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { reportKind, type ConformanceReport } from './report.ts';
import { judge, type Scenario, type ScenarioResult } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { openStage, type Stage, type StagePlan } from './stage.ts';

export interface ConformancePlan extends StagePlan {
  /** Some of the scenarios by their ids; all if absent. The first always runs: the others stand on it. */
  readonly only?: readonly string[] | undefined;
  tell(result: ScenarioResult): void;
}

/** Runs the scenarios and reports on them. Throws only what keeps the run from beginning. */
export async function runConformance(plan: ConformancePlan): Promise<ConformanceReport> {
  const chosen = chosenScenarios(plan.only);
  const started = performance.now();
  const stage = await openStage(plan);
  try {
    const results: ScenarioResult[] = [];
    for (const scenario of chosen) {
      const result = await judge(scenario, stage);
      plan.tell(result);
      results.push(result);
    }
    return await reportOf(plan, stage, results, Math.round(performance.now() - started));
  } finally {
    await stage.close();
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
  return scenarios.filter(({ id, first }) => first === true || only.includes(id));
}

async function reportOf(
  plan: ConformancePlan,
  { simulator, ours }: Stage,
  results: readonly ScenarioResult[],
  milliseconds: number,
): Promise<ConformanceReport> {
  const { base, partner, plays, against, seed, operators } = plan;
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
    against: ours === undefined ? (against ?? '') : 'this process',
    transport: config.partners[code]?.transport ?? adapter.transport,
    seed,
    operators,
    at: momentOf(plan.now),
    milliseconds,
    summary: { pass: counted('pass'), fail: counted('fail'), skip: counted('skip') },
    scenarios: results,
  };
}
