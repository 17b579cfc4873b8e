/** The files of our keys: each private key with its certificate; one that other accounts can read is refused. */

import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError, isSystemError } from '../../model/errors.ts';
import { replaceDurably } from '../files/durable-files.ts';
import { readCertificates } from './certificates.ts';
import type { Signer } from './profile.ts';

export type Key = Pick<Signer, 'key' | 'certificate'>;

/** The key comes last: without it, what is there counts as nothing; half a key would keep the whole keyring from being opened. */
export async function writePair(
  folder: string,
  name: string,
  privateKey: KeyObject,
  certificate: X509Certificate,
): Promise<void> {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await replaceDurably(path.join(folder, `${name}.cert.pem`), certificate.toString());
  await replaceDurably(path.join(folder, `${name}.key.pem`), key);
}

/** Throws E_KEY_MISSING. */
export async function readKey(folder: string, name: string): Promise<Key> {
  const certificateFile = path.join(folder, `${name}.cert.pem`);
  const keyFile = path.join(folder, `${name}.key.pem`);
  const files = [readPrivateKey(keyFile), readFile(certificateFile, 'utf8').catch(unreadable(folder))] as const;
  const [key, certificatePem] = await Promise.all(files);
  const [certificate] = readCertificates(certificatePem, certificateFile);
  if (certificate?.checkPrivateKey(key) !== true) {
    throw new GatewayError('E_KEY_MISSING', 'the key does not belong to its certificate', { at: keyFile });
  }
  return { key, certificate };
}

/** From when on a TLS key is used: its certificate begins a day before, for partners whose clocks are slow. */
export function tlsBegin({ certificate }: Key): Date {
  return new Date(certificate.validFromDate.getTime() + 24 * 60 * 60 * 1000);
}

/** The TLS key that was to be used last, and the first of those that are still to come. */
export async function readTlsKeys(folder: string, now: Date): Promise<{ readonly tls: Key; readonly nextTls?: Key }> {
  const first = await readKey(folder, 'tls');
  const names = (await readdir(folder)).flatMap((file) => /^(tls-[0-9a-f]{32})\.key\.pem$/u.exec(file)?.[1] ?? []);
  const later = await Promise.all(names.map((name) => readKey(folder, name)));
  const inOrder = later.toSorted((a, b) => tlsBegin(a).getTime() - tlsBegin(b).getTime());
  const begun = inOrder.filter((key) => tlsBegin(key) <= now);
  const nextTls = inOrder[begun.length];
  return { tls: begun.at(-1) ?? first, ...(nextTls && { nextTls }) };
}

function unreadable(folder: string): (error: unknown) => never {
  return (error) => {
    if (!isSystemError(error)) throw error;
    const detail = isMissing(error) ? 'a file of the keyring is missing' : 'a file of the keyring cannot be read';
    throw new GatewayError('E_KEY_MISSING', detail, {
      at: error.path ?? folder,
      fix: 'Restore it from the backup; or move the folder away, so that new keys are generated, and inform every partner.',
    });
  };
}

/** Refuses a file that other accounts can read. Throws E_KEY_MISSING. */
async function readPrivateKey(keyFile: string): Promise<KeyObject> {
  const files = [stat(keyFile), readFile(keyFile, 'utf8')] as const;
  const [{ mode }, keyPem] = await Promise.all(files).catch(unreadable(keyFile));
  // Windows has no such bits and reports them as set.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new GatewayError('E_KEY_MISSING', 'other accounts of this machine can read the key, so it is not used', {
      at: keyFile,
      fix: `Run chmod 600 ${keyFile}, and consider replacing the key.`,
    });
  }
  return parsePrivateKey(keyPem, keyFile);
}

/** The files of keys that replace others for one partner. */
export async function readNextKeys(folder: string): Promise<readonly KeyObject[]> {
  const files = (await readdir(folder)).filter((file) => /^next-[0-9a-f]{32}\.key\.pem$/u.test(file));
  return await Promise.all(files.map((file) => readPrivateKey(path.join(folder, file))));
}

function parsePrivateKey(pem: string, at: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new GatewayError('E_KEY_MISSING', 'the key cannot be read', { at, cause: error });
  }
}
export function isMissing(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
