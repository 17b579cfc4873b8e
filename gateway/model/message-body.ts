/** How the content of a message is read: wire reads the bytes, a decoder of the adapter room understands them. */

import type { CanonicalXml } from './canonical-tokens.ts';

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Receives the events of one XML document, in order. Comments and processing instructions never come this far. */
export interface XmlEvents {
  open(namespace: string, name: string, attributes: readonly XmlAttribute[], place: TextPlace): void;
  text(text: string, place: TextPlace): void;
  close(): void;
}

/** The same for the content of a message: where in the bytes something stands is of no interest any more. */
export interface BodyEvents {
  open(namespace: string, name: string, attributes: readonly XmlAttribute[]): void;
  text(text: string): void;
  close(): void;
}

/**
 * Takes the element whose start tag stands at that token by itself; gives the token behind its end tag, or -1 when it is to be
 * told as events.
 */
export type TakeElement = (document: CanonicalXml, at: number) => number;

/** Understands one message body; made anew for each message. Throws GatewayError with the path of what it does not understand. */
export type BodyDecoder<T> =
  | {
      readonly format: 'xml';
      readonly events: BodyEvents;
      /** Asked at each start tag of a canonical document, before its event is told. */
      readonly take?: TakeElement;
      result(): T;
    }
  | { readonly format: 'json'; read(value: unknown): T }
  /** The lines of a text, without their ends. */
  | { readonly format: 'text'; read(lines: readonly string[]): T };

/**
 * The same text as the engine keeps it for names of members: one copy of each. Two such texts are compared by a look at where
 * they stand, and a list compares the names of its elements a million times.
 */
export function keptName(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}
