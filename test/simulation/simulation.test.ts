/** Histories with faults, each of which follows from its seed: `npm run simulate -- --seed N` repeats one and prints its steps. */

import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const program = fileURLToPath(new URL('run.ts', import.meta.url));
const histories = 2000;

interface Simulated {
  readonly failed: readonly number[];
  readonly counts: Readonly<Record<string, number>>;
}

async function simulate(...args: readonly string[]): Promise<Simulated> {
  const done = promisify(execFile)(process.execPath, [program, '-o', 'json', ...args]);
  const { stdout } = await done.catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as Simulated;
}

describe('two administrations whose commits fail, whose processes die and whose messages are lost, doubled and late', function () {
  this.timeout(1_800_000);

  it(`hold the same in the end, in ${String(histories)} histories, and never what was not published`, async () => {
    const processes = availableParallelism();
    const each = Math.ceil(histories / processes);
    const from = Array.from({ length: processes }, (_, i) => String(1 + i * each));
    const all = await Promise.all(from.map((first) => simulate('--from', first, '--histories', String(each))));
    expect(all.flatMap(({ failed }) => failed)).to.deep.equal([]);
    const happened = new Set(all.flatMap(({ counts }) => Object.keys(counts)));
    for (const fault of ['crash before', 'crash after', 'unknown and stored', 'unknown and lost', 'away'])
      expect(happened).to.include(`commit ${fault}`);
    for (const fault of ['broker emptied', 'clock set', 'message doubled', 'sender frozen', 'store restored'])
      expect(happened).to.include(fault);
  });

  it('do not where a store forgets what it said was stored: the simulation finds it', async () => {
    expect((await simulate('--pretending', '--histories', '30')).failed).to.not.deep.equal([]);
  });
});
