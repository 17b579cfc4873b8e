/** Makes folders. */

import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GatewayError } from '../../model/errors.ts';

/**
 * Makes a folder and those above it, where they are missing, with this mode whatever the umask. Throws E_FILE_UNWRITABLE with the path.
 * `mkdir` of Node.js with `recursive` never returns below a folder that refuses every new one with ENOENT, such as /proc.
 */
export function makeFolder(folder: string, mode?: 0o700): void {
  const missing: string[] = [];
  for (let each = resolve(folder); !existsSync(each) && each !== dirname(each); each = dirname(each))
    missing.unshift(each);
  try {
    for (const each of missing) makeOne(each, mode);
  } catch (cause) {
    throw unwritable(folder, 'the folder could not be made', cause);
  }
  if (!statSync(folder).isDirectory()) throw unwritable(folder, 'there is a file of this name, not a folder');
}

function makeOne(folder: string, mode?: 0o700): void {
  try {
    mkdirSync(folder, mode);
    if (mode !== undefined) chmodSync(folder, mode);
  } catch (cause) {
    // Another process has made it meanwhile.
    if (!existsSync(folder)) throw cause;
  }
}

function unwritable(at: string, detail: string, cause?: unknown): GatewayError {
  const fix = 'Name a folder that exists, or one that can be made; its owner must be the account of the gateway.';
  return new GatewayError('E_FILE_UNWRITABLE', detail, { at, fix, cause });
}
