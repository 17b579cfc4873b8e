/** Reads unsigned XML of a border system into a small tree. Never used for anything a signature covers. */

import { XMLParser } from 'fast-xml-parser';
import { GatewayError } from '../../model/errors.ts';

/** One element. Names are local names: what prefix or namespace a sender uses is not looked at. */
export interface PlainElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Own text without surrounding space; empty for an element that holds elements. */
  readonly text: string;
  readonly children: readonly PlainElement[];
  /** `/MetaData/Declaration/Exporter`; from the second sibling of a name on with its number: `Item[2]`. */
  readonly path: string;
}

export interface PlainDocument {
  readonly root: PlainElement;
  readonly warnings: readonly string[];
}

const maxBytes = 8 * 1024 * 1024;
const maxDepth = 64;
const maxElements = 200_000;

/** Encodings an XML declaration may name; everything else is refused rather than guessed. */
const encodings = /^(?:utf-8|us-ascii|iso-8859-1|windows-1252|gb2312|gbk|gb18030|big5|euc-kr|shift_jis)$/u;

const attributesOf = ':@';
const textOf = '#text';
const cdataOf = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  htmlEntities: false,
  trimValues: false,
  cdataPropName: '#cdata',
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: maxDepth,
});

/**
 * The document as a tree. Comments are dropped; CDATA is text; only the five entities of XML itself and character references are
 * understood. Bytes that are not UTF-8 though nothing else is declared are read as windows-1252, with a warning.
 * Throws E_XML_MALFORMED, E_XML_FORBIDDEN (a document type), E_LIMIT_EXCEEDED, E_SIZE_EXCEEDED.
 */
export function readPlainXml(bytes: Uint8Array): PlainDocument {
  if (bytes.length > maxBytes) throw new GatewayError('E_SIZE_EXCEEDED', `a declaration may have ${maxBytes} bytes`);
  const decoded = decodeText(bytes);
  checkText(decoded.text);
  // The parser passes over what follows the root.
  if (!decoded.text.trimEnd().endsWith('>')) throw new GatewayError('E_XML_MALFORMED', 'text follows the document');
  const closed = closeComments(decoded.text);
  const top = convert(parse(closed.text), '', { left: maxElements });
  const [root] = top.children;
  if (root === undefined || top.children.length > 1 || top.loose) {
    throw new GatewayError('E_XML_MALFORMED', 'the document has not exactly one root element');
  }
  return { root, warnings: [...decoded.warnings, ...closed.warnings] };
}

/** The element itself and everything below it, in document order. */
export function* elementsOf(element: PlainElement): Generator<PlainElement> {
  yield element;
  for (const child of element.children) yield* elementsOf(child);
}

/** The elements at a path of local names below an element: `Address/CountryCode`. */
export function elementsAt(element: PlainElement, path: string): readonly PlainElement[] {
  let found: readonly PlainElement[] = [element];
  for (const name of path.split('/'))
    found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  return found;
}

function decodeText(bytes: Uint8Array): { readonly text: string; readonly warnings: readonly string[] } {
  const declared = declaredEncoding(bytes);
  try {
    return { text: new TextDecoder(declared, { fatal: true }).decode(bytes), warnings: [] };
  } catch (cause) {
    if (declared !== 'utf-8')
      throw new GatewayError('E_XML_MALFORMED', 'the bytes are not of the encoding the document declares', { cause });
    const text = new TextDecoder('windows-1252').decode(bytes);
    return {
      text,
      warnings: ['The bytes are not UTF-8 as declared; they were read as windows-1252, so names may be wrong.'],
    };
  }
}

/** The encoding of the XML declaration, lower case; UTF-8 without one. */
function declaredEncoding(bytes: Uint8Array): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const label =
    /^(?:ï»¿)?<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/u.exec(start)?.[1]?.toLowerCase() ?? 'utf-8';
  if (!encodings.test(label))
    throw new GatewayError('E_XML_MALFORMED', 'the encoding declared is not one that is read here', {
      fix: 'Send UTF-8.',
    });
  return label;
}

