/** Refuses forbidden constructs and excessive sizes in XML messages before a parser reads them. */

import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../../model/errors.ts';

/** Limits of one message, sufficient for a list of several hundred thousand operators. Sizes are in bytes. */
export const xmlLimits = {
  bytes: 256 * 1024 * 1024,
  depth: 64,
  /** Attributes and namespace declarations of one element. */
  attributes: 48,
  name: 128,
  /** One attribute value. */
  value: 64 * 1024,
  text: 1024 * 1024,
  elements: 10_000_000,
} as const;

const [lessThan, greaterThan, slash, equals, quote, apostrophe] = [0x3c, 0x3e, 0x2f, 0x3d, 0x22, 0x27];

/**
 * The document without its byte order mark. Throws E_SIZE_EXCEEDED, E_BYTES_INVALID (not UTF-8), E_XML_FORBIDDEN (DOCTYPE,
 * processing instruction, comment, CDATA, XML 1.1) or E_LIMIT_EXCEEDED. In well-formed XML a literal `<` is always markup, so
 * that searching for `<!` and `<?` finds these constructs.
 */
export function guardXml(bytes: Uint8Array): Uint8Array {
  if (bytes.length > xmlLimits.bytes) throw new GatewayError('E_SIZE_EXCEEDED', `more than ${xmlLimits.bytes} bytes`);
  if (!isUtf8(bytes)) throw new GatewayError('E_BYTES_INVALID', 'the bytes are not UTF-8');
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.includes(0)) throw new GatewayError('E_BYTES_INVALID', 'the document contains a NUL byte');
  const document = hasByteOrderMark(all) ? all.subarray(3) : all;
  if (hasByteOrderMark(document)) throw new GatewayError('E_BYTES_INVALID', 'two byte order marks');
  const declaration = declarationLength(document);
  refuseMarkup(document.indexOf('<!'), 'a DOCTYPE, comment or CDATA section');
  refuseMarkup(document.indexOf('<?', declaration), 'a processing instruction');
  checkLimits(document, declaration);
  return document;
}

function refuseMarkup(at: number, detail: string): void {
  if (at >= 0) throw new GatewayError('E_XML_FORBIDDEN', detail, { at: `byte ${at}` });
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The length of the XML declaration, 0 without one. */
function declarationLength(document: Buffer): number {
  const start = document.toString('latin1', 0, 200);
  if (!/^<\?xml[ \t\r\n]/u.test(start)) return 0;
  const end = start.indexOf('?>') + 2;
  const declaration = end < 2 ? start : start.slice(0, end);
  if (/version[ \t\r\n]*=[ \t\r\n]*["'](?!1\.0["'])/u.test(declaration)) {
    throw new GatewayError('E_XML_FORBIDDEN', 'the document is not XML 1.0');
  }
  const encoding = /encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)/u.exec(declaration)?.[1];
  if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
    throw new GatewayError('E_BYTES_INVALID', 'the declared encoding is not UTF-8');
  }
  return end < 2 ? 0 : end;
}

/** Scans the tags. It may misread XML that is not well-formed, which the parser then refuses. */
function checkLimits(bytes: Uint8Array, start: number): void {
  const length = bytes.length;
  let at = start;
  let depth = 0;
  let elements = 0;
  while (at < length) {
    let open = at;
    while (open < length && bytes[open] !== lessThan) open += 1;
    if (open - at > xmlLimits.text) exceeded('a text', xmlLimits.text, at);
    if (open === length) return;
    const close = tagEnd(bytes, open);
    if (bytes[open + 1] === slash) depth -= 1;
    else {
      elements += 1;
      if (bytes[close - 1] !== slash) depth += 1;
      if (depth > xmlLimits.depth) exceeded('the depth', xmlLimits.depth, open);
      if (elements > xmlLimits.elements) exceeded('the number of elements', xmlLimits.elements, open);
    }
    at = close + 1;
  }
}

function tagEnd(bytes: Uint8Array, open: number): number {
  let attributes = 0;
  let name = 0;
  for (let i = open + 1; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === greaterThan) return i;
    if (byte === quote || byte === apostrophe) {
      const value = i;
      for (i += 1; i < bytes.length && bytes[i] !== byte; i += 1);
      if (i - value > xmlLimits.value) exceeded('an attribute', xmlLimits.value, value);
      attributes += 1;
      if (attributes > xmlLimits.attributes) exceeded('the number of attributes', xmlLimits.attributes, open);
      name = 0;
    } else if (byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d || byte === equals || byte === slash) {
      name = 0;
    } else {
      name += 1;
      if (name > xmlLimits.name) exceeded('a name', xmlLimits.name, open);
    }
  }
  return bytes.length;
}

function exceeded(what: string, limit: number, at: number): never {
  throw new GatewayError('E_LIMIT_EXCEEDED', `${what} is over ${limit}`, { at: `byte ${at}` });
}
