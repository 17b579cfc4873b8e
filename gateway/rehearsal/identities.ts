/** The keys of administrations, the certificates by which others know them, free ports and folders. */

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PartnerConfig } from '../app/config.ts';
import type { HomeProfile } from '../model/home.ts';
import { openKeyring, type Keyring } from '../wire/signature/keys.ts';

/** An administration, and the certificates by which others know it. */
export interface Identity {
  readonly home: HomeProfile;
  readonly folder: string;
  readonly certificates: PartnerConfig['certificates'];
}

export interface OwnIdentity extends Identity {
  readonly keyring: Keyring;
}

/** Makes keys under `folder`/keys if there are none, and writes the public certificates beside them as PEM files. */
export async function makeIdentity(home: HomeProfile, folder: string, now: Date): Promise<OwnIdentity> {
  mkdirSync(folder, { recursive: true });
  const keyring = await openKeyring(join(folder, 'keys'), { country: home.country, name: home.name, now });
  const write = (name: string, pem: string): string => writeCertificate(folder, name, pem);
  const signing = (['rsa-sha256', 'ecdsa-p256-sha256'] as const).map((algorithm) =>
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

export function writeCertificate(folder: string, name: string, pem: string): string {
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
