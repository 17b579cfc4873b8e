/** The adapter of a folder as a git revision has it. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Adapter } from '../adapter/adapter.ts';
import { loadAdapter } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { GatewayError } from '../model/errors.ts';

const run = promisify(execFile);

/**
 * Loads the folder's files of a revision from a temporary copy. `use` may compile the schemas, so it runs before the copy is
 * removed. Throws E_REQUEST_INVALID outside a repository, for an unknown revision, and for one without this folder.
 */
export async function withAdapterAt<T>(
  { folder, revision }: { readonly folder: string; readonly revision: string },
  tools: AdapterTools,
  use: (adapter: Adapter) => T,
): Promise<T> {
  const names = await namesAt(folder, revision);
  const copy = await mkdtemp(join(tmpdir(), 'adapter-at-'));
  try {
    const into = join(copy, basename(folder));
    for (const name of names) {
      const file = join(into, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await git(folder, ['show', `${revision}:./${name}`], 'buffer'));
    }
    return use(await loadAdapter(into, tools));
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Names of the files of the folder itself, samples not among them. */
async function namesAt(folder: string, revision: string): Promise<readonly string[]> {
  // A revision is never an option: --end-of-options would be plainer, and older programs do not know it.
  if (revision.startsWith('-')) throw noRevision(revision);
  const inside = await git(folder, ['rev-parse', '--is-inside-work-tree'], 'utf8').catch((cause: unknown) => {
    throw new GatewayError('E_REQUEST_INVALID', 'the adapter is not in a git repository', {
      at: folder,
      fix: 'Keep adapters/ under git, or leave --diff out.',
      cause,
    });
  });
  const listed = await git(folder, ['ls-tree', '--full-tree', '--name-only', `${revision}:./`], 'utf8').catch(() => {
    throw noRevision(revision);
  });
  const names = listed
    .toString()
    .split('\n')
    .filter((name) => /\.[a-z]+$/u.test(name));
  if (inside.toString().trim() === 'true' && names.includes('adapter.yaml')) return names;
  throw noRevision(revision);
}

function noRevision(revision: string): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', 'git has no such adapter at this revision', {
    at: revision,
    fix: 'Give a commit, tag or branch that has this folder, such as HEAD.',
  });
}

async function git(folder: string, words: readonly string[], encoding: 'utf8' | 'buffer'): Promise<string | Buffer> {
  const { stdout } = await run('git', ['-C', folder, ...words], { encoding, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
