/**
 * A document in canonical form as numbers: what stands where in its bytes. Wire reads the bytes into them; whoever understands
 * the document goes by the numbers, and need not make a text of what only passes through.
 */

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

export interface XmlName {
  readonly namespace: string;
  readonly name: string;
}

/** A document in canonical form. Its bytes must not change while it is in use. */
export interface CanonicalXml {
  readonly bytes: Uint8Array;
  readonly tokens: Tokens;
  /** Each once; tokens tell them by number. */
  readonly names: readonly XmlName[];
  /** Where the root's start tag starts and ends, where its end tag starts, and where that ends. */
  readonly root: { readonly start: number; readonly content: number; readonly end: number; readonly after: number };
  /** Where the signature stands that was read over; the canonical form and the tokens are without it. */
  readonly signature: { readonly start: number; readonly end: number } | undefined;
}
