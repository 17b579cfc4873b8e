/** Signed texts that are refused, each by its code; each differs from a right one in a single thing. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { isGatewayError, type ErrorCode } from '../../gateway/model/errors.ts';
import type { VerifiedMessage, SealKind, SignatureAlgorithm } from '../../gateway/model/message.ts';
import { der, derOid, derSet, readDer, tags, type Der } from '../../gateway/wire/signature/der.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import type { Signer } from '../../gateway/wire/signature/profile.ts';
import { joinSigned, textEntity } from '../../gateway/wire/signature/signed-text.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { bodyIn } from '../../gateway/wire/xml/parsed-body.ts';
import { xmlLimits } from '../../gateway/wire/xml/xml-guard.ts';
import { refusalCode } from '../support/expect-code.ts';
import {
  edited,
  entity,
  listText,
  rebuilt,
  signedAt,
  signedByOpenssl,
  signedText,
  textFormat,
  withAttribute,
  withLength,
  signCms,
} from '../support/forged-text.ts';
import { thrownBy } from '../support/thrown.ts';
import { temporaryFolder, testKeyring, testNow, trustIn } from '../support/pki.ts';

const ec = 'ecdsa-p256-sha256';
const agreed = ['-nosmimecap', '-cades'];

describe('verify, signed texts', () => {
  let ours: Keyring;
  let us: Signer;
  let rogue: Signer;
  let authority: string;
  before(async () => {
    ours = await testKeyring('XA');
    us = ours.signer(ec);
    rogue = (await testKeyring('XB')).signer(ec);
    authority = path.join(temporaryFolder(), 'ca.pem');
    writeFileSync(authority, ours.tls.ca);
  });

  const check = (
    bytes: Uint8Array,
    algorithm: SignatureAlgorithm = ec,
    seals: readonly SealKind[] = ['cms-detached'],
    when = testNow,
  ): Promise<VerifiedMessage> =>
    verify({ partner: 'XA', via: 'file', bytes, receivedAt: signedAt }, trustIn(ours, algorithm, seals), when);
  const joined = (signature: Buffer): Buffer => joinSigned(entity, signature).bytes;
  const signed = (of: string | Buffer): Buffer => signedText(us, Buffer.from(of));
  const number = der(tags.integer, Buffer.of(3));
  const sequence = (inner: Der): Der => der(tags.sequence, [inner]);
  const sha512 = sequence(derOid('2.16.840.1.101.3.4.2.3'));
  const octets = (bytes: number) => der(tags.octets, Buffer.alloc(bytes));
  const unknown = der(0xa1, []);

  it('a signature that is parsed and encoded again still verifies', async () => {
    using message = await check(rebuilt(us, () => undefined));
    expect(message.type).to.equal(textFormat.type);
  });

  const refused: Partial<Record<ErrorCode, Readonly<Record<string, () => Buffer>>>> = {
    E_SIGNATURE_MISSING: {
      'a text without a signature': () => Buffer.from(listText),
      'a text with its header alone': () => entity,
      'a JWS': () => Buffer.from('eyJhbGciOiJFUzI1NiJ9.e30.AAAA'),
      'a header whose lines end in LF': () => edited(us, 'MIME-Version: 1.0\r\n', 'MIME-Version: 1.0\n'),
    },
    E_SIGNATURE_INVALID: {
      'altered content': () => edited(us, 'AEOXB1', 'AEOXB2'),
      'another layout in the header of the text': () => edited(us, 'layout=list-1', 'layout=list-2'),
      'the signature of another text': () => joined(signCms(Buffer.from('other'), us, signedAt)),
      'a signed digest of other content': () => withAttribute(us, '4', octets(32)),
      'our certificate under another key': () => signedText({ ...us, key: rogue.key }),
    },
    E_SIGNER_UNKNOWN: { 'a stranger': () => signedText(rogue) },
    E_SIGNATURE_ALGORITHM: {
      'another digest': () => signedByOpenssl([us], [...agreed, '-md', 'sha512']),
      'another digest of the message only': () => rebuilt(us, ({ data }) => data.splice(1, 1, derSet([sha512]))),
      'another digest of the signer only': () => rebuilt(us, ({ signer }) => signer.splice(2, 1, sha512)),
      'RSA where EC was agreed': () => signedByOpenssl([ours.signer('rsa-sha256')], agreed),
      'a digest of another name': () => edited(us, 'micalg=sha-256', 'micalg=sha-1'),
    },
    E_SIZE_EXCEEDED: {
      'more bytes than any message has': () => Buffer.alloc(xmlLimits.bytes + 1, 'MIME-Version: 1.0\r\n'),
    },
    E_SIGNATURE_PROFILE: {
      // The signature
      'a second signer': () => signedByOpenssl([us, rogue], agreed),
      'no signed attributes': () => signedByOpenssl([us], ['-noattr']),
      'attributes that do not name the certificate': () => signedByOpenssl([us], ['-nosmimecap']),
      'an attribute that was not agreed': () => signedByOpenssl([us], ['-cades']),
      'embedded content': () => signedByOpenssl([us], [...agreed, '-nodetach']),
      'a signer named by its key': () => signedByOpenssl([us], [...agreed, '-keyid']),
      'no certificate': () => signedByOpenssl([us], [...agreed, '-nocerts']),
      'more certificates': () => signedByOpenssl([us], [...agreed, '-certfile', authority]),
      'more certificates, ours first': () =>
        rebuilt(us, ({ data }) =>
          data.splice(
            3,
            1,
            der(
              tags.context0,
              [us, rogue].flatMap(({ certificate }) => readDer(certificate.raw) ?? []),
            ),
          ),
        ),
      'a certificate that is none': () =>
        rebuilt(us, ({ data }) => data.splice(3, 1, der(tags.context0, [der(tags.sequence, [])]))),
      'an indefinite length': () => withLength(us, () => [0x30, 0x80], [0, 0]),
      'a length longer than needed': () => withLength(us, (n) => [0x30, 0x83, 0, n >> 8, n & 0xff]),
      'bytes after the signature': () => withLength(us, (n) => [0x30, 0x82, n >> 8, n & 0xff], [5, 0]),
      'no ASN.1 at all': () => joined(Buffer.from('hello')),
      'no signed data': () => rebuilt(us, () => undefined, '1.2.840.113549.1.7.3'),
      'other content than plain data': () =>
        rebuilt(us, ({ data }) => data.splice(2, 1, sequence(derOid('1.2.840.113549.1.7.3')))),
      'another version': () => rebuilt(us, ({ data }) => data.splice(0, 1, number)),
      'another version of the signer': () => rebuilt(us, ({ signer }) => signer.splice(0, 1, number)),
      'another issuer of the signer': () => rebuilt(us, ({ signer }) => signer.splice(1, 1, der(tags.sequence, []))),
      'a revocation list': () => rebuilt(us, ({ data }) => data.splice(4, 0, unknown)),
      'an unsigned attribute': () => rebuilt(us, ({ signer }) => signer.push(unknown)),
      'attributes out of order': () => rebuilt(us, ({ attributes }) => attributes.reverse()),
      'an attribute twice': () => rebuilt(us, ({ attributes }) => attributes.push(...attributes.slice(-1))),
      'an attribute of two values': () => withAttribute(us, '3', derOid('1.2.840.113549.1.7.1'), number),
      'a signed content type of another kind': () => withAttribute(us, '3', derOid('1.2.840.113549.1.7.3')),
      'no signed content type': () => withAttribute(us, '3'),
      'no signed digest': () => withAttribute(us, '4'),
      'a signed digest of 20 bytes': () => withAttribute(us, '4', octets(20)),
      'a signing time that is none': () => withAttribute(us, '5', octets(1)),
      'the signed name of another certificate': () =>
        withAttribute(us, '16.2.47', sequence(sequence(sequence(octets(32))))),
      'a signature of line ends mostly': () => edited(us, /(?=\r\n--mra-\w+--)/u, '\r\n'.repeat(66 * 1024)),
      // The message around it
      'something before the text': () => edited(us, '\r\n\r\n--', '\r\n\r\nread me\r\n--'),
      'anything in place of the first boundary': () =>
        edited(us, /(?<=\r\n\r\n)--mra-\w+\r\n/u, (found) => 'x'.repeat(found.length)),
      'something after the signature': () => edited(us, /--\r\n$/u, '--\r\nread me\r\n'),
      'anything after the second boundary': () => edited(us, /(--mra-\w+)\r\n(?=Content-Type: application)/u, '$1xx'),
      'a third part': () => edited(us, /(\r\n--mra-\w+)--\r\n$/u, '$1\r\nContent-Type: text/csv\r\n\r\nx$1--\r\n'),
      'a part between': () =>
        edited(us, /(\r\n--mra-\w+)(?=\r\nContent-Type: app)/u, '$1\r\nContent-Type: a/b\r\n\r\nx$1'),
      'one part': () => edited(us, /\r\n--mra-\w+\r\nContent-Type: application[^]*$/u, ''),
      'no end of the last part': () => edited(us, /--\r\n$/u, '\r\n'),
      'white space after a boundary': () => edited(us, /(--mra-\w+)(?=\r\nContent-Type: application)/u, '$1 '),
      'a boundary with a space in it': () => edited(us, /mra-/gu, 'mra '),
      'two boundaries': () => edited(us, '; micalg=', '; boundary=x; micalg='),
      'no boundary': () => edited(us, /; boundary="[^"]+"/u, ''),
      'more parameters of multipart/signed': () => edited(us, '; micalg=', '; charset=utf-8; micalg='),
      'a protocol of another kind': () => edited(us, '"application/pkcs7-signature"', '"application/pgp-signature"'),
      'a header field twice': () => edited(us, 'MIME-Version: 1.0', 'MIME-Version: 1.0\r\nMIME-Version: 1.0'),
      'a header field that was not agreed': () => edited(us, 'MIME-Version: 1.0', 'MIME-Version: 1.0\r\nTo: x'),
      'a text without a header': () => signed(`\r\n${listText}`),
      'a text without a media type': () => signed(entity.toString().replace(/^Content-Type.*\r\n/u, '')),
      'a text with more fields in its header': () => signed(`Content-ID: x\r\n${entity.toString()}`),
      'a text in quoted-printable': () => signed(entity.toString().replace('binary', 'quoted-printable')),
      'a second part of another kind': () => edited(us, 'pkcs7-signature; name', 'octet-stream; name'),
      'a signature with more fields in its header': () => edited(us, 'Content-Disp', 'To: x\r\nContent-Disp'),
      'a signature that says it is not base64': () => edited(us, 'base64', '7bit'),
      'a signature with a space in its base64': () => edited(us, '\r\n\r\nMII', '\r\n\r\nMI I'),
      // What other partners send
      'XML without a signature of the agreed kind': () => Buffer.from('<list/>'),
    },
  };
  for (const [code, cases] of Object.entries(refused)) {
    for (const [title, make] of Object.entries(cases)) {
      it(`${title}: ${code}`, async () => {
        expect(await refusalCode(() => check(make()))).to.equal(code);
      });
    }
  }

  for (const [title, bytes, code] of [
    ['lines that end in LF', Buffer.from('H;a\nT;1\n'), 'E_TEXT_MALFORMED'],
    ['no UTF-8', Buffer.of(0xff, 13, 10), 'E_BYTES_INVALID'],
  ] as const)
    it(`${title}, where the layout has CR LF, when the lines are read: ${code}`, async () => {
      using message = await check(signed(textEntity(textFormat.type, bytes)));
      expect(thrownBy(() => bodyIn(message, 'text').lines(textFormat.lines)).code).to.equal(code);
    });

  it('RSA in another scheme than agreed: E_SIGNATURE_ALGORITHM', async () => {
    const bytes = signedByOpenssl([ours.signer('rsa-sha256')], [...agreed, '-keyopt', 'rsa_padding_mode:pss']);
    expect(await refusalCode(() => check(bytes, 'rsa-sha256'))).to.equal('E_SIGNATURE_ALGORITHM');
  });

  it('a certificate that has run out when the message arrives: E_CERTIFICATE_TIME', async () => {
    const late = new Date('2040-01-01T00:00:00Z');
    expect(await refusalCode(() => check(signedText(us), ec, ['cms-detached'], late))).to.equal('E_CERTIFICATE_TIME');
  });

  it('a right one from a partner that seals otherwise: E_SIGNATURE_PROFILE', async () => {
    for (const kind of ['jws', 'xml-signature'] as const) {
      expect(await refusalCode(() => check(signedText(us), ec, [kind]))).to.equal('E_SIGNATURE_PROFILE');
    }
  });

  it('no flipped bit makes another message', async () => {
    const whole = signedText(us);
    let refusals = 0;
    const flip = fc.record({ byte: fc.nat(whole.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(flip, async ({ byte, bit }) => {
        const bytes = Buffer.from(whole);
        bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
        try {
          using message = await check(bytes);
          expect([message.type, Buffer.from(message.content).toString()]).to.deep.equal([textFormat.type, listText]);
        } catch (error) {
          if (!isGatewayError(error) || error.code === 'E_INTERNAL') throw error;
          refusals += 1;
        }
      }),
      { seed: 4, numRuns: 2000 },
    );
    expect(refusals).to.be.greaterThan(1800);
  });
});
