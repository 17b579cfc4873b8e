/** Which registered certificates may sign, when, and by which path. Certificates are made for each trial. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { makeCertificate, type CertificatePlan } from '../../gateway/wire/signature/certificates.ts';
import { checkSigner, selectSigner, type SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { refusalCode } from '../support/expect-code.ts';
import {
  ecPair,
  rsaPair,
  temporaryFolder,
  testCertificate,
  testKeyring,
  testNow,
  title,
  trustIn,
} from '../support/pki.ts';

const day = 24 * 60 * 60 * 1000;
const later = (days: number): Date => new Date(testNow.getTime() + days * day);
const trustEc: SignerTrust = { seals: ['xml-signature'], algorithm: 'ecdsa-p256-sha256', certificates: [] };
const trustRsa: SignerTrust = { ...trustEc, algorithm: 'rsa-sha256' };

describe('trust in a signer', () => {
  it('a certificate is valid from its first to its last second', async () => {
    const certificate = testCertificate(ecPair(), { use: 'signing', notBefore: later(-1), notAfter: later(1) });
    await checkSigner(certificate, trustEc, testNow);
    await checkSigner(certificate, trustEc, later(-1));
    await checkSigner(certificate, trustEc, later(1));
    expect(await refusalCode(() => checkSigner(certificate, trustEc, later(1.01)))).to.equal('E_CERTIFICATE_TIME');
    expect(await refusalCode(() => checkSigner(certificate, trustEc, later(-1.01)))).to.equal('E_CERTIFICATE_TIME');
  });

  it('certificates of authorities and for TLS do not sign messages', async () => {
    for (const use of ['authority', 'tls'] as const) {
      const certificate = testCertificate(ecPair(), { use });
      expect(await refusalCode(() => checkSigner(certificate, trustEc, testNow))).to.equal('E_CERTIFICATE_USAGE');
    }
  });

  it('a weak key is refused although it is pinned', async () => {
    const small = testCertificate(rsaPair(1024), { use: 'signing' });
    expect(await refusalCode(() => checkSigner(small, trustRsa, testNow))).to.equal('E_KEY_WEAK');
    const lowExponent = testCertificate(rsaPair(2048, 3), { use: 'signing' });
    expect(await refusalCode(() => checkSigner(lowExponent, trustRsa, testNow))).to.equal('E_KEY_WEAK');
    const otherCurve = testCertificate(ecPair('secp256k1'), { use: 'signing' });
    expect(await refusalCode(() => checkSigner(otherCurve, trustEc, testNow))).to.equal('E_KEY_WEAK');
  });

  it('a key of another type than agreed is refused', async () => {
    const certificate = testCertificate(ecPair(), { use: 'signing' });
    expect(await refusalCode(() => checkSigner(certificate, trustRsa, testNow))).to.equal('E_SIGNATURE_ALGORITHM');
  });

  it('two certificates may be pinned during a key rollover, and a message must then name its own', async () => {
    const [old, next] = [testCertificate(ecPair(), { use: 'signing' }), testCertificate(ecPair(), { use: 'signing' })];
    const trust = { ...trustEc, certificates: [old, next] };
    expect(selectSigner(trust, (certificate) => certificate === next)).to.equal(next);
    expect(await refusalCode(() => selectSigner(trust, undefined))).to.equal('E_SIGNATURE_PROFILE');
    expect(await refusalCode(() => selectSigner(trust, () => false))).to.equal('E_SIGNER_UNKNOWN');
  });
});

describe('a certification path', () => {
  const folder = temporaryFolder();
  const root = ecPair();
  const leaf = ecPair();
  const rootName = title('root');
  const plan = { use: 'signing', subject: title('leaf'), issuer: { name: rootName, ...root } } as const;
  const anchorFile = (
    name: string,
    use: CertificatePlan['use'] = 'authority',
    changes: Partial<CertificatePlan> = {},
  ): string => {
    const file = path.join(folder, name);
    writeFileSync(file, testCertificate(root, { use, subject: rootName, ...changes }).toString());
    return file;
  };
  const judge = (changes: Partial<SignerTrust>, given: Partial<CertificatePlan> = {}): Promise<void> =>
    checkSigner(testCertificate(leaf, { ...plan, ...given }), { ...trustEc, ...changes }, testNow);

  it('is valid from the certificate to a trust anchor', async () => {
    await judge({ anchors: [anchorFile('root.pem')] });
    await judge({ anchors: [anchorFile('root.pem')] });
  });

  it('is invalid to an anchor of the same name with another key', async () => {
    const other = path.join(folder, 'other.pem');
    writeFileSync(other, testCertificate(ecPair(), { use: 'authority', subject: rootName }).toString());
    expect(await refusalCode(() => judge({ anchors: [other] }))).to.equal('E_CERTIFICATE_PATH');
  });

  it('is invalid by an issuer that is not an authority', async () => {
    const noAuthority = anchorFile('leaf-as-root.pem', 'signing');
    expect(await refusalCode(() => judge({ anchors: [noAuthority] }))).to.equal('E_CERTIFICATE_PATH');
  });

  it('is invalid to an anchor that has expired', async () => {
    const expired = anchorFile('expired.pem', 'authority', { notAfter: later(-1) });
    expect(await refusalCode(() => judge({ anchors: [expired] }))).to.equal('E_CERTIFICATE_TIME');
  });

  it('is an error when the anchors or the program are missing', async () => {
    const missing = path.join(folder, 'missing.pem');
    expect(await refusalCode(() => judge({ anchors: [missing] }))).to.equal('E_TRUST_UNCHECKED');
    const noProgram = { anchors: [anchorFile('root.pem')], openssl: path.join(folder, 'no-such-program') };
    expect(await refusalCode(() => judge(noProgram))).to.equal('E_TRUST_UNCHECKED');
  });

  it('is valid for generated keys', async () => {
    const keyring = await testKeyring('XA');
    const file = path.join(folder, 'xa.pem');
    writeFileSync(file, keyring.tls.ca);
    for (const algorithm of ['rsa-sha256', 'ecdsa-p256-sha256'] as const) {
      const trust = { ...trustIn(keyring, algorithm), anchors: [file] };
      await checkSigner(keyring.signer(algorithm).certificate, trust, testNow);
    }
  });

  it('certificates beyond 2050 and with non-ASCII names can be issued and validated', async () => {
    const subject = { country: 'XA', organization: '海关总署', commonName: 'é' };
    const certificate = makeCertificate({
      ...plan,
      subject,
      publicKey: leaf.publicKey,
      notBefore: later(-1),
      notAfter: new Date('2060-01-01T00:00:00Z'),
      serial: new Uint8Array(16),
    });
    expect(certificate.subject).to.contain('海关总署');
    await checkSigner(certificate, { ...trustEc, anchors: [anchorFile('root.pem')] }, testNow);
  });
});
