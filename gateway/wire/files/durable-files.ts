/** Files that are whole after a loss of power: as before, or as they were written. */

import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes what only the account of the gateway may read; on the disk when this resolves. Others see the file before or this one. */
export async function replaceDurably(file: string, text: string | Uint8Array): Promise<void> {
  await writeDurably(await open(`${file}.new`, 'w', 0o600), text);
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));
}

/** The bytes are on the disk when this resolves, and the file is closed. */
export async function writeDurably(file: FileHandle, text: string | Uint8Array): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that new names in the folder outlast a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
