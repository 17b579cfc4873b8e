/** What stands in a canonical document, as numbers: a fraction of the memory of a tree, and nothing to be freed. */

import type { XmlName } from './canonical-names.ts';

/**
 * A start tag and an end tag are one number; a text and an attribute are three: the token, and where in the bytes the value
 * starts and ends. A token is its kind, the flags of its value, and the number of its name.
 */
export const [startTag, endTag, textToken, attributeToken] = [0, 1, 2, 3];
export const kindMask = 3;
/** The value holds references; it holds bytes beyond ASCII. */
export const [escapedValue, wideValue] = [4, 8];
export const nameShift = 4;

export interface Tokens {
  numbers: Int32Array;
  used: number;
}

/** A document in canonical form. Its bytes must not change while it is in use. */
export interface CanonicalXml {
  readonly bytes: Uint8Array;
  readonly tokens: Tokens;
  readonly names: readonly XmlName[];
  /** Where the root's start tag starts and ends, where its end tag starts, and where that ends. */
  readonly root: { readonly start: number; readonly content: number; readonly end: number; readonly after: number };
  /** Where the signature stands that was read over; the canonical form and the tokens are without it. */
  readonly signature: { readonly start: number; readonly end: number } | undefined;
}

/** Room for as many bytes of tokens as there are of text, which lists rarely need. */
export function openTokens(bytes: number): Tokens {
  return { numbers: new Int32Array(64 + (bytes >>> 2)), used: 0 };
}

export function addTag(tokens: Tokens, token: number): void {
  if (tokens.used === tokens.numbers.length) grow(tokens);
  tokens.numbers[tokens.used] = token;
  tokens.used += 1;
}

export function addValue(tokens: Tokens, token: number, start: number, end: number): void {
  if (tokens.used + 3 > tokens.numbers.length) grow(tokens);
  const { numbers, used } = tokens;
  numbers[used] = token;
  numbers[used + 1] = start;
  numbers[used + 2] = end;
  tokens.used = used + 3;
}

function grow(tokens: Tokens): void {
  const larger = new Int32Array(tokens.numbers.length * 2);
  larger.set(tokens.numbers);
  tokens.numbers = larger;
}
