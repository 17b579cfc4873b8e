/**
 * A CMS signature with Ed25519 as BouncyCastle 1.72 writes it by itself (RFC 8419, RFC 6211), kept as a file: openssl 3.0 cannot make one. The key was
 * made for it and thrown away.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { CmsForm } from '../../gateway/model/signature-form.ts';
import type { VerifiedMessage } from '../../gateway/model/message.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { listText } from '../support/forged-text.ts';

const fixture = (ending: string): Buffer =>
  readFileSync(new URL(`../fixtures/signatures/bouncycastle-ed25519.${ending}`, import.meta.url));
const now = new Date('2027-01-01T00:00:00.000Z');

describe('a CMS signature of BouncyCastle with Ed25519', () => {
  const bytes = fixture('p7m');
  const form: CmsForm = { envelope: 'opaque', attributes: 'plain', algorithmProtection: true };
  const read = (changed: Uint8Array, more: CmsForm = form): Promise<VerifiedMessage> => {
    const trust = {
      seals: ['cms-detached'],
      algorithm: 'eddsa-ed25519',
      certificates: [new X509Certificate(fixture('pem'))],
    };
    const raw = { partner: 'XA', via: 'https', bytes: changed, receivedAt: now.toISOString() } as const;
    return verify(raw, { ...trust, ...more } as Parameters<typeof verify>[1], now);
  };

  it('is taken where its attributes were agreed', async () => {
    using message = await read(bytes);
    expect(Buffer.from(message.content).toString()).to.equal(listText);
  });

  it('is refused where they were not', async () => {
    expect(await refusalCode(() => read(bytes, { ...form, algorithmProtection: false }))).to.equal(
      'E_SIGNATURE_PROFILE',
    );
  });

  it('is refused over another text, and with other algorithms in its attribute', async () => {
    const text = Buffer.from(bytes.toString('latin1').replace('AEOXB1', 'AEOXB2'), 'latin1');
    expect(await refusalCode(() => read(text))).to.equal('E_SIGNATURE_INVALID');
    const at = bytes.indexOf(Buffer.from('2a864886f70d010934', 'hex'));
    expect(at).to.be.greaterThan(0);
    const other = Buffer.from(bytes);
    // The last arc of SHA-512 in it becomes that of SHA-384.
    const hash = bytes.indexOf(Buffer.from('608648016503040203', 'hex'), at);
    other[hash + 8] = 2;
    expect(await refusalCode(() => read(other))).to.equal('E_SIGNATURE_ALGORITHM');
  });
});
