/** JWS that are refused, each with its own code. Made by hand with node:crypto. */

import { createHmac, sign } from 'node:crypto';
import { expect } from 'chai';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import type { VerifiedMessage } from '../../gateway/model/message.ts';
import { thumbprint } from '../../gateway/wire/signature/certificates.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { bodyIn } from '../../gateway/wire/xml/parsed-body.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';

const payload = '{"status":"VALID"}';
const encode = (text: string): string => Buffer.from(text).toString('base64url');

describe('verify, JWS', () => {
  let ours: Keyring;
  let rogue: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
    rogue = await testKeyring('XB');
  });

  const check = (text: string): Promise<VerifiedMessage> =>
    verify(
      { partner: 'XA', via: 'https', bytes: Buffer.from(text), receivedAt: testNow.toISOString() },
      trustIn(ours, 'ecdsa-p256-sha256', ['jws']),
      testNow,
    );
  const agreed = (): Record<string, unknown> => ({
    alg: 'ES256',
    typ: 'test',
    'x5t#S256': thumbprint(ours.signer('ecdsa-p256-sha256').certificate),
  });
  /** A right JWS, but for the header given as text or as changes, the payload and the key. */
  const jws = (header: string | Record<string, unknown> = {}, body = encode(payload), by = ours): string => {
    const text = typeof header === 'string' ? header : JSON.stringify({ ...agreed(), ...header });
    const signed = `${encode(text)}.${body}`;
    const { key } = by.signer('ecdsa-p256-sha256');
    return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const derSigned = (): string => {
    const signed = jws().split('.').slice(0, 2).join('.');
    const { key } = ours.signer('ecdsa-p256-sha256');
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };
  const macSigned = (): string => {
    const signed = `${encode(JSON.stringify({ ...agreed(), alg: 'HS256' }))}.${encode(payload)}`;
    const secret = ours.signer('ecdsa-p256-sha256').certificate.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };

  it('gives the payload, its type and its value', async () => {
    using message = await check(jws());
    expect(Buffer.from(message.content).toString()).to.equal(payload);
    expect(message.type).to.equal('test');
    expect(bodyIn(message, 'json').value).to.deep.equal({ status: 'VALID' });
  });

  it('uses the only pinned certificate when none is named', async () => {
    using message = await check(jws({ 'x5t#S256': undefined }));
    expect(message.type).to.equal('test');
  });

  const table: readonly (readonly [title: string, make: () => string, code: ErrorCode])[] = [
    ['JSON without a signature', () => payload, 'E_SIGNATURE_MISSING'],
    ['two parts', () => jws().split('.').slice(0, 2).join('.'), 'E_SIGNATURE_PROFILE'],
    ['four parts', () => `${jws()}.AAAA`, 'E_SIGNATURE_PROFILE'],
    ['no payload', () => jws({}, ''), 'E_SIGNATURE_PROFILE'],
    ['padding', () => jws({}, `${encode('{"a":1}')}==`), 'E_SIGNATURE_PROFILE'],
    ['a line end', () => `${jws()}\n`, 'E_SIGNATURE_PROFILE'],
    ['spare bits in the last character', () => jws({}, 'e31'), 'E_SIGNATURE_PROFILE'],
    ['a header that is not JSON', () => jws('alg'), 'E_SIGNATURE_PROFILE'],
    ['a header that is a list', () => jws('["ES256"]'), 'E_SIGNATURE_PROFILE'],
    ['alg twice', () => jws('{"alg":"none","alg":"ES256","typ":"test"}'), 'E_SIGNATURE_PROFILE'],
    ['an unsigned token', () => jws({ alg: 'none' }), 'E_SIGNATURE_ALGORITHM'],
    ['the public key as a secret', macSigned, 'E_SIGNATURE_ALGORITHM'],
    ['an algorithm that was not agreed', () => jws({ alg: 'RS256' }), 'E_SIGNATURE_ALGORITHM'],
    ['no typ', () => jws({ typ: undefined }), 'E_SIGNATURE_PROFILE'],
    ['a key in the header', () => jws({ jwk: { kty: 'EC' } }), 'E_SIGNATURE_PROFILE'],
    ['certificates in the header', () => jws({ x5c: ['AAAA'] }), 'E_SIGNATURE_PROFILE'],
    ['the address of a key', () => jws({ jku: 'http://127.0.0.1:9/' }), 'E_SIGNATURE_PROFILE'],
    ['a critical extension', () => jws({ crit: ['x'], x: 1 }), 'E_SIGNATURE_PROFILE'],
    ['an unencoded payload', () => jws({ b64: false, crit: ['b64'] }), 'E_SIGNATURE_PROFILE'],
    ['a compressed payload', () => jws({ zip: 'DEF' }), 'E_SIGNATURE_PROFILE'],
    ['the certificate of another administration', () => jws({ 'x5t#S256': 'AAAA' }), 'E_SIGNER_UNKNOWN'],
    ['the signature of another key', () => jws({}, encode(payload), rogue), 'E_SIGNATURE_INVALID'],
    ['a signature in DER', derSigned, 'E_SIGNATURE_INVALID'],
    ['another payload', () => jws().replace(encode(payload), encode('{"status":"OTHER"}')), 'E_SIGNATURE_INVALID'],
    ['a signed payload with a name twice', () => jws({}, encode('{"a":1,"a":2}')), 'E_JSON_MALFORMED'],
    ['a signed payload that is no JSON', () => jws({}, encode('hello')), 'E_JSON_MALFORMED'],
  ];

  for (const [title, make, code] of table) {
    it(`${title}: ${code}`, async () => {
      expect(await refusalCode(() => check(make()))).to.equal(code);
      using message = await check(jws());
      expect(message.type).to.equal('test');
    });
  }

  it('refuses a JWS from a partner that seals with XML signatures', async () => {
    const trust = trustIn(ours, 'ecdsa-p256-sha256', ['xml-signature']);
    const message = {
      partner: 'XA',
      via: 'https',
      bytes: Buffer.from(jws()),
      receivedAt: testNow.toISOString(),
    } as const;
    expect(await refusalCode(() => verify(message, trust, testNow))).to.equal('E_SIGNATURE_PROFILE');
  });
});
