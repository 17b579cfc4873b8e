/** The text of an XML document whose encoding its sender states, and the repair of bytes that are not of it. */

import { GatewayError } from '../../model/errors.ts';
import { placeAt } from './xml-events.ts';

/** What was not well-formed and was read all the same, and its place, `line:column`. */
export interface XmlRepair {
  readonly at: string;
  readonly detail: string;
}

/** Encodings that may be stated. */
const encodings =
  /^(?:utf-8|utf8|us-ascii|iso-8859-1|windows-1252|gb2312|gbk|gb18030|big5|euc-kr|shift_jis|utf-16|utf-16le|utf-16be)$/u;

/**
 * Which encoding counts is ruled by RFC 7303, section 3: a byte order mark, else the charset parameter of the media type, else the XML
 * declaration, else UTF-8. Bytes that are not the UTF-8 they should be are read as windows-1252, which is a repair.
 * Throws E_XML_MALFORMED: the encoding is not supported, or the bytes are not of it.
 */
export function decodeXml(
  bytes: Uint8Array,
  charset: string | undefined,
): { readonly text: string; readonly repairs: readonly XmlRepair[] } {
  const label = (markedEncoding(bytes) ?? charset ?? declaredEncoding(bytes) ?? 'utf-8').toLowerCase();
  if (!encodings.test(label))
    throw new GatewayError('E_XML_MALFORMED', 'the stated encoding is not supported', { fix: 'Send UTF-8.' });
  try {
    return { text: withoutEncoding(new TextDecoder(label, { fatal: true }).decode(bytes)), repairs: [] };
  } catch (cause) {
    const detail = 'the bytes are not of the encoding that is stated';
    if (!/^utf-?8$/u.test(label)) throw new GatewayError('E_XML_MALFORMED', detail, { cause });
    const repair = 'the bytes are not UTF-8; all were read as windows-1252, so names may be wrong';
    const text = withoutEncoding(new TextDecoder('windows-1252').decode(bytes));
    return { text, repairs: [{ at: placeAt(text, firstFault(bytes)), detail: repair }] };
  }
}

function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  // UTF-16 without a mark is known by its first character (XML 1.0, appendix F).
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? 'utf-16be' : undefined;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  return /^<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/u.exec(start)?.[1];
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
