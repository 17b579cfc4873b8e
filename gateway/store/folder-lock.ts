/** The lock of a data folder: one gateway serves it. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '../model/errors.ts';
import { busyCode, resultCode, storeError } from './sqlite-errors.ts';
import { makePrivateFile } from './sqlite-file.ts';

/**
 * Returns the function that releases the lock. A transaction of an empty file of SQLite, because the system ends it with the process,
 * however that ends. Throws E_DATA_IN_USE, E_STORE_UNREACHABLE.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'serve.lock');
  makePrivateFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (cause) {
    database.close();
    if (resultCode(cause) !== busyCode) throw storeError(cause);
    const fix = 'Stop the other gateway, or name another data folder; mra partner reload gives it new settings.';
    throw new GatewayError('E_DATA_IN_USE', 'another gateway serves this data folder', { at: folder, fix, cause });
  }
}
