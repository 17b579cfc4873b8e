/**
 * Tokens of an XML document in canonical form: numbers that describe its bytes. Schema check and decoder read the tokens, so that
 * values that are only copied never become strings.
 */

/**
 * A start tag and an end tag are one number; a text and an attribute are three: the token, and the start and end of the value in
 * the bytes. A token consists of its kind, the flags of its value, and the number of its name.
 */
export const [startTag, endTag, textToken, attributeToken] = [0, 1, 2, 3];
export const kindMask = 3;
/** The value contains references; it contains bytes beyond ASCII. */
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
  /** By number, each once. */
  readonly names: readonly XmlName[];
  /** Start and end of the root's start tag, and of its end tag. */
  readonly root: { readonly start: number; readonly content: number; readonly end: number; readonly after: number };
  /** The range of the signature, which the canonical form and the tokens do not include. */
  readonly signature: { readonly start: number; readonly end: number } | undefined;
}

/** The value of a text or attribute token. */
export function valueText({ bytes, tokens: { numbers } }: CanonicalXml, at: number): string {
  const [token = 0, start = 0, end = 0] = [numbers[at], numbers[at + 1], numbers[at + 2]];
  const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const text = value.toString((token & wideValue) === 0 ? 'latin1' : 'utf8');
  return (token & escapedValue) === 0 ? text : resolveReferences(text);
}

const characters: Readonly<Record<string, string>> = {
  ...{ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' },
  ...{ '&#x9;': '\t', '&#xA;': '\n', '&#xD;': '\r' },
};

/** A canonical value with its references resolved; there are no others than these (Canonical XML 1.0, 2.3). */
export function resolveReferences(text: string): string {
  return text.includes('&') ? text.replaceAll(/&[^;]*;/gu, (written) => characters[written] ?? written) : text;
}
