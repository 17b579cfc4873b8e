/** Reads unsigned XML of border systems, by libxml2, as XML 1.0 says. Of broken documents only bytes and comments are repaired, and each repair is reported. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { decodeXml, type XmlRepair } from './xml-bytes.ts';
import { contentNodes, parseXml, type XmlDocument, type XmlElement } from './libxml.ts';
import { repairComments } from './xml-comments.ts';

/** An element by its local name. */
export interface PlainElement {
  readonly name: string;
  /** Namespace URI; empty for none. */
  readonly namespace: string;
  /** Its own, trimmed: without that of child elements. */
  readonly text: string;
  readonly children: readonly PlainElement[];
  /** XPath such as `/MetaData/Declaration/Item[2]`; a first position is omitted. */
  readonly path: string;
  /** Code of the form of a date (UN/EDIFACT 2379); the only attribute that entries use. */
  readonly formatCode?: string;
}

interface PlainDocument {
  readonly root: PlainElement;
  readonly repairs: readonly XmlRepair[];
}

const maxBytes = 8 * 1024 * 1024;
const maxDepth = 64;
const maxElements = 200_000;

/**
 * The document as a tree, without comments and processing instructions and with CDATA as text. `charset`: the parameter of its media
 * type. Throws E_XML_MALFORMED with `line:column`, E_XML_FORBIDDEN (a document type declaration), E_LIMIT_EXCEEDED, E_SIZE_EXCEEDED.
 */
export function readPlainXml(bytes: Uint8Array, charset?: string): PlainDocument {
  if (bytes.length > maxBytes) throw new GatewayError('E_SIZE_EXCEEDED', `a declaration may have ${maxBytes} bytes`);
  const { text, repairs } = decodeXml(bytes, charset);
  const parsed = parseOrRepair(text);
  try {
    if (parsed.document.dtd !== null)
      throw new GatewayError('E_XML_FORBIDDEN', 'a document type declaration is not accepted');
    const { root } = parsed.document;
    const tree = elementOf(root, { path: `/${root.name}`, depth: 1 }, { elements: maxElements });
    return { root: tree, repairs: [...repairs, ...parsed.repairs] };
  } finally {
    parsed.document.dispose();
  }
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

/** A well-formed document is never repaired. */
function parseOrRepair(text: string): { readonly document: XmlDocument; readonly repairs: readonly XmlRepair[] } {
  try {
    return { document: parse(text), repairs: [] };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const repaired = repairComments(text);
    if (repaired.repairs.length === 0) throw error;
    return { document: parse(repaired.text), repairs: repaired.repairs };
  }
}

function parse(text: string): XmlDocument {
  try {
    return parseXml(Buffer.from(text));
  } catch (cause) {
    // The parser's own words quote the document.
    if (!isGatewayError(cause)) throw cause;
    throw new GatewayError('E_XML_MALFORMED', 'the document is not well-formed', { at: cause.at, cause });
  }
}

function elementOf(
  element: XmlElement,
  { path, depth }: { readonly path: string; readonly depth: number },
  budget: { elements: number },
): PlainElement {
  budget.elements -= 1;
  if (budget.elements < 0) throw new GatewayError('E_LIMIT_EXCEEDED', `a declaration may have ${maxElements} elements`);
  if (depth > maxDepth) throw new GatewayError('E_LIMIT_EXCEEDED', `elements are nested deeper than ${maxDepth}`);
  const { name, namespaceUri: namespace } = element;
  const children: PlainElement[] = [];
  const positions = new Map<string, number>();
  let text = '';
  for (const node of contentNodes(element)) {
    if ('text' in node) text += node.text;
    else {
      const child = node.element.name;
      const position = (positions.get(child) ?? 0) + 1;
      positions.set(child, position);
      const place = `${path}/${child}${position === 1 ? '' : `[${position}]`}`;
      children.push(elementOf(node.element, { path: place, depth: depth + 1 }, budget));
    }
  }
  const formatCode = element.attr('formatCode')?.value;
  return { name, namespace, path, children, text: text.trim(), ...(formatCode === undefined ? {} : { formatCode }) };
}
