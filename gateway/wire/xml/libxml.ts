/** Access to libxml2: parsing, canonicalisation and XSD validation, without network or file access and with a limited number of errors. */

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  ParseOption,
  XmlBufferInputProvider,
  XmlC14NMode,
  XmlCData,
  XmlDocument,
  XmlElement,
  XmlError,
  XmlLibError,
  XmlText,
  type XmlTreeNode,
  XmlValidateError,
  XsdValidator,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import * as internals from 'libxml2-wasm/lib/libxml2.mjs';
import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';

export type { XmlDocument, XmlElement, XsdValidator };

/** A violation of an XSD. Values of the document are not quoted. */
interface XmlFault {
  readonly line: number;
  readonly xpath?: string;
  readonly detail: string;
}

/** Number of errors that are collected: enough to correct a message, and quick to collect. */
export const faultLimit = 20;

// NO_XXE: external entities are not loaded. BIG_LINES: line numbers above 65535 are correct.
const option: ParseOption =
  ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES;

// The collector of libxml2-wasm determines the XPath of every error, which visits all siblings: a list with 37,000 faulty
// records takes two minutes. This one keeps the first errors only.
const { addFunction } = internals as unknown as {
  addFunction: (collector: (index: number, error: number) => void, signature: string) => number;
};
const { XmlErrorStruct } = internals;
internals.error.errorCollector = addFunction((index, error) => {
  const kept = internals.error.storage.get(index);
  const level = XmlErrorStruct.level(error);
  // A fatal error (level 3) is kept even after many others, because it decides.
  if (kept.length >= faultLimit && level < 3) return;
  const xpath = internals.xmlGetNodePath(XmlErrorStruct.node(error));
  kept.push({
    message: XmlErrorStruct.message(error),
    level,
    line: XmlErrorStruct.line(error),
    col: XmlErrorStruct.col(error),
    ...(xpath === null ? {} : { xpath }),
  });
}, 'vii');

/** The only files that libxml2 can open: those of the folder whose schema is being compiled. */
const visible: Record<string, Uint8Array> = {};
xmlRegisterInputProvider(new XmlBufferInputProvider(visible));

/** Parses UTF-8 bytes. The document is outside the JavaScript heap: dispose of it. Throws E_XML_MALFORMED with `line:column`. */
export function parseXml(bytes: Uint8Array): XmlDocument {
  try {
    return XmlDocument.fromBuffer(bytes, { option, encoding: 'UTF-8' });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const first = error instanceof XmlLibError ? error.details[0] : undefined;
    const at = first && `${first.line}:${first.col}`;
    const detail = withoutNames(first?.message ?? '');
    throw new GatewayError('E_XML_MALFORMED', detail, { at, cause: error });
  }
}

