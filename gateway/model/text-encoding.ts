/** Text encodings other than UTF-8, strict both ways: a character that cannot be written, and bytes without one, are found and not replaced. */

import iconv from 'iconv-lite';

export const textEncodings = [
  ...(['utf-8', 'euc-kr', 'cp949', 'gb18030', 'gbk', 'shift-jis', 'windows-31j'] as const),
  ...(['windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'windows-1254', 'windows-1255'] as const),
  ...(['windows-1256', 'windows-1257', 'windows-1258', 'iso-8859-1', 'iso-8859-2', 'iso-8859-5'] as const),
  ...(['iso-8859-7', 'iso-8859-9', 'iso-8859-15'] as const),
] as const;
export type TextEncoding = (typeof textEncodings)[number];

/** Which of its pairs of bytes an encoding has, where the library reads a larger one under its name. */
const pairs: Readonly<Partial<Record<TextEncoding, (lead: number, trail: number) => boolean>>> = {
  // KS X 1001; the rest of code page 949 is another encoding.
  'euc-kr': (lead, trail) => lead >= 0xa1 && trail >= 0xa1,
  // JIS X 0208 without the rows of vendors, which only windows-31j has.
  'shift-jis': (lead) => lead !== 0x87 && lead < 0xed,
};

/** The names of the library where they are others. */
const names: Readonly<Partial<Record<TextEncoding, string>>> = { 'shift-jis': 'cp932', 'windows-31j': 'cp932' };

// Every encoding of the list has these as ASCII does.
const ascii = /^[\0-\x7f]*$/u;

const nameOf = (encoding: TextEncoding): string => names[encoding] ?? encoding;

/** Whether every character of the text can be written, and is read back as itself. */
export function canEncode(text: string, encoding: TextEncoding): boolean {
  if (encoding === 'utf-8' || ascii.test(text)) return true;
  const decoded = decodeText(encodeText(text, encoding), encoding);
  return decoded === text && !text.includes(noCharacter);
}

/** The first character that cannot be written, as `U+B620`; names of operators stand in no error. */
export function unencodable(text: string, encoding: TextEncoding): string | undefined {
  const found = canEncode(text, encoding) ? undefined : Array.from(text).find((sign) => !canEncode(sign, encoding));
  return found && `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The text with a sign in place of each character that cannot be written. */
export function fitText(text: string, encoding: TextEncoding, sign: string): string {
  if (canEncode(text, encoding)) return text;
  return Array.from(text, (character) => (canEncode(character, encoding) ? character : sign)).join('');
}

/** The text must be encodable. */
export function encodeText(text: string, encoding: TextEncoding): Uint8Array {
  return iconv.encode(text, nameOf(encoding));
}

/** How many bytes the text has, whose characters the encoding has. */
export function bytesOf(text: string, encoding: TextEncoding): number {
  if (encoding === 'utf-8') return Buffer.byteLength(text);
  return ascii.test(text) ? text.length : encodeText(text, encoding).length;
}

/** What stands in a decoded text for bytes without a character. */
export const noCharacter = '\uFFFD';

/** The text, with `noCharacter` in place of bytes that the encoding does not have. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string {
  const read = (part: Uint8Array): string => iconv.decode(Buffer.from(part), nameOf(encoding), { stripBOM: false });
  let text = '';
  let from = 0;
  for (let at = faultyPair(bytes, encoding); at !== undefined; at = faultyPair(bytes, encoding, from)) {
    text += read(bytes.subarray(from, at)) + noCharacter;
    // A line end is never part of a character.
    from = at + ((bytes[at + 1] ?? 0) < 0x20 ? 1 : 2);
  }
  return text + read(from === 0 ? bytes : bytes.subarray(from));
}

/** The index of the first pair of bytes that the encoding does not have. */
function faultyPair(bytes: Uint8Array, encoding: TextEncoding, from = 0): number | undefined {
  const allows = pairs[encoding];
  if (allows === undefined) return undefined;
  for (let i = from; i < bytes.length; i += 1) {
    const lead = bytes[i] ?? 0;
    // Half-width katakana are single bytes of Shift JIS.
    if (lead < 0x80 || (encoding === 'shift-jis' && lead >= 0xa1 && lead <= 0xdf)) continue;
    if (!allows(lead, bytes[i + 1] ?? 0)) return i;
    i += 1;
  }
  return undefined;
}
