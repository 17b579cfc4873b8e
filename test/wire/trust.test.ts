/** Which registered certificates may sign, when, and by which path. Certificates are made for each trial. */

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import {
  fingerprint,
  makeCertificate,
  readCertificates,
  type CertificatePlan,
} from '../../gateway/wire/signature/certificates.ts';
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

  /** A certificate by openssl, with what makeCertificate does not make. */
  const byOpenssl = (...options: string[]): X509Certificate => {
    const folder = temporaryFolder();
    const [key, file] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
    const fixed = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=trial',
    ];
    const rest = ['-addext', 'basicConstraints=critical,CA:false', '-keyout', key, '-out', file, ...options];
    execFileSync('openssl', [...fixed, ...rest], { stdio: 'pipe' });
    return new X509Certificate(readFileSync(file));
  };
  const codeOf = async (certificate: X509Certificate, terms: Partial<SignerTrust> = {}): Promise<string> => {
    const result = checkSigner(certificate, { ...trustEc, ...terms }, new Date());
    return await result.then(
      () => 'accepted',
      () => refusalCode(() => result),
    );
  };
  const usages = ['-addext', 'keyUsage=critical,digitalSignature'];

  it('a certificate for signing programs, or for TLS, does not sign lists; one for documents or mail does', async () => {
    const found: Record<string, string> = {};
    for (const purpose of [
      'codeSigning',
      'serverAuth',
      'timeStamping',
      'OCSPSigning',
      'emailProtection',
      '1.3.6.1.5.5.7.3.36',
    ])
      found[purpose] = await codeOf(byOpenssl(...usages, '-addext', `extendedKeyUsage=${purpose}`));
    found['codeSigning,emailProtection'] = await codeOf(
      byOpenssl(...usages, '-addext', 'extendedKeyUsage=codeSigning,emailProtection'),
    );
    const refused = 'E_CERTIFICATE_USAGE';
    expect(found).to.deep.equal({
      ...{ codeSigning: refused, serverAuth: refused, timeStamping: refused, OCSPSigning: refused },
      ...{ emailProtection: 'accepted', '1.3.6.1.5.5.7.3.36': 'accepted', 'codeSigning,emailProtection': 'accepted' },
    });
  });

  it('key usages and purposes are those that the adapter names', async () => {
    const own = byOpenssl(...usages, '-addext', 'extendedKeyUsage=1.2.3.4.5');
    expect(await codeOf(own)).to.equal('E_CERTIFICATE_USAGE');
    expect(await codeOf(own, { extendedKeyUsages: ['1.2.3.4.5'] })).to.equal('accepted');
    expect(await codeOf(own, { extendedKeyUsages: ['1.2.3.4.6'] })).to.equal('E_CERTIFICATE_USAGE');
    expect(await codeOf(byOpenssl(...usages), { extendedKeyUsages: ['1.2.3.4.5'] })).to.equal('E_CERTIFICATE_USAGE');
    expect(await codeOf(byOpenssl(...usages), { keyUsages: ['nonRepudiation'] })).to.equal('E_CERTIFICATE_USAGE');
    const both = byOpenssl('-addext', 'keyUsage=critical,digitalSignature,nonRepudiation');
    expect(await codeOf(both, { keyUsages: ['nonRepudiation'] })).to.equal('accepted');
  });

  it('a serial number that is negative, zero or longer than 20 octets is refused', async () => {
    for (const serial of ['-5', '0', `0x01${'23'.repeat(29)}`, `0xff${'23'.repeat(19)}`])
      expect(await codeOf(byOpenssl(...usages, '-set_serial', serial)), serial).to.equal('E_CERTIFICATE_FORM');
    expect(await codeOf(byOpenssl(...usages, '-set_serial', `0x7f${'23'.repeat(19)}`))).to.equal('accepted');
  });

  it('a certificate in BER is not read', async () => {
    const right = testCertificate(ecPair(), { use: 'signing' }).raw;
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), right.subarray(4), Buffer.of(0, 0)]);
    const long = Buffer.concat([Buffer.of(0x30, 0x83, 0), right.subarray(2)]);
    const pem = (der: Buffer): string =>
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(readCertificates(pem(right))).to.have.length(1);
    for (const ber of [indefinite, long])
      expect(await refusalCode(() => readCertificates(pem(ber)))).to.equal('E_KEY_MISSING');
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
    expect(selectSigner(trust, (certificate) => certificate === next, testNow)).to.equal(next);
    expect(await refusalCode(() => selectSigner(trust, undefined, testNow))).to.equal('E_SIGNATURE_PROFILE');
    expect(await refusalCode(() => selectSigner(trust, () => false, testNow))).to.equal('E_SIGNER_UNKNOWN');
  });

  it('a key that was certified anew is known, though a message names the key and both certificates are pinned', () => {
    const pair = ecPair();
    const [old, next] = [
      testCertificate(pair, { use: 'signing', notBefore: later(-9), notAfter: later(-1) }),
      testCertificate(pair, { use: 'signing', notBefore: later(-1), notAfter: later(9) }),
    ];
    expect(selectSigner({ ...trustEc, certificates: [old, next] }, () => true, testNow)).to.equal(next);
  });

  it('a message that names none is signed by the one that counts at the time of receipt, where one ends as the other begins', async () => {
    const [old, next] = [testCertificate(ecPair(), { use: 'signing' }), testCertificate(ecPair(), { use: 'signing' })];
    const change = later(3).toISOString();
    const periods = { [fingerprint(old)]: { until: change }, [fingerprint(next)]: { from: change } };
    const trust = { ...trustEc, certificates: [old, next], periods };
    expect([later(2), later(3)].map((at) => selectSigner(trust, undefined, at))).to.deep.equal([old, next]);
    expect(await refusalCode(() => checkSigner(old, trust, later(3)))).to.equal('E_SIGNER_UNKNOWN');
    const revoked = { ...trust, periods: { [fingerprint(old)]: { revoked: 'stolen' } } };
    expect(await refusalCode(() => checkSigner(old, revoked, later(-1)))).to.equal('E_CERTIFICATE_REVOKED');
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
