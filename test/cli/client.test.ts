/** `mra client`, and a gateway that serves with TLS at its border door: tokens, client certificates and access tokens from outside. */

import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import type { Serving } from '../../gateway/cli/context.ts';
import { serve } from '../../gateway/serve.ts';
import { runCommand, type Ran } from '../support/command-line.ts';
import { refusalCode } from '../support/expect-code.ts';
import { rsaPair, temporaryFolder } from '../support/pki.ts';
import { tlsParty, type TlsParty } from '../support/tls.ts';

const folder = temporaryFolder();
const settings = join(folder, 'gateway.yaml');
const mra = (...words: string[]): Promise<Ran> => runCommand(['--config', settings, '-o', 'json', ...words]);
const parsed = async (ran: Promise<Ran>): Promise<Record<string, unknown>> =>
  JSON.parse((await ran).stdout) as Record<string, unknown>;
const errorOf = async (ran: Promise<Ran>): Promise<unknown[]> => {
  const { exit, stdout } = await ran;
  return [exit, (JSON.parse(stdout) as { error: { code: string } }).error.code];
};
const write = (name: string, content: string): void => writeFileSync(join(folder, name), content);
const partners = 'partners: { KR: { adapter: kr, transport: file } }\n';
const body = JSON.stringify({ partner: 'KR', identifier: 'KR1234567' });

describe('mra client', () => {
  let door: TlsParty;
  let system: TlsParty;
  let gateway: OpenGateway;
  let serving: Serving;
  const issuer = rsaPair();

  before(async () => {
    [door, system] = await Promise.all([tlsParty('XA'), tlsParty('XB')]);
    write('door.pem', door.cert);
    write('door.key', door.key);
    write('authority.pem', system.ca);
    write('system.pem', system.cert);
    const key = { ...issuer.publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'k' };
    write('keys.json', JSON.stringify({ keys: [key] }));
    const oauth2 = `{ issuer: https://login.example, audience: border, keys: { file: keys.json }, scopes: { aeo.ask: [check] } }`;
    const tls = '{ cert: door.pem, key: door.key, ca: [authority.pem] }';
    const border = `border: { host: 127.0.0.1, port: 0, tls: ${tls}, oauth2: ${oauth2} }`;
    write('gateway.yaml', `log: silent\n${border}\nexchange: { host: 127.0.0.1, port: 0 }\n${partners}`);
    gateway = await openGateway(loadConfig({ config: settings }, {}), adapterTools());
    serving = await serve(gateway);
  });
  after(async () => {
    await serving.stop();
    await gateway.close();
  });

  async function ask(authorization?: string, identity?: TlsParty): Promise<unknown[]> {
    const asking = request(`${serving.borderUrl}/v1/checks`, {
      ...{ method: 'POST', ca: door.ca, cert: identity?.cert, key: identity?.key, agent: false },
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    }).end(body);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const reply = JSON.parse(await text(response)) as { code?: string; proof?: { requester: string } };
    return [response.statusCode, reply.code ?? reply.proof?.requester];
  }

  it('makes a token that is shown once, and lists who may ask what', async () => {
    const { exit, stdout, stderr } = await runCommand([
      '--config',
      settings,
      'client',
      'add',
      'port-1',
      '--scope',
      'check,batch',
    ]);
    expect([exit, stderr]).to.deep.equal([0, stderr]);
    const token = stdout.trim();
    expect(await ask(`Bearer ${token}`)).to.deep.equal([201, 'port-1']);
    const listed = await mra('client', 'list');
    expect(listed.stdout).to.not.include(token.slice(-43));
    const [client] = JSON.parse(listed.stdout) as Record<string, unknown>[];
    expect(client).to.deep.include({ client: 'port-1', scopes: ['check', 'batch'], state: 'active', rate: null });
    expect(client?.['last_use']).to.be.a('string');
    expect((await runCommand(['--config', settings, 'client', 'list'])).stdout)
      .to.include('port-1')
      .and.include('check,batch');
  });

  it('rotates and revokes while the gateway serves', async () => {
    const before = `Bearer ${String((await parsed(mra('client', 'add', 'port-2', '--scope', 'check')))['token'])}`;
    const rotated = await parsed(mra('client', 'rotate', 'port-2', '--grace', '1'));
    expect(rotated).to.have.all.keys('client', 'token', 'others_until');
    const after = `Bearer ${String(rotated['token'])}`;
    const both = async (): Promise<unknown[]> => [(await ask(before))[0], (await ask(after))[0]];
    // What another process commits is known half a second later.
    while ((await ask(after))[0] !== 201);
    expect(await both()).to.deep.equal([201, 201]);
    expect((await mra('client', 'revoke', 'port-2', '--reason', 'closed')).exit).to.equal(0);
    while ((await ask(after))[0] === 201);
    expect(await both()).to.deep.equal([401, 401]);
    expect(await errorOf(mra('client', 'rotate', 'port-2'))).to.deep.equal([2, 'E_CLIENT_STATE']);
  });

  it('registers a client certificate, which counts only with an authority of the settings', async () => {
    expect(await ask(undefined, system)).to.deep.equal([401, 'E_CALLER_UNKNOWN']);
    const certificate = join(folder, 'system.pem');
    const added = await parsed(mra('client', 'add', 'rail', '--scope', 'check', '--certificate', certificate));
    expect(added).to.deep.equal({ client: 'rail', scopes: ['check'], fingerprint: system.fingerprint });
    while ((await ask(undefined, system))[0] !== 201);
    expect(await ask(undefined, system)).to.deep.equal([201, 'rail']);
    const stranger = await tlsParty('XC');
    write('stranger.pem', stranger.cert);
    await mra('client', 'add', 'road', '--scope', 'check', '--certificate', join(folder, 'stranger.pem'));
    await mra('client', 'add', 'later', '--scope', 'check');
    expect(await ask(undefined, stranger)).to.deep.equal([401, 'E_CALLER_UNKNOWN']);
    expect(
      await errorOf(mra('client', 'add', 'rail-2', '--scope', 'check', '--certificate', certificate)),
    ).to.deep.equal([2, 'E_CLIENT_STATE']);
    expect(await errorOf(mra('client', 'add', 'rail-3', '--scope', 'check', '--certificate', settings))).to.deep.equal([
      3,
      'E_KEY_MISSING',
    ]);
  });

  it('is not needed for a client of the authorization server, whose scopes the settings map', async () => {
    const claims = { iss: 'https://login.example', aud: 'border', client_id: 'portal' };
    const token = async (scope: string): Promise<string> => {
      const jwt = new SignJWT({ ...claims, scope }).setProtectedHeader({ alg: 'RS256', kid: 'k', typ: 'at+jwt' });
      return `Bearer ${await jwt.setExpirationTime('5 minutes').sign(issuer.privateKey)}`;
    };
    expect(await ask(await token('aeo.ask'))).to.deep.equal([201, 'oauth2:portal']);
    expect(await ask(await token('check'))).to.deep.equal([403, 'E_SCOPE_MISSING']);
    expect(await ask(await token('constructor'))).to.deep.equal([403, 'E_SCOPE_MISSING']);
  });

  it('says what is wrong with a command', async () => {
    expect(await errorOf(mra('client', 'add', 'x1', '--scope', 'check,all'))).to.deep.equal([2, 'E_REQUEST_INVALID']);
    expect(await errorOf(mra('client', 'add', 'x1'))).to.deep.equal([2, 'E_REQUEST_INVALID']);
    expect(await errorOf(mra('client', 'add', 'border', '--scope', 'check'))).to.deep.equal([2, 'E_REQUEST_INVALID']);
    expect(await errorOf(mra('client', 'revoke', 'nobody', '--reason', 'x'))).to.deep.equal([2, 'E_CLIENT_UNKNOWN']);
  });

  it('is what mra doctor counts', async () => {
    const findings = JSON.parse((await mra('doctor')).stdout) as { check: string; result: string; detail: string }[];
    const found = findings.find(({ check }) => check === 'border callers');
    expect([found?.result, found?.detail]).to.deep.equal([
      'ok',
      '4 clients may ask at the border, and those with access tokens',
    ]);
  });
});

