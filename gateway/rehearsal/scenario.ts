/** Scenarios of the conformance run, and how one is run to a verdict. */

import { asGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { ChannelDelivery } from './channel.ts';
import type { Environment } from './environment.ts';
import { resultOf } from './fault.ts';
import { startNewEpoch, sendGoodList } from './sending.ts';

export type ScenarioVerdict = 'pass' | 'fail' | 'skip';

export interface Evidence {
  readonly what: string;
  readonly message?: string;
  readonly digest?: string;
  /** `applied`, or the code of why not. */
  readonly ending?: string;
  readonly receipt?: string;
  readonly receiptDigest?: string;
}

export interface ScenarioFinding {
  readonly evidence: readonly Evidence[];
  /** What is wrong; the scenario passes if nothing is. */
  readonly complaints: readonly string[];
  /** Why it could not be judged. */
  readonly skipped?: string;
}

/**
 * The tested gateway in this process, a door to which lists are sent, signed receipts of the partner, a partner that takes lists in parts, and lists that state a
 * chain, a number, or any order.
 */
export type Need = 'tested gateway' | 'door' | 'receipts' | 'parts' | 'chain' | 'number' | 'order';

export interface Scenario {
  readonly id: string;
  readonly name: string;
  readonly needs: readonly Need[];
  /** Sends the first list itself; before the others a list has been applied. */
  readonly first: boolean;
  readonly fault?: string;
  run(environment: Environment): Promise<ScenarioFinding>;
}

export interface ScenarioResult {
  readonly id: string;
  readonly name: string;
  readonly verdict: ScenarioVerdict;
  readonly reason?: string;
  readonly milliseconds: number;
  readonly evidence: readonly Evidence[];
}

const reasons: Readonly<Record<Need, string>> = {
  'tested gateway': 'judged only with both sides in one process: elsewhere nobody tells the other side what to send',
  door: 'our lists go over a broker or are polled: no connection waits for a response',
  receipts: 'the partner answers in a form of its own, without a signature',
  parts: 'lists in one message were agreed',
  chain: 'lists of this partner state no chain and no root',
  number: 'lists of this partner state no number',
  order: 'lists of this partner state no order',
};

/** The partner's layout cannot express what the scenario sends. */
const notExpressible: readonly string[] = [
  'E_VALUE_INVALID',
  'E_ELEMENT_MISSING',
  'E_CODE_UNKNOWN',
  'E_SCHEMA_INVALID',
];

export async function runScenario(scenario: Scenario, environment: Environment): Promise<ScenarioResult> {
  const { id, name, needs } = scenario;
  const started = performance.now();
  const result = (verdict: ScenarioVerdict, evidence: readonly Evidence[], reason?: string): ScenarioResult => {
    const milliseconds = Math.round(performance.now() - started);
    return present({ id, name, verdict, reason, milliseconds, evidence });
  };
  const missing = needs.find((need) => !provides(environment, need));
  if (missing !== undefined) return result('skip', [], reasons[missing]);
  const { simulator, withinMs } = environment;
  try {
    if (!scenario.first) await sendGoodList(simulator, withinMs);
    const { evidence, complaints, skipped } = await scenario.run(environment);
    if (skipped !== undefined) return result('skip', evidence, skipped);
    if (complaints.length === 0) return result('pass', evidence);
    return result('fail', evidence, complaints.join('; '));
  } catch (error) {
    const { code, detail } = asGatewayError(error);
    return notExpressible.includes(code)
      ? result('skip', [], `this layout cannot express it (${detail})`)
      : result('fail', [], `${code}: ${detail}`);
  } finally {
    simulator.inject();
    // Whatever a scenario left behind, the next one begins with a full list.
    await startNewEpoch(simulator);
  }
}

function provides({ tested, simulator }: Environment, need: Need): boolean {
  const { adapter, code } = simulator.other;
  switch (need) {
    case 'tested gateway':
      return tested !== undefined;
    case 'door':
      return (simulator.gateway.config.partners[code]?.transport ?? adapter.transport) === 'https';
    case 'receipts':
      return adapter.exchange.receive === undefined;
    case 'parts':
      return adapter.lists.partRecords !== undefined;
    case 'chain':
      return adapter.stream.discipline === 'chained';
    case 'number':
      return adapter.stream.discipline === 'chained' || adapter.stream.discipline === 'numbered';
    case 'order':
      return adapter.stream.discipline !== 'none';
  }
}

/** Evidence, and those of the complaints that are true. */
export function scenarioFinding(
  evidence: readonly Evidence[],
  ...complaints: readonly (string | false | undefined)[]
): ScenarioFinding {
  return { evidence, complaints: complaints.filter((text) => typeof text === 'string') };
}

export function together(...findings: readonly ScenarioFinding[]): ScenarioFinding {
  return {
    evidence: findings.flatMap(({ evidence }) => evidence),
    complaints: findings.flatMap(({ complaints }) => complaints),
  };
}

export function evidenceOf(what: string, delivery: ChannelDelivery): Evidence {
  const { id, digest, evidence, receipt, receiptDigest } = delivery;
  const ending = resultOf(delivery);
  const title = receipt === undefined ? `${what} (${evidence})` : what;
  return present({ what: title, message: id, digest, ending, receipt: receipt?.id, receiptDigest });
}
