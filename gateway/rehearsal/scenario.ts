/** What a scenario of the conformance run is, and how it is judged. */

import { asGatewayError } from '../model/errors.ts';
import { goodList, startAnew } from './sending.ts';
import type { Stage } from './stage.ts';
import { endingOf, type Sent } from './fault.ts';

export type Verdict = 'pass' | 'fail' | 'skip';

/** One thing that was seen: a message and how it ended, or a plain fact. */
export interface Evidence {
  readonly what: string;
  readonly message?: string;
  readonly digest?: string;
  /** `applied`, or the code of why not. */
  readonly ending?: string;
  readonly receipt?: string;
  readonly receiptDigest?: string;
}

export interface Finding {
  readonly evidence: readonly Evidence[];
  /** What was not as it should be; nothing: the scenario passed. */
  readonly complaints: readonly string[];
  /** Why it could not be judged. */
  readonly skipped?: string;
}

/**
 * What a scenario cannot do without: our own side in the same process, a door to which lists are brought,
 * a partner that takes deltas, one that takes lists in parts.
 */
export type Need = 'our side' | 'a door' | 'deltas' | 'parts';

export interface Scenario {
  readonly id: string;
  readonly name: string;
  readonly needs: readonly Need[];
  /** Sends its first list itself; the others find one applied. */
  readonly first?: true;
  run(stage: Stage): Promise<Finding>;
}

export interface ScenarioResult {
  readonly id: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly milliseconds: number;
  readonly evidence: readonly Evidence[];
}

const reasons: Readonly<Record<Need, string>> = {
  'our side': 'judged only with both sides in one process: here the other side would have to be told what to send',
  'a door': 'our lists go over a broker or are fetched: no connection waits for an answer',
  deltas: 'full lists only were agreed',
  parts: 'lists in one message were agreed',
};

/** Codes that say: this partner’s layout cannot even write what the scenario wants to send. */
const unsayable: readonly string[] = ['E_VALUE_INVALID', 'E_ELEMENT_MISSING', 'E_CODE_UNKNOWN', 'E_SCHEMA_INVALID'];

/** Runs one scenario to a verdict. Whatever goes wrong in it is its result and not that of the run. */
export async function judge(scenario: Scenario, stage: Stage): Promise<ScenarioResult> {
  const { id, name, needs } = scenario;
  const started = performance.now();
  const result = (verdict: Verdict, evidence: readonly Evidence[], reason?: string): ScenarioResult => {
    const milliseconds = Math.round(performance.now() - started);
    return { id, name, verdict, ...(reason === undefined ? {} : { reason }), milliseconds, evidence };
  };
  const missing = needs.find((need) => !has(stage, need));
  if (missing !== undefined) return result('skip', [], reasons[missing]);
  try {
    if (scenario.first !== true) await goodList(stage.simulator, stage.withinMs);
    const { evidence, complaints, skipped } = await scenario.run(stage);
    if (skipped !== undefined) return result('skip', evidence, skipped);
    if (complaints.length === 0) return result('pass', evidence);
    return result('fail', evidence, complaints.join('; '));
  } catch (error) {
    const { code, detail } = asGatewayError(error);
    const [verdict, why] = unsayable.includes(code)
      ? (['skip', `this layout cannot say it (${detail})`] as const)
      : (['fail', `${code}: ${detail}`] as const);
    return result(verdict, [], why);
  } finally {
    stage.simulator.behave();
    // Whatever a scenario left behind, the next one begins with a whole list.
    await startAnew(stage.simulator);
  }
}

function has({ ours, simulator }: Stage, need: Need): boolean {
  const { adapter, code } = simulator.other;
  switch (need) {
    case 'our side':
      return ours !== undefined;
    case 'a door':
      return (simulator.gateway.config.partners[code]?.transport ?? adapter.transport) === 'https';
    case 'deltas':
      return adapter.lists.kinds.includes('delta');
    case 'parts':
      return adapter.lists.partRecords !== undefined;
  }
}

/** A message as evidence. */
export function evidenceOf(what: string, { id, digest, answer }: Sent): Evidence {
  const { receipt, receiptDigest } = answer;
  return {
    what: receipt === undefined ? `${what} (${answer.evidence})` : what,
    message: id,
    digest,
    ...ending(endingOf(answer)),
    ...(receipt === undefined ? {} : { receipt: receipt.id }),
    ...(receiptDigest === undefined ? {} : { receiptDigest }),
  };
}

function ending(text: string | undefined): Pick<Evidence, 'ending'> {
  return text === undefined ? {} : { ending: text };
}
