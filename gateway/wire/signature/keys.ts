/** The keyring: the gateway's own keys in files, generated on first use, and refused when other accounts can read them. */

import { generateKeyPair, randomBytes } from 'node:crypto';
import type { KeyObject, KeyPairKeyObjectResult, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GatewayError } from '../../model/errors.ts';
import type { Digest, SignatureAlgorithm } from '../../model/message.ts';
import type { Moment } from '../../model/record/record.ts';
import { syncFolder } from '../files/durable-files.ts';
import { makeFolder } from '../files/folders.ts';
import { fingerprint, makeCertificate, type CertificateUse, type DistinguishedName } from './certificates.ts';
import { isMissing, readKey, readNextKeys, readTlsKeys, tlsBegin, writePair, type Key } from './key-files.ts';
import type { Signer } from './profile.ts';

const keyNames = ['ca', 'signing-rsa', 'signing-ec', 'signing-p384', 'signing-ed25519', 'tls'] as const;
/** A keyring that was made before there were these has none. */
const laterNames: readonly KeyName[] = ['signing-p384', 'signing-ed25519'];
type KeyName = (typeof keyNames)[number];

interface KeyEntry {
  /** `tls-next`: the TLS key that takes the place of the present one. */
  readonly name: KeyName | 'tls-next';
  /** `rsa 2048`, `ec prime256v1`. */
  readonly algorithm: string;
  readonly subject: string;
  readonly fingerprint: Digest;
  readonly notAfter: Moment;
}

export interface Keyring {
  signer(algorithm: SignatureAlgorithm): Signer;
  /** PEM, for TLS as server and as client. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** The one after it, and from when on it is used. */
  readonly nextTls: { readonly cert: string; readonly from: Moment } | undefined;
  list(): readonly KeyEntry[];
  /** The private key of a certificate that replaces one of these for a partner; undefined where its file is not in the folder. */
  keyOf(certificate: X509Certificate): KeyObject | undefined;
}

export interface KeyOwner {
  /** ISO 3166-1 alpha-2 of the home administration. */
  readonly country: string;
  readonly name: string;
  readonly now: Date;
}

type Keys = Readonly<Partial<Record<KeyName, Key>>>;

const generatePair = promisify(generateKeyPair);
const day = 24 * 60 * 60 * 1000;
const rsa = (): Promise<KeyPairKeyObjectResult> => generatePair('rsa', { modulusLength: 2048 });
const ec = (): Promise<KeyPairKeyObjectResult> => generatePair('ec', { namedCurve: 'P-256' });
const p384 = (): Promise<KeyPairKeyObjectResult> => generatePair('ec', { namedCurve: 'P-384' });
const ed25519 = (): Promise<KeyPairKeyObjectResult> => generatePair('ed25519');

export const plans: Readonly<Record<KeyName, { generate: typeof rsa; use: CertificateUse; days: number }>> = {
  ca: { generate: ec, use: 'authority', days: 3650 },
  'signing-rsa': { generate: rsa, use: 'signing', days: 1095 },
  'signing-ec': { generate: ec, use: 'signing', days: 1095 },
  'signing-p384': { generate: p384, use: 'signing', days: 1095 },
  'signing-ed25519': { generate: ed25519, use: 'signing', days: 1095 },
  tls: { generate: ec, use: 'tls', days: 825 },
};

/**
 * Opens the keyring in a folder. An empty or missing folder gets a new one: a certificate authority, four signing keys, and a
 * TLS key. Throws E_KEY_MISSING for a file that is missing, unreadable, or readable by other accounts of the machine.
 */
export async function openKeyring(folder: string, owner: KeyOwner): Promise<Keyring> {
  if (await isEmpty(folder)) await generateKeyring(folder, owner);
  return await keyringIn(folder, owner.now);
}

/** As openKeyring, and makes nothing. Without keys the list is empty, and asking for a key throws E_KEY_MISSING. */
export async function readKeyring(folder: string, now: Date): Promise<Keyring> {
  if (!(await isEmpty(folder))) return await keyringIn(folder, now);
  const none = (): never => {
    const fix = 'mra key new makes them; so does every command that signs.';
    throw new GatewayError('E_KEY_MISSING', 'there are no keys yet', { at: folder, fix });
  };
  return {
    signer: none,
    get tls() {
      return none();
    },
    nextTls: undefined,
    list: () => [],
    keyOf: () => undefined,
  };
}

