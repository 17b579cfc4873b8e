/** `mra login`: decisions of two at the command line are of two people who are signed in, and of typed names only while nobody can sign in. */

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { setRoles, setState, setSubject } from '../../gateway/people/people.ts';
import type { Role } from '../../gateway/people/roles.ts';
import { listTokens, makeToken } from '../../gateway/people/tokens.ts';
import { runCommand, type Ran } from '../support/command-line.ts';
import { addTestPerson, testPassword } from '../support/people.ts';
import { ecPair, temporaryFolder, testCertificate } from '../support/pki.ts';

describe('mra login', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'gateway.yaml'), 'data: data\nlog: silent\npartners: { KR: { transport: file } }\n');
    writeFileSync(join(folder, 'password'), `${testPassword}\n`);
    another();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What is decided about: another certificate than before. */
  function another(): void {
    writeFileSync(join(folder, 'tls.pem'), testCertificate(ecPair(), { use: 'tls' }).toString());
  }
  const mra = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
    runCommand(['--config', join(folder, 'gateway.yaml'), '-o', 'json', ...args], { HOME: folder, ...env });
  const answer = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Record<string, unknown>> =>
    JSON.parse((await mra(args, env)).stdout) as Record<string, unknown>;
  const codeOf = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<unknown> =>
    ((await answer(args, env))['error'] as { code: string } | undefined)?.code;
  const decides = ['partner', 'certificate', 'KR'] as const;
  const decide = (...more: readonly string[]): readonly string[] => [
    ...decides,
    join(folder, 'tls.pem'),
    ...['--use', 'tls', '--reason', 'as agreed', ...more],
  ];
  const login = (id: string): Promise<Ran> => mra(['login', id, '--password-file', join(folder, 'password')]);

  async function inStore<T>(work: (gateway: OpenGateway) => Promise<T>): Promise<T> {
    const gateway = await openGateway(loadConfig({ config: join(folder, 'gateway.yaml') }, {}), adapterTools());
    return await work(gateway).finally(() => gateway.close());
  }
  const people = (roles: Readonly<Record<string, readonly Role[]>>): Promise<void> =>
    inStore(async (gateway) => {
      for (const [id, held] of Object.entries(roles)) await addTestPerson(gateway, id, held);
    });
  const decisions = (): Promise<readonly Record<string, unknown>[]> =>
    inStore(async ({ db }) => {
      const rows = await db.sql.selectFrom('event').select('detail').where('kind', '=', 'decision_made').execute();
      return rows.map(({ detail }) => JSON.parse(detail ?? '{}') as Record<string, unknown>);
    });

  it('is not needed while nobody can sign in: the names count as they are typed, and output and log say so', async () => {
    const first = await mra(decide('--as', 'Li'));
    expect([first.exit, first.stderr.includes('--as ANOTHER')]).to.deep.equal([4, false]);
    expect(await answer(decide('--as', 'Wang'))).to.include({ person: 'Wang', done: true });
    expect((await decisions()).map(({ person, typed, reason }) => [person, typed, reason])).to.deep.equal([
      ['Li', true, 'as agreed'],
      ['Wang', true, 'as agreed'],
    ]);
  });

  it('lets two people decide, each by its own token, and no name that is only typed', async () => {
    await mra(decide('--as', 'kim'));
    await people({ 'li.na': ['partner-admin'], kim: ['partner-admin'], park: ['reader'] });
    expect(await codeOf(decide('--as', 'li.na'))).to.equal('E_SESSION_MISSING');
    const { stdout } = await login('li.na');
    const { file, person } = JSON.parse(stdout) as { file: string; person: string };
    expect([person, statSync(file).mode & 0o777]).to.deep.equal(['li.na', 0o600]);
    expect(await codeOf(decide('--as', 'kim'))).to.equal('E_REQUEST_INVALID');
    // What was typed as kim before somebody of that name could sign in does not count.
    expect(await answer(decide())).to.include({ person: 'li.na', done: false });
    expect(await codeOf(decide())).to.equal('E_APPROVAL_REPEATED');
    await login('park');
    expect(await codeOf(decide())).to.equal('E_ROLE_MISSING');
    await people({ choi: ['partner-admin'] });
    await login('choi');
    expect(await answer(decide())).to.include({ person: 'choi', done: true });
    expect((await decisions()).map(({ person: by, typed }) => [by, typed ?? false])).to.deep.equal([
      ['kim', true],
      ['li.na', false],
      ['choi', false],
    ]);
  });

  it('is asked for by every command that replaces a key of ours, and the role with it; a stop takes no sign-in', async () => {
    await people({ 'li.na': ['key-admin'], kim: ['key-admin'], park: ['partner-admin'] });
    const rotate = ['key', 'rotate', 'KR', '--reason', 'each year'] as const;
    for (const command of [rotate, ['key', 'confirm', 'KR'], ['key', 'rotate-tls']] as const)
      expect(await codeOf([...command, '--as', 'kim']), command.join(' ')).to.equal('E_SESSION_MISSING');
    await login('park');
    expect(await codeOf(rotate)).to.equal('E_ROLE_MISSING');
    await login('li.na');
    expect(await answer(rotate)).to.deep.equal({ partner: 'KR', person: 'li.na', done: false });
    expect(await codeOf(rotate)).to.equal('E_APPROVAL_REPEATED');
    expect(await codeOf([...rotate, '--as', 'kim'])).to.equal('E_REQUEST_INVALID');
    await login('kim');
    expect(await answer(rotate))
      .to.include({ partner: 'KR' })
      .and.to.have.property('fingerprint');
    expect((await decisions()).map(({ person, typed = false }) => [person, typed])).to.deep.equal([
      ['li.na', false],
      ['kim', false],
    ]);
    expect(await answer(['key', 'cancel', 'KR', '--reason', 'wrong day'])).to.include({ person: 'kim' });
    await mra(['logout']);
    expect(await answer(['partner', 'revoke', 'KR', '--reason', 'stolen', '--as', 'night shift'])).to.include({
      partner: 'KR',
    });
  });

  it('does not count a person who has lost the role or is disabled before the second decides', async () => {
    await people({ 'li.na': ['partner-admin'], kim: ['partner-admin'], choi: ['partner-admin'] });
    await login('li.na');
    await mra(decide());
    await inStore((gateway) => setRoles(gateway, 'li.na', ['reader'], 'root'));
    await login('kim');
    expect(await answer(decide())).to.include({ done: false });
    await inStore((gateway) => setState(gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' }));
    expect(await codeOf(decide())).to.equal('E_SESSION_MISSING');
    await login('choi');
    expect(await answer(decide())).to.include({ done: false });
  });

  it('takes a token of the console, refuses it once it has ended, and keeps nothing but its digest', async () => {
    await people({ 'li.na': ['partner-admin'] });
    const made = await inStore((gateway) => makeToken(gateway, 'li.na', 3600));
    const late = await inStore((gateway) => makeToken({ ...gateway, now: () => new Date(0) }, 'li.na', 3600));
    writeFileSync(join(folder, 'token'), made.token);
    expect(await answer(['login', '--token-file', join(folder, 'token')])).to.include({ person: 'li.na' });
    expect(await answer(decide())).to.include({ person: 'li.na', done: false });
    another();
    expect(await codeOf(decide(), { MRA_TOKEN: late.token })).to.equal('E_SESSION_MISSING');
    expect(await codeOf(decide(), { MRA_TOKEN: 'mra_person_nothing' })).to.equal('E_SESSION_MISSING');
    await inStore(async ({ db }) => {
      const rows = JSON.stringify(await db.sql.selectFrom('session').selectAll().execute());
      expect(rows).not.to.include(made.token);
      expect((await listTokens(db.sql, 'li.na')).find(({ id }) => id === made.id)?.lastUse).to.be.a('string');
    });
    expect((await mra(['logout'])).exit).to.equal(0);
    expect(await codeOf(decide(), { MRA_TOKEN: made.token })).to.equal('E_SESSION_MISSING');
  });

  it('gives a person of a provider a token for as long as a session: roles by groups are not known to go on', async () => {
    await people({ 'li.na': ['partner-admin'], kim: ['partner-admin'] });
    await inStore(async (gateway) => {
      await setSubject(gateway, 'li.na', 'https://login.example li', 'root');
      const now = gateway.now();
      const at = { ...gateway, now: () => now };
      const hoursOf = async (person: string): Promise<number> =>
        (Date.parse((await makeToken(at, person, 90 * 86_400)).until) - now.getTime()) / 3_600_000;
      expect([await hoursOf('li.na'), await hoursOf('kim')]).to.deep.equal([12, 90 * 24]);
    });
  });

  it('refuses a wrong password, a longer life than ninety days, and to ask where there is no terminal', async () => {
    await people({ 'li.na': ['partner-admin'] });
    writeFileSync(join(folder, 'password'), 'wrong wrong wrong');
    expect(await codeOf(['login', 'li.na', '--password-file', join(folder, 'password')])).to.equal('E_SIGN_IN_REFUSED');
    expect(await codeOf(['login', 'li.na', '--days', '91'])).to.equal('E_REQUEST_INVALID');
    mkdirSync(join(folder, '.config', 'mra'), { recursive: true });
    expect(() => readFileSync(join(folder, '.config', 'mra', 'token'))).to.throw();
  });
});
