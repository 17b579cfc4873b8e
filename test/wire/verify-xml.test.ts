/** Signed XML: what is accepted, and that no flipped byte makes another message. */

import { expect } from 'chai';
import fc from 'fast-check';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { VerifiedMessage } from '../../gateway/model/message.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { forged, messageText, type Forgery } from '../support/forged-xml.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';

const mark = Buffer.from([0xef, 0xbb, 0xbf]);

describe('verify, XML', () => {
  let ours: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
  });

  const check = (bytes: Uint8Array): Promise<VerifiedMessage> =>
    verify(
      { partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() },
      trustIn(ours, 'rsa-sha256', ['xml-signature']),
      testNow,
    );
  const good = (changes: Partial<Forgery> = {}): Buffer => forged(ours.signer('rsa-sha256'), changes);

  it('returns exactly the signed bytes, the type of the root and the signer', async () => {
    using message = await check(good());
    expect(Buffer.from(message.content).toString()).to.equal(messageText);
    expect(message.type).to.equal('{urn:test:msg}Msg');
    const signing = ours.list().find((key) => key.name === 'signing-rsa');
    expect(message.signer).to.equal(signing?.fingerprint);
  });

  it('accepts a byte order mark, an XML declaration, white space around the signature and a reference to the whole document', async () => {
    const declared = Buffer.concat([mark, Buffer.from('<?xml version="1.0" encoding="utf-8"?>\n'), good()]);
    using first = await check(declared);
    expect(Buffer.from(first.content).toString()).to.equal(messageText);
    using second = await check(good({ uri: '' }));
    expect(Buffer.from(second.content).toString()).to.equal(messageText);
    const spaced = messageText.replace('</m:Msg>', '\n</m:Msg>');
    using third = await check(
      good({ body: spaced, place: (body, signature) => body.replace('\n<', `${signature}\n<`) }),
    );
    expect(Buffer.from(third.content).toString()).to.equal(spaced);
  });

  it('accepts a signature without KeyInfo from a partner with one pinned certificate', async () => {
    using message = await check(good({ keyInfo: () => '' }));
    expect(Buffer.from(message.content).toString()).to.equal(messageText);
  });

  it('refuses a signed list from a partner that seals with JWS, but accepts its receipt', async () => {
    const trust = trustIn(ours, 'rsa-sha256', ['jws']);
    const raw = { partner: 'XA', via: 'file', receivedAt: testNow.toISOString() } as const;
    expect(await refusalCode(() => verify({ ...raw, bytes: good() }, trust, testNow))).to.equal('E_SIGNATURE_PROFILE');
    const body = '<Receipt xmlns="urn:mra:receipt:1" Id="m1"></Receipt>';
    using receipt = await verify({ ...raw, bytes: good({ body }) }, trust, testNow);
    expect(receipt.type).to.equal('{urn:mra:receipt:1}Receipt');
  });

  it('refuses every flipped bit, or returns the same canonical bytes', async () => {
    const bytes = good();
    const places = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(places, async ([at, bit]) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        try {
          using message = await check(flipped);
          return Buffer.from(message.content).toString() === messageText;
        } catch (error) {
          refused += 1;
          return isGatewayError(error) && error.code !== 'E_INTERNAL';
        }
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(refused).to.be.greaterThan(300);
  });
});
