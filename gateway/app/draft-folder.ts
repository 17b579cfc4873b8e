/** Samples as a draft takes them, and a drafted adapter as a folder: for the command line and for the office. */

import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sampleConversations } from '../adapter/check/conversations.ts';
import type { Draft } from '../adapter/draft/draft.ts';
import type { SampleFile } from '../adapter/draft/sample-text.ts';
import { withPlace } from '../adapter/faults.ts';
import { loadAdapter } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { GatewayError } from '../model/errors.ts';
import { readOnlySheet } from '../wire/files/workbook-lines.ts';
import { writeYaml } from '../wire/files/yaml.ts';
import { programFolder } from './config.ts';

export const vocabularyFile = join(programFolder, 'schemas', 'draft-vocabulary.yaml');

/** Where the answers stand until the questions of a draft were all asked: a later run goes on from them. */
export const keptAnswers = 'answers.yaml';

/** By path in the folder. */
type DraftFiles = ReadonlyMap<string, string | Uint8Array>;

const zipStart = Buffer.from('PK\u0003\u0004');

/** Where the adapter of a partner is drafted. Throws E_REQUEST_INVALID for no two letters, and for an adapter that is there and was no unfinished draft. */
export function newFolder(adapters: string, cc: string, force: boolean): string {
  const lettersFix = 'Give its ISO 3166 code, or one from XA to XZ to try things out.';
  if (!/^[a-z]{2}$/iu.test(cc))
    throw new GatewayError('E_REQUEST_INVALID', 'a partner is named by two letters', { fix: lettersFix });
  const folder = join(adapters, cc.toLowerCase());
  if (!existsSync(join(folder, 'adapter.yaml')) || existsSync(join(folder, keptAnswers)) || force) return folder;
  const fix = 'Edit it, or give --force to draft it anew.';
  throw new GatewayError('E_REQUEST_INVALID', 'there is an adapter of this name already', { at: folder, fix });
}

/** A workbook has its rows with it. Throws E_WORKBOOK_REFUSED with the cell. */
export function readSample(file: string, bytes: Uint8Array): SampleFile {
  if (!zipStart.equals(bytes.subarray(0, 4))) return { file, bytes };
  try {
    const { sheet, lines } = readOnlySheet(Buffer.from(bytes));
    return { file, bytes, workbook: { sheet, text: lines.join('\n') } };
  } catch (error) {
    throw withPlace(error, `${file}:`);
  }
}

/** `unfinished`: the answers so far, where a person left before the last question. */
export function filesOfDraft(
  { manifest, files }: Draft,
  unfinished?: ReadonlyMap<string, unknown>,
): Map<string, string | Uint8Array> {
  const all = new Map<string, string | Uint8Array>([['adapter.yaml', writeYaml(manifest)], ...files]);
  if (unfinished !== undefined) all.set(keptAnswers, writeYaml(Object.fromEntries(unfinished)));
  return all;
}

/** Writes a folder whole or not at all: into a new one beside it, which takes its place once it loads and has its sample conversations. */
export async function replaceFolder(folder: string, files: DraftFiles, tools: AdapterTools): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const made = await mkdtemp(join(dirname(folder), '.new-'));
  const old = `${made}-old`;
  try {
    if (existsSync(folder)) await cp(folder, made, { recursive: true });
    for (const name of ['samples', keptAnswers]) await rm(join(made, name), { recursive: true, force: true });
    await writeFiles(made, files);
    await writeFiles(made, sampleConversations(await loadAdapter(made, tools), tools));
    if (existsSync(folder)) await rename(folder, old);
    await rename(made, folder);
  } finally {
    await rm(made, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

export async function writeFiles(folder: string, files: DraftFiles): Promise<void> {
  for (const [name, text] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
