/** Text and tags as canonical XML writes them. */

import { misfit } from '../faults.ts';
import type { ElementPlan } from './template.ts';

/** The start tag up to the attributes. */
export function openingOf({ tag, declarations }: ElementPlan): string {
  const written = declarations.map(
    ([prefix, namespace]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(namespace)}"`,
  );
  return `<${tag}${written.join('')}`;
}

// What may have to be escaped or refused; everything beyond, the scripts of the world, passes untouched.
const special = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/u;
const specials = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/gu;

/** As canonical XML writes them. Written bare, line ends and, in attributes, blanks would be read back as others. */
const textEscapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '\r': '&#xD;',
  '"': '"',
  '\t': '\t',
  '\n': '\n',
};
const attributeEscapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '>',
  '&': '&amp;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

export function escapeText(text: string): string {
  return special.test(text) ? escaped(text, textEscapes) : text;
}

export function escapeAttribute(text: string): string {
  return special.test(text) ? escaped(text, attributeEscapes) : text;
}

/** Throws E_VALUE_INVALID for characters that XML 1.0, 2.2 does not know. */
function escaped(text: string, escapes: Readonly<Record<string, string>>): string {
  return text.replace(specials, (character) => {
    const written = escapes[character];
    // U+007F to U+009F are control characters that XML 1.0 does know.
    if (written === undefined && character >= '\u007f' && character <= '\u009f') return character;
    if (written === undefined) throw misfit('E_VALUE_INVALID', 'the value holds a character that XML cannot carry');
    return written;
  });
}
