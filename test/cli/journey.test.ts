/** The commands of the README, in this process: two administrations that exchange files. */

import { execFile } from 'node:child_process';
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { recordJump } from '../../gateway/app/clock-watch.ts';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { writeCsv } from '../../gateway/wire/files/csv.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { runCommand, type Ran } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('a list exchanged as a file, on the command line', () => {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  const ours = ['--data', file('cn')];
  const theirs = ['--config', file('kr.yaml')];

  const mra = async (...args: string[]): Promise<Ran> => await runCommand(args);
  /** Another program: its exit code is 0, or this rejects with what it printed. */
  const run = promisify(execFile);

  before(() => {
    const titles = Object.entries(sampleHome.columns);
    const rows = Array.from({ length: 20 }, (_, i) => {
      const cells: Partial<Record<string, string>> = columnValues({
        ...sampleRecord,
        code: `44031${String(10000 + i)}`,
        grade: i < 15 ? 'advanced' : 'general',
      });
      return titles.map(([path]) => cells[path] ?? '');
    });
    writeFileSync(file('operators.csv'), writeCsv([titles.map(([, title]) => title), ...rows]));
    writeFileSync(
      file('kr.yaml'),
      'home: KR\ndata: ./kr\nlog: silent\npartners:\n  CN:\n    adapter: kr\n    mirrored: true\n    transport: file\n    certificates: { signing: [ours.pem] }\n',
    );
  });

  it('operators are imported', async () => {
    const { exit, stdout } = await mra(...ours, 'operator', 'import', file('operators.csv'), '-o', 'json');
    expect(exit).to.equal(0);
    expect(JSON.parse(stdout)).to.have.nested.include({ 'counts.created': 20 });
  });

  it('a full list is built, and its data is written to the file only', async () => {
    const { exit, stdout } = await mra(...ours, 'list', 'build', 'KR', '--full', '--out', file('kr.xml'), '-o', 'json');
    expect(exit).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ kind: 'full', records: 15, departures: 0 });
  });

  it('xmlsec1 and xmllint accept it', async () => {
    expect((await mra(...ours, 'key', 'export', 'KR', '--out', file('ours.pem'))).exit).to.equal(0);
    const verified = await run('xmlsec1', [
      '--verify',
      '--pubkey-cert-pem',
      file('ours.pem'),
      '--id-attr:Id',
      'urn:mra:profile:kr:1:AEOList',
      file('kr.xml'),
    ]);
    expect(verified.stderr).to.match(/^OK$/mu);
    const schema = fileURLToPath(new URL('../../adapters/kr/list.xsd', import.meta.url));
    await run('xmllint', ['--noout', '--schema', schema, file('kr.xml')]);
  });

  it('a JWS partner gets a key that its own library accepts', async () => {
    expect((await mra(...ours, 'list', 'build', 'SG', '--full', '--out', file('sg.jws'))).exit).to.equal(0);
    const { stdout } = await mra(...ours, 'key', 'export', 'SG', '--format', 'jwk');
    const key = createPublicKey({ key: JSON.parse(stdout) as JsonWebKey, format: 'jwk' });
    const [header = '', payload = '', signature = ''] = readFileSync(file('sg.jws'), 'utf8').split('.');
    const holds = (text: string): boolean =>
      verify(
        'sha256',
        Buffer.from(`${header}.${text}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
    expect(holds(payload)).to.equal(true);
    expect(holds(`${payload}A`)).to.equal(false);
  });

  it('the partner applies it once, and returns the same receipt the second time', async () => {
    const first = await mra(
      ...theirs,
      'list',
      'receive',
      'CN',
      file('kr.xml'),
      '--receipt',
      file('first.xml'),
      '-o',
      'json',
    );
    expect(first.exit).to.equal(0);
    expect(JSON.parse(first.stdout)).to.include({ verdict: 'applied', duplicate: false });
    const second = await mra(
      ...theirs,
      'list',
      'receive',
      'CN',
      file('kr.xml'),
      '--receipt',
      file('second.xml'),
      '-o',
      'json',
    );
    expect(JSON.parse(second.stdout)).to.include({ verdict: 'applied', duplicate: true });
    expect(readFileSync(file('second.xml'))).to.deep.equal(readFileSync(file('first.xml')));
  });

  const send = (out: string): Promise<Ran> => mra(...ours, 'list', 'build', 'KR', '--full', '--out', out);
  const settled = ['--config', file('cn.yaml')];

  it('a second list from a file is applied, and receipts come back as files', async () => {
    expect((await send(file('second.xml'))).exit).to.equal(0);
    const received = await mra(
      ...theirs,
      'list',
      'receive',
      'CN',
      file('second.xml'),
      '--receipt',
      file('back.xml'),
      '-o',
      'json',
    );
    expect(JSON.parse(received.stdout)).to.include({ verdict: 'applied', duplicate: false });
    // Our side takes the receipts of both; KR is unknown to it as a signer until its certificate is registered.
    expect((await mra(...theirs, 'key', 'export', 'CN', '--out', file('theirs.pem'))).exit).to.equal(0);
    writeFileSync(
      file('cn.yaml'),
      'home: CN\ndata: ./cn\nlog: silent\npartners:\n  KR:\n    adapter: kr\n    transport: file\n    certificates: { signing: [theirs.pem] }\n',
    );
    for (const receipt of [file('first.xml'), file('back.xml')])
      expect((await mra(...settled, 'list', 'receive', 'KR', receipt)).exit).to.equal(0);
    const states = JSON.parse((await mra(...settled, 'message', 'list', '-o', 'json')).stdout) as { state: string }[];
    expect(states.filter(({ state }) => state === 'ACCEPTED')).to.have.length(2);
  });

  it('a list lost on the way leaves a gap, and the receipt that says so repairs the stream', async () => {
    for (const out of [file('lost.xml'), file('after-gap.xml')]) expect((await send(out)).exit).to.equal(0);
    const gap = await mra(
      ...theirs,
      'list',
      'receive',
      'CN',
      file('after-gap.xml'),
      '--receipt',
      file('gap.xml'),
      '-o',
      'json',
    );
    expect(JSON.parse(gap.stdout)).to.include({ verdict: 'rejected', code: 'E_SEQUENCE_GAP' });
    expect((await mra(...settled, 'list', 'receive', 'KR', file('gap.xml'))).exit).to.equal(0);
    expect((await mra(...settled, 'list', 'send', 'KR', '--out', file('healed.xml'))).exit).to.equal(0);
    const healed = await mra(...theirs, 'list', 'receive', 'CN', file('healed.xml'), '-o', 'json');
    expect(JSON.parse(healed.stdout)).to.include({ verdict: 'applied' });
  });

  it('the partner answers from it', async () => {
    const { exit, stdout } = await mra(
      ...theirs,
      'check',
      'AEOCN4403110003',
      '--role',
      'consignor',
      '--direction',
      'import',
      '-o',
      'json',
    );
    expect(exit).to.equal(0);
    expect(JSON.parse(stdout)).to.have.nested.include({
      outcome: 'recognised',
      'subject.partner': 'CN',
      'advice.action': 'apply',
    });
  });

  it('one changed letter is a finding with its code', async () => {
    writeFileSync(file('bad.xml'), readFileSync(file('kr.xml'), 'utf8').replace('SHENZHEN', 'SHENZHAN'));
    const { exit, stdout } = await mra(...theirs, 'list', 'receive', 'CN', file('bad.xml'), '-o', 'json');
    expect(exit).to.equal(1);
    expect(JSON.parse(stdout)).to.include({ verdict: 'rejected', code: 'E_SIGNATURE_INVALID' });
  });

  it('doctor reports failures, and wrong usage and wrong data have different exit codes', async () => {
    const { exit, stdout } = await mra(...ours, 'doctor', '-o', 'json');
    expect(exit).to.equal(0);
    expect(
      (JSON.parse(stdout) as { check: string; result: string }[]).filter(({ result }) => result === 'fail'),
    ).to.deep.equal([]);
    expect((await mra(...ours, 'list', 'build', 'KR')).exit).to.equal(2);
    expect((await mra(...ours, 'list', 'build', 'ZZ', '--out', file('zz.xml'))).exit).to.equal(2);
    expect((await mra('--config', file('nowhere.yaml'), 'doctor')).exit).to.equal(1);
  });

  it('doctor shows a clock that jumped, and one that is behind the last commit', async () => {
    const clock = async (minutes: number) => {
      const db = await openDatabase(`sqlite:${join(folder, 'cn', 'mra.db')}`);
      const now = () => new Date(Date.now() + minutes * 60_000);
      await recordJump({ db, now, log: makeLog({ level: 'silent' }) }, minutes * 60_000);
      await db.close();
      const { stdout } = await mra(...ours, 'doctor', '-o', 'json');
      return (JSON.parse(stdout) as { check: string; result: string }[]).find(({ check }) => check === 'clock')?.result;
    };
    expect(await clock(-5)).to.equal('warn');
    expect(await clock(60)).to.equal('fail');
  });
});
