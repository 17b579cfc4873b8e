/** The parsers and validators that the composition passes to adapters, which do not import wire/. */

import type { CanonicalXml } from '../model/canonical-tokens.ts';
import type { LineRules, TextPlace, XmlEvents } from '../model/message-body.ts';
import type { HomeProfile } from '../model/home.ts';
import type { Manifest } from './manifest.ts';

/** A violation of a schema; `pointer` is a JSON Pointer into the value. */
interface SchemaFault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly SchemaFault[] };

export interface AdapterTools {
  /** The text of a file in an adapter's folder. Authors' tools substitute changed texts. */
  readonly readText: (file: string) => Promise<string>;
  /** Reads a template or sample. Namespace declarations are reported as attributes of the xmlns namespace. */
  readonly readXml: (source: string, events: XmlEvents, file?: string) => void;
  /** The content of an XML message, canonical or not. Throws E_XML_MALFORMED, E_XML_FORBIDDEN. */
  readonly readDocument: (bytes: Uint8Array) => CanonicalXml;
  readonly readJson: (text: string) => unknown;
  /** The lines of a text message. Throws E_TEXT_MALFORMED. */
  readonly readLines: (bytes: Uint8Array, rules: LineRules) => readonly string[];
  /** Throws E_CONFIG_INVALID with file, line and column. */
  readonly readYaml: (text: string, file: string) => unknown;
  /** The place of a JSON Pointer in a YAML text, or of the nearest enclosing value. */
  readonly placeInYaml: (text: string, pointer: string) => TextPlace;
  readonly validateManifest: (value: unknown) => Checked<Manifest>;
  readonly validateHome: (value: unknown) => Checked<HomeProfile>;
}
