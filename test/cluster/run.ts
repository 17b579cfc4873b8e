/** `npm run test:cluster`: three gateways, a database with a standby and a broker of three nodes, on the loopback interface. */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGood, runExperiments, type Result } from '../faults/results.ts';
import { prepareWorld } from '../faults/world.ts';
import { clusterExperiments } from './experiments.ts';
import { startBrokers, startDatabases } from './machines.ts';

const folder = mkdtempSync(join(tmpdir(), 'mra-cluster-'));
chmodSync(folder, 0o755); // the servers run under another account and must be able to enter

const results: Result[] = [];
{
  await using opened = new AsyncDisposableStack();
  const databases = await startDatabases(folder, opened);
  const brokers = await startBrokers(folder, opened);
  const { primary, addressOf: databaseAddress } = databases;
  const cluster = { databaseAddress, broker: brokers.url };
  const prepared = await prepareWorld(join(folder, 'world'), 'PostgreSQL', 'AMQP', { postgres: primary, cluster });
  const experiments = clusterExperiments(databases, brokers).map((experiment, i) => ({ ...experiment, no: i + 1 }));
  await runExperiments({ engine: 'PostgreSQL', way: 'AMQP' }, prepared, experiments, (result) => results.push(result));
}
const failed = results.filter((result) => !isGood(result));
console.log(`${String(results.length)} experiments, ${String(failed.length)} failed; logs in ${folder}`);
if (failed.length === 0) rmSync(folder, { recursive: true, force: true });
process.exitCode = failed.length === 0 ? 0 : 1;
