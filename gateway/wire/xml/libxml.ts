/** The one door to libxml2: parses, canonicalises and schema-validates XML without network, without files and with a bounded number of errors. */

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  ParseOption,
  XmlBufferInputProvider,
  XmlC14NMode,
  XmlDocument,
  XmlElement,
  XmlError,
  XmlLibError,
  XmlText,
  XmlValidateError,
  XsdValidator,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import * as internals from 'libxml2-wasm/lib/libxml2.mjs';
import { GatewayError } from '../../model/errors.ts';

export type { XmlDocument, XmlElement, XsdValidator };

/** One way in which a document does not follow its schema. The values of the document are not quoted. */
export interface XmlFault {
  readonly line: number;
  readonly xpath?: string;
  readonly detail: string;
}

/** Errors kept of one run: enough to repair a message, few enough to collect quickly. */
export const faultLimit = 20;

// NO_XXE: nothing outside the bytes is read. BIG_LINES: line numbers above 65535 stay right.
const option: ParseOption =
  ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES;
const exclusive = { mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 };

// The package's own collector asks for the XPath of every error, which walks all siblings: a list of 37,000 faulty
// records would take two minutes. This one keeps the first few and lets the rest pass at no cost.
const { addFunction } = internals as unknown as {
  addFunction: (collector: (index: number, error: number) => void, signature: string) => number;
};
const { XmlErrorStruct } = internals;
internals.error.errorCollector = addFunction((index, error) => {
  const kept = internals.error.storage.get(index);
  const level = XmlErrorStruct.level(error);
  // A fatal parse error may come after many lesser ones, and must be kept: it decides.
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

/** The only files libxml2 can see: those of the folder whose schema is being compiled. */
const visible: Record<string, Uint8Array> = {};
xmlRegisterInputProvider(new XmlBufferInputProvider(visible));

/** Parses UTF-8 bytes; E_XML_MALFORMED with `line:column`. The document lives outside the JavaScript heap: dispose of it. */
export function parseXml(bytes: Uint8Array): XmlDocument {
  try {
    return XmlDocument.fromBuffer(bytes, { option, encoding: 'UTF-8' });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const first = error instanceof XmlLibError ? error.details[0] : undefined;
    throw new GatewayError('E_XML_MALFORMED', (first?.message ?? 'the parser refused it').trim().slice(0, 200), {
      ...(first === undefined ? {} : { at: `${first.line}:${first.col}` }),
      cause: error,
    });
  }
}

/** The whole document in exclusive canonical form without comments; E_XML_FORBIDDEN where it has none (a relative namespace). */
export function canonicalBytes(document: XmlDocument): Uint8Array {
  const chunks: Uint8Array[] = [];
  try {
    document.canonicalize(
      {
        write(chunk) {
          chunks.push(Uint8Array.from(chunk));
          return chunk.byteLength;
        },
        close: () => true,
      },
      exclusive,
    );
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new GatewayError('E_XML_FORBIDDEN', 'the document has no canonical form', { cause: error });
  }
  const bytes = Buffer.concat(chunks);
  // An error must never pass for an empty document, whose digest everybody knows.
  if (bytes[0] !== 0x3c) throw new GatewayError('E_XML_FORBIDDEN', 'the canonical form is empty');
  return bytes;
}

/**
 * An element in exclusive canonical form. It is moved into a document of its own, because a canonical form of a part
 * calls back into JavaScript for every node of the whole. The element is gone from its document afterwards.
 */
export function takeCanonical(element: XmlElement): Uint8Array {
  const alone = XmlDocument.create();
  try {
    alone.root = element;
    return canonicalBytes(alone);
  } finally {
    alone.dispose();
  }
}

/** Compiles an XSD; it may import files of its own folder and nothing else. E_ADAPTER_INVALID when it does not compile. */
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
    throw new GatewayError('E_ADAPTER_INVALID', `the schema does not compile: ${error.message.trim().slice(0, 300)}`, {
      at: path.basename(file),
      cause: error,
    });
  } finally {
    for (const name of names) Reflect.deleteProperty(visible, `schema/${name}`);
  }
}

/** Where the document does not follow the schema; empty when it does. At most `faultLimit`. */
export function xsdFaults(validator: XsdValidator, document: XmlDocument): readonly XmlFault[] {
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    const faults = error.details.map(({ line, xpath, message }) => ({
      line,
      detail: withoutValues(message.trim()),
      ...(xpath === undefined ? {} : { xpath }),
    }));
    // A validator that fails without saying why (a pattern it gave up on) has still not accepted the document.
    return faults.length > 0 ? faults.slice(0, faultLimit) : [{ line: 0, detail: 'the validator gave up' }];
  }
}

/** libxml2 quotes the offending value; details may reach logs, and values are operators' data. */
function withoutValues(message: string): string {
  return message
    .replace(/(The value )'[\s\S]*' (is not|has)/u, '$1$2')
    .replace(/: '[\s\S]*' (is not a valid value)/u, ': this $1')
    .replace(/(key-sequence|keys?) \[[\s\S]*\]/u, '$1')
    .slice(0, 300);
}

export function childElements(parent: XmlElement): readonly XmlElement[] {
  const found: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.next) if (node instanceof XmlElement) found.push(node);
  return found;
}

/** The element children; `undefined` when anything but white space stands between them. */
export function onlyElements(parent: XmlElement): readonly XmlElement[] | undefined {
  const found: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) found.push(node);
    else if (!(node instanceof XmlText) || !/^[ \t\r\n]*$/u.test(node.content)) return undefined;
  }
  return found;
}

/** The text of an element that holds nothing else; `undefined` when it holds an element. */
export function onlyText(element: XmlElement): string | undefined {
  let text = '';
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (!(node instanceof XmlText)) return undefined;
    text += node.content;
  }
  return text;
}

/** The last child that is an element; `undefined` when text follows it. */
export function lastElement(parent: XmlElement): XmlElement | undefined {
  for (let node = parent.lastChild; node !== null; node = node.prev) {
    if (node instanceof XmlElement) return node;
    if (!(node instanceof XmlText) || !/^[ \t\r\n]*$/u.test(node.content)) return undefined;
  }
  return undefined;
}

/** `{namespace}name`, as message types are written. */
export function qualifiedName(element: XmlElement): string {
  return `{${element.namespaceUri}}${element.name}`;
}

/** The attributes by `{namespace}name` (no braces without a namespace). */
export function attributesOf(element: XmlElement): ReadonlyMap<string, string> {
  return new Map(
    element.attrs.map((a) => [a.namespaceUri === '' ? a.name : `{${a.namespaceUri}}${a.name}`, a.value] as const),
  );
}

/** The number of nodes an XPath finds. The expression must be ours, never a message's. */
export function countNodes(document: XmlDocument, xpath: string, namespaces: Record<string, string> = {}): number {
  const count = document.eval(`count(${xpath})`, namespaces);
  if (typeof count !== 'number') throw new GatewayError('E_INTERNAL', 'an XPath did not count');
  return count;
}
