/** A program that serves one partner of another make, and the files by which the two know each other. */

import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyring } from '../../gateway/wire/signature/keys.ts';
import { temporaryFolder } from './pki.ts';
import { openProgram, type ServedProgram } from './served-program.ts';
import { freePort } from './services.ts';

export type Shown = Readonly<Record<string, unknown>>;

export interface ConnectedPeer extends ServedProgram {
  /** The partner's keys and certificates, and ours: signing, tls, partner-signing and partner-ca, as PEM. */
  readonly keys: string;
  /** Of the partner's server, and of our exchange door. */
  readonly port: number;
  readonly door: number;
}

/** `adapter`: the partner's folder, named after it. `hasServer`: our messages are sent to it. */
export async function connectPeer(adapter: string, hasServer: boolean): Promise<ConnectedPeer> {
  const cc = adapter.slice(-2);
  const partner = cc.toUpperCase();
  const [port, door, border] = [await freePort(), await freePort(), await freePort()];
  const keys = temporaryFolder();
  await writeKeys(keys, partner);
  const program = await openProgram([
    `exchange: { host: 127.0.0.1, port: ${door} }`,
    `border: { host: 127.0.0.1, port: ${border} }`,
    'partners:',
    `  ${partner}:`,
    `    adapter: ${cc}`,
    ...(hasServer ? [`    url: https://127.0.0.1:${port}`] : []),
    '    certificates:',
    `      signing: [${join(keys, 'signing.pem')}]`,
    `      names: { ${cc}-2026: ${join(keys, 'signing.pem')} }`,
    `      tls: [${join(keys, 'tls.pem')}]`,
    `      anchors: [${join(keys, 'ca.pem')}]`,
  ]);
  cpSync(adapter, join(program.folder, 'adapters', cc), { recursive: true });
  await program.done('key', 'new');
  await program.done('key', 'export', partner, '--purpose', 'ca', '--out', join(keys, 'partner-ca.pem'));
  await program.done('key', 'export', partner, '--out', join(keys, 'partner-signing.pem'));
  return { ...program, keys, port, door };
}

async function writeKeys(folder: string, country: string): Promise<void> {
  const owner = { country, name: `Customs of ${country}`, now: new Date() };
  const keyring = await openKeyring(join(temporaryFolder(), 'keys'), owner);
  const { key, certificate } = keyring.signer('rsa-sha256');
  const files = {
    'signing.key': key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'signing.pem': certificate.toString(),
    'tls.key': keyring.tls.key,
    'tls.pem': keyring.tls.cert,
    'ca.pem': keyring.tls.ca,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