describe('the setting border.unauthenticated', () => {
  const loaded = (border: string): ReturnType<typeof loadConfig> => {
    write('other.yaml', `border: ${border}\n`);
    return loadConfig({ config: join(folder, 'other.yaml') }, {});
  };

  it('is refused where other machines reach the door', async () => {
    for (const host of ['0.0.0.0', '"::"', 'border.example', '10.0.0.1', '127.0.0.1.example', '1270.0.0.1'])
      expect(await refusalCode(() => loaded(`{ host: ${host}, unauthenticated: true }`)), host).to.equal(
        'E_CONFIG_INVALID',
      );
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '"::1"'])
      expect(loaded(`{ host: ${host}, unauthenticated: true }`).border.unauthenticated, host).to.equal(true);
    expect(loaded('{ unauthenticated: true }').border).to.deep.equal({
      host: '127.0.0.1',
      port: 8080,
      unauthenticated: true,
    });
  });

  it('is what mra doctor warns of, and the example of the settings says it', async () => {
    write('open.yaml', 'log: silent\ndata: open\nborder: { unauthenticated: true }\n' + partners);
    const { stdout } = await runCommand(['--config', join(folder, 'open.yaml'), '-o', 'json', 'doctor']);
    const findings = JSON.parse(stdout) as { check: string; result: string }[];
    expect(findings.find(({ check }) => check === 'border callers')?.result).to.equal('warn');
    const example = new URL('../../docs/gateway.example.yaml', import.meta.url);
    expect(readFileSync(example, 'utf8')).to.match(/^ {2}unauthenticated: true/mu);
  });
});
