/** The file of the embedded engine: private to the gateway's account, durable, and still the one that was opened. */

import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { GatewayError } from '../model/errors.ts';
import { storeError, unreachable } from './sqlite-errors.ts';

/** How long a statement or a transaction waits for another process that writes the same file, in milliseconds. */
export const busyMs = 5_000;
const pageBytes = 4_096;
/** Memory of the writing connection for pages; with the 2 MiB of SQLite it reads most pages that a message changes from the file again. */
const cacheKiB = 16 * 1024;
/** Earlier versions can lose the write-ahead log when a checkpoint races with its reset (fixed in 3.51.3). */
const oldestVersion = [3, 51, 3] as const;

/** Database, log, and index of the log. */
export const filesOf = (path: string): readonly string[] => [path, `${path}-wal`, `${path}-shm`];

/**
 * Creates the file if there is none, and takes the rights of other accounts away from it and its log, whatever the umask. SQLite gives
 * later files of the log the mode of the database. Throws E_STORE_UNREACHABLE, E_STORE_UNDURABLE for a store in memory.
 */
export function makePrivateFile(path: string): void {
  if (path === ':memory:' || path === '') {
    const fix = 'Keep the store in a file on a local disk.';
    throw new GatewayError('E_STORE_UNDURABLE', 'a store in memory is lost when the program ends', { fix });
  }
  try {
    closeSync(openSync(path, 'a', 0o600));
    for (const file of filesOf(path))
      if (existsSync(file) && (statSync(file).mode & 0o777) !== 0o600) chmodSync(file, 0o600);
  } catch (cause) {
    throw unreachable('the file could not be opened', cause);
  }
}

/** Device and inode: another value means that the file was replaced or removed since. */
export function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.dev}:${stat.ino}`;
}

/** Throws E_STORE_UNREACHABLE, E_STORE_DAMAGED. */
export function openFile(path: string, use: 'read' | 'read alone' | 'write'): DatabaseSync {
  try {
    const url = pathToFileURL(path);
    if (use === 'read alone') url.searchParams.set('immutable', '1');
    const database = new DatabaseSync(url, { readOnly: use !== 'write', timeout: busyMs });
    if (use !== 'write') return database;
    // The page size applies to a new file only. Pages of 8 KiB store a list 5 to 10 ms faster; but a message changes thirty of them, and its
    // commits then write half as many bytes again.
    database.exec(`pragma page_size = ${pageBytes}; pragma journal_mode = wal; pragma synchronous = full`);
    database.exec('pragma foreign_keys = on; pragma wal_autocheckpoint = 0');
    database.exec(`pragma cache_size = -${cacheKiB}`);
    return database;
  } catch (error) {
    throw storeError(error);
  }
}

/**
 * Throws E_STORE_UNDURABLE. The connection must be the one that writes: settings belong to a connection. 1 (normal) syncs the log before a
 * checkpoint; after a commit, log-sync.ts does.
 */
export function assertDurable(database: DatabaseSync): void {
  const read = (name: string): unknown => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
  const [journal, synchronous] = [read('journal_mode'), read('synchronous')];
  if (journal === 'wal' && (synchronous === 1 || synchronous === 2)) return;
  const detail = `journal_mode is ${String(journal)} (wal is needed), synchronous is ${String(synchronous)} (1 or 2 is needed)`;
  const fix = 'Keep the store in a file on a local disk, and leave its pragmas alone.';
  throw new GatewayError('E_STORE_UNDURABLE', detail, { fix });
}

/** Throws E_STORE_UNDURABLE for a version of SQLite that can lose committed data. */
export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const at = oldestVersion.findIndex((oldest, i) => (parts[i] ?? 0) !== oldest);
  if (at === -1 || (parts[at] ?? 0) > (oldestVersion[at] ?? 0)) return;
  const fix = 'Run the gateway with a newer Node.js.';
  throw new GatewayError('E_STORE_UNDURABLE', `SQLite ${version} is older than ${oldestVersion.join('.')}`, { fix });
}
