/** The key folder as one encrypted file: scrypt (RFC 7914) makes a key of a passphrase, and AES-256-GCM seals the files with it. */

import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../model/errors.ts';

const magic = Buffer.from('mra keys 1\n');
const [saltBytes, nonceBytes, tagBytes] = [16, 12, 16];
const shortestPassphrase = 12;
/** 128 MiB and about half a second for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };

/** Throws E_REQUEST_INVALID for a passphrase that can be guessed, E_KEY_MISSING without keys. */
export function sealKeys(folder: string, passphrase: string, random: (bytes: number) => Uint8Array): Buffer {
  if (passphrase.length < shortestPassphrase) {
    const fix = `Write one of at least ${shortestPassphrase} characters into the file.`;
    throw new GatewayError('E_REQUEST_INVALID', 'the passphrase is too short', { fix });
  }
  if (!existsSync(folder)) throw new GatewayError('E_KEY_MISSING', 'there are no keys yet', { at: folder });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [relative(folder, path), readFileSync(path, 'base64')]);
  const [salt, nonce] = [random(saltBytes), random(nonceBytes)];
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, cost), nonce).setAAD(magic);
  const sealed = [cipher.update(JSON.stringify(files)), cipher.final()];
  return Buffer.concat([magic, salt, nonce, ...sealed, cipher.getAuthTag()]);
}

/** Writes the files into a folder that has none. Throws E_BACKUP_INVALID (also for another passphrase), E_STORE_OCCUPIED. */
export function openKeyBackup(sealed: Buffer, passphrase: string, folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new GatewayError('E_STORE_OCCUPIED', 'there are keys in this place', { at: folder });
  const files = openSealed(sealed, passphrase);
  for (const [name, bytes] of files) {
    const path = resolve(folder, name);
    if (!path.startsWith(resolve(folder) + sep)) throw invalid();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, Buffer.from(bytes, 'base64'), { mode: 0o600, flag: 'wx' });
  }
}

function openSealed(sealed: Buffer, passphrase: string): [name: string, bytes: string][] {
  const ends = [magic.length, saltBytes, nonceBytes].reduce<number[]>((all, n) => [...all, (all.at(-1) ?? 0) + n], []);
  const [afterMagic = 0, afterSalt = 0, afterNonce = 0] = ends;
  if (sealed.length < afterNonce + tagBytes || !sealed.subarray(0, afterMagic).equals(magic)) throw invalid();
  const key = scryptSync(passphrase, sealed.subarray(afterMagic, afterSalt), 32, cost);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(afterSalt, afterNonce)).setAAD(magic);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(afterNonce, -tagBytes)), decipher.final()]);
    return JSON.parse(text.toString()) as [string, string][];
  } catch (cause) {
    throw invalid(cause);
  }
}

function invalid(cause?: unknown): GatewayError {
  const fix = 'Name the file with the passphrase of this backup; or take another backup.';
  return new GatewayError('E_BACKUP_INVALID', 'the keys cannot be opened', { fix, cause });
}
