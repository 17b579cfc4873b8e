/** `mra key rotate`, its siblings and `mra partner` as commands: what they print, and files that other programs made or read. */

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('keys and partners by commands', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const settings = (partners: string): void => writeFileSync(file('cn.yaml'), `home: CN\npartners: { ${partners} }\n`);
  const byHand = (...partners: string[]): string =>
    partners.map((code) => `${code}: { transport: file, certificates: {} }`).join(', ');
  before(() => {
    folder = temporaryFolder(); // with one keyring for all commands
  });
  beforeEach(() => settings(byHand('EU', 'HK', 'KR')));
  async function mra(...words: string[]): Promise<{ readonly exit: number; readonly result: unknown }> {
    const { exit, stdout } = await runCommand(['--config', file('cn.yaml'), '-o', 'json', ...words]);
    return { exit, result: JSON.parse(stdout) as unknown };
  }
  async function done(...words: string[]): Promise<Record<string, unknown>> {
    const { exit, result } = await mra(...words);
    expect([words.join(' '), exit, exit === 0 ? '' : result]).to.deep.equal([words.join(' '), 0, '']);
    return result as Record<string, unknown>;
  }
  /** What takes two people: the first decides, and the second has the result. */
  async function bothDo(...words: string[]): Promise<Record<string, unknown>> {
    const first = await mra(...words, '--as', 'li.na');
    expect([first.exit, first.result]).to.deep.equal([4, { partner: words[2], person: 'li.na', done: false }]);
    return await done(...words, '--as', 'wang.wei');
  }
  const codeOf = async (...words: string[]): Promise<string> =>
    ((await mra(...words)).result as { error: { code: string } }).error.code;
  /** A key and a certificate by openssl, in `name`.key and `name`.pem. */
  function selfSigned(commonName: string, name: string, ...more: readonly string[]): void {
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${commonName}`, ...more];
    execFileSync('openssl', [...words, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)], { stdio: 'pipe' });
  }
  interface Dated {
    readonly side: string;
    readonly partner?: string;
    readonly change: string;
    readonly use: string;
    readonly key: string;
    readonly state?: string;
    readonly at: string;
  }
  const calendar = async (...words: string[]): Promise<readonly Dated[]> =>
    (await done('key', 'calendar', ...words)) as unknown as Dated[];

  it('a rotation is begun once, shown in the calendar of 18 months, written as iCalendar, and given up', async () => {
    const begun = await bothDo('key', 'rotate', 'HK', '--from', '2027-03-01', '--out', file('new.pem'));
    expect(begun).to.include({
      partner: 'HK',
      from: '2027-02-28T16:00:00.000Z',
      old_until: '2027-03-30T16:00:00.000Z',
    });
    expect(
      execFileSync('openssl', ['x509', '-in', file('new.pem'), '-noout', '-subject'], { encoding: 'utf8' }),
    ).to.include('CN');
    expect(await codeOf('key', 'rotate', 'HK')).to.equal('E_KEY_ROLLOVER');
    const own = (await calendar('--ical', file('keys.ics'))).filter(({ partner }) => partner === 'HK');
    expect(own.map(({ change, state, at }) => [change, state, at.slice(0, 10)])).to.deep.equal([
      ['begins', 'announced', '2027-02-28'],
      ['replaced', 'announced', '2027-03-30'],
    ]);
    const ics = readFileSync(file('keys.ics'), 'utf8');
    expect(ics.split('\r\n').filter((line) => line === 'BEGIN:VEVENT').length).to.be.above(1);
    expect(ics.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).to.equal(true);
    expect(ics)
      .to.include('DTSTART:20270228T160000Z')
      .and.to.not.match(/[^\r]\n/u);
    expect(await calendar('--months', '36')).to.satisfy((dates: readonly Dated[]) =>
      dates.some(({ change }) => change === 'expires'),
    );
    await done('key', 'cancel', 'HK', '--reason', 'wrong day');
    expect((await calendar()).filter(({ partner }) => partner === 'HK')).to.deep.equal([]);
    for (const from of ['2027-02-30', 'soon', '2027-03-01T00:00:00'])
      expect(await codeOf('key', 'rotate', 'HK', '--from', from)).to.equal('E_REQUEST_INVALID');
  });

  it('one person rotates no key, however often, and what the second decides must be the same', async () => {
    const rotate = ['key', 'rotate', 'HK', '--from', '2027-03-01'];
    expect((await mra(...rotate, '--as', 'li.na')).exit).to.equal(4);
    expect(await codeOf(...rotate, '--as', 'li.na')).to.equal('E_APPROVAL_REPEATED');
    expect((await mra('key', 'rotate', 'HK', '--from', '2027-04-01', '--as', 'wang.wei')).exit).to.equal(4);
    expect((await calendar()).filter(({ partner }) => partner === 'HK')).to.deep.equal([]);
    await done(...rotate, '--as', 'chen.yu');
    await done('key', 'cancel', 'HK', '--reason', 'a test');
  });

  it('a new TLS key waits for its day, in the calendar, for the doctor and for partners', async () => {
    expect(await codeOf('key', 'export', 'HK', '--purpose', 'tls-next')).to.equal('E_KEY_MISSING');
    expect(await codeOf('key', 'rotate-tls', '--from', '2020-01-01')).to.equal('E_REQUEST_INVALID');
    const made = await done('key', 'rotate-tls', '--from', '2027-03-01', '--out', file('tls.pem'));
    expect(made).to.include({ from: '2027-02-28T16:00:00.000Z' });
    expect(await codeOf('key', 'rotate-tls')).to.equal('E_KEY_ROLLOVER');
    const { key } = await done('key', 'export', 'HK', '--purpose', 'tls-next');
    expect(`${String(key)}\n`).to.equal(readFileSync(file('tls.pem'), 'utf8'));
    const ours = (await calendar('--months', '60')).filter(({ use, side }) => use === 'tls' && side === 'ours');
    expect(ours.map(({ change, key: name }) => `${name} ${change}`)).to.deep.equal([
      'tls-next begins',
      'tls expires',
      'tls-next expires',
    ]);
    const { result } = await mra('doctor');
    const findings = result as readonly { readonly check: string; readonly result: string }[];
    expect(findings.filter(({ check }) => check.startsWith('key tls')).map((found) => found.result)).to.deep.equal([
      'ok',
      'ok',
    ]);
  });

  it('a certificate by another authority comes back for a request that openssl reads', async () => {
    await done('key', 'csr', 'KR', '--out', file('kr.csr'));
    selfSigned('authority', 'ca');
    const sign = [
      'x509',
      '-req',
      '-in',
      file('kr.csr'),
      '-CA',
      file('ca.pem'),
      '-CAkey',
      file('ca.key'),
      '-copy_extensions',
      'copy',
      '-days',
      '700',
    ];
    execFileSync('openssl', [...sign, '-out', file('kr.pem')], { stdio: 'pipe' });
    expect(await bothDo('key', 'import', 'KR', file('kr.pem'), '--from', '2027-03-01')).to.include({ partner: 'KR' });
    expect(await codeOf('key', 'import', 'HK', file('ca.pem'))).to.equal('E_KEY_MISSING');
  });

  it('a PKCS#12 file by openssl is imported, ours is read by openssl, and no password is a mistake', async () => {
    const usage = ['basicConstraints=critical,CA:false', 'keyUsage=critical,digitalSignature'];
    selfSigned('own', 'own', ...usage.flatMap((extension) => ['-addext', extension]), '-days', '700');
    writeFileSync(file('password.txt'), 'correct horse\n');
    const p12 = [
      'pkcs12',
      '-export',
      '-inkey',
      file('own.key'),
      '-in',
      file('own.pem'),
      '-passout',
      `file:${file('password.txt')}`,
    ];
    execFileSync('openssl', [...p12, '-out', file('own.p12')], { stdio: 'pipe' });
    expect(await codeOf('key', 'import', 'EU', file('own.p12'))).to.equal('E_REQUEST_INVALID');
    writeFileSync(file('wrong.txt'), 'wrong');
    expect(await codeOf('key', 'import', 'EU', file('own.p12'), '--password-file', file('wrong.txt'))).to.equal(
      'E_KEY_MISSING',
    );
    await bothDo(
      'key',
      'import',
      'EU',
      file('own.p12'),
      '--password-file',
      file('password.txt'),
      '--from',
      '2027-03-01',
    );

    await done('key', 'pkcs12', 'EU', file('ours.p12'), '--password-file', file('password.txt'));
    expect(statSync(file('ours.p12')).mode & 0o777).to.equal(0o600);
    const read = ['pkcs12', '-in', file('ours.p12'), '-nokeys', '-passin', `file:${file('password.txt')}`];
    expect(execFileSync('openssl', read, { encoding: 'utf8', stdio: 'pipe' })).to.include('BEGIN CERTIFICATE');
  });

  it('a partner is added by two people from a file with its settings, listed, and revoked by one', async () => {
    settings(byHand('HK'));
    writeFileSync(file('kr.yaml'), 'partners: { KR: { transport: file, certificates: {} } }\n');
    const add = ['partner', 'add', 'KR', file('kr.yaml'), '--as'];
    expect((await mra(...add, 'li')).exit).to.equal(4);
    expect(await codeOf(...add, 'LI')).to.equal('E_APPROVAL_REPEATED');
    expect(await done(...add, 'wang')).to.include({ partner: 'KR', done: true });
    const states = async (): Promise<unknown> => {
      const rows = (await done('partner', 'list')) as unknown as { partner: string; state: string }[];
      return rows.map(({ partner, state }) => [partner, state]);
    };
    expect(await states()).to.deep.equal([
      ['HK', 'active'],
      ['KR', 'active'],
    ]);
    await done('partner', 'revoke', 'KR', '--reason', 'stolen');
    expect(await states()).to.deep.equal([
      ['HK', 'active'],
      ['KR', 'revoked'],
    ]);
    expect(await codeOf('partner', 'add', 'SG', file('kr.yaml'))).to.equal('E_CONFIG_INVALID');
  });

  it('mra doctor names private keys and secrets that other accounts can read', async () => {
    writeFileSync(file('secret.txt'), 'word', { mode: 0o644 });
    const credentials = `credentials: { kind: bearer, secret: { file: secret.txt } }`;
    settings(`HK: { url: 'https://127.0.0.1:1', ${credentials}, certificates: {} }`);
    const secrets = async (): Promise<string | undefined> => {
      const { result } = await mra('doctor');
      return (result as { check: string; result: string }[]).find(({ check }) => check === 'secrets')?.result;
    };
    expect(await secrets()).to.equal('fail');
    execFileSync('chmod', ['600', file('secret.txt')]);
    expect(await secrets()).to.equal('ok');
  });
});
