/** The folder that an adapter command is about. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../model/errors.ts';

/** The folder of an adapter; E_ADAPTER_UNKNOWN where there is none. */
export function folderOf(adapters: string, cc: string): string {
  const folder = join(adapters, cc.toLowerCase());
  if (/^[a-z][a-z0-9-]*$/u.test(cc.toLowerCase()) && existsSync(folder)) return folder;
  throw new GatewayError('E_ADAPTER_UNKNOWN', 'there is no such folder', {
    at: adapters,
    fix: 'Name a folder under adapters/.',
  });
}
