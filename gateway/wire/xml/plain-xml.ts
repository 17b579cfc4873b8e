/** Parses unsigned XML of border systems leniently, with fast-xml-parser. Signed messages are never parsed here. */

import { XMLParser } from 'fast-xml-parser';
import { GatewayError } from '../../model/errors.ts';

/** An element by its local name; prefixes, namespaces and attributes are ignored. */
export interface PlainElement {
  readonly name: string;
  /** Trimmed; empty for an element that has child elements. */
  readonly text: string;
  readonly children: readonly PlainElement[];
  /** XPath such as `/MetaData/Declaration/Item[2]`; a first position is omitted. */
  readonly path: string;
}

const maxBytes = 8 * 1024 * 1024;
const maxDepth = 64;
const maxElements = 200_000;

/** Encodings that an XML declaration may name. */
const encodings = /^(?:utf-8|us-ascii|iso-8859-1|windows-1252|gb2312|gbk|gb18030|big5|euc-kr|shift_jis)$/u;

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
 * The document as a tree, without comments and with CDATA as text. Only predefined entities and character references are
 * resolved (XML 1.0, 4.1 and 4.6). Bytes that are not the UTF-8 they should be are decoded as windows-1252, with a warning.
 * Throws E_XML_MALFORMED, E_XML_FORBIDDEN (a document type declaration), E_LIMIT_EXCEEDED, E_SIZE_EXCEEDED.
 */
export function readPlainXml(bytes: Uint8Array): { readonly root: PlainElement; readonly warnings: readonly string[] } {
  if (bytes.length > maxBytes) throw new GatewayError('E_SIZE_EXCEEDED', `a declaration may have ${maxBytes} bytes`);
  const decoded = decodeText(bytes);
  checkText(decoded.text);
  // The parser ignores text after the root.
  if (!decoded.text.trimEnd().endsWith('>')) throw new GatewayError('E_XML_MALFORMED', 'text follows the document');
  const closed = closeComments(decoded.text);
  const top = contentOf(parse(closed.text), '', { elements: maxElements });
  const [root] = top.children;
  if (root === undefined || top.children.length > 1 || top.hasText) {
    throw new GatewayError('E_XML_MALFORMED', 'the document has not exactly one root element');
  }
  return { root, warnings: [...decoded.warnings, ...closed.warnings] };
}

/** The element and its descendants, in document order. */
export function* elementsOf(element: PlainElement): Generator<PlainElement> {
  yield element;
  for (const child of element.children) yield* elementsOf(child);
}

/** The descendants at a path of local names, such as `Address/CountryCode`. */
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
    const warning = 'The bytes are not UTF-8 as declared; they were read as windows-1252, so names may be wrong.';
    return { text: new TextDecoder('windows-1252').decode(bytes), warnings: [warning] };
  }
}

/** The encoding of the XML declaration in lower case, by default UTF-8. */
function declaredEncoding(bytes: Uint8Array): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const label =
    /^(?:ï»¿)?<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/u.exec(start)?.[1]?.toLowerCase() ?? 'utf-8';
  if (!encodings.test(label))
    throw new GatewayError('E_XML_MALFORMED', 'the declared encoding is not supported', {
      fix: 'Send UTF-8.',
    });
  return label;
}

/** Refuses what the parser does not: document type declarations, and characters that XML does not allow. */
function checkText(text: string): void {
  if (/<!(?:DOCTYPE|ENTITY)/iu.test(text))
    throw new GatewayError('E_XML_FORBIDDEN', 'a document type declaration is not accepted');
  // eslint-disable-next-line no-control-regex -- these are the characters that must not be there
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.test(text)) {
    throw new GatewayError('E_XML_MALFORMED', 'the document contains a control character');
  }
}

/**
 * Closes unterminated comments, which occur in samples that an administration publishes. Such a comment would hide all elements
 * up to the end of the next comment; it is closed at its first `>`, or where the next comment begins.
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

interface Content extends Pick<PlainElement, 'children' | 'text'> {
  /** Whether there is text, even besides elements. */
  readonly hasText: boolean;
}

/** Converts the parser's ordered form: a list of `{ name: […], ":@": attributes }`, `{ "#text": text }` and `{ "#cdata": […] }`. */
function contentOf(nodes: unknown, path: string, budget: { elements: number }): Content {
  const children: PlainElement[] = [];
  const positions = new Map<string, number>();
  let text = '';
  for (const [tag, value] of asNodes(nodes).flatMap((node) => Object.entries(node))) {
    // Attributes are not used, but their references must be valid.
    if (tag === ':@') Object.values(value as Readonly<Record<string, string>>).forEach(resolveReferences);
    else if (tag === '#text') text += resolveReferences(String(value));
    else if (tag === '#cdata') for (const part of asNodes(value)) text += String(part['#text']);
    else {
      budget.elements -= 1;
      if (budget.elements < 0)
        throw new GatewayError('E_LIMIT_EXCEEDED', `a declaration may have ${maxElements} elements`);
      const name = tag.slice(tag.lastIndexOf(':') + 1);
      const position = (positions.get(name) ?? 0) + 1;
      positions.set(name, position);
      const elementPath = `${path}/${name}${position === 1 ? '' : `[${position}]`}`;
      const content = contentOf(value, elementPath, budget);
      children.push({ name, path: elementPath, children: content.children, text: content.text });
    }
  }
  return { children, text: children.length > 0 ? '' : text.trim(), hasText: text.trim() !== '' };
}

function asNodes(nodes: unknown): readonly OrderedNode[] {
  return Array.isArray(nodes) ? (nodes as readonly OrderedNode[]) : [];
}

const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }),
);

function resolveReferences(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([^;]*));/gu,
    (_, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      const character =
        name === undefined
          ? characterOf(Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16))
          : entities.get(name);
      if (character !== undefined) return character;
      throw new GatewayError('E_XML_MALFORMED', 'the document uses a reference that XML does not define');
    },
  );
}

function characterOf(code: number): string | undefined {
  const allowed = code <= 0x10ffff && (code >= 0x20 || [9, 10, 13].includes(code)) && (code < 0xd800 || code > 0xdfff);
  return allowed ? String.fromCodePoint(code) : undefined;
}
