/** Access tokens of an authorization server: only those of the issuer, for this gateway, of an agreed algorithm, and in their time. */

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect } from 'chai';
import {
  openAccessTokens,
  type AccessToken,
  type AccessTokenTerms,
} from '../../gateway/wire/signature/access-token.ts';
import { refusalCode } from '../support/expect-code.ts';
import { ecPair, rsaPair, temporaryFolder } from '../support/pki.ts';
import { listen, shut, tlsParty } from '../support/tls.ts';

const now = new Date('2026-11-23T12:00:00Z');
const seconds = now.getTime() / 1000;
const rsa = rsaPair();
const ec = ecPair();
const jwk = (key: KeyObject, kid: string, alg: string) => ({ ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' });
const keySet = { keys: [jwk(rsa.publicKey, 'r1', 'RS256'), jwk(ec.publicKey, 'e1', 'ES256')] };

interface Plan {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject;
}
async function tokenOf({ claims = {}, header = {}, key = rsa.privateKey }: Plan = {}): Promise<string> {
  const payload: Readonly<Record<string, unknown>> = {
    iss: 'https://login.example',
    aud: 'mra-border',
    client_id: 'port-7',
    scope: 'aeo.check aeo.x',
    exp: seconds + 300,
    ...claims,
  };
  const all = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return await new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'r1', typ: 'at+jwt', ...header }).sign(key);
}

