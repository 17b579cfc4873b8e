/** A thread: changes each byte of each file to another one, and says which change the verifier did not find. */

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { seededRandom } from '../../gateway/model/seeded-random.ts';

const { files, key, seed } = workerData as {
  readonly files: readonly string[];
  readonly key: string;
  readonly seed: number;
};
const random = seededRandom(seed);
let changes = 0;
const missed: string[] = [];

function isFound(bytes: Buffer): boolean {
  try {
    verifyEvidence(bytes.toString('utf8'), key);
    return false;
  } catch {
    return true; // whatever it says
  }
}

for (const file of files) {
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += 1) {
    const before = bytes[at] ?? 0;
    bytes[at] = (before + 1 + random.below(255)) % 256;
    changes += 1;
    if (!isFound(bytes)) missed.push(`${file}, byte ${at}`);
    bytes[at] = before;
  }
}
parentPort?.postMessage({ changes, missed });
