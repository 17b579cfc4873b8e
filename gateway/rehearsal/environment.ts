/** A simulated partner and the gateway it is tested with: in the same process over real TLS, or at an address. */

import type { OpenGateway } from '../app/composition.ts';
import { GatewayError } from '../model/errors.ts';
import { findStream } from '../store/streams.ts';
import { saveRecords, withConnections } from './administrations.ts';
import { makePair, type PairOptions } from './pairing.ts';
import { inventListed, startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

export interface Environment {
  readonly simulator: Simulator;
  /** Absent: the tested gateway is elsewhere, and only its receipts are known. */
  readonly tested?: OpenGateway;
  readonly withinMs: number;
  readonly maxFaultMs: number;
  close(): Promise<void>;
}

export interface EnvironmentOptions
  extends Omit<PairOptions, 'testedUrl'>, SimulatorOptions, Pick<Environment, 'withinMs' | 'maxFaultMs'> {
  /** The exchange door of the tested gateway, where it is elsewhere. */
  readonly against?: string | undefined;
}

/** Opens both sides, or the simulated side alone. Nothing has been sent. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { runtime, operators, seed, withinMs, maxFaultMs, against } = options;
  const pair = await makePair({ ...options, testedUrl: against });
  // Where lists are polled, both sides poll often: a run is to end within a minute.
  const polling = { pollSeconds: 0.1 };
  await using opened = new AsyncDisposableStack();
  let tested: OpenGateway | undefined;
  if (against === undefined) {
    const gateway = (tested = await runtime.open(withConnections(pair.tested, polling)));
    opened.defer(() => gateway.close());
    await saveRecords(gateway, inventListed(gateway, operators, seed + 1));
    // The scenarios decide what is sent: a list that goes by itself would come between.
    const serving = await runtime.serve(gateway, { scheduled: false });
    opened.defer(() => serving.stop());
  }
  const simulated = withConnections(pair.simulated, polling);
  const simulator = await startSimulator({ ...pair, simulated }, options, withinMs);
  opened.defer(() => simulator.close());
  const closing = opened.move();
  return { simulator, withinMs, maxFaultMs, close: () => closing.disposeAsync(), ...(tested && { tested }) };
}

/** The tested gateway; E_INTERNAL where a scenario that needs it runs against an address. */
export function testedOf({ tested }: Environment): OpenGateway {
  if (tested === undefined) throw new GatewayError('E_INTERNAL', 'the tested gateway is not in this process');
  return tested;
}

/** Whether the tested gateway holds what the simulator sent: root and count, and where lists state them the sequence and the chain. */
export async function sidesAgree(environment: Environment): Promise<boolean> {
  const { simulator } = environment;
  const held = await findStream(testedOf(environment).db.sql, simulator.gateway.home.country, 'in');
  const sent = await findStream(simulator.gateway.db.sql, simulator.other.code, 'out');
  if (held === undefined || sent === undefined) return false;
  if (simulator.other.adapter.stream.discipline === 'chained')
    return JSON.stringify(held.position) === JSON.stringify(sent.position);
  return held.position.root === sent.position.root && held.position.count === sent.position.count;
}
