/** The gateway's own keys in files: made on first use, read afterwards, refused when others can read them. */

import { createPrivateKey, generateKeyPair, randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GatewayError } from '../../model/errors.ts';
import type { Digest } from '../../model/message.ts';
import type { Moment } from '../../model/record/domestic-record.ts';
import {
  fingerprint,
  makeCertificate,
  readCertificates,
  type CertificateUse,
  type DistinguishedName,
} from './certificates.ts';
import type { Signer } from './seal.ts';
import type { SignatureAlgorithm } from './trust.ts';

export const keyNames = ['ca', 'signing-rsa', 'signing-ec', 'tls'] as const;
export type KeyName = (typeof keyNames)[number];

export interface KeyEntry {
  readonly name: KeyName;
  /** `rsa 2048`, `ec prime256v1`. */
  readonly algorithm: string;
  readonly subject: string;
  readonly fingerprint: Digest;
  readonly notAfter: Moment;
}

export interface Keyring {
  signer(algorithm: SignatureAlgorithm): Signer;
  /** PEM texts for connections, as server and as client. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  list(): readonly KeyEntry[];
}

export interface KeyOwner {
  /** ISO 3166-1 alpha-2 of the home administration. */
  readonly country: string;
  readonly name: string;
  readonly now: Date;
}

interface Key {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

const makePair = promisify(generateKeyPair);
const day = 24 * 60 * 60 * 1000;
const plans: Readonly<
  Record<KeyName, { readonly type: 'rsa' | 'ec'; readonly use: CertificateUse; readonly days: number }>
> = {
  ca: { type: 'ec', use: 'authority', days: 3650 },
  'signing-rsa': { type: 'rsa', use: 'signing', days: 1095 },
  'signing-ec': { type: 'ec', use: 'signing', days: 1095 },
  tls: { type: 'ec', use: 'tls', days: 825 },
};

/**
 * The keyring of a folder. Where there is none yet, it is made: a certificate authority of our own, two signing keys, one for
 * connections. Throws E_KEY_MISSING for a missing or unreadable file, or one that others on the machine can read.
 */
export async function openKeyring(folder: string, owner: KeyOwner): Promise<Keyring> {
  if (await isEmpty(folder)) await makeKeys(folder, owner);
  const keys = new Map<KeyName, Key>();
  for (const name of keyNames) keys.set(name, await readKey(folder, name));
  return keyringOf(keys);
}

function keyringOf(keys: ReadonlyMap<KeyName, Key>): Keyring {
  const get = (name: KeyName): Key => {
    const found = keys.get(name);
    if (found === undefined) throw new GatewayError('E_KEY_MISSING', `there is no key ${name}`);
    return found;
  };
  const tls = get('tls');
  return {
    signer: (algorithm) => ({ algorithm, ...get(algorithm === 'rsa-sha256' ? 'signing-rsa' : 'signing-ec') }),
    tls: {
      cert: tls.certificate.toString(),
      key: tls.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ca: get('ca').certificate.toString(),
    },
    list: () => keyNames.map((name) => describe(name, get(name).certificate)),
  };
}

function describe(name: KeyName, certificate: X509Certificate): KeyEntry {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details = {} } = certificate.publicKey;
  return {
    name,
    algorithm: `${type} ${details.namedCurve ?? details.modulusLength ?? ''}`.trim(),
    subject: certificate.subject.replaceAll('\n', ', '),
    fingerprint: fingerprint(certificate),
    notAfter: certificate.validToDate.toISOString(),
  };
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Makes all keys in a folder beside and renames it, so that an interrupted start leaves no half keyring. */
async function makeKeys(folder: string, owner: KeyOwner): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.new-`);
  try {
    await chmod(draft, 0o700);
    const authority = await pairOf('ca');
    for (const name of keyNames) {
      const pair = name === 'ca' ? authority : await pairOf(name);
      const certificate = certify(name, pair, authority, owner);
      await writeFile(path.join(draft, `${name}.key.pem`), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
        mode: 0o600,
      });
      await writeFile(path.join(draft, `${name}.cert.pem`), certificate.toString(), { mode: 0o600 });
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was faster: its keys are the ones to use.
    if (!(await isEmpty(folder))) return;
    throw error;
  }
}

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function pairOf(name: KeyName): Promise<Pair> {
  switch (plans[name].type) {
    case 'rsa':
      return makePair('rsa', { modulusLength: 2048 });
    case 'ec':
      return makePair('ec', { namedCurve: 'P-256' });
  }
}

function certify(name: KeyName, pair: Pair, authority: Pair, owner: KeyOwner): X509Certificate {
  const { use, days } = plans[name];
  const title = (key: KeyName): DistinguishedName => ({
    country: owner.country,
    organization: owner.name,
    commonName: `${owner.country} gateway ${key}`,
  });
  return makeCertificate({
    use,
    subject: title(name),
    publicKey: pair.publicKey,
    issuer: { name: title('ca'), ...authority },
    // A day back: a partner's clock may be behind ours.
    notBefore: new Date(owner.now.getTime() - day),
    notAfter: new Date(owner.now.getTime() + days * day),
    serial: randomBytes(16),
    ...(use === 'tls' ? { hosts: ['localhost', '127.0.0.1'] } : {}),
  });
}

async function readKey(folder: string, name: KeyName): Promise<Key> {
  const keyFile = path.join(folder, `${name}.key.pem`);
  const certificateFile = path.join(folder, `${name}.cert.pem`);
  await refuseShared(keyFile);
  const [certificate] = readCertificates(await readText(certificateFile), certificateFile);
  const key = readPrivateKey(await readText(keyFile), keyFile);
  if (certificate?.checkPrivateKey(key) !== true) {
    throw new GatewayError('E_KEY_MISSING', 'the key does not belong to the certificate beside it', { at: keyFile });
  }
  return { key, certificate };
}

function readPrivateKey(pem: string, at: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new GatewayError('E_KEY_MISSING', 'the key cannot be read', { at, cause: error });
  }
}

async function refuseShared(file: string): Promise<void> {
  const { mode } = await found(file, () => stat(file));
  // Windows keeps no such bits and always reports them set.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new GatewayError('E_KEY_MISSING', 'others on this machine can read the key, so it is not used', {
      at: file,
      fix: `chmod 600 ${file}, and consider whether the key must be replaced.`,
    });
  }
}

function readText(file: string): Promise<string> {
  return found(file, () => readFile(file, 'utf8'));
}

async function found<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new GatewayError('E_KEY_MISSING', 'a file of the keyring is missing', {
      at: file,
      fix: 'Restore it from the backup; or move the whole folder away to have new keys made, and tell every partner.',
    });
  }
}
