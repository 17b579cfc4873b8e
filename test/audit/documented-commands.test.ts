/** The commands of docs/evidence.md and docs/offline.md, run by a shell as they stand there. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { programFolder } from '../../gateway/app/config.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

/** Where a shell finds `mra`, with a data folder of its own, and the verifier where the pages name it. */
function shellIn(folder: string): (script: string) => string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const words = [process.execPath, join(programFolder, 'gateway/mra.js'), '--data', join(folder, 'data')];
  writeFileSync(join(bin, 'mra'), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  const verifier = 'gateway/audit/verify-evidence.js';
  mkdirSync(join(folder, 'gateway/audit'), { recursive: true });
  copyFileSync(join(programFolder, verifier), join(folder, verifier)); // it imports nothing
  const env = { ...process.env, PATH: `${bin}:${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}` };
  return (script) => execFileSync('sh', ['-ec', script], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
}

const blocksOf = (page: string): readonly string[] =>
  [...readFileSync(join(programFolder, 'docs', page), 'utf8').matchAll(/^```sh\n(.*?)^```/gmsu)].map(
    ([, script = '']) => script,
  );

describe('the documented way to verify with the public key of the log', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const at = (name: string): string => join(folder, name);

  it('works as the pages have it: evidence, its printed page, and a snapshot', async () => {
    const { stdout } = await runCommand(['--data', data, '-o', 'json', 'check', 'KR1234567']);
    const { proof } = JSON.parse(stdout) as { readonly proof: { readonly consultation_number: string } };
    const get = ['--data', data, 'evidence', 'get', proof.consultation_number];
    expect((await runCommand([...get, '--out', at('evidence.json')])).exit).to.equal(0);
    expect((await runCommand([...get, '--print', '--out', at('code.txt')])).exit).to.equal(0);
    expect((await runCommand(['--data', data, 'snapshot', 'get', '--out', at('copy.gz')])).exit).to.equal(0);
    const shell = shellIn(folder);
    const scripts = [...blocksOf('evidence.md'), ...blocksOf('offline.md')];
    expect(scripts).to.have.length(3);
    const [evidence = '', page = '', snapshot = ''] = scripts.map((script) => shell(script));
    expect(evidence).to.include(proof.consultation_number);
    expect(page).to.include(proof.consultation_number);
    expect(snapshot).to.include('CN');
    expect(readFileSync(at('log-key.txt'), 'utf8')).to.match(/^mra-gateway\/CN\/[0-9a-f]{16}\+[0-9a-f]{8}\+\S+\n$/u);
  });
});
