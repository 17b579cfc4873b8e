/**
 * The program of the server that the bench of the border asks: the border door on the store named by the first argument, and beside it a
 * bare server that parses a request and prints the answer of the second. The third is the file of the snapshot of the register. Tells its parent
 * both ports, and how long and how many bytes the register took. Work that its parent orders it does in a thread, and says
 * when that is done and the register in memory has it.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { openLogSealer } from '../../gateway/audit/seal-log.ts';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import { openAnswerSpool } from '../../gateway/clearance/answer-spool.ts';
import { schemas } from '../../gateway/app/adapter-tools.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { startInBackground } from '../../gateway/store/background-thread.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { repeat } from '../../gateway/app/repeat.ts';
import { openRegisterIndex } from '../../gateway/store/register-index.ts';
import { openRegisterLoader } from '../../gateway/store/register-loader.ts';
import { openPackingThread } from '../../gateway/store/register-thread.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { sampleHome } from '../model/sample-home.ts';
import { partnerCodes, terms } from './border-store.ts';
import type { BorderWork } from './border-work.ts';

const [url = '', sample = '{}', snapshot = ''] = process.argv.slice(2);
const started = performance.now();
const db = await openDatabase(url);
const empty = process.memoryUsage().rss;
const loader = openRegisterLoader(db, {
  kept: { file: snapshot, unusable: (error) => console.error(error) },
  packMany: openPackingThread(url).packMany,
});
const index = openRegisterIndex(db, loader);
await index.bringUp();
const readyMs = Math.round(performance.now() - started);
const indexBytes = process.memoryUsage().rss - empty;
await loader.keep();
repeat(() => index.bringUp(), { everyMs: 100, afterFailureMs: 100, report: (error) => console.error(error) });
const now = (): Date => new Date();
const answers = openAnswerLog(
  db,
  sampleHome,
  openAnswerSpool(db, mkdtempSync(join(tmpdir(), 'mra-bench-spool-')), now),
);
await answers.recordSpooled();
repeat(() => answers.recordSpooled(), {
  everyMs: 1_000,
  afterFailureMs: 1_000,
  report: (error) => console.error(error),
});
const log = mkdtempSync(join(tmpdir(), 'mra-bench-log-'));
const clearance = {
  home: sampleHome,
  db,
  answers,
  index,
  sealer: openLogSealer(db, log, sampleHome.country),
  partners: new Map(partnerCodes.map((code) => [code, { adapter: terms(code) }])),
  policy: 'bench',
  now,
  random: (bytes: number) => randomBytes(bytes),
};
const border = createServer(borderDoor({ ...clearance, schemas, log: makeLog({ level: 'error' }) }));

/** An answer of the size of ours: parsed once, so that printing it costs what printing an object costs. */
const answer = JSON.parse(sample) as object;
const bare = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString());
    const text = JSON.stringify(answer);
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const ports = { border: await listen(border), bare: await listen(bare) };
process.send?.({ ...ports, readyMs, indexBytes });
process.once('SIGTERM', () => process.exit(0));
process.on('message', (work: BorderWork) => void doBeside(work));

async function doBeside(work: BorderWork): Promise<void> {
  const file = new URL('border-work.ts', import.meta.url);
  const thread = startInBackground(file, {
    workerData: { url, log, ...work },
    resourceLimits: { maxYoungGenerationSizeMb: 24 },
  });
  const [code] = (await once(thread, 'exit')) as [number];
  for (let isKnown = false; !isKnown; await wait(5)) {
    const viewOf = await index.current();
    isKnown = partnerCodes.every((partner) => viewOf(partner) !== undefined);
  }
  process.send?.(code);
}
