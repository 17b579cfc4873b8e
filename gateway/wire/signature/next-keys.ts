/** Keys that replace the common ones for one partner: made, certified by our own authority or by another, and kept as files. */

import { createPublicKey, type KeyObject, type KeyPairKeyObjectResult, type X509Certificate } from 'node:crypto';
import path from 'node:path';
import { sha256 } from '../../model/canonical-json.ts';
import type { SignatureAlgorithm } from '../../model/message.ts';
import { replaceDurably } from '../files/durable-files.ts';
import { readKey } from './key-files.ts';
import { certify, plans, signingKeys, type KeyOwner } from './keys.ts';

/** The file of a private key in the folder of keys, named by its public key. */
function nextKeyFile(folder: string, publicKey: KeyObject): string {
  const digest = sha256(publicKey.export({ type: 'spki', format: 'der' }));
  return path.join(folder, `next-${digest.slice(0, 32)}.key.pem`);
}

/** Keeps a key that will replace another; only the account of the gateway can read the file. */
export async function keepNextKey(folder: string, key: KeyObject): Promise<string> {
  const file = nextKeyFile(folder, createPublicKey(key));
  await replaceDurably(file, key.export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

/** A new pair of the kind that an algorithm needs. */
export async function generateFor(algorithm: SignatureAlgorithm): Promise<KeyPairKeyObjectResult> {
  return await plans[signingKeys[algorithm]].generate();
}

/** A certificate by our own authority for a pair that replaces the common one of this algorithm. */
export async function certifyNext(
  folder: string,
  algorithm: SignatureAlgorithm,
  pair: KeyPairKeyObjectResult,
  owner: KeyOwner,
): Promise<X509Certificate> {
  const { key: privateKey, certificate } = await readKey(folder, 'ca');
  return certify(signingKeys[algorithm], pair, { privateKey, publicKey: certificate.publicKey }, owner);
}
