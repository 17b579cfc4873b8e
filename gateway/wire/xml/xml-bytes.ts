/** The text of an XML document whose encoding its sender states, and the repair of bytes that are not of it. */

import { TextDecoder } from 'node:util';
import { GatewayError } from '../../model/errors.ts';
import { placeAt } from './xml-events.ts';

/** What was not well-formed and was read all the same, and its place, `line:column`. */
export interface XmlRepair {
  readonly at: string;
  readonly detail: string;
}

/** Names of encodings as some systems write them, beside those of the WHATWG standard. */
const otherNames: Readonly<Record<string, string>> = {
  ...{ cp936: 'gbk', ms936: 'gbk', 'windows-936': 'gbk', cp932: 'shift_jis', cp949: 'euc-kr', ms949: 'euc-kr' },
  ...{ cp950: 'big5', ms950: 'big5', 'iso-8859-1': 'windows-1252', 'latin-1': 'windows-1252' },
};

interface StatedEncoding {
  readonly name: string;
  /** Where it is stated. */
  readonly at: string;
}

/**
 * Which encoding counts is ruled by RFC 7303, section 3: a byte order mark, else the charset parameter of the media type, else the XML
 * declaration, else UTF-8. Bytes that are not the UTF-8 they should be are read as windows-1252, which is a repair.
 * Throws E_XML_MALFORMED: the encoding is not supported, or the bytes are not of it.
 */
export function decodeXml(
  bytes: Uint8Array,
  charset: string | undefined,
): { readonly text: string; readonly repairs: readonly XmlRepair[] } {
  const parameter = charset === undefined ? undefined : { name: charset, at: 'charset of the Content-Type' };
  const stated = markedEncoding(bytes) ?? parameter ?? declaredEncoding(bytes) ?? { name: 'utf-8', at: '1:1' };
  const decoder = decoderOf(stated);
  try {
    return { text: withoutEncoding(decoder.decode(bytes)), repairs: [] };
  } catch (cause) {
    const detail = 'the bytes are not of the encoding that is stated';
    if (decoder.encoding !== 'utf-8') {
      // The first character that stands for bytes without a meaning.
      const lenient = new TextDecoder(decoder.encoding).decode(bytes);
      const at = placeAt(lenient, Math.max(0, lenient.indexOf('\uFFFD')));
      throw new GatewayError('E_XML_MALFORMED', detail, { at, fix: 'State the encoding of the bytes.', cause });
    }
    const repair = 'the bytes are not UTF-8; all were read as windows-1252, so names may be wrong';
    const text = withoutEncoding(new TextDecoder('windows-1252').decode(bytes));
    return { text, repairs: [{ at: placeAt(text, firstFault(bytes)), detail: repair }] };
  }
}

/** Every encoding of the WHATWG standard but the one that is no encoding of text. */
function decoderOf({ name, at }: StatedEncoding): TextDecoder {
  const label = name.toLowerCase();
  try {
    const decoder = new TextDecoder(Object.hasOwn(otherNames, label) ? otherNames[label] : label, { fatal: true });
    if (decoder.encoding !== 'x-user-defined') return decoder;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new GatewayError('E_XML_MALFORMED', 'the stated encoding is not supported', { at, fix: 'Send UTF-8.' });
}

function markedEncoding([first, second, third]: Uint8Array): StatedEncoding | undefined {
  const at = '1:1';
  if (first === 0xef && second === 0xbb && third === 0xbf) return { name: 'utf-8', at };
  // UTF-16 without a mark is known by its first character (XML 1.0, appendix F).
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return { name: 'utf-16le', at };
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? { name: 'utf-16be', at } : undefined;
}

function declaredEncoding(bytes: Uint8Array): StatedEncoding | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const [declaration = '', name] = /^<\?xml[^>]*\bencoding\s*=\s*["']([^"'<>]*)["']/u.exec(start) ?? [];
  return name === undefined ? undefined : { name, at: placeAt(start, declaration.length - name.length - 1) };
}

/** The text is parsed as UTF-8, whatever it was. Spaces keep the columns of error messages. */
function withoutEncoding(text: string): string {
  return text.replace(/^<\?xml[^>]*?(\sencoding\s*=\s*(?:"[^"]*"|'[^']*'))/u, (start, stated: string) =>
    start.slice(0, -stated.length).padEnd(start.length),
  );
}

/** The first byte that is not UTF-8: there the decoded text, written again, differs. In windows-1252 a byte is one character. */
function firstFault(bytes: Uint8Array): number {
  const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  return bytes.findIndex((byte, i) => again[i] !== byte);
}
