/** The keys of administrations and of simulated partners, the certificates by which others know them, free ports and folders. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SignatureTerms } from '../model/message.ts';
import type { PartnerConfig } from '../app/config.ts';
import type { HomeProfile } from '../model/home.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { makeCertificate, readCertificates } from '../wire/signature/certificates.ts';
import { openKeyring, type Keyring } from '../wire/signature/keys.ts';
import type { Signer } from '../wire/signature/profile.ts';

/** An administration, and the certificates by which others know it. */
export interface Identity {
  readonly home: HomeProfile;
  readonly folder: string;
  readonly certificates: PartnerConfig['certificates'];
}

interface OwnIdentity extends Identity {
  readonly keyring: Keyring;
}

/** One for each signing key. */
const signingAlgorithms = ['rsa-sha256', 'ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'eddsa-ed25519'] as const;

/** Makes keys under `folder`/keys if there are none, and writes the public certificates beside them as PEM files. */
export async function makeIdentity(home: HomeProfile, folder: string, now: Date): Promise<OwnIdentity> {
  makeFolder(folder, 0o700);
  const keyring = await openKeyring(join(folder, 'keys'), { country: home.country, name: home.name, now });
  const write = (name: string, pem: string): string => writeCertificate(folder, name, pem);
  const signing = signingAlgorithms.map((algorithm) =>
    write(`signing-${algorithm}`, keyring.signer(algorithm).certificate.toString()),
  );
  const certificates = {
    signing,
    tls: [write('tls', keyring.tls.cert)],
    anchors: [write('anchor', keyring.tls.ca)],
    checkPath: false,
  };
  return { home, folder, keyring, certificates };
}

/** The identity of a gateway elsewhere whose certificates, without keys, are in the folder; otherwise as makeIdentity. */
export async function registeredIdentity(home: HomeProfile, folder: string, now: Date): Promise<Identity> {
  const [tls, anchor] = [join(folder, 'tls.pem'), join(folder, 'anchor.pem')];
  if (!existsSync(tls) || existsSync(join(folder, 'keys'))) return await makeIdentity(home, folder, now);
  const signing = readdirSync(folder).filter((name) => /^signing.*\.pem$/u.test(name));
  const certificates = { signing: signing.map((name) => join(folder, name)), tls: [tls], anchors: [anchor] };
  return { home, folder, certificates: { ...certificates, checkPath: false } };
}

function writeCertificate(folder: string, name: string, pem: string): string {
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, pem);
  return path;
}

/** Different ports that are free now: settings name them before the doors open. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** The folder of that name; without one, a temporary folder that is removed with the stack. */
export function folderFor(named: string | undefined, opened: AsyncDisposableStack): string {
  if (named !== undefined) return resolve(named);
  const folder = mkdtempSync(join(tmpdir(), 'mra-rehearsal-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface SimulatorKeys {
  readonly next: Signer;
  /** The present key under a certificate that expired yesterday; registered. */
  readonly expired: Signer;
  readonly unregistered: Signer;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Makes the keys in the identity's folder, or reads them if they exist. */
export async function openSimulatorKeys(
  { home, folder, keyring }: OwnIdentity,
  form: SignatureTerms,
  now: Date,
): Promise<SimulatorKeys> {
  const { country, name } = home;
  const open = async (title: string, keys: string): Promise<Signer> => {
    const other = await openKeyring(join(folder, keys), { country, name: `${name}, ${title}`, now });
    return { ...other.signer(form.algorithm), form };
  };
  const present = { ...keyring.signer(form.algorithm), form };
  return {
    next: await open('next', 'next-keys'),
    expired: { ...present, certificate: expiredCertificate(folder, { ...present, country, name, now }) },
    unregistered: await open('unregistered', 'unregistered-keys'),
  };
}

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
