/** What the adapter room receives of the program: its readers, and the validators of manifests and home profiles. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTerms, type WrittenManifest } from '../adapter/memorandum.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import type { HomeProfile } from '../model/home.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { readLines } from '../wire/files/text-lines.ts';
import { placeInYaml, readYaml } from '../wire/files/yaml.ts';
import { readXml } from '../wire/xml/xml-events.ts';
import { readDocument } from '../wire/xml/xml-tree.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import { programFolder } from './config.ts';

export const schemas = join(programFolder, 'schemas');

export function adapterTools(): AdapterTools {
  return {
    readText: (file) => readFile(file, 'utf8'),
    readDocument,
    readXml,
    readJson: (text) => parseStrictJson(text),
    readLines,
    readYaml,
    placeInYaml,
    // Compiled when first used: most commands read neither, and these schemas take as long as the rest of a start.
    validateManifest: (manifest) =>
      withTerms(jsonValidator<WrittenManifest>(join(schemas, 'adapter.schema.json'), 'once')(manifest)),
    validateHome: (home) => jsonValidator<HomeProfile>(join(schemas, 'home.schema.json'), 'once')(home),
  };
}
