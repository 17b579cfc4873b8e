/** The conformance run: all scenarios in their order against one gateway, and the report. A number is never given to another scenario. */

import { join } from 'node:path';
import table from '../../schemas/conformance-scenarios.json' with { type: 'json' };
import { adapterDigest } from '../adapter/certificate.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { openEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
import { ourListHeld, runAnswerFault, runSendingFault, sendGoodAgain, sendOurList } from './fault-scenarios.ts';
import { findFault } from './faults.ts';
import * as lists from './list-scenarios.ts';
import { reportKind, type ConformanceReport } from './report.ts';
import { runScenario, together, type Need, type Scenario, type ScenarioResult } from './scenario.ts';

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

type Run = Scenario['run'];

const regular: Readonly<Record<string, Pick<Scenario, 'needs' | 'run'>>> = {
  'first-list': { needs: ['verdicts'], run: withGoodList(lists.firstList) },
  suspension: { needs: ['verdicts'], run: withGoodList(lists.suspension) },
  renewal: { needs: ['verdicts'], run: withGoodList(lists.renewal) },
  'twice-at-once': { needs: ['at once'], run: withGoodList(lists.twiceAtOnce) },
  'key-rollover': { needs: ['verdicts'], run: withGoodList(lists.keyRollover) },
  'five-scripts': { needs: ['verdicts'], run: withGoodList(lists.scripts) },
  'restored-sender': { needs: ['number'], run: withGoodList(lists.restoredSender) },
  'clock-ahead': { needs: ['number'], run: withGoodList(lists.clockAhead) },
  parts: { needs: ['parts'], run: withGoodList(lists.parts) },
  'our-list': { needs: ['tested gateway'], run: sendOurList },
  'our-list-held': { needs: ['tested gateway', 'second answers'], run: ourListHeld },
};

/** What lists must state so that a fault of their order shows. */
const orderNeeds: Readonly<Record<string, readonly Need[]>> = {
  'out-of-order': ['gaps'],
  gap: ['gaps'],
  'two-lists-at-once': ['at once'],
  rollback: ['order'],
  fork: ['chain'],
  'wrong-root': ['chain'],
};

export const scenarios: readonly Scenario[] = table.map(({ id, run, name, shows: [by = '', guarantee = ''] }, i) => {
  return { id, name, shows: [by, guarantee], first: i === 0, ...(regular[run] ?? faultScenario(run)) };
});

function faultScenario(name: string): Pick<Scenario, 'needs' | 'fault' | 'run'> {
  const fault = findFault(name);
  if (fault === undefined) throw new RangeError(`there is no fault ${name}`);
  if (fault.acts === 'sends') {
    const needs: readonly Need[] = ['verdicts', ...(orderNeeds[name] ?? [])];
    return { needs, fault: name, run: withGoodList((environment) => runSendingFault(environment, fault)) };
  }
  const needs: readonly Need[] = ['tested gateway', fault.needs];
  return { needs, fault: name, run: (environment) => runAnswerFault(environment, fault) };
}

/** Passes only if the exchange continues with a good list. */
function withGoodList(run: Run): Run {
  return async (environment) => {
    const result = await run(environment);
    return result.skipped === undefined ? together(result, await sendGoodAgain(environment)) : result;
  };
}