async function keyringIn(folder: string, now: Date): Promise<Keyring> {
  const names = keyNames.filter((name) => name !== 'tls' && !isLacking(folder, name));
  const [ca, ...read] = await Promise.all((['ca', ...names] as const).map((name) => readKey(folder, name)));
  const { tls, nextTls } = await readTlsKeys(folder, now);
  if (ca === undefined) throw new GatewayError('E_INTERNAL', 'a key was not read');
  const keys: Keys = { ...Object.fromEntries(names.map((name, i) => [name, read[i]])), tls };
  const next = await readNextKeys(folder);
  return {
    signer(algorithm) {
      const name = signingKeys[algorithm];
      const key = keys[name];
      const fix = 'mra key new adds it; then export it to the partner.';
      if (key === undefined) throw new GatewayError('E_KEY_MISSING', `there is no key ${name}`, { at: folder, fix });
      return { algorithm, ...key, authorities: [ca.certificate] };
    },
    tls: {
      cert: tls.certificate.toString(),
      key: tls.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ca: ca.certificate.toString(),
    },
    nextTls: nextTls && { cert: nextTls.certificate.toString(), from: tlsBegin(nextTls).toISOString() },
    list: () =>
      ([...keyNames, 'tls-next'] as const).flatMap((name) => {
        const { certificate } = (name === 'tls-next' ? nextTls : keys[name]) ?? {};
        return certificate === undefined ? [] : [describe(name, certificate)];
      }),
    keyOf: (certificate) => next.find((key) => certificate.checkPrivateKey(key)),
  };
}

export const signingKeys: Readonly<Record<SignatureAlgorithm, KeyName>> = {
  'rsa-sha256': 'signing-rsa',
  'rsa-sha512': 'signing-rsa',
  'rsa-pss-sha256': 'signing-rsa',
  'ecdsa-p256-sha256': 'signing-ec',
  'ecdsa-p384-sha384': 'signing-p384',
  'eddsa-ed25519': 'signing-ed25519',
};

function isLacking(folder: string, name: KeyName): boolean {
  return laterNames.includes(name) && !existsSync(path.join(folder, `${name}.key.pem`));
}

function describe(name: KeyEntry['name'], certificate: X509Certificate): KeyEntry {
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
  const files = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    const fix = 'It must be a folder of the account of the gateway, with mode 700.';
    throw new GatewayError('E_KEY_MISSING', 'the folder of the keys cannot be read', { at: folder, fix, cause: error });
  });
  return files.length === 0;
}

/** Generates all keys in a temporary folder and renames it, so that an interrupted start leaves no incomplete keyring. */
async function generateKeyring(folder: string, owner: KeyOwner): Promise<void> {
  makeFolder(path.dirname(folder));
  const draft = await mkdtemp(`${folder}.new-`);
  try {
    await chmod(draft, 0o700);
    const authority = await plans.ca.generate();
    for (const name of keyNames)
      await writeKey(draft, name, { pair: name === 'ca' ? authority : await plans[name].generate(), authority, owner });
    await rename(draft, folder);
    await syncFolder(path.dirname(folder));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process has generated the keyring meanwhile; that one is used.
    if (!(await isEmpty(folder))) return;
    throw error;
  }
}

/** Makes the keys that a keyring lacks which was made before there were these. */
export async function addKeys(folder: string, owner: KeyOwner): Promise<void> {
  const { key: privateKey, certificate } = await readKey(folder, 'ca');
  const authority = { privateKey, publicKey: certificate.publicKey };
  for (const name of laterNames)
    if (isLacking(folder, name)) await writeKey(folder, name, { pair: await plans[name].generate(), authority, owner });
}

interface NewKey {
  readonly pair: KeyPairKeyObjectResult;
  readonly authority: KeyPairKeyObjectResult;
  readonly owner: KeyOwner;
}

async function writeKey(folder: string, name: KeyName, { pair, authority, owner }: NewKey): Promise<void> {
  await writePair(folder, name, pair.privateKey, certify(name, pair, authority, owner));
}

/** A certificate by our own authority. */
export function certify(
  name: KeyName,
  pair: KeyPairKeyObjectResult,
  authority: KeyPairKeyObjectResult,
  owner: KeyOwner,
): X509Certificate {
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
    // Allows for clocks of partners that are slow.
    notBefore: new Date(owner.now.getTime() - day),
    notAfter: new Date(owner.now.getTime() + days * day),
    serial: randomBytes(16),
    ...(use === 'tls' ? { hosts: ['localhost', '127.0.0.1'] } : {}),
  });
}
