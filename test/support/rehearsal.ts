/** Environments for tests of the rehearsal: a simulated partner and our gateway over real TLS or a real broker. */

import { randomBytes } from 'node:crypto';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import { loadConfig, type Config } from '../../gateway/app/config.ts';
import { serve } from '../../gateway/serve.ts';
import { openEnvironment, type Environment, type EnvironmentOptions } from '../../gateway/rehearsal/environment.ts';
import type { Runtime } from '../../gateway/rehearsal/simulator.ts';
import { temporaryFolder } from './pki.ts';

const tools = adapterTools();

export const runtime: Runtime = { open: (config) => openGateway(config, tools), serve };

/** The partner of that folder and our gateway, with a folder of their own. */
export function environmentOptions(partner: string): EnvironmentOptions {
  return {
    base: loadConfig({ data: temporaryFolder() }, {}),
    partner,
    plays: 'partner',
    folder: temporaryFolder(),
    tools,
    now: new Date(),
    runtime,
    operators: 100,
    seed: 7741,
    withinMs: 120_000,
    maxFaultMs: 1500,
  };
}

export function openTestEnvironment(partner: string, changes: Partial<EnvironmentOptions> = {}): Promise<Environment> {
  return openEnvironment({ ...environmentOptions(partner), ...changes });
}

/** A realm of the broker that nobody else uses. */
export const ownRealm = (url: string): Config['broker'] => ({
  url,
  temporary: true,
  realm: `mra-test-${randomBytes(4).toString('hex')}`,
});
