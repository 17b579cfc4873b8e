/** Texts under a detached CMS signature: openssl and this gateway take each other's. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { SealedMessage, VerifiedMessage, SealKind, SignatureAlgorithm } from '../../gateway/model/message.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { loadSchema, validate, type Schema } from '../../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import { joinSigned, textEntity } from '../../gateway/wire/signature/signed-text.ts';
import { bodyIn } from '../../gateway/wire/xml/parsed-body.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';
import { entity, listText, signedAt, signedByOpenssl, textFormat, signCms } from '../support/forged-text.ts';
import { temporaryFolder, testKeyring, testNow, trustIn } from '../support/pki.ts';

const algorithms: readonly SignatureAlgorithm[] = ['rsa-sha256', 'ecdsa-p256-sha256'];
const ec = 'ecdsa-p256-sha256';
const unixTime = String(testNow.getTime() / 1000);

describe('signed texts', () => {
  let ours: Keyring;
  let schema: Schema;
  const folder = temporaryFolder();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  before(async () => {
    ours = await testKeyring('XA');
    schema = loadSchema(
      file('lines.json', JSON.stringify({ type: 'array', minItems: 2, items: { type: 'string', pattern: '^[HRT];' } })),
    );
  });

  const sealed = async (algorithm: SignatureAlgorithm, of = listText): Promise<SealedMessage> => {
    using draft = checkUnsigned([of], textFormat, schema);
    return await seal(draft, ours.signer(algorithm), { id: 'm-1', partner: 'XB', kind: 'list', at: signedAt });
  };
  const check = (
    bytes: Uint8Array,
    algorithm: SignatureAlgorithm = ec,
    seals: readonly SealKind[] = ['cms-detached'],
    when = testNow,
  ): Promise<VerifiedMessage> =>
    verify({ partner: 'XA', via: 'file', bytes, receivedAt: signedAt }, trustIn(ours, algorithm, seals), when);

  describe('are sealed', () => {
    for (const algorithm of algorithms) {
      it(`with ${algorithm} so that openssl verifies them, and refuses them changed`, async () => {
        const { bytes } = await sealed(algorithm);
        const anchors = ['-CAfile', file('ca.pem', ours.tls.ca), '-attime', unixTime, '-cades'];
        const openssl = (name: string, content: string | Uint8Array): Buffer =>
          execFileSync('openssl', ['cms', '-verify', '-inform', 'SMIME', '-in', file(name, content), ...anchors], {
            stdio: 'pipe',
          });
        expect(openssl('sealed.eml', bytes).toString()).to.equal(
          textEntity(textFormat.type, Buffer.from(listText)).toString(),
        );
        expect(() => openssl('changed.eml', Buffer.from(bytes).toString().replace('AEOXB1', 'AEOXB2'))).to.throw();
      });
    }

    it('as MIME that names its boundary, and the same bytes for the same text, time and RSA key', async () => {
      const [first, second] = [await sealed('rsa-sha256'), await sealed('rsa-sha256')];
      expect(first).to.deep.equal(second);
      expect(first.contentType).to.match(
        /^multipart\/signed; protocol="application\/pkcs7-signature"; micalg=sha-256; /u,
      );
      expect(Buffer.from(first.bytes).toString()).to.include(`Content-Type: ${first.contentType}\r\n\r\n--`);
    });

    it('only as lines that follow the schema, which names the first line that does not', async () => {
      const fault = async (content: string): Promise<readonly unknown[]> => {
        const { code, at: place } = await refusal(() => checkUnsigned([content], textFormat, schema));
        return [code, place];
      };
      expect(await fault('H;a\r\nR;b\r\nX;c\r\n')).to.deep.equal(['E_SCHEMA_INVALID', 'line 3']);
      expect(await fault('H;a\r\n')).to.deep.equal(['E_SCHEMA_INVALID', 'the whole text']);
      expect(await fault('H;a\r\nR;b\nT;1\r\n')).to.deep.equal(['E_TEXT_MALFORMED', '2:4']);
      expect(await fault('H;a\r\nR;b')).to.deep.equal(['E_TEXT_MALFORMED', '2:4']);
      expect(await fault('H;a\r\nR;\u0001b\r\n')).to.deep.equal(['E_TEXT_MALFORMED', '2:3']);
      expect(await fault('H;a\r\nR;\u0085b\r\n')).to.deep.equal(['E_TEXT_MALFORMED', '2:3']);
      expect(await fault('\uFEFFH;a\r\nR;b\r\n')).to.deep.equal(['E_TEXT_MALFORMED', '1:1']);
      expect(await fault('')).to.deep.equal(['E_TEXT_MALFORMED', '1:1']);
      expect(await refusalCode(() => checkUnsigned(Buffer.from([0x48, 0xff, 13, 10]), textFormat, schema))).to.equal(
        'E_BYTES_INVALID',
      );
    });

    it('never under a type that would break the header', async () => {
      for (const type of ['text/csv\r\nX: y', 'csv', 'text/csv; layout', `text/csv; a=${'x'.repeat(300)}`]) {
        using draft = checkUnsigned([listText], { ...textFormat, type }, schema);
        const meta = { id: 'm-1', partner: 'XB', kind: 'list', at: signedAt } as const;
        expect(await refusalCode(() => seal(draft, ours.signer(ec), meta))).to.equal('E_ADAPTER_INVALID');
      }
    });
  });

  describe('are accepted', () => {
    for (const algorithm of algorithms) {
      it(`from openssl in the agreed profile, ${algorithm}`, async () => {
        const entity = Buffer.from(
          `Content-Type: ${textFormat.type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${listText}`,
        );
        const bytes = signedByOpenssl([ours.signer(algorithm)], ['-nosmimecap', '-cades'], entity);
        using message = await check(bytes, algorithm);
        expect(bodyIn(validate(message, schema, textFormat.lines), 'text').lines(textFormat.lines)).to.deep.equal([
          'H;list',
          'R;AEOXB1;Müller 深圳',
          'T;1',
        ]);
      });

      it(`from this gateway, unchanged, with the media type and the signer, ${algorithm}`, async () => {
        using message = await check((await sealed(algorithm)).bytes, algorithm);
        expect(Buffer.from(message.content).toString()).to.equal(listText);
        expect(message).to.include({ format: 'text', type: textFormat.type });
        const name = algorithm === ec ? 'signing-ec' : 'signing-rsa';
        expect(message.signer).to.equal(ours.list().find((key) => key.name === name)?.fingerprint);
      });
    }

    it('with a folded header, and without a signing time', async () => {
      const { bytes } = joinSigned(entity, signCms(entity, ours.signer(ec)));
      const folded = bytes.toString().replace('; micalg=', ';\r\n\tmicalg=');
      expect(folded).to.not.equal(bytes.toString());
      using message = await check(Buffer.from(folded));
      expect(message.type).to.equal(textFormat.type);
    });
  });
});
