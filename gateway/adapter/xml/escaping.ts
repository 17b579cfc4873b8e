/** Writes text and tags as in canonical XML (Canonical XML 1.0, 1.1 and 2.3). */

import { GatewayError } from '../../model/errors.ts';
import { makeRoom, type ByteWriter } from '../../model/byte-writer.ts';
import type { ElementPlan } from './plan.ts';

/** The start tag up to the attributes. */
export function openingTag({ tag, declarations }: ElementPlan): string {
  const written = declarations.map(
    ([prefix, namespace]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(namespace)}"`,
  );
  return `<${tag}${written.join('')}`;
}

// Characters that may have to be escaped or refused.
const special = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/u;
const specials = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/gu;

/** Unescaped line ends, and in attributes white space, would be normalized by the reader. */
const textEscapes: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', '\r': '&#xD;' },
  ...{ '"': '"', '\t': '\t', '\n': '\n' },
};
const attributeEscapes: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '>', '&': '&amp;', '"': '&quot;' },
  ...{ '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' },
};

export function escapeText(text: string): string {
  return special.test(text) ? replaceSpecials(text, textEscapes) : text;
}

export function escapeAttribute(text: string): string {
  return special.test(text) ? replaceSpecials(text, attributeEscapes) : text;
}

/** Throws E_VALUE_INVALID for a character that XML does not allow (XML 1.0, 2.2). */
function replaceSpecials(text: string, escapes: Readonly<Record<string, string>>): string {
  return text.replace(specials, (character) => {
    const written = escapes[character];
    // XML 1.0 allows the control characters U+007F to U+009F.
    if (written === undefined && character >= '\u007f' && character <= '\u009f') return character;
    if (written === undefined)
      throw new GatewayError('E_VALUE_INVALID', 'the value contains a character that XML does not allow');
    return written;
  });
}

/** Escaping of a value, as text and byte by byte. */
export interface Escaping {
  readonly escape: (text: string) => string;
  /** The replacement of each byte, if any. */
  readonly replacements: readonly (Uint8Array | undefined)[];
  /** 1 for bytes that need a replacement or may start a character that XML does not allow. */
  readonly examined: Uint8Array;
}

export const textEscaping = escapingBy(escapeText, '<>&');
export const attributeEscaping = escapingBy(escapeAttribute, '<&"');

function escapingBy(escape: (text: string) => string, replaced: string): Escaping {
  const replacements = new Array<Uint8Array | undefined>(256).fill(undefined);
  for (const character of replaced) replacements[character.charCodeAt(0)] = Buffer.from(escape(character));
  // U+FFFE and U+FFFF start with this byte.
  const examined = Uint8Array.from(replacements, (bytes, byte) => (bytes === undefined && byte !== 0xef ? 0 : 1));
  return { escape, replacements, examined };
}

/** Copies UTF-8 bytes without control characters, escaped; false, and nothing copied, for a character that XML does not allow. */
export function copyEscaped(
  writer: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  { replacements, examined }: Escaping,
): boolean {
  // The longest replacement is six bytes.
  makeRoom(writer, (end - start) * 6);
  const to = writer.bytes;
  let { length } = writer;
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (examined[byte] === 1) {
      const replacement = replacements[byte];
      if (replacement === undefined && isNoncharacter(bytes, i)) return false;
      if (replacement !== undefined) {
        to.set(replacement, length);
        length += replacement.length;
        continue;
      }
    }
    to[length] = byte;
    length += 1;
  }
  writer.length = length;
  return true;
}

/** U+FFFE and U+FFFF, the only characters beyond ASCII that XML 1.0 does not allow. */
function isNoncharacter(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0xbf && (bytes[at + 2] ?? 0) >= 0xbe;
}
