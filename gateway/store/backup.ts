/** Backups: copies a store in use as of one moment, verifies the copy, and restores it to a place where no store is in use. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { backup } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { sqliteFile } from './database.ts';
import { checkDump, dumpDatabase, requireEmptyDatabase, restoreDump } from './postgres-backup.ts';
import { storeError } from './sqlite-errors.ts';
import { filesOf, makePrivateFile, openFile } from './sqlite-file.ts';

interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** Also written to FILE.sha256, in the format of `sha256sum -c`. */
  readonly sha256: string;
}

/**
 * Copies the store to a new file and verifies the copy; other processes may write meanwhile. Throws E_FILE_UNWRITABLE, E_STORE_UNREACHABLE,
 * E_STORE_DAMAGED, E_BACKUP_INVALID, E_SYSTEM_REFUSED.
 */
export async function writeBackup(store: string, file: string): Promise<Backup> {
  if (existsSync(file)) {
    const fix = 'Name another file, for example one with the day in its name.';
    throw new GatewayError('E_FILE_UNWRITABLE', 'there is a file of this name', { at: file, fix });
  }
  const part = `${file}.part`;
  try {
    makeEmpty(part);
    const source = sqliteFile(store);
    await (source === undefined ? dumpDatabase(store, part) : copySqlite(source, part));
    await checkCopy(store, part);
    await flush(part);
    const sha256 = await digestOf(part);
    await writeFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`, { mode: 0o600 });
    await rename(part, file);
    return { file, bytes: statSync(file).size, sha256 };
  } finally {
    await rm(part, { force: true });
  }
}

function makeEmpty(part: string): void {
  try {
    makePrivateFile(part);
  } catch (cause) {
    const fix = 'Name a file in a folder that exists and that the account of the gateway may write to.';
    throw new GatewayError('E_FILE_UNWRITABLE', 'the file could not be made', { at: part, fix, cause });
  }
}

/** Copies all pages in one step: with several steps, each write restarts the copy, and in a busy store it would never finish. */
const allPages = 2 ** 31 - 1;

async function copySqlite(source: string, part: string): Promise<void> {
  if (!existsSync(source))
    throw new GatewayError('E_STORE_UNREACHABLE', 'there is no store yet', {
      fix: 'Check the settings store and data.',
    });
  const database = openFile(source, 'read');
  try {
    await backup(database, part, { rate: allPages });
  } catch (error) {
    throw storeError(error);
  } finally {
    database.close();
  }
}

async function checkCopy(store: string, file: string): Promise<void> {
  if (sqliteFile(store) === undefined) await checkDump(file);
  else checkSqlite(file);
}

/** Checks every page and index, and that the file is the store of a gateway. */
function checkSqlite(file: string): void {
  try {
    const database = openFile(file, 'read alone');
    try {
      const found = database.prepare('pragma integrity_check(1)').get()?.['integrity_check'];
      database.prepare('select value from counter').get();
      if (found !== 'ok') throw invalid(file, 'the file is damaged');
    } finally {
      database.close();
    }
  } catch (cause) {
    throw isGatewayError(cause) && cause.code === 'E_BACKUP_INVALID' ? cause : invalid(file, 'it is no store', cause);
  }
}

function invalid(at: string, detail: string, cause?: unknown): GatewayError {
  const fix = 'Take another backup. The store is unchanged.';
  return new GatewayError('E_BACKUP_INVALID', detail, { at, fix, cause });
}

async function flush(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  await handle.sync();
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * Replaces the store by a backup, and returns where the previous embedded store was moved. `prepare` gets the address of the copy; an
 * embedded copy takes its place afterwards. The caller holds the lock of the data folder. Throws E_BACKUP_INVALID, E_STORE_OCCUPIED (a
 * database that is not empty), E_FILE_UNWRITABLE, E_SYSTEM_REFUSED, and what `prepare` throws.
 */
export async function restoreBackup(
  { store, file, stamp }: { readonly store: string; readonly file: string; readonly stamp: string },
  prepare: (store: string) => Promise<void>,
): Promise<string | undefined> {
  await checkDigest(file);
  await checkCopy(store, file);
  const place = sqliteFile(store);
  if (place === undefined) {
    await requireEmptyDatabase(store);
    await restoreDump(store, file);
    await prepare(store);
    return undefined;
  }
  const part = `${place}.part`;
  try {
    makeEmpty(part);
    await copyFile(file, part);
    await prepare(`sqlite:${part}`);
    await flush(part);
    const aside = await moveAside(place, stamp);
    await rename(part, place);
    return aside;
  } finally {
    await rm(part, { force: true });
  }
}

async function checkDigest(file: string): Promise<void> {
  if (!existsSync(file)) throw new GatewayError('E_FILE_UNREADABLE', 'there is no such file', { at: file });
  const sums = `${file}.sha256`;
  if (!existsSync(sums)) return; // without a checksum file, the content is still checked
  const [noted] = readFileSync(sums, 'utf8').split(' ');
  if (noted !== (await digestOf(file))) throw invalid(file, 'its bytes are not those of FILE.sha256');
}

/** Nothing is deleted. The log file is moved first: it must never be next to another database file than its own. */
async function moveAside(place: string, stamp: string): Promise<string | undefined> {
  const aside = `${place}.before-${stamp}`;
  const files = filesOf(place)
    .map((from, i) => ({ from, to: filesOf(aside)[i] ?? aside }))
    .filter(({ from }) => existsSync(from));
  for (const { from, to } of files.toReversed()) await rename(from, to);
  return files.length === 0 ? undefined : aside;
}
