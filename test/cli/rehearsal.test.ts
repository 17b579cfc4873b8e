/** `mra simulate` and `mra conformance`, run as a partner runs them: our side in a process of its own, files between them. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { ConformanceReport } from '../../gateway/rehearsal/report.ts';
import type { Turn } from '../../gateway/rehearsal/schedule.ts';
import { readPlainXml } from '../../gateway/wire/xml/plain-xml.ts';
import { runCommand, type Ran } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

const program = fileURLToPath(new URL('../../gateway/mra.js', import.meta.url));

describe('a rehearsal by the command line', () => {
  const folder = temporaryFolder();
  const environment = { MRA_BROKER: 'amqp://127.0.0.1:1' };
  const mra = async (...args: string[]): Promise<Ran> =>
    await runCommand(['--data', join(folder, 'data'), ...args], environment);

  it('lists all faults with the scenario that uses each', async () => {
    const { exit, stdout } = await mra('simulate', '--list-faults', '-o', 'json');
    expect(exit).to.equal(0);
    const rows = JSON.parse(stdout) as { name: string; words: string; scenario: string }[];
    const names = rows.map(({ name }) => name);
    expect(names).to.include.members(['duplicate', 'late-receipt', 'half-open', 'expired-certificate', 'huge-list']);
    for (const { name, words, scenario } of rows) {
      expect(words, name).to.match(/\S/u);
      expect(scenario, name).to.match(/^C-\d\d$/u);
    }
  });

  it('takes the former names of options and faults', async () => {
    const [listed, former] = [await mra('simulate', '--list-faults'), await mra('simulate', '--list-vices')];
    expect(former).to.deep.equal(listed);
    expect((await mra('simulate', '--help')).stdout).not.to.include('vices');
  });

  it('asks for a partner, and refuses a fault that does not exist before anything is opened', async () => {
    expect((await mra('simulate')).exit).to.equal(2);
    expect((await mra('simulate', 'hk', '--faults', 'greed')).exit).to.equal(2);
    expect((await mra('simulate', 'hk', '--vices', 'greed')).exit).to.equal(2);
  });

  it('the written settings start our side in a process of its own, and both talk', async () => {
    const pair = join(folder, 'pair');
    const alone = await mra('simulate', 'hk', '--pair', pair, '--duration', '1', '--every', '1', '-o', 'json');
    expect(alone.exit).to.equal(1); // our side is not there yet
    expect(alone.stderr).to.include('signing-next.pem');
    // The folders of both sides hold keys and become the folder of a store.
    for (const side of ['cn', 'hk']) expect(statSync(join(pair, side)).mode & 0o077, side).to.equal(0);
    const ours = spawn(process.execPath, [program, '--config', join(pair, 'cn.yaml'), '-o', 'json', 'serve'], {
      env: { ...environment, PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(ours.stdout, 'data');
      const play = [
        '--pair',
        pair,
        '--every',
        '1',
        '--exit',
        '--faults',
        'unregistered-key',
        '--vices',
        'gap',
        '-o',
        'json',
      ];
      const { exit, stdout, stderr } = await mra('simulate', 'hk', ...play);
      expect(exit, stderr).to.equal(0);
      const { turns } = JSON.parse(stdout) as { turns: readonly Turn[] };
      const results = turns.map(({ fault = 'good', sent }) => `${fault} ${sent.map(({ ending }) => ending).join()}`);
      expect(results).to.include.members(['unregistered-key E_SIGNER_UNKNOWN', 'gap E_SEQUENCE_GAP']);
      expect(results.at(-1)).to.equal('good applied');
      expect(turns.map(({ vice }) => vice)).to.deep.equal(turns.map(({ fault }) => fault)); // the former member
    } finally {
      const ended = once(ours, 'exit');
      ours.kill();
      await ended;
    }
  });

  it('a conformance run leaves four reports, and its signature holds until a byte changes', async () => {
    const reports = join(folder, 'reports');
    const run = await mra('conformance', 'run', 'sg', '--only', 'C-07,C-13', '--out', reports, '-o', 'json');
    expect(run.exit, run.stderr).to.equal(0);
    const report = JSON.parse(run.stdout) as ConformanceReport;
    expect(report.scenarios.map(({ id, verdict }) => `${id} ${verdict}`)).to.deep.equal([
      'C-01 pass',
      'C-07 pass',
      'C-13 pass',
    ]);
    const files = readdirSync(reports);
    const json = files.find((name) => name.endsWith('.json')) ?? '';
    const stem = json.slice(0, -'.json'.length);
    expect(files).to.have.members([json, `${json}.jws`, `${stem}.junit.xml`, `${stem}.html`]);
    expect(JSON.parse(readFileSync(join(reports, json), 'utf8'))).to.deep.equal(report);
    readPlainXml(readFileSync(join(reports, `${stem}.junit.xml`)));

    const path = join(reports, json);
    const verified = await mra('conformance', 'verify', path, '-o', 'json');
    expect(verified.exit, verified.stderr).to.equal(0);
    expect(JSON.parse(verified.stdout)).to.include({ partner: 'SG', pass: 3, fail: 0 });
    expect((await mra('--data', join(folder, 'elsewhere'), 'conformance', 'verify', path)).exit).to.equal(1);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"verdict": "pass"', '"verdict": "fail"'));
    const altered = await mra('conformance', 'verify', path);
    expect(altered.exit).to.equal(1);
    expect(altered.stderr).to.include('E_SIGNATURE_INVALID');
  });

  it('a run that finds a fault ends with code 1', async () => {
    const nobody = ['--against', 'https://127.0.0.1:1', '--only', 'C-01', '--operators', '5', '--out', folder];
    const { exit, stderr } = await mra('conformance', 'run', 'sg', ...nobody);
    expect(exit).to.equal(1);
    expect(stderr).to.match(/C-01 {2}fail/u);
  });
});
