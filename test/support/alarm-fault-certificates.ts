/** Certificates of servers, sound or not, for faults of connections. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../gateway/wire/signature/certificates.ts';
import { temporaryFolder } from './pki.ts';

const dayMs = 24 * 3600 * 1000;

export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A certificate with its own authority. `days`: until it ends. */
export function identity(days = 300, hosts = ['localhost', '127.0.0.1']): Identity {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [authority, own] = [pair(), pair()];
  const nameOf = (commonName: string) => ({ country: 'KR', organization: 'Customs', commonName });
  const span = { notBefore: new Date(Date.now() - 400 * dayMs), notAfter: new Date(Date.now() + days * dayMs) };
  const issuer = { name: nameOf('authority'), ...authority };
  const ca = makeCertificate({
    ...{ use: 'authority', subject: nameOf('authority'), publicKey: authority.publicKey, issuer, ...span },
    ...{ notAfter: new Date(Date.now() + 900 * dayMs), serial: randomBytes(12) },
  });
  const cert = makeCertificate({
    ...{ use: 'tls', subject: nameOf('server'), publicKey: own.publicKey, issuer, ...span, hosts },
    serial: randomBytes(12),
  });
  const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: cert.toString(), key, ca: ca.toString() };
}

export const sound = identity();

export const certificateFile = (days: number): string => {
  const file = join(temporaryFolder(), 'certificate.pem');
  writeFileSync(file, identity(days).cert);
  return file;
};
