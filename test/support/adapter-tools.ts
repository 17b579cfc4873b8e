/** The readers of the adapter room, joined as main.ts joins them. */

import { readDocument } from '../../gateway/wire/xml/xml-tree.ts';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
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
