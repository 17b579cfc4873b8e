/** The certificate of an adapter: which tier it reached, over exactly which files. Any edit voids it. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GatewayError } from '../model/errors.ts';
import type { Day } from '../model/record/domestic-record.ts';

export const tiers = ['none', 'bronze', 'silver', 'gold'] as const;
export type Tier = (typeof tiers)[number];

export const certificateFile = 'certificate.json';
/** What the partner simulator found; it names the digest of the folder it ran with. */
export const conformanceFile = 'conformance.json';

export interface Certificate {
  readonly adapter: string;
  readonly tier: Tier;
  readonly on: Day;
  /** Last day on which it counts: then an exemption or the review runs out. */
  readonly until: Day;
  /** Of the folder's files, see adapterDigest. */
  readonly digest: string;
}

/** SHA-256 over names, lengths and bytes of all files of a folder but the two that come of judging it, lower-case hex. */
export async function adapterDigest(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((name) => name !== certificateFile && name !== conformanceFile);
  const hash = createHash('sha256');
  for (const name of files.sort()) {
    const bytes = await readFile(join(folder, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Production runs certified adapters only. Throws E_ADAPTER_UNCERTIFIED with what is lacking. */
export async function requireCertified(folder: string, least: Tier, today: Day): Promise<void> {
  const lacking = await lackingFor(folder, least, today);
  if (lacking === undefined) return;
  const fix = 'Run mra adapter certify, close what it names, and install the folder with its certificate.json.';
  throw new GatewayError('E_ADAPTER_UNCERTIFIED', lacking, { at: folder, fix });
}

async function lackingFor(folder: string, least: Tier, today: Day): Promise<string | undefined> {
  const file = join(folder, certificateFile);
  if (!existsSync(file)) return 'the adapter has no certificate';
  const certificate = readCertificate(await readFile(file, 'utf8'));
  if (certificate === undefined) return 'the certificate cannot be read';
  if (certificate.digest !== (await adapterDigest(folder))) return 'the adapter changed after it was certified';
  if (certificate.until < today) return `the certificate ended on ${certificate.until}`;
  if (tiers.indexOf(certificate.tier) < tiers.indexOf(least)) return `the adapter is ${certificate.tier}, not ${least}`;
  return undefined;
}

function readCertificate(text: string): Certificate | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // said to the caller as a certificate that cannot be read
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { tier, on, until, digest, adapter } = value as Readonly<Record<string, unknown>>;
  const known = tiers.find((each) => each === tier);
  const texts = [on, until, digest, adapter].every((each) => typeof each === 'string');
  return known !== undefined && texts ? (value as Certificate) : undefined;
}
