/** The keys with which a simulated partner signs rightly and wrongly: real keys and certificates, never those of anybody else. */

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SignatureAlgorithm } from '../adapter/adapter.ts';
import { makeCertificate, readCertificates } from '../wire/signature/certificates.ts';
import { openKeyring } from '../wire/signature/keys.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { writeCertificate, type OwnIdentity } from './identities.ts';

export interface SimulatorKeys {
  /** The key lists come under when the partner changes keys; registered beside the first. */
  readonly next: Signer;
  /** A certificate of the present key that ended yesterday; registered. */
  readonly ended: Signer;
  /** A key nobody registered. */
  readonly stranger: Signer;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Makes the keys in the identity's folder, or reads those made before. */
export async function openSimulatorKeys(
  { home, folder, keyring }: OwnIdentity,
  algorithm: SignatureAlgorithm,
  now: Date,
): Promise<SimulatorKeys> {
  const { country, name } = home;
  const other = async (which: string): Promise<Signer> => {
    const others = await openKeyring(join(folder, `${which}-keys`), { country, name: `${name}, ${which}`, now });
    return others.signer(algorithm);
  };
  const present = keyring.signer(algorithm);
  return {
    next: await other('next'),
    ended: { ...present, certificate: endedCertificate(folder, { ...present, country, name, now }) },
    stranger: await other('stranger'),
  };
}

/** The certificates a gateway registers beside those of the identity, as PEM files in its folder. */
export function registeredFiles(folder: string, { next, ended }: SimulatorKeys): readonly string[] {
  return [
    writeCertificate(folder, 'signing-next', next.certificate.toString()),
    writeCertificate(folder, 'signing-ended', ended.certificate.toString()),
  ];
}

type Ending = Signer & { readonly country: string; readonly name: string; readonly now: Date };

function endedCertificate(folder: string, { key, certificate, country, name, now }: Ending): Signer['certificate'] {
  const file = join(folder, 'signing-ended.pem');
  const [made] = existsSync(file) ? readCertificates(readFileSync(file, 'utf8'), file) : [];
  if (made !== undefined) return made;
  const { publicKey } = certificate;
  const title = { country, organization: name, commonName: `${country} gateway ended certificate` };
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
