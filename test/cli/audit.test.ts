/** `mra audit` and `mra evidence`, as an auditor uses them. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand, type Ran } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

const folder = temporaryFolder();
const data = join(folder, 'data');
const mra = (...words: string[]): Promise<Ran> => runCommand(['--data', data, '-o', 'json', ...words]);
const parsed = async (ran: Promise<Ran>): Promise<Record<string, unknown>> =>
  JSON.parse((await ran).stdout) as Record<string, unknown>;

describe('mra audit and mra evidence', () => {
  let number = '';
  const evidence = join(folder, 'evidence.json');
  const key = join(folder, 'key.txt');

  it('make evidence of an answer, which verifies with the public key alone', async () => {
    const answer = await parsed(mra('check', 'KR1234567'));
    number = (answer['proof'] as { consultation_number: string }).consultation_number;
    expect((await mra('evidence', 'get', number, '--out', evidence)).exit).to.equal(0);
    writeFileSync(key, `${String((await parsed(mra('audit', 'key')))['key'])}\n`);
    const nowhere = await runCommand([
      '--data',
      join(folder, 'none'),
      '-o',
      'json',
      'evidence',
      'verify',
      evidence,
      '--key',
      key,
    ]);
    expect([nowhere.exit, JSON.parse(nowhere.stdout)]).to.deep.equal([
      0,
      { ...(JSON.parse(nowhere.stdout) as object), number, outcome: answer['outcome'] },
    ]);
  });

  it('say what does not fit in evidence that was changed', async () => {
    const changed = join(folder, 'changed.json');
    writeFileSync(changed, readFileSync(evidence, 'utf8').replace('undetermined', 'recognised'));
    const ran = await mra('evidence', 'verify', changed, '--key', key);
    expect(ran.exit).not.to.equal(0);
    expect(JSON.parse(ran.stdout)).to.have.nested.property('error.code', 'E_EVIDENCE_INVALID');
  });

  it('verify the log against the checkpoints, also against a copy, and name what was altered', async () => {
    expect(await parsed(mra('audit', 'verify'))).to.deep.include({ checkpoints: 1, coveredTo: 1, faults: [] });
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    copyFileSync(join(data, 'log', 'checkpoints'), join(copy, 'checkpoints'));
    expect((await mra('audit', 'verify', '--checkpoints', copy)).exit).not.to.equal(0);
    expect((await mra('audit', 'verify', '--checkpoints', copy, '--key', key)).exit).to.equal(0);
    const file = new DatabaseSync(join(data, 'mra.db'));
    file.exec('drop trigger border_answer_no_update');
    file.exec(`update border_answer set answer = replace(answer, '"refer"', '"apply"')`);
    file.close();
    const ran = await mra('audit', 'verify', '--checkpoints', copy, '--key', key);
    expect([ran.exit, JSON.parse(ran.stdout)]).to.deep.include(1);
    expect(ran.stdout).to.include('answer_changed').and.to.include(number);
  });

  it('restart the log under another name, with a reason', async () => {
    const before = await parsed(mra('audit', 'checkpoint'));
    const after = await parsed(mra('audit', 'restart', '--reason', 'restored from tape', '--as', 'pat'));
    expect(after['origin']).not.to.equal(before['origin']);
    expect(after['size']).to.equal(Number(before['size']) + 1);
    expect((await mra('audit', 'restart', '--reason', 'no person')).exit).to.equal(2);
  });
});
