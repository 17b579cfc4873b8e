/** `mra person …`: who may sign in, without a page that could add a person. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/command-line.ts';

const provider = "{ issuer: 'https://login.example', client: office, secret: { variable: OFFICE_SECRET } }";
const office = `office: { publicUrl: 'https://office.example/', provider: ${provider} }`;

describe('mra person', () => {
  let folder: string;
  let config: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mra-person-'));
    config = join(folder, 'gateway.yaml');
    writeFileSync(config, `data: ${folder}\npartners: {}\n${office}\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function person(...args: readonly string[]): Promise<{ readonly exit: number; readonly said: unknown }> {
    const { exit, stdout } = await runCommand(['--config', config, '-o', 'json', 'person', ...args]);
    return { exit, said: JSON.parse(stdout) };
  }
  const codeOf = ({ said }: { readonly said: unknown }): unknown => (said as { error: { code: string } }).error.code;

  it('adds a person with a link that is shown nowhere else, and disables it', async () => {
    const { exit, said } = await person('add', 'li.na', '--full-name', 'Li Na', '--role', 'reader', 'approver');
    expect(exit).to.equal(0);
    expect((said as { link: string }).link).to.match(/^https:\/\/office\.example\/link\/[\w-]{43}$/u);
    const row = { person: 'li.na', name: 'Li Na', partner: null, password: false, provider: false };
    expect((await person('role', 'li.na', 'operator')).said).to.deep.equal([
      { ...row, roles: ['operator'], state: 'active' },
    ]);
    await person('disable', 'li.na', '--reason', 'left');
    expect((await person('list')).said).to.deep.equal([{ ...row, roles: ['operator'], state: 'disabled' }]);
    expect(codeOf(await person('link', 'li.na'))).to.equal('E_PERSON_STATE');
  });

  it('adds a person of a partner, which gets no role of staff', async () => {
    const name = ['--full-name', 'Ana Lima'];
    expect(codeOf(await person('add', 'ana', ...name))).to.equal('E_REQUEST_INVALID');
    expect(codeOf(await person('add', 'ana', ...name, '--partner', 'KR', '--role', 'reader'))).to.equal(
      'E_REQUEST_INVALID',
    );
    expect(codeOf(await person('add', 'ana', ...name, '--partner', 'XX'))).to.equal('E_PARTNER_UNKNOWN');
    expect((await person('add', 'ana', ...name, '--partner', 'kr')).exit).to.equal(0);
    expect(codeOf(await person('role', 'ana', 'approver'))).to.equal('E_PERSON_STATE');
    const people = (await person('list')).said as readonly { readonly person: string }[];
    expect(people.find((each) => each.person === 'ana')).to.include({ partner: 'KR' });
  });

  it('binds a subject of the identity provider to one person, and to none where the settings have no provider', async () => {
    await person('add', 'kim', '--full-name', 'Kim', '--role', 'reader', '--subject', 'k-1');
    await person('add', 'park', '--full-name', 'Park', '--role', 'reader');
    expect(codeOf(await person('subject', 'park', 'k-1'))).to.equal('E_PERSON_STATE');
    expect((await person('subject', 'park', 'p-1')).said).to.deep.include({
      ...{ person: 'park', name: 'Park', roles: ['reader'], state: 'active', password: false, provider: true },
      partner: null,
    });
    const without = join(folder, 'without.yaml');
    writeFileSync(without, `data: ${folder}\npartners: {}\n`);
    const { stdout } = await runCommand(['--config', without, '-o', 'json', 'person', 'subject', 'park', 'p-2']);
    expect(codeOf({ said: JSON.parse(stdout) as unknown })).to.equal('E_CONFIG_INVALID');
  });

  it('refuses proxies that are no addresses, and an identity provider without TLS', async () => {
    for (const setting of [
      'proxies: [10.0.0.300]',
      'proxies: [10.0.0.0/33]',
      provider.replace('https', 'http').replace(/^/u, 'provider: '),
    ]) {
      const wrong = join(folder, 'wrong.yaml');
      writeFileSync(wrong, `data: ${folder}\noffice: { ${setting} }\n`);
      const { stdout } = await runCommand(['--config', wrong, '-o', 'json', 'person', 'list']);
      expect([setting, codeOf({ said: JSON.parse(stdout) as unknown })]).to.deep.equal([setting, 'E_CONFIG_INVALID']);
    }
  });

  it('refuses an office that browsers would reach without TLS', async () => {
    const plain = join(folder, 'plain.yaml');
    writeFileSync(plain, `data: ${folder}\noffice: { host: 0.0.0.0 }\n`);
    const { stdout } = await runCommand(['--config', plain, '-o', 'json', 'person', 'list']);
    expect(codeOf({ said: JSON.parse(stdout) as unknown })).to.equal('E_CONFIG_INVALID');
  });
});
