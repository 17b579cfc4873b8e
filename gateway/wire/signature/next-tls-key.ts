/** The TLS key that takes the place of the present one on a day: made, certified by our own authority, and kept beside it. */

import type { X509Certificate } from 'node:crypto';
import { fingerprint } from './certificates.ts';
import { readKey, writePair } from './key-files.ts';
import { certify, plans, type KeyOwner } from './keys.ts';

/** `owner.now`: from when on it is used. Throws E_KEY_MISSING. */
export async function makeNextTls(folder: string, owner: KeyOwner): Promise<X509Certificate> {
  const { key: privateKey, certificate: authority } = await readKey(folder, 'ca');
  const pair = await plans.tls.generate();
  const certificate = certify('tls', pair, { privateKey, publicKey: authority.publicKey }, owner);
  await writePair(folder, `tls-${fingerprint(certificate).slice(0, 32)}`, pair.privateKey, certificate);
  return certificate;
}
