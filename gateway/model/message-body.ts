/** How the content of a message is read: wire parses the bytes, a decoder of the adapter understands what they say. */

import type { CanonicalXml } from './canonical-tokens.ts';

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** Where something stands in a file, counted from 1. Readers of XML know the line only. */
export interface TextPlace {
  readonly line: number;
  readonly column?: number;
}

/** Receives the elements and texts of a template, schema or sample in their order. */
export interface XmlEvents {
  open(namespace: string, name: string, attributes: readonly XmlAttribute[], place: TextPlace): void;
  text(text: string, place: TextPlace): void;
  close(): void;
}

/** Understands one message body. Throws GatewayError with the path of what it does not understand. */
export type BodyDecoder<T> =
  | { readonly format: 'xml'; read(document: CanonicalXml): T }
  | { readonly format: 'json'; read(value: unknown): T }
  /** The lines of a text, without their ends. */
  | { readonly format: 'text'; read(lines: readonly string[]): T };

/**
 * The same text as the engine keeps it for names of members: one copy of each, compared by address. A list compares the names of
 * its elements a million times.
 */
export function internName(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}
