/** The parsers and validators that app/composition.ts passes to adapters, and all adapters of the project. */

import { readDocument } from '../../gateway/wire/xml/xml-tree.ts';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import type { Manifest } from '../../gateway/adapter/manifest.ts';
import type { AdapterTools } from '../../gateway/adapter/tools.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import { parseStrictJson } from '../../gateway/wire/files/json.ts';
import { jsonValidator } from '../../gateway/wire/xsd/schema.ts';
import { readLines } from '../../gateway/wire/files/text-lines.ts';
import { readXml } from '../../gateway/wire/xml/xml-events.ts';
import { placeInYaml, readYaml } from '../../gateway/wire/files/yaml.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const adaptersFolder = join(root, 'adapters');

export const adapterTools: AdapterTools = {
  readText: (file) => readFile(file, 'utf8'),
  readDocument,
  readXml,
  readJson: (text) => parseStrictJson(text),
  readLines,
  readYaml,
  placeInYaml,
  validateManifest: jsonValidator<Manifest>(join(root, 'schemas', 'adapter.schema.json')),
  validateHome: jsonValidator<HomeProfile>(join(root, 'schemas', 'home.schema.json')),
};

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
