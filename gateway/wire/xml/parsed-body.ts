/** Keeps the parsed body of a message, so that the schema check and the decoder read the same body that was digested. */

import { GatewayError } from '../../model/errors.ts';
import type { VerifiedMessage } from '../../model/message.ts';
import type { LineRules } from '../../model/message-body.ts';
import { readLines } from '../files/text-lines.ts';
import type { XmlTree } from './xml-tree.ts';

export type ParsedBody =
  | XmlTree
  | { readonly format: 'json'; readonly value: unknown }
  /** `firstLine`: the number that the first line of the text has in the document, where the MIME headers stand before it. */
  | { readonly format: 'text'; readonly firstLine: number; lines(rules: LineRules | undefined): readonly string[] };

/** The body of a text, whose lines are read once its layout is known. */
export function textBody(bytes: Uint8Array, firstLine: number): ParsedBody & { readonly format: 'text' } {
  let read: { readonly rules: LineRules; readonly lines: readonly string[] } | undefined;
  return {
    format: 'text',
    firstLine,
    lines(rules) {
      if (rules === undefined) throw new GatewayError('E_MESSAGE_KIND', 'the message is text, and its layout is not');
      if (read?.rules !== rules) read = { rules, lines: readLines(bytes, rules) };
      return read.lines;
    },
  };
}

const bodies = new WeakMap<object, ParsedBody>();

export function keepBody(owner: object, tree: ParsedBody): void {
  bodies.set(owner, tree);
}

/** The parsed body of a message; E_INTERNAL after it was disposed of. */
export function bodyOf(owner: object): ParsedBody {
  const tree = bodies.get(owner);
  if (tree === undefined) throw new GatewayError('E_INTERNAL', 'the message was disposed of already');
  return tree;
}

/** Frees the parsed body; a second call does nothing. */
export function dropBody(owner: object): void {
  const tree = bodies.get(owner);
  bodies.delete(owner);
  if (tree?.format === 'xml') tree.dispose();
}

export function bodyIn<F extends ParsedBody['format']>(
  message: VerifiedMessage,
  format: F,
): Extract<ParsedBody, { readonly format: F }> {
  const body = bodyOf(message);
  if (body.format !== format) throw new GatewayError('E_INTERNAL', `the message is not ${format}`);
  return body as Extract<ParsedBody, { readonly format: F }>;
}

/** The lines of a text, or the rows of a workbook; undefined for other messages. */
export function linesIn(owner: object, rules: LineRules): readonly string[] | undefined {
  const body = bodyOf(owner);
  return body.format === 'text' ? body.lines(rules) : undefined;
}
