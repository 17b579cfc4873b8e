/** Refuses what an XML message may never hold, and what is too large to be looked at, before a parser sees it. */

import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../../model/errors.ts';

export interface XmlLimits {
  readonly bytes: number;
  readonly depth: number;
  /** Attributes and namespace declarations of one element together. */
  readonly attributes: number;
  /** Bytes of one name, one attribute value, one text. */
  readonly name: number;
  readonly value: number;
  readonly text: number;
  readonly elements: number;
}

/** Ample for a list of several hundred thousand operators. */
export const xmlLimits: XmlLimits = {
  bytes: 256 * 1024 * 1024,
  depth: 64,
  attributes: 48,
  name: 128,
  value: 64 * 1024,
  text: 1024 * 1024,
  elements: 10_000_000,
};

const [lessThan, greaterThan, slash, equals, quote, apostrophe] = [0x3c, 0x3e, 0x2f, 0x3d, 0x22, 0x27];

/**
 * The document without a byte order mark. Throws E_SIZE_EXCEEDED, E_BYTES_INVALID (not UTF-8 throughout),
 * E_XML_FORBIDDEN (DOCTYPE, processing instruction, comment, CDATA, XML 1.1) or E_LIMIT_EXCEEDED. In a well-formed document
 * a bare `<` is always markup, so `<!` and `<?` find every such construct without parsing.
 */
export function guardXml(bytes: Uint8Array, limits: XmlLimits = xmlLimits): Uint8Array {
  if (bytes.length > limits.bytes) throw new GatewayError('E_SIZE_EXCEEDED', `more than ${limits.bytes} bytes`);
  if (!isUtf8(bytes)) throw new GatewayError('E_BYTES_INVALID', 'the bytes are not UTF-8');
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.includes(0)) throw new GatewayError('E_BYTES_INVALID', 'the bytes hold a zero byte');
  const document = hasByteOrderMark(all) ? all.subarray(3) : all;
  if (hasByteOrderMark(document)) throw new GatewayError('E_BYTES_INVALID', 'two byte order marks');
  const declaration = declarationLength(document);
  if (document.includes('<!')) {
    throw new GatewayError('E_XML_FORBIDDEN', 'a DOCTYPE, comment or CDATA section', {
      at: `byte ${document.indexOf('<!')}`,
    });
  }
  if (document.indexOf('<?', declaration) >= 0) {
    throw new GatewayError('E_XML_FORBIDDEN', 'a processing instruction', {
      at: `byte ${document.indexOf('<?', declaration)}`,
    });
  }
  checkLimits(document, limits, declaration);
  return document;
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
    throw new GatewayError('E_BYTES_INVALID', 'the document declares another encoding than UTF-8');
  }
  return end < 2 ? 0 : end;
}

/** Walks the tags. A document that is not well-formed may deceive it, and is refused by the parser next. */
function checkLimits(bytes: Uint8Array, limits: XmlLimits, start: number): void {
  const length = bytes.length;
  let at = start;
  let depth = 0;
  let elements = 0;
  while (at < length) {
    let open = at;
    while (open < length && bytes[open] !== lessThan) open += 1;
    if (open - at > limits.text) tooMuch('a text', limits.text, at);
    if (open === length) return;
    const close = tagEnd(bytes, open, limits);
    if (bytes[open + 1] === slash) depth -= 1;
    else {
      elements += 1;
      if (bytes[close - 1] !== slash) depth += 1;
      if (depth > limits.depth) tooMuch('the depth', limits.depth, open);
      if (elements > limits.elements) tooMuch('the number of elements', limits.elements, open);
    }
    at = close + 1;
  }
}

function tagEnd(bytes: Uint8Array, open: number, limits: XmlLimits): number {
  let attributes = 0;
  let name = 0;
  for (let i = open + 1; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === greaterThan) return i;
    if (byte === quote || byte === apostrophe) {
      const value = i;
      for (i += 1; i < bytes.length && bytes[i] !== byte; i += 1);
      if (i - value > limits.value) tooMuch('an attribute', limits.value, value);
      attributes += 1;
      if (attributes > limits.attributes) tooMuch('the number of attributes', limits.attributes, open);
      name = 0;
    } else if (byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d || byte === equals || byte === slash) {
      name = 0;
    } else {
      name += 1;
      if (name > limits.name) tooMuch('a name', limits.name, open);
    }
  }
  return bytes.length;
}

function tooMuch(what: string, limit: number, at: number): never {
  throw new GatewayError('E_LIMIT_EXCEEDED', `${what} is over ${limit}`, { at: `byte ${at}` });
}
