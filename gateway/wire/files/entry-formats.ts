/** The accepted formats of entries: JSON by its schema, and XML by the profiles in schemas/entry-profiles. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { explainFaults, RequestFaults } from '../../model/clearance/request-faults.ts';
import type { Entry } from '../../model/clearance/entry.ts';
import { contentTypeOf } from './content-type.ts';
import type { EntryProfile } from './entry-profile.ts';
import {
  readJsonEntry,
  readXmlEntry,
  type EntryDocument,
  type ReadEntry,
  type XmlEntryOptions,
} from './entry-reader.ts';
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
  const documents = files
    .sort()
    .map((file) => ({ file, text: readYaml(readFileSync(join(folder, file), 'utf8'), file) }));
  const profiles = documents.map(({ file, text }) => {
    const { base, ...own } = text as { readonly base?: string };
    const described = documents.find(({ file: other }) => other === `${base ?? ''}.yaml`);
    const verdict = validProfile({ ...(described?.text as object | undefined), ...own });
    if (verdict.ok) return verdict.value;
    const [first] = verdict.errors;
    throw new GatewayError('E_CONFIG_INVALID', first?.detail ?? 'not a profile', {
      at: `${file} ${first?.pointer ?? ''}`,
    });
  });
  return { profiles, json: jsonValidator<EntryDocument>(join(schemaFolder, 'entry.schema.json')) };
}

/**
 * Reads an entry by its content type. The bounds of the schema hold for every format. Throws E_REQUEST_TYPE (another type),
 * RequestFaults (what does not follow the schema), E_ENTRY_UNREADABLE, and what parseStrictJson and readPlainXml throw.
 */
export function readEntry(
  bytes: Uint8Array,
  contentType: string,
  formats: EntryFormats,
  options: Omit<XmlEntryOptions, 'charset'> = {},
): ReadEntry {
  const { mediaType, charset } = contentTypeOf(contentType);
  switch (mediaType) {
    case 'application/json': {
      const value = parseStrictJson(bytes);
      const verdict = formats.json(value);
      if (!verdict.ok) throw new RequestFaults(explainFaults(verdict.errors, value));
      return readJsonEntry(verdict.value);
    }
    case 'application/xml':
    case 'text/xml': {
      const read = readXmlEntry(bytes, formats.profiles, { ...options, charset });
      checkBounds(read.entry, formats);
      return read;
    }
    default:
      throw new GatewayError('E_REQUEST_TYPE', 'an entry is application/json or application/xml');
  }
}

/** The entry of an XML declaration against the schema of entries; a fault of a party is at the place of the party. */
function checkBounds({ direction: type = 'import', ...entry }: Entry, { json }: EntryFormats): void {
  const { id, office, port, portOfDeparture: port_of_departure } = entry;
  const parties = entry.parties.map(({ wco, asked, ...party }) => party);
  const verdict = json({ entry: present({ type, id, office, port, port_of_departure, parties }) });
  if (verdict.ok) return;
  const faults = verdict.errors.map((fault) => {
    const [, n = '', member = ''] = /^\/entry\/parties\/(\d+)\/(\w+)$/u.exec(fault.pointer) ?? [];
    const party = n === '' ? undefined : entry.parties[Number(n)];
    return party === undefined ? fault : { ...fault, pointer: party.pointer, detail: `${member}: ${fault.detail}` };
  });
  throw new RequestFaults(faults);
}
