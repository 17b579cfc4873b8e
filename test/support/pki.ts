/** Keyrings for tests: made in a temporary folder, once per administration and process. */

import { generateKeyPairSync, randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';
import { isUnsigned, type SealKind, type SealTerms } from '../../gateway/model/message.ts';
import type { SignatureAlgorithm, SignatureTerms } from '../../gateway/model/message.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  makeCertificate,
  type CertificatePlan,
  type DistinguishedName,
} from '../../gateway/wire/signature/certificates.ts';
import { openKeyring, type Keyring } from '../../gateway/wire/signature/keys.ts';
import type { SignerTrust } from '../../gateway/wire/signature/trust.ts';

/** The moment at which test keys are made and, by default, used. */
export const testNow = new Date('2026-06-01T08:00:00.000Z');

const folders: string[] = [];
const keyrings = new Map<string, Promise<Keyring>>();

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mra-test-'));
  folders.push(folder);
  return folder;
}

/** The keyring of a made-up administration; the same one whenever the process asks again. */
export function testKeyring(country: string): Promise<Keyring> {
  const made =
    keyrings.get(country) ??
    openKeyring(path.join(temporaryFolder(), 'keys'), { country, name: `Customs of ${country}`, now: testNow });
  keyrings.set(country, made);
  return made;
}

/** What a partner of that keyring's owner would register. */
export function trustIn(
  keyring: Keyring,
  algorithm: SignatureAlgorithm,
  seals: readonly SealKind[] = ['xml-signature', 'jws'],
): SignerTrust {
  return { seals, algorithm, certificates: [keyring.signer(algorithm).certificate] };
}

/** The terms of an adapter that signs. */
export function signedTerms(terms: SealTerms): SignatureTerms {
  if (isUnsigned(terms)) throw new Error('the adapter does not sign');
  return terms;
}

export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function ecPair(namedCurve = 'P-256'): Pair {
  return generateKeyPairSync('ec', { namedCurve });
}

export function rsaPair(modulusLength = 2048, publicExponent = 65537): Pair {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent });
}

export function title(commonName: string): DistinguishedName {
  return { country: 'XA', organization: 'Test', commonName };
}

/** A certificate for trials; self-signed unless an issuer is given. Valid for a year around `testNow`. */
export function testCertificate(
  pair: Pair,
  plan: Partial<CertificatePlan> & Pick<CertificatePlan, 'use'>,
): X509Certificate {
  const half = 182 * 24 * 60 * 60 * 1000;
  const subject = plan.subject ?? title('alone');
  return makeCertificate({
    subject,
    publicKey: pair.publicKey,
    issuer: { name: subject, ...pair },
    notBefore: new Date(testNow.getTime() - half),
    notAfter: new Date(testNow.getTime() + half),
    serial: randomBytes(16),
    ...plan,
  });
}
