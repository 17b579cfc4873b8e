/** The adapter tools of the program, made once for the tests, and all adapters of the project. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools as makeAdapterTools } from '../../gateway/app/adapter-tools.ts';
import { programFolder } from '../../gateway/app/config.ts';

export const adaptersFolder = join(programFolder, 'adapters');

export const adapterTools = makeAdapterTools();

/** Every folder with an adapter.yaml, by folder name. */
export async function loadAdapters(): Promise<ReadonlyMap<string, Adapter>> {
  const names = (await readdir(adaptersFolder)).filter((name) =>
    existsSync(join(adaptersFolder, name, 'adapter.yaml')),
  );
  const adapters = names
    .sort()
    .map(async (name) => [name, await loadAdapter(join(adaptersFolder, name), adapterTools)] as const);
  return new Map(await Promise.all(adapters));
}
