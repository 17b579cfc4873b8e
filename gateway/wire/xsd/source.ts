/** The source of an XSD as a tree with resolved names, and the note whether all of it is supported by the acceptor. */

import { isGatewayError } from '../../model/errors.ts';
import { attributesOf, childElements, parseXml, type XmlDocument, type XmlElement } from '../xml/libxml.ts';
import { blankXmlComments } from '../xml/xml-events.ts';
import { guardXml } from '../xml/xml-guard.ts';

export const xsdNamespace = 'http://www.w3.org/2001/XMLSchema';

export interface XsdNode {
  /** The local name in the XSD namespace; empty for an element of another namespace. */
  readonly name: string;
  /** Values of `type`, `ref` and `base`, which are QNames, are resolved to `{namespace}name`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Without annotations. */
  readonly children: readonly XsdNode[];
}

export interface XsdSource {
  readonly root: XsdNode;
  readonly targetNamespace: string;
  /** Set to false by any construct that is not supported; nothing that was compiled may then be used. */
  supported: boolean;
}

/** Parses the text of an XSD; comments are allowed. Undefined: it has other markup or another encoding, which only libxml2 reads. */
export function readXsd(text: string): XsdSource | undefined {
  const document = parsed(text);
  if (document === undefined) return undefined;
  try {
    const root = xsdNode(document.root);
    return { root, targetNamespace: root.attributes.get('targetNamespace') ?? '', supported: true };
  } finally {
    document.dispose();
  }
}

function parsed(text: string): XmlDocument | undefined {
  try {
    return parseXml(guardXml(Buffer.from(blankXmlComments(text))));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return undefined;
  }
}

function xsdNode(element: XmlElement): XsdNode {
  const attributes = new Map(attributesOf(element));
  for (const name of ['type', 'ref', 'base']) {
    const [, prefix = '', local] = /^\s*(?:([^:]*):)?([^:]*?)\s*$/u.exec(attributes.get(name) ?? '') ?? [];
    if (local) attributes.set(name, `{${element.namespaces[prefix] ?? ''}}${local}`);
  }
  const children = childElements(element).map(xsdNode);
  const name = element.namespaceUri === xsdNamespace ? element.name : '';
  return { name, attributes, children: children.filter((child) => child.name !== 'annotation') };
}

export function unsupported(source: XsdSource): void {
  source.supported = false;
}

/** The children. Attributes and children that `known` does not name are unsupported. */
export function partsOf(
  source: XsdSource,
  node: XsdNode,
  known: { readonly attributes: readonly string[]; readonly children: readonly string[] },
): readonly XsdNode[] {
  for (const name of node.attributes.keys()) {
    if (name !== 'id' && !known.attributes.includes(name)) unsupported(source);
  }
  if (!node.children.every(({ name }) => known.children.includes(name))) unsupported(source);
  return node.children;
}

/** The global component of a kind (`element`, `complexType` …) with a resolved name. */
export function component(source: XsdSource, kind: string, resolvedName: string | undefined): XsdNode | undefined {
  return source.root.children.find(
    ({ name, attributes }) =>
      name === kind && `{${source.targetNamespace}}${attributes.get('name') ?? ''}` === resolvedName,
  );
}