/** Messages of libxml2 that hold names of the document, said without them: a broken record may make a name of anything. */
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^Entity '/u, 'an entity is not defined'],
  [/^Opening and ending tag mismatch/u, 'a start tag and an end tag have different names'],
  [/^Namespace prefix /u, 'a namespace prefix is not declared'],
  [/^Attribute .* redefined/su, 'an attribute is repeated'],
  [/^Specification mandates? value for attribute/u, 'an attribute has no value'],
  [/^(?:Premature end of data|Couldn't find end of Start Tag)/u, 'an element is not closed'],
];
/** Those that hold none. */
const constant =
  /^(?:Extra content at the end of the document|Document is empty|Start tag expected, '<' not found|AttValue: " or ' expected|PCDATA invalid Char value \d+|Comment not terminated|EntityRef: expecting ';'|StartTag: invalid element name|Unescaped '<' not allowed in attributes values|XML declaration allowed only at the start of the document|CData section not finished|xmlParseCharRef: invalid xmlChar value \d+)/u;

function withoutNames(message: string): string {
  const said = renamed.find(([pattern]) => pattern.test(message))?.[1];
  return said ?? constant.exec(message)?.[0] ?? 'the document is not well-formed';
}

/** Canonical XML 1.0, or Exclusive XML Canonicalization 1.0 with these prefixes treated as in the former; both without comments. */
export type CanonicalForm = 'inclusive' | readonly string[];
export const exclusiveForm: CanonicalForm = [];

/** Throws E_XML_FORBIDDEN where the form is not defined (relative namespace URIs). */
export function canonicalBytes(of: XmlDocument | XmlElement, form = exclusiveForm): Uint8Array {
  const chunks: Uint8Array[] = [];
  try {
    of.canonicalize(
      {
        write(chunk) {
          chunks.push(Uint8Array.from(chunk));
          return chunk.byteLength;
        },
        close: () => true,
      },
      form === 'inclusive'
        ? { mode: XmlC14NMode.XML_C14N_1_0 }
        : {
            mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
            ...(form.length === 0 ? {} : { inclusiveNamespacePrefixes: [...form] }),
          },
    );
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new GatewayError('E_XML_FORBIDDEN', 'the document has no canonical form', { cause: error });
  }
  const bytes = Buffer.concat(chunks);
  // An error must not yield empty octets, whose digest is well known.
  if (bytes[0] !== 0x3c) throw new GatewayError('E_XML_FORBIDDEN', 'the canonical form is empty');
  return bytes;
}

/**
 * The canonical form of an element, which may be removed from its document: it becomes a document of its own, because libxml2-wasm
 * canonicalises a subtree with a call into JavaScript for every node of the document.
 */
export function takeCanonical(element: XmlElement, form: CanonicalForm): Uint8Array {
  if (form !== exclusiveForm) return canonicalWithin(element.parent, element.toString({ format: false }), form);
  const alone = XmlDocument.create();
  try {
    alone.root = element;
    return canonicalBytes(alone);
  } finally {
    alone.dispose();
  }
}

/** The canonical form of an element, given as text, within what it inherits from an element: declarations, and attributes `xml:…`. */
export function canonicalWithin(outer: XmlElement | null, text: string, form: CanonicalForm): Uint8Array {
  const declared = Object.entries(outer?.namespaces ?? {}).map(([prefix, uri]) => [
    `xmlns${prefix && ':'}${prefix}`,
    uri,
  ]);
  const attributes = [...declared, ...xmlAttributes(outer)].map(
    ([name = '', value = '']) => ` ${name}="${escaped(value)}"`,
  );
  const around = parseXml(Buffer.from(`<inherited${attributes.join('')}>${text}</inherited>`));
  try {
    const [element] = childElements(around.root);
    if (element === undefined) throw new GatewayError('E_INTERNAL', 'there is no element to write in canonical form');
    return canonicalBytes(element, form);
  } finally {
    around.dispose();
  }
}

/** Those of the innermost element that has them (Canonical XML 1.0, 2.4). */
function xmlAttributes(element: XmlElement | null): ReadonlyMap<string, string> {
  if (element === null) return new Map();
  const own = element.attrs.filter(({ namespaceUri }) => namespaceUri === 'http://www.w3.org/XML/1998/namespace');
  return new Map([...xmlAttributes(element.parent), ...own.map(({ name, value }) => [`xml:${name}`, value] as const)]);
}

function escaped(value: string): string {
  return value.replace(/[<&"\t\n\r]/gu, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Compiles an XSD, which may import only files of its own folder. Throws E_ADAPTER_INVALID. */
export function compileXsd(file: string): XsdValidator {
  const folder = path.dirname(file);
  const names = readdirSync(folder).filter((name) => name.endsWith('.xsd'));
  for (const name of names) visible[`schema/${name}`] = readFileSync(path.join(folder, name));
  try {
    const document = XmlDocument.fromBuffer(readFileSync(file), { option, url: `schema/${path.basename(file)}` });
    try {
      return XsdValidator.fromDoc(document);
    } finally {
      document.dispose();
    }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const detail = error.message.trim().split('\n')[0]?.slice(0, 300) ?? '';
    throw new GatewayError('E_ADAPTER_INVALID', `the schema does not compile: ${detail}`, {
      at: path.basename(file),
      cause: error,
    });
  } finally {
    for (const name of names) Reflect.deleteProperty(visible, `schema/${name}`);
  }
}

/** The violations of the schema, at most `faultLimit`; empty for a valid document. */
export function xsdFaults(validator: XsdValidator, document: XmlDocument): readonly XmlFault[] {
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    const faults = error.details.map(({ line, xpath, message }) =>
      present({ line, detail: withoutValues(message.trim()), xpath }),
    );
    // Validation may also fail without an error, at a pattern that is too complex: the document is then not valid.
    return faults.length > 0 ? faults.slice(0, faultLimit) : [{ line: 0, detail: 'the validation was not completed' }];
  }
}

/** Removes the values that libxml2 quotes: details are logged, and values are data of operators. */
function withoutValues(message: string): string {
  return message
    .replace(/(The value )'[\s\S]*' (is not|has)/u, '$1$2')
    .replace(/: '[\s\S]*' (is not a valid value)/u, ': this $1')
    .replace(/(key-sequence|keys?) \[[\s\S]*\]/u, '$1')
    .slice(0, 300);
}

function childNodes(parent: XmlElement): readonly unknown[] {
  const nodes: unknown[] = [];
  for (let node = parent.firstChild; node !== null; node = nextOf(node)) nodes.push(node);
  return nodes;
}

/** libxml2-wasm gives processing instructions no `next`, although they have one as all nodes: the getter of the others reads it. */
function nextOf(node: XmlTreeNode): XmlTreeNode | null {
  return Reflect.get(XmlText.prototype, 'next', node);
}

function isBlank(node: unknown): boolean {
  return node instanceof XmlText && /^[ \t\r\n]*$/u.test(node.content);
}

export function childElements(parent: XmlElement): readonly XmlElement[] {
  return childNodes(parent).filter((node) => node instanceof XmlElement);
}

/** The child elements; undefined when there is other content than white space between them. */
export function onlyElements(parent: XmlElement): readonly XmlElement[] | undefined {
  const nodes = childNodes(parent);
  return nodes.every((node) => node instanceof XmlElement || isBlank(node)) ? childElements(parent) : undefined;
}

/** The child elements, and the texts and CDATA sections with their lines, in order. */
export function contentNodes(
  parent: XmlElement,
): readonly ({ readonly element: XmlElement } | { readonly text: string; readonly line: number })[] {
  return childNodes(parent).flatMap((node) => {
    if (node instanceof XmlElement) return { element: node };
    return node instanceof XmlText || node instanceof XmlCData ? { text: node.content, line: node.line } : [];
  });
}

/** The text of an element; undefined when it has other content. */
export function onlyText(element: XmlElement): string | undefined {
  const nodes = childNodes(element);
  const texts = nodes.filter((node) => node instanceof XmlText);
  return texts.length === nodes.length ? texts.map(({ content }) => content).join('') : undefined;
}

/** The last child element; undefined when it is followed by other content than white space. */
export function lastElement(parent: XmlElement): XmlElement | undefined {
  for (let node = parent.lastChild; node !== null; node = node.prev) {
    if (node instanceof XmlElement) return node;
    if (!isBlank(node)) return undefined;
  }
  return undefined;
}

/** The expanded name, `{namespace}name`. */
export function qualifiedName(element: XmlElement): string {
  return `{${element.namespaceUri}}${element.name}`;
}

/** The attributes by expanded name; `name` for those without a namespace. */
export function attributesOf(element: XmlElement): ReadonlyMap<string, string> {
  return new Map(
    element.attrs.map((a) => [a.namespaceUri === '' ? a.name : `{${a.namespaceUri}}${a.name}`, a.value] as const),
  );
}

/** The number of nodes that an XPath selects. The expression must not contain text of a message. */
export function countNodes(document: XmlDocument, xpath: string, namespaces: Record<string, string> = {}): number {
  const count = document.eval(`count(${xpath})`, namespaces);
  if (typeof count !== 'number') throw new GatewayError('E_INTERNAL', 'an XPath did not count');
  return count;
}
