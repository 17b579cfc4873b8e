/**
 * `npm run test:evidence [-- --answers 10000 --files 2000]`: the evidence of many answers is verified by the one file for it and by the
 * libraries of the Go checksum database, and each single byte of many files is changed.
 */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { check } from '../../gateway/clearance/requests.ts';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';
import { code, openAdministrations, operators } from '../support/administrations.ts';
import { testPlace } from '../support/memory-folder.ts';
import { findProgram, installPackages } from '../support/services.ts';

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '10000' },
    files: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});
const [answers, files, seed] = [Number(values.answers), Number(values.files), Number(values.seed)];
/** So many answers between two checkpoints, so that the trees have many sizes. */
const answersPerCheckpoint = 37;
/** One in so many lists of ours is followed by a change of it. */
const answersPerList = 1000;

const folder = mkdtempSync(join(testPlace(), 'mra-evidence-'));
const open = await openAdministrations({ partners: ['KR'] });
let failed = 0;

function report(what: string, count: number, faults: readonly string[]): void {
  failed += faults.length;
  console.log(`${what}: ${count}, wrong ${faults.length}`);
  for (const fault of faults.slice(0, 10)) console.log(`  ${fault}`);
}

function identifierBy(random: SeededRandom): string {
  const known = `AEOCN${code(1 + random.below(8))}`;
  return random.pick([
    known,
    known,
    known.toLowerCase(),
    `${known.slice(0, 5)} ${known.slice(5)}`,
    'no code',
    `${known}9`,
  ]);
}

/** Writes one file for each answer; returns their names. */
async function makeEvidence(): Promise<{ readonly key: string; readonly names: readonly string[] }> {
  const { gateway } = open.of('KR');
  const random = seededRandom(seed);
  await open.of('KR').openDoors();
  const places: { readonly place: number; readonly outcome: string }[] = [];
  const names: string[] = [];
  for (let n = 0; n < answers; n += 1) {
    if (n % answersPerList === 0) {
      await open.home.save(...operators(2 + ((n / answersPerList) % 7)));
      await open.home.send('KR', { renew: true });
    }
    const request = { partner: 'CN', identifier: identifierBy(random), reference: `entry "${n}" & 公司` };
    const answer = await check(gateway, request, `desk ${random.below(9)}`);
    places.push({ place: answer.proof.log_index ?? 0, outcome: answer.outcome });
    if (n % answersPerCheckpoint === 0) await gateway.sealer.seal();
  }
  const key = await gateway.sealer.verifierKey();
  const wrong: string[] = [];
  mkdirSync(join(folder, 'files'));
  for (const { place, outcome } of places) {
    const text = await evidenceFor(gateway.db.sql, gateway.sealer, place);
    const name = join(folder, 'files', `${place}.json`);
    writeFileSync(name, text);
    names.push(name);
    if (verifyEvidence(text, key).outcome !== outcome) wrong.push(`${name} proves another outcome`);
  }
  report('answers proven by the one file', names.length, wrong);
  return { key, names };
}

function verifyByGo(key: string): void {
  const packages = ['golang-go', 'golang-golang-x-mod-dev'];
  if (findProgram('go') === undefined) installPackages(packages);
  const go = findProgram('go');
  if (go === undefined) throw new Error(`no go. Install ${packages.join(' ')}.`);
  // The packages of Debian, and no network.
  const env = {
    ...process.env,
    GOPATH: '/usr/share/gocode',
    GO111MODULE: 'off',
    GOCACHE: join(folder, 'go'),
    GOFLAGS: '',
  };
  const program = join(import.meta.dirname, 'go', 'verify.go');
  const { stdout, stderr, status } = spawnSync(go, ['run', program, key, join(folder, 'files')], {
    env,
    encoding: 'utf8',
  });
  const [, verified = '0', refused = '0'] = /verified (\d+) refused (\d+)/u.exec(stdout) ?? [];
  const faults = stdout.trim().split('\n').slice(0, -1);
  if (status !== 0) faults.push(stderr);
  if (Number(verified) + Number(refused) !== answers) faults.push(`${verified} verified and ${refused} refused`);
  report('the same by sumdb/note and sumdb/tlog of Go', Number(verified), faults);
}

async function changeBytes(key: string, names: readonly string[]): Promise<void> {
  const chosen = names.filter((_, i) => i % Math.max(1, Math.floor(names.length / files)) === 0).slice(0, files);
  const threads = availableParallelism();
  const done = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const part = chosen.filter((__, i) => i % threads === thread);
      const worker = new Worker(new URL('change-bytes.ts', import.meta.url), {
        workerData: { files: part, key, seed: seed + thread },
      });
      const [result] = (await once(worker, 'message')) as [
        { readonly changes: number; readonly missed: readonly string[] },
      ];
      return result;
    }),
  );
  const changes = done.reduce((sum, each) => sum + each.changes, 0);
  report(
    `changes of a byte in ${chosen.length} files, all found`,
    changes,
    done.flatMap(({ missed }) => missed),
  );
}

try {
  const { key, names } = await makeEvidence();
  verifyByGo(key);
  await changeBytes(key, names);
} finally {
  await open.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
