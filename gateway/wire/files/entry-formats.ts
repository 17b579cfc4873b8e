/** The accepted formats of entries: JSON by its schema, and XML by the profiles in schemas/entry-profiles. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../model/errors.ts';
import { explainFaults, RequestFaults } from '../../model/clearance/request-faults.ts';
import { readJsonEntry, readXmlEntry, type EntryDocument, type EntryProfile, type ReadEntry } from './entry-reader.ts';
import { parseStrictJson } from './json.ts';
import { jsonValidator, type JsonVerdict } from '../xsd/schema.ts';
import { readYaml } from './yaml.ts';

export interface EntryFormats {
  readonly profiles: readonly EntryProfile[];
  readonly json: (value: unknown) => JsonVerdict<EntryDocument>;
}

/** Loads the profiles and the schema from the folder of schemas. Throws E_CONFIG_INVALID with file and JSON Pointer. */
export function loadEntryFormats(schemaFolder: string): EntryFormats {
  const validProfile = jsonValidator<EntryProfile>(join(schemaFolder, 'entry-profile.schema.json'));
  const folder = join(schemaFolder, 'entry-profiles');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const profiles = files.sort().map((file) => {
    const verdict = validProfile(readYaml(readFileSync(join(folder, file), 'utf8'), file));
    if (verdict.ok) return verdict.value;
    const [first] = verdict.errors;
    throw new GatewayError('E_CONFIG_INVALID', first?.detail ?? 'not a profile', {
      at: `${file} ${first?.pointer ?? ''}`,
    });
  });
  return { profiles, json: jsonValidator<EntryDocument>(join(schemaFolder, 'entry.schema.json')) };
}

/**
 * Reads an entry by its media type. Throws E_REQUEST_TYPE (another type), RequestFaults (JSON that does not follow the schema),
 * E_ENTRY_UNREADABLE, and what parseStrictJson and readPlainXml throw.
 */
export function readEntry(bytes: Uint8Array, mediaType: string, formats: EntryFormats, profile?: string): ReadEntry {
  switch (mediaType) {
    case 'application/json': {
      const value = parseStrictJson(bytes);
      const verdict = formats.json(value);
      if (!verdict.ok) throw new RequestFaults(explainFaults(verdict.errors, value));
      return readJsonEntry(verdict.value);
    }
    case 'application/xml':
    case 'text/xml':
      return readXmlEntry(bytes, formats.profiles, profile);
    default:
      throw new GatewayError('E_REQUEST_TYPE', 'an entry is application/json or application/xml');
  }
}
