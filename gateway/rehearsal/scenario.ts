/** Scenarios of the conformance run, and how one is run to a verdict. */

import { answerTravels, type Exchange } from '../adapter/adapter.ts';
import { asGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { ChannelDelivery } from './channel.ts';
import type { Environment } from './environment.ts';
import { resultOf, type AnswerNeed } from './fault.ts';
import { saysVerdict } from './received-answers.ts';
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
 * The tested gateway in this process; answers as its faults need them, and second ones, after people decided; verdicts on what is sent; several lists a day; a
 * partner that takes lists in parts; lists that state a chain, a number, or any order, or whose gaps show; a fault that two messages at once can have.
 */
export type Need =
  | AnswerNeed
  | 'tested gateway'
  | 'second answers'
  | 'verdicts'
  | 'several a day'
  | 'at once'
  | 'parts'
  | 'chain'
  | 'number'
  | 'gaps'
  | 'order';

export interface Scenario {
  readonly id: string;
  readonly name: string;
  /** Of what docs/conversations.md promises: what holds by the discipline of the stream, by the answer, or everywhere. */
  readonly shows: readonly [by: string, guarantee: string];
  readonly needs: readonly Need[];
  /** Sends the first list itself; before the others a list has been applied. */
  readonly first: boolean;
  readonly fault?: string;
  run(environment: Environment): Promise<ScenarioFinding>;
}

export interface ScenarioResult {
  readonly id: string;
  readonly name: string;
  /** The guarantee that it shows, with the discipline or the answer by which it holds. */
  readonly shows: string;
  readonly verdict: ScenarioVerdict;
  readonly reason?: string;
  readonly milliseconds: number;
  readonly evidence: readonly Evidence[];
}

const reasons: Readonly<Record<Need, string>> = {
  'tested gateway': 'judged only with both sides in one process: elsewhere nobody tells the other side what to send',
  door: 'our lists go over a broker, as files, or are polled: no connection waits for a response',
  receipts: 'the partner answers in a form of its own, without a signature',
  answers: 'the partner does not answer',
  'later answers': 'the answer is the response, and no message of its own',
  'second answers': 'the partner cannot answer a second time',
  verdicts: 'lists of the partner are not answered, and the other side is elsewhere',
  'several a day': 'one list a day was agreed',
  'at once': 'files are put one after the other',
  parts: 'lists in one message were agreed',
  chain: 'lists of this partner state no chain and no root',
  number: 'lists of this partner state no number',
  gaps: 'a list after a missing one is accepted: it is a full one, or was agreed so, or states no number',
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
  const shows = guaranteeOf(scenario, environment);
  const started = performance.now();
  const result = (verdict: ScenarioVerdict, evidence: readonly Evidence[], reason?: string): ScenarioResult => {
    const milliseconds = Math.round(performance.now() - started);
    return present({ id, name, shows, verdict, reason, milliseconds, evidence });
  };
  const all: readonly Need[] = scenario.first ? needs : ['several a day', ...needs];
  const missing = all.find((need) => !provides(environment, need));
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

/** As docs/conversations.md names it: `numbered: a list of theirs was lost`. */
function guaranteeOf({ shows: [by, guarantee] }: Scenario, { simulator }: Environment): string {
  const { stream, exchange } = simulator.other.adapter;
  if (by === 'discipline') return `${stream.discipline}: ${guarantee}`;
  return by === 'answer' ? `${answerKind(exchange)}: ${guarantee}` : `everywhere: ${guarantee}`;
}

/** How the partner answers our lists. */
function answerKind({ receive }: Exchange): string {
  if (receive === undefined) return 'signed receipt';
  if (receive.answer !== undefined) return 'document';
  if (receive.written?.line !== undefined) return 'log';
  return receive.path === undefined ? 'none' : 'status';
}

function provides({ tested, simulator }: Environment, need: Need): boolean {
  const { adapter, code } = simulator.other;
  const {
    stream,
    exchange: { receive },
  } = adapter;
  switch (need) {
    case 'tested gateway':
      return tested !== undefined;
    case 'door':
      return (simulator.gateway.config.partners[code]?.transport ?? adapter.transport) === 'https';
    case 'receipts':
      return receive === undefined;
    case 'answers':
      return answerKind(adapter.exchange) !== 'none';
    case 'later answers':
      return receive === undefined || answerTravels(adapter.exchange, false);
    case 'second answers':
      return answerTravels(adapter.exchange, true);
    case 'verdicts':
      return tested !== undefined || saysVerdict(simulator.other);
    case 'several a day':
      return stream.discipline !== 'dated' || stream.revision === 'replace';
    case 'at once':
      return adapter.exchange.send?.file === undefined;
    case 'parts':
      return adapter.lists.partRecords !== undefined;
    case 'chain':
      return stream.discipline === 'chained';
    case 'number':
      return stream.discipline === 'chained' || stream.discipline === 'numbered';
    case 'gaps':
      if (stream.discipline !== 'numbered') return stream.discipline === 'chained';
      return stream.gap === 'resync' && adapter.lists.kinds.includes('delta');
    case 'order':
      return stream.discipline !== 'none';
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
