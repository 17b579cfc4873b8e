/** The TLS key that takes the place of the present one on a day: made, certified by our own authority, and kept beside it. */

import { fingerprint } from './certificates.ts';
import { readKey, readTlsKeys, writePair, type Key } from './key-files.ts';
import { certify, plans, type KeyOwner } from './keys.ts';

/** `owner.now`: from when on it is used. Throws E_KEY_MISSING. */
export async function makeNextTls(folder: string, owner: KeyOwner): Promise<Key> {
  const { key: privateKey, certificate: authority } = await readKey(folder, 'ca');
  const pair = await plans.tls.generate();
  const certificate = certify('tls', pair, { privateKey, publicKey: authority.publicKey }, owner);
  return { key: pair.privateKey, certificate };
}

/** False where another one is kept already. One gateway of those that share the folder may do it at a time. */
export async function keepNextTls(folder: string, { key, certificate }: Key, now: Date): Promise<boolean> {
  if ((await readTlsKeys(folder, now)).nextTls !== undefined) return false;
  await writePair(folder, `tls-${fingerprint(certificate).slice(0, 32)}`, key, certificate);
  return true;
}
