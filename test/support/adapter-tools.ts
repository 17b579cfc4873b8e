/** The readers of the adapter room, joined as main.ts joins them. */

import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Manifest } from '../../gateway/adapter/manifest.ts';
import type { AdapterTools } from '../../gateway/adapter/tools.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import { parseStrictJson } from '../../gateway/wire/json.ts';
import { jsonValidator } from '../../gateway/wire/schema.ts';
import { readXml } from '../../gateway/wire/xml-events.ts';
import { placeInYaml, readYaml } from '../../gateway/wire/yaml.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const adaptersFolder = join(root, 'adapters');

export const adapterTools: AdapterTools = {
  readXml,
  readJson: (text) => parseStrictJson(text),
  readYaml,
  placeInYaml,
  validateManifest: jsonValidator<Manifest>(join(root, 'schemas', 'adapter.schema.json')),
  validateHome: jsonValidator<HomeProfile>(join(root, 'schemas', 'home.schema.json')),
};
