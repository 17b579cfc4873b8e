/** `npm run test:faults [-- --only 1,2] [--write]`: experiments on real processes over both engines and both ways; `--write` writes docs/faults.md. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { postgresServer } from '../support/postgres-server.ts';
import { rabbitNode, startPortMapper } from '../support/rabbitmq.ts';
import { crashes } from './crashes.ts';
import { disturbances } from './disturbances.ts';
import { fileExperiments, openFileWorld } from './files.ts';
import { pageOf } from './page.ts';
import { isGood, runExperiments, runFileExperiments, type Numbered, type Place, type Result } from './results.ts';
import { serverFaults } from './servers.ts';
import { severalGateways } from './several.ts';
import { prepareWorld, type Servers } from './world.ts';

const places = (['SQLite', 'PostgreSQL'] as const).flatMap((engine) =>
  (['HTTPS', 'AMQP'] as const).map((way) => ({ engine, way })),
);

const { values } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean', default: false } } });

const only = values.only?.split(',').map(Number);
const isWanted = (no: number): boolean => only?.includes(no) !== false;

/** Each fault with each engine and way has a number of its own; those with files have the last. */
function numbered() {
  const all = new Map(places.map((place): [Place, Numbered[]] => [place, []]));
  let no = 0;
  for (const experiment of [...disturbances, ...serverFaults, ...severalGateways, ...crashes])
    for (const place of places) {
      const { engines = [place.engine], ways = [place.way] } = experiment;
      if (!engines.includes(place.engine) || !ways.includes(place.way)) continue;
      no += 1;
      if (isWanted(no)) all.get(place)?.push({ ...experiment, no });
    }
  const files = fileExperiments.map((experiment, i) => ({ ...experiment, no: no + 1 + i }));
  return { all, files: files.filter((each) => isWanted(each.no)) };
}

const folder = mkdtempSync(join(tmpdir(), 'mra-faults-'));
chmodSync(folder, 0o755); // the servers run under another account and must be able to enter

async function startServers(opened: AsyncDisposableStack, { engine, way }: Place): Promise<Servers> {
  const postgres = engine === 'PostgreSQL' ? await postgresServer(folder) : undefined;
  await postgres?.start();
  opened.defer(async () => await postgres?.end('SIGINT'));
  const mapper = way === 'AMQP' ? await startPortMapper(folder) : undefined;
  opened.defer(async () => await mapper?.stop());
  const rabbit = mapper && (await rabbitNode(folder, mapper));
  await rabbit?.start();
  opened.defer(async () => await rabbit?.end('SIGTERM'));
  return { postgres, rabbit };
}

const results: Result[] = [];
const { all: inPlaces, files } = numbered();
const queue = [...inPlaces].filter(([, experiments]) => experiments.length > 0);

/** The experiments of one place after the other. */
async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [place, experiments] = next;
    await using opened = new AsyncDisposableStack();
    const servers = await startServers(opened, place);
    const prepared = await prepareWorld(join(folder, `${place.engine}-${place.way}`), place.engine, place.way, servers);
    await runExperiments(place, prepared, experiments, (result) => results.push(result));
  }
}

async function workWithFiles(): Promise<void> {
  if (files.length === 0) return;
  const world = await openFileWorld(join(folder, 'files'));
  await runFileExperiments(world, files, (result) => results.push(result));
  await world.end();
}

await Promise.all([work(), work(), work(), workWithFiles()]);
const failed = results.filter((result) => !isGood(result));
console.log(`${String(results.length)} experiments, ${String(failed.length)} failed; logs in ${folder}`);
if (values.write) writeFileSync('docs/faults.md', pageOf(results));
if (failed.length === 0) rmSync(folder, { recursive: true, force: true });
process.exitCode = failed.length === 0 ? 0 : 1;