describe('access tokens of an authorization server', () => {
  let milliseconds = 0;
  let file: string;
  let terms: AccessTokenTerms;
  let verified: (token: string) => Promise<AccessToken>;
  const open = (changes: Partial<AccessTokenTerms> = {}, at = () => now): typeof verified =>
    openAccessTokens({ ...terms, ...changes }, { now: at, clock: () => milliseconds });

  beforeEach(() => {
    milliseconds = 0;
    file = join(temporaryFolder(), 'keys.json');
    writeFileSync(file, JSON.stringify(keySet));
    const algorithms = ['RS256', 'ES256'];
    terms = {
      issuer: 'https://login.example',
      audience: 'mra-border',
      algorithms,
      client: 'client_id',
      keys: { file },
    };
    verified = open();
  });

  it('name the client and its scopes, in each of the ways that servers write them', async () => {
    const port = { client: 'port-7', scopes: ['aeo.check', 'aeo.x'] };
    expect(await verified(await tokenOf())).to.deep.equal(port);
    expect(await verified(await tokenOf({ key: ec.privateKey, header: { alg: 'ES256', kid: 'e1' } }))).to.deep.equal(
      port,
    );
    expect(await verified(await tokenOf({ header: { typ: 'JWT' } }))).to.deep.equal(port);
    expect(await verified(await tokenOf({ claims: { aud: ['other', 'mra-border'] } }))).to.deep.equal(port);
    const list = await tokenOf({ claims: { scope: undefined, scp: ['aeo.check', 'aeo.x'] } });
    expect(await verified(list)).to.deep.equal(port);
    expect(await open({ client: 'azp' })(await tokenOf({ claims: { azp: 'port-7' } }))).to.deep.equal(port);
    expect((await verified(await tokenOf({ claims: { scope: undefined } }))).scopes).to.deep.equal(['']);
  });

  it('are refused when anything in them is not as agreed', async () => {
    const good = await tokenOf();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const pem = createPublicKey(rsa.publicKey.export({ type: 'spki', format: 'pem' })).export({
      type: 'spki',
      format: 'pem',
    });
    const hmac = `${encoded({ alg: 'HS256', typ: 'at+jwt' })}.${payload}`;
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const tokens: Readonly<Record<string, string>> = {
      'no signature': `${encoded({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      'an HMAC with the public key': `${hmac}.${createHmac('sha256', pem).update(hmac).digest('base64url')}`,
      'another key under the name of the right one': await tokenOf({ key: stranger }),
      'a key in the token itself': await tokenOf({ key: stranger, header: { kid: 'x', jwk: keySet.keys[0] } }),
      'an algorithm that was not agreed': await tokenOf({ header: { alg: 'PS256' } }),
      'another issuer': await tokenOf({ claims: { iss: 'https://login.example/' } }),
      'another audience': await tokenOf({ claims: { aud: 'other' } }),
      'no audience': await tokenOf({ claims: { aud: undefined } }),
      'no end': await tokenOf({ claims: { exp: undefined } }),
      'an end in the past': await tokenOf({ claims: { exp: seconds - 6 } }),
      'a begin in the future': await tokenOf({ claims: { nbf: seconds + 60 } }),
      'the type of another token': await tokenOf({ header: { typ: 'logout+jwt' } }),
      'no client': await tokenOf({ claims: { client_id: undefined } }),
      'a client that is no text': await tokenOf({ claims: { client_id: 7 } }),
      'a client with a blank': await tokenOf({ claims: { client_id: 'a b' } }),
      'another payload': `${header}.${encoded({ client_id: 'admin' })}.${signature}`,
      'an unknown critical parameter': `${encoded({ alg: 'RS256', kid: 'r1', crit: ['x'], x: 1 })}.${payload}.${signature}`,
      padding: `${good}=`,
      'white space': `${header}. ${payload}.${signature}`,
      'two parts': `${header}.${payload}`,
      'no base64url': '?.?.?',
    };
    for (const [what, token] of Object.entries(tokens))
      expect(await refusalCode(() => verified(token)), what).to.equal('E_CALLER_UNKNOWN');
  });

  it('count no longer than they say, also when they were verified before', async () => {
    let at = now;
    const inTime = open({}, () => at);
    const token = await tokenOf({ claims: { exp: seconds + 10 } });
    expect((await inTime(token)).client).to.equal('port-7');
    at = new Date(now.getTime() + 10_000);
    milliseconds += 1; // the token is still kept as verified
    expect((await inTime(await tokenOf())).client).to.equal('port-7');
    at = new Date(now.getTime() + 16_000);
    expect(await refusalCode(() => inTime(token))).to.equal('E_CALLER_UNKNOWN');
  });

  it('of a new key of the issuer are accepted half a minute later, and of a withdrawn one no longer after ten minutes', async () => {
    const next = rsaPair();
    const token = (): Promise<string> => tokenOf({ key: next.privateKey, header: { kid: 'r2' } });
    await verified(await tokenOf());
    writeFileSync(file, JSON.stringify({ keys: [jwk(next.publicKey, 'r2', 'RS256')] }));
    expect(await refusalCode(async () => await verified(await token()))).to.equal('E_CALLER_UNKNOWN');
    milliseconds += 30_000;
    expect((await verified(await token())).client).to.equal('port-7');
    writeFileSync(file, JSON.stringify({ keys: [] }));
    milliseconds += 600_000;
    expect(await refusalCode(async () => await verified(await token()))).to.equal('E_CALLER_UNKNOWN');
  });

  it('are verified with keys from the address of the issuer, and a key set that cannot be read is our fault', async () => {
    const server = await tlsParty('XA');
    const requests: string[] = [];
    const issuer = createServer({ cert: server.cert, key: server.key }, ({ url = '' }, response) => {
      requests.push(url);
      response.end(JSON.stringify(keySet));
    });
    const url = `https://127.0.0.1:${await listen(issuer)}/keys?v=1`;
    const byAddress = open({ keys: { url, ca: [server.ca] } });
    expect((await byAddress(await tokenOf())).client).to.equal('port-7');
    expect((await byAddress(await tokenOf({ claims: { jti: '2' } }))).client).to.equal('port-7');
    expect(requests).to.deep.equal(['/keys?v=1']);
    const untrusted = open({ keys: { url, ca: [(await tlsParty('XB')).ca] } });
    expect(await refusalCode(async () => await untrusted(await tokenOf()))).to.equal('E_KEYS_UNREACHABLE');
    await shut(issuer);
    for (const text of ['', 'no JSON', '[]', '{"keys":1}']) {
      writeFileSync(file, text);
      expect(await refusalCode(async () => await open()(await tokenOf()))).to.equal('E_KEYS_UNREACHABLE');
    }
    expect(await refusalCode(async () => await open({ keys: { file: `${file}.none` } })(await tokenOf()))).to.equal(
      'E_KEYS_UNREACHABLE',
    );
  });
});
