/** The readers this room is given by whoever assembles the gateway: it knows no XML, no YAML and no schema language itself. */

import type { CanonicalXml } from '../model/canonical-tokens.ts';
import type { TextPlace, XmlEvents } from '../model/message-body.ts';
import type { HomeProfile } from '../model/home.ts';
import type { Manifest } from './manifest.ts';

/** What a schema finds wrong; `pointer` is a JSON Pointer into the value. */
export interface SchemaFault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly SchemaFault[] };

export interface AdapterTools {
  /** A file of an adapter's folder as text. Authors' tools put changed texts in place of files here. */
  readonly readText: (file: string) => Promise<string>;
  /** `template`: comments are passed over, and namespace declarations come as attributes of the xmlns namespace. */
  readonly readXml: (
    source: Uint8Array | string,
    events: XmlEvents,
    options?: { readonly template?: boolean; readonly file?: string },
  ) => void;
  /** The content of an XML message, canonical or not. Throws E_XML_MALFORMED, E_XML_FORBIDDEN. */
  readonly readDocument: (bytes: Uint8Array) => CanonicalXml;
  readonly readJson: (text: string) => unknown;
  /** The lines of a text message; throws for bytes that are not clean lines. */
  readonly readLines: (bytes: Uint8Array) => readonly string[];
  /** Throws E_CONFIG_INVALID with file, line and column. */
  readonly readYaml: (text: string, file: string) => unknown;
  /** Where a JSON Pointer stands in a YAML text; the nearest enclosing value when it stands nowhere. */
  readonly placeInYaml: (text: string, pointer: string) => TextPlace;
  readonly validateManifest: (value: unknown) => Checked<Manifest>;
  readonly validateHome: (value: unknown) => Checked<HomeProfile>;
}
