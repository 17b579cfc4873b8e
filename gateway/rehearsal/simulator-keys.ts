/** The keys of a simulated partner: its next key, an expired certificate, and a key that is not registered. */

import { randomBytes } from 'node:crypto';
import type { SignatureAlgorithm } from '../model/message.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate, readCertificates } from '../wire/signature/certificates.ts';
import { openKeyring } from '../wire/signature/keys.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { writeCertificate, type OwnIdentity } from './identities.ts';

export interface SimulatorKeys {
  /** Registered beside the present key. */
  readonly next: Signer;
  /** The present key under a certificate that expired yesterday; registered. */
  readonly expired: Signer;
  readonly unregistered: Signer;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Makes the keys in the identity's folder, or reads them if they exist. */
export async function openSimulatorKeys(
  { home, folder, keyring }: OwnIdentity,
  algorithm: SignatureAlgorithm,
  now: Date,
): Promise<SimulatorKeys> {
  const { country, name } = home;
  const open = async (title: string, keys: string): Promise<Signer> => {
    const other = await openKeyring(join(folder, keys), { country, name: `${name}, ${title}`, now });
    return other.signer(algorithm);
  };
  const present = keyring.signer(algorithm);
  return {
    next: await open('next', 'next-keys'),
    expired: { ...present, certificate: expiredCertificate(folder, { ...present, country, name, now }) },
    unregistered: await open('unregistered', 'unregistered-keys'),
  };
}

/** PEM files of the certificates to register beside those of the identity. */
export function registeredFiles(folder: string, { next, expired }: SimulatorKeys): readonly string[] {
  return [
    writeCertificate(folder, 'signing-next', next.certificate.toString()),
    writeCertificate(folder, 'signing-ended', expired.certificate.toString()),
  ];
}

type Present = Signer & { readonly country: string; readonly name: string; readonly now: Date };

function expiredCertificate(folder: string, { key, certificate, country, name, now }: Present): Signer['certificate'] {
  const file = join(folder, 'signing-ended.pem');
  const [made] = existsSync(file) ? readCertificates(readFileSync(file, 'utf8'), file) : [];
  if (made !== undefined) return made;
  const { publicKey } = certificate;
  const title = { country, organization: name, commonName: `${country} gateway expired certificate` };
  return makeCertificate({
    use: 'signing',
    subject: title,
    publicKey,
    // Issued by itself: partners register signing certificates one by one.
    issuer: { name: title, privateKey: key, publicKey },
    notBefore: new Date(now.getTime() - 400 * dayMs),
    notAfter: new Date(now.getTime() - dayMs),
    serial: randomBytes(16),
  });
}
