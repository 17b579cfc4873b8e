/** Stages for tests of the rehearsal: a simulated partner and our gateway, both whole, over real TLS or a real broker. */

import { randomBytes } from 'node:crypto';
import { adapterTools, openGateway } from '../../gateway/app/composition.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { serve } from '../../gateway/main.ts';
import { dayAt } from '../../gateway/model/day.ts';
import type { PairBroker } from '../../gateway/rehearsal/pairing.ts';
import type { Machinery, Simulation } from '../../gateway/rehearsal/simulator.ts';
import { openStage, type Stage, type StagePlan } from '../../gateway/rehearsal/stage.ts';
import { temporaryFolder } from './pki.ts';

const tools = adapterTools();

export const machinery: Machinery = { tools, open: (config) => openGateway(config, tools), serve };

export const invent: Simulation['invent'] = ({ home, now }, count, seed) =>
  inventOperators(home, { count, advanced: count, seed, today: dayAt(now(), home.timeZone) });

/** Of a partner of that folder and our side, to be paired in a folder of their own. */
export function stagePlan(partner: string): StagePlan {
  return {
    base: loadConfig({ data: temporaryFolder() }, {}),
    partner,
    plays: 'partner',
    folder: temporaryFolder(),
    tools,
    now: new Date(),
    machinery,
    operators: 100,
    seed: 7741,
    invent,
    withinMs: 10_000,
    boundMs: 1500,
  };
}

export function aStage(partner: string, changes: Partial<StagePlan> = {}): Promise<Stage> {
  return openStage({ ...stagePlan(partner), ...changes });
}

/** A realm of a broker that nobody else uses. */
export const ownRealm = (url: string): PairBroker => ({
  url,
  temporary: true,
  realm: `mra-test-${randomBytes(4).toString('hex')}`,
});
