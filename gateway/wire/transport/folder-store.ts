/** Files in folders of this machine, or of a file system that it mounts. */

import type { BigIntStats } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../files/durable-files.ts';
import { FileFault, type FileEntry, type FileFaultKind, type FileStore } from './file-store.ts';

export function folderStore(): FileStore {
  return {
    list: (folder) =>
      asFault(folder, async () => {
        const names = await readdir(folder);
        const found = await Promise.all(names.map((name) => entryAt(join(folder, name), name)));
        return found.filter((entry) => entry !== undefined);
      }),
    find: (path) => asFault(path, () => entryAt(path, path.slice(path.lastIndexOf('/') + 1))),
    read: (path, most) =>
      asFault(path, async () => {
        await using file = await open(path, 'r');
        const bytes = Buffer.alloc(Math.min(most, (await file.stat()).size));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
        return bytes.subarray(0, bytesRead);
      }),
    write: (path, bytes) =>
      asFault(path, async () => {
        await using file = await open(path, 'w', 0o640);
        await file.writeFile(bytes);
        await file.sync();
      }),
    rename: (from, to) =>
      asFault(from, async () => {
        await rename(from, to);
        await syncFolder(dirname(to));
      }),
    remove: (path) => asFault(path, () => rm(path, { force: true })),
    isOpen: () => true,
    close: () => Promise.resolve(),
  };
}

/** Undefined for what is no plain file, or is gone. */
async function entryAt(path: string, name: string): Promise<FileEntry | undefined> {
  const found: BigIntStats | undefined = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return found?.isFile() === true
    ? { name, size: Number(found.size), modified: `${found.mtimeNs}.${found.ino}` }
    : undefined;
}

const kinds: Readonly<Record<string, FileFaultKind>> = {
  ENOENT: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function asFault<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new FileFault(kinds[code] ?? 'failed', `${code} at ${path}`, error);
  }
}
