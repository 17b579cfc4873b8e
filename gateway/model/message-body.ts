/** Interfaces for reading a message: wire parses the bytes, the adapter's decoder interprets the parsed body. */

import type { CanonicalXml } from './canonical-tokens.ts';
import type { TextEncoding } from './text-encoding.ts';

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** A place in a file, counted from 1. Readers of XML know the line only. */
export interface TextPlace {
  readonly line: number;
  readonly column?: number;
}

/** Receives the elements and texts of a template, schema or sample in order. */
export interface XmlEvents {
  open(namespace: string, name: string, attributes: readonly XmlAttribute[], place: TextPlace): void;
  text(text: string, place: TextPlace): void;
  close(): void;
}

/** How the lines of a text are written. */
export interface LineRules {
  readonly ends: '\r\n' | '\n';
  /** They are the rows of this sheet of an XLSX workbook, whose text cells stand in quotation marks. */
  readonly sheet?: string;
  /** Absent: UTF-8. */
  readonly encoding?: TextEncoding;
}

/** Decodes one message body. Throws GatewayError with the path of the content that is refused. */
export type BodyDecoder<T> =
  | { readonly format: 'xml'; read(document: CanonicalXml): T }
  | { readonly format: 'json'; read(value: unknown): T }
  /** The lines of a text, without their ends. `firstLine`: the number of the first one in the document, for places in errors. */
  | { readonly format: 'text'; readonly rules: LineRules; read(lines: readonly string[], firstLine: number): T };

/** Interns a name: the engine keeps one copy of each member name and compares it by address. A list compares names a million times. */
export function internName(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}
