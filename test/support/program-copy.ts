/** A copy of the program in a folder of its own, where adapters can be written. */

import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { programFolder } from '../../gateway/app/config.ts';
import { temporaryFolder } from './pki.ts';

/** With the home profile alone, and `more` parts of the project. */
export function copyOfProgram(...more: readonly string[]): string {
  const folder = temporaryFolder();
  for (const part of ['gateway', 'schemas', 'package.json', 'adapters/cn', ...more])
    cpSync(join(programFolder, part), join(folder, part), { recursive: true });
  symlinkSync(join(programFolder, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
