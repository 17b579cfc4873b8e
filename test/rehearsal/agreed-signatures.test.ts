/** A simulated partner signs in the form that its adapter states, also with the keys that must be refused. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { memoryStream } from '../cli/memory.ts';
import { copyOfProgram } from '../support/program-copy.ts';

describe('a simulated partner with signatures of another form', () => {
  it('passes with its keys, the next ones, and is refused with an expired and an unknown one', async () => {
    const folder = copyOfProgram('adapters/hk');
    const adapter = join(folder, 'adapters/hk/adapter.yaml');
    const words = "algorithm: ecdsa-p384-sha384, c14n: inclusive, transforms: enveloped, reference: '', keyInfo: chain";
    const text = readFileSync(adapter, 'utf8').replace(/^seal: .*$/mu, `seal: { kind: xml-signature, ${words} }`);
    writeFileSync(adapter, text);
    const { run } = (await import(
      pathToFileURL(join(folder, 'gateway/main.ts')).href
    )) as typeof import('../../gateway/main.ts');
    const streams = { stdout: memoryStream(), stderr: memoryStream(), env: {} };
    const only = ['--only', 'C-11,C-12,C-26,C-27', '--out', join(folder, 'reports'), '--operators', '20'];
    const command = ['--data', join(folder, 'data'), '-o', 'json', 'conformance', 'run', 'hk', ...only];
    expect(await run(['node', 'mra', ...command], streams), streams.stdout.text()).to.equal(0);
  });
});
