/** A simulated partner and the gateway that is rehearsed with: ours in the same process over real TLS, or somebody's at an address. */

import type { OpenGateway } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import { findStream } from '../store/streams.ts';
import { saveAll } from './sending.ts';
import { makePair, type Pair, type Pairing } from './pairing.ts';
import { startSimulator, type Simulation, type Simulator } from './simulator.ts';

export interface Stage {
  readonly simulator: Simulator;
  /** Absent: the other side is elsewhere, and only its receipts can be judged. */
  readonly ours?: OpenGateway;
  /** How long to wait for a receipt, in milliseconds. */
  readonly withinMs: number;
  /** How long a vice may keep a connection waiting, in milliseconds. */
  readonly boundMs: number;
  close(): Promise<void>;
}

export interface StagePlan extends Omit<Pairing, 'testedUrl'>, Omit<Simulation, 'pair' | 'receiptMs'> {
  readonly withinMs: number;
  readonly boundMs: number;
  /** The address of the other side's exchange door, where it is not played here. */
  readonly against?: string | undefined;
}

/** Opens both sides, or the partner's side alone. Nothing has been sent yet. */
export async function openStage(plan: StagePlan): Promise<Stage> {
  const { machinery, withinMs, boundMs, against } = plan;
  const pair = hurried(await makePair({ ...plan, testedUrl: against }));
  const simulator = await startSimulator({ ...plan, pair, receiptMs: withinMs });
  const common = { simulator, withinMs, boundMs };
  if (against !== undefined) return { ...common, close: () => simulator.close() };
  try {
    const ours = await machinery.open(pair.tested);
    try {
      await saveAll(ours, plan.invent(ours, plan.operators, plan.seed + 1));
      const serving = await machinery.serve(ours);
      return {
        ...common,
        ours,
        async close() {
          await simulator.close();
          await serving.stop();
          await ours.close();
        },
      };
    } catch (error) {
      await ours.close();
      throw error;
    }
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** Where lists are fetched, both sides ask often: a run is to end within a minute. */
function hurried(pair: Pair): Pair {
  return { ...pair, simulated: askingOften(pair.simulated), tested: askingOften(pair.tested) };
}

function askingOften(config: Config): Config {
  const partners = Object.entries(config.partners).map(([code, settings]) => [code, { ...settings, pollSeconds: 0.1 }]);
  return { ...config, partners: Object.fromEntries(partners) as Config['partners'] };
}

/** Our own side; E_INTERNAL where a scenario that needs it was run against an address. */
export function oursOf({ ours }: Stage): OpenGateway {
  if (ours === undefined) throw new GatewayError('E_INTERNAL', 'the other side is not in this process');
  return ours;
}

/** Whether what the simulator published is what the other side holds: number, chain, root and count. */
export async function sidesAgree(stage: Stage): Promise<boolean> {
  const { simulator } = stage;
  const held = await findStream(oursOf(stage).db.sql, simulator.gateway.home.country, 'in');
  const sent = await findStream(simulator.gateway.db.sql, simulator.other.code, 'out');
  return held !== undefined && JSON.stringify(held.position) === JSON.stringify(sent?.position);
}