/** What the parser would let pass or act upon: document types, characters XML does not allow, bare ampersands. */
function checkText(text: string): void {
  if (/<!(?:DOCTYPE|ENTITY)/iu.test(text))
    throw new GatewayError('E_XML_FORBIDDEN', 'a document type declaration is not accepted');
  // eslint-disable-next-line no-control-regex -- these are the characters that must not be there
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.test(text)) {
    throw new GatewayError('E_XML_MALFORMED', 'the document holds a control character');
  }
}

/**
 * A comment that holds the opening of another was not closed. Left so, it would hide every element up to the end of the next
 * comment; it is taken to end at its first `>`, or where the next one opens. Samples published by an administration hold both.
 */
function closeComments(text: string): { readonly text: string; readonly warnings: readonly string[] } {
  let repaired = 0;
  const closed = text.replace(/<!--(?:(?!-->)[^])*?(?=<!--)/gu, (comment) => {
    repaired += 1;
    const end = comment.indexOf('>');
    return end === -1 ? '' : comment.slice(end + 1);
  });
  const warnings =
    repaired === 0 ? [] : [`${repaired} comment(s) were not closed; what follows them was read all the same.`];
  return { text: closed, warnings };
}

function parse(text: string): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the same check would need a second package
    const parsed: unknown = parser.parse(text, true);
    return parsed;
  } catch (cause) {
    const deep = cause instanceof Error && /nested/iu.test(cause.message);
    if (deep) throw new GatewayError('E_LIMIT_EXCEEDED', `elements are nested deeper than ${maxDepth}`, { cause });
    throw new GatewayError('E_XML_MALFORMED', 'the document is not well-formed', { cause });
  }
}

type OrderedNode = Readonly<Record<string, unknown>>;

interface Converted extends Pick<PlainElement, 'children' | 'text'> {
  /** Text beside elements, which no declaration has at its top. */
  readonly loose: boolean;
}

/** The parser's ordered form: a list of `{ name: [children], ":@": { attributes } }` and `{ "#text": "…" }`. */
function convert(nodes: unknown, path: string, count: { left: number }): Converted {
  const children: PlainElement[] = [];
  const seen = new Map<string, number>();
  let text = '';
  for (const node of asNodes(nodes)) {
    const tag = Object.keys(node).find((key) => key !== attributesOf);
    if (tag === undefined) continue;
    if (tag === textOf) text += unescape(String(node[tag]));
    else if (tag === cdataOf)
      text += asNodes(node[tag])
        .map((part) => String(part[textOf]))
        .join('');
    else children.push(convertElement(node, tag, path, { seen, count }));
  }
  return { children, text: children.length > 0 ? '' : text.trim(), loose: text.trim() !== '' };
}

interface Numbering {
  readonly seen: Map<string, number>;
  readonly count: { left: number };
}

function convertElement(node: OrderedNode, tag: string, path: string, { seen, count }: Numbering): PlainElement {
  count.left -= 1;
  if (count.left < 0) throw new GatewayError('E_LIMIT_EXCEEDED', `a declaration may have ${maxElements} elements`);
  const name = localName(tag);
  const number = (seen.get(name) ?? 0) + 1;
  seen.set(name, number);
  const own = `${path}/${name}${number === 1 ? '' : `[${number}]`}`;
  const { children, text } = convert(node[tag], own, count);
  return { name, attributes: attributes(node[attributesOf]), path: own, children, text };
}

function asNodes(nodes: unknown): readonly OrderedNode[] {
  return Array.isArray(nodes) ? (nodes as readonly OrderedNode[]) : [];
}

function attributes(found: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries((found ?? {}) as Readonly<Record<string, string>>);
  return new Map(entries.map(([name, value]) => [localName(name), unescape(value)]));
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

const named: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }),
);

/** Resolves what XML itself defines, once; another entity would need a document type, which is refused. */
function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([^;]*));/gu,
    (_, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      const character =
        name === undefined
          ? characterOf(Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16))
          : named.get(name);
      if (character !== undefined) return character;
      throw new GatewayError('E_XML_MALFORMED', 'the document uses a reference that XML does not define');
    },
  );
}

function characterOf(code: number): string | undefined {
  const allowed = code <= 0x10ffff && (code >= 0x20 || [9, 10, 13].includes(code)) && (code < 0xd800 || code > 0xdfff);
  return allowed ? String.fromCodePoint(code) : undefined;
}
