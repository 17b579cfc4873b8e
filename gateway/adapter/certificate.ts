/** The certificate of an adapter: every check passed, over exactly these files. Any edit of the folder voids it. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { GatewayError } from '../model/errors.ts';
import type { Day } from '../model/record/record.ts';

export const certificateFile = 'certificate.json';
/** The report of a conformance run that was kept with the adapter. */
export const conformanceFile = 'conformance.json';

/** The checks in the order in which they run. */
export const checkNames = ['lint', 'samples', 'roundTrips', 'mutants'] as const;
export type CheckName = (typeof checkNames)[number];

export interface Certificate {
  readonly adapter: string;
  /** The day on which the checks ran, and the version of the program that ran them. */
  readonly on: Day;
  readonly program: string;
  /** Of the folder's files, see adapterDigest. */
  readonly digest: string;
  /** What each check covered. All passed. */
  readonly checks: Readonly<Record<CheckName, string>>;
}

/** SHA-256 over names, lengths and bytes of all files of a folder but the reports about them, lower-case hex. */
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

/** Production runs certified adapters only. Throws E_ADAPTER_UNCERTIFIED with the reason and the command to run. */
export async function requireCertified(folder: string): Promise<void> {
  const reason = await reasonAgainst(folder);
  if (reason === undefined) return;
  const fix = `Run mra adapter certify ${basename(resolve(folder))}, and install the folder with its ${certificateFile}.`;
  throw new GatewayError('E_ADAPTER_UNCERTIFIED', reason, { at: folder, fix });
}

async function reasonAgainst(folder: string): Promise<string | undefined> {
  const file = join(folder, certificateFile);
  if (!existsSync(file)) return 'the adapter has no certificate';
  const certificate = readCertificate(await readFile(file, 'utf8'));
  if (certificate === undefined) return 'the certificate cannot be read';
  if (certificate.digest !== (await adapterDigest(folder))) return 'the adapter changed after it was certified';
  return undefined;
}

/** Undefined for a text that is no certificate of all checks. */
function readCertificate(text: string): Certificate | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { adapter, on, program, digest, checks } = recordOf(value);
  const passed = recordOf(checks);
  const texts = [adapter, on, program, digest, ...checkNames.map((name) => passed[name])];
  return texts.every((each) => typeof each === 'string') ? (value as Certificate) : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
