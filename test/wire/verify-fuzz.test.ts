/** Whatever bytes a stranger sends, they are refused as a fault of the message, never as trouble of this gateway. */

import { expect } from 'chai';
import fc from 'fast-check';
import { isGatewayError, isMessageFault } from '../../gateway/model/errors.ts';
import type { SealKind, SignatureAlgorithm } from '../../gateway/model/message.ts';
import { readCertificates } from '../../gateway/wire/signature/certificates.ts';
import { der, derOf, derOid, tags } from '../../gateway/wire/signature/der.ts';
import { signJws } from '../../gateway/wire/signature/jws.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { joinSigned } from '../../gateway/wire/signature/signed-text.ts';
import { checkSigner, type SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { entity, rebuilt, signedAt, withAttribute, signCms } from '../support/forged-text.ts';
import { forged } from '../support/forged-xml.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { refusal } from '../support/expect-code.ts';

const ec = 'ecdsa-p256-sha256';
const runs = { seed: 7, numRuns: 400 };
/** Tags, lengths and object identifiers that parsers of ASN.1 stumble over, and characters that matter in XML and JSON. */
const splinters = [
  Buffer.concat([Buffer.of(0x06, 0x0b), Buffer.alloc(10, 0xff), Buffer.of(0x7f)]),
  ...[
    [0x30, 0x80],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x06, 0x00],
    [0x1f, 0xff, 0xff],
    [0x02, 0x00],
  ].map((b) => Buffer.from(b)),
  Buffer.alloc(600, Buffer.of(0x30, 0x80)),
  ...['<', '&#0;', ']]>', '<!--', '"', '\\u0000', '{', '[', '\r\n', '=', '..', '\0', 'xmlns:ds=""'].map((t) =>
    Buffer.from(t),
  ),
];

type Change = (bytes: Buffer) => Buffer;

/** Some bytes replaced by a splinter or by noise, or a piece of the message repeated or cut out. */
const change: fc.Arbitrary<Change> = fc
  .record({ at: fc.double({ min: 0, max: 0.999999, noNaN: true }), cut: fc.nat(40), again: fc.nat(60) })
  .chain(({ at, cut, again }) =>
    fc.oneof(fc.constantFrom(...splinters), fc.uint8Array({ maxLength: 12 })).map((put) => (bytes: Buffer) => {
      const from = Math.floor(at * bytes.length);
      return Buffer.concat([
        bytes.subarray(0, from),
        put,
        bytes.subarray(from, from + again),
        bytes.subarray(from + cut),
      ]);
    }),
  );

describe('bytes of a stranger', () => {
  let ours: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
  });

  const check = async (bytes: Uint8Array, kind: SealKind, algorithm: SignatureAlgorithm): Promise<void> => {
    const raw = { partner: 'XA', via: 'amqp', bytes, receivedAt: signedAt } as const;
    try {
      using message = await verify(raw, trustIn(ours, algorithm, [kind]), testNow);
      expect(message.signer).to.match(/^[0-9a-f]{64}$/u);
    } catch (error) {
      if (!isMessageFault(error)) throw error;
    }
  };
  const holds = (title: string, kind: SealKind, algorithm: SignatureAlgorithm, make: () => Promise<Buffer>): void => {
    it(title, async () => {
      const whole = await make();
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          await check(
            changes.reduce<Buffer>((bytes, one) => one(bytes), whole),
            kind,
            algorithm,
          );
        }),
        runs,
      );
    });
  };

  holds('around a CMS signature are refused as the message’s fault', 'cms-detached', ec, () =>
    Promise.resolve(joinSigned(entity, signCms(entity, ours.signer(ec), signedAt)).bytes),
  );
  holds('around a JWS are refused as the message’s fault', 'jws', ec, async () =>
    Buffer.from(await signJws(Buffer.from('{"a":1}'), 'list', ours.signer(ec))),
  );
  holds('around an XML signature are refused as the message’s fault', 'xml-signature', 'rsa-sha256', () =>
    Promise.resolve(forged(ours.signer('rsa-sha256'))),
  );

  it('inside the DER of a CMS signature are refused as the message’s fault', async () => {
    const signature = signCms(entity, ours.signer(ec), signedAt);
    await fc.assert(
      fc.asyncProperty(change, async (one) => check(joinSigned(entity, one(signature)).bytes, 'cms-detached', ec)),
      runs,
    );
  });

  it('inside the header of a JWS are refused as the message’s fault', async () => {
    const [header = '', ...rest] = Buffer.from(await signJws(Buffer.from('{"a":1}'), 'list', ours.signer(ec)))
      .toString()
      .split('.');
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        const changed = one(Buffer.from(header, 'base64url')).toString('base64url');
        await check(Buffer.from([changed, ...rest].join('.')), 'jws', ec);
      }),
      runs,
    );
  });

  it('that hold an object identifier over 53 bits are refused as the message’s fault, wherever it stands', async () => {
    const huge = der(tags.oid, Buffer.concat([Buffer.alloc(10, 0xff), Buffer.of(0x7f)]));
    const us = ours.signer(ec);
    const algorithm = der(tags.sequence, [huge]);
    const messages = [
      rebuilt(us, ({ data }) => data.splice(1, 1, der(tags.set, [algorithm]))),
      rebuilt(us, ({ data }) => data.splice(2, 1, algorithm)),
      rebuilt(us, ({ signer }) => signer.splice(2, 1, algorithm)),
      rebuilt(us, ({ signer }) => signer.splice(4, 1, algorithm)),
      rebuilt(us, ({ attributes }) => attributes.push(der(tags.sequence, [huge, der(tags.set, [huge])]))),
      withAttribute(us, '3', huge),
      joinSigned(entity, derOf(der(tags.sequence, [huge, der(tags.context0, [])]))).bytes,
      joinSigned(entity, derOf(der(tags.sequence, [derOid('1.2.840.113549.1.7.2'), huge]))).bytes,
    ];
    for (const bytes of messages) {
      const error = await refusal(() =>
        verify(
          { partner: 'XA', via: 'amqp', bytes, receivedAt: signedAt },
          trustIn(ours, ec, ['cms-detached']),
          testNow,
        ),
      );
      expect(isMessageFault(error), error.code).to.equal(true);
    }
  });

  it('that are a broken certificate give an error of the gateway, with its code', async () => {
    const whole = ours.signer(ec).certificate.raw;
    const trust: SignerTrust = { seals: ['jws'], algorithm: ec, certificates: [] };
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        const base64 = one(whole).toString('base64');
        try {
          const [certificate] = readCertificates(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`);
          if (certificate !== undefined) await checkSigner(certificate, trust, testNow);
        } catch (error) {
          if (!isGatewayError(error) || error.code === 'E_INTERNAL') throw error;
        }
      }),
      runs,
    );
  });
});
