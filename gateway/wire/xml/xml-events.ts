/** Reads templates, schemas and samples as events with resolved namespaces. Messages are never read this way. */

import type { XmlAttribute, XmlEvents } from '../../model/message-body.ts';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { contentNodes, parseXml, type XmlElement } from './libxml.ts';

const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/**
 * Calls the events of one document in order; an error thrown by a receiver ends the reading. Comments are skipped, and namespace
 * declarations are reported as attributes of the xmlns namespace. Throws E_XML_MALFORMED, E_XML_FORBIDDEN, with file and line.
 */
export function readXml(source: string, events: XmlEvents, file?: string): void {
  const text = blankXmlComments(source);
  refuseForbidden(text, file);
  const document = parsed(text, file);
  try {
    readElement(document.root, events);
  } finally {
    document.dispose();
  }
}

function parsed(text: string, file: string | undefined): ReturnType<typeof parseXml> {
  try {
    return parseXml(Buffer.from(text));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    throw new GatewayError(error.code, error.detail, { at: placeIn(file, error.at ?? '1'), cause: error });
  }
}

function readElement(element: XmlElement, events: XmlEvents): void {
  events.open(element.namespaceUri, element.name, attributesOf(element), { line: element.line });
  for (const node of contentNodes(element)) {
    if ('element' in node) readElement(node.element, events);
    else events.text(node.text, { line: node.line });
  }
  events.close();
}

function attributesOf({ attrs, nsDeclarations }: XmlElement): readonly XmlAttribute[] {
  const declared = Object.entries(nsDeclarations).map(([prefix, value]) => {
    return { namespace: xmlnsNamespace, name: prefix === '' ? 'xmlns' : prefix, value };
  });
  return [...declared, ...attrs.map(({ namespaceUri: namespace, name, value }) => ({ namespace, name, value }))];
}

// In well-formed XML `<!` and `<?` only begin the constructs refused here and the XML declaration: in text and attributes
// `<` is always escaped.
function refuseForbidden(text: string, file: string | undefined): void {
  const bang = text.indexOf('<!');
  if (bang >= 0) throw forbidden(bangName(text.slice(bang, bang + 9)), placeAt(text, bang), file);
  const question = text.indexOf('<?', text.startsWith('<?xml ') ? 1 : 0);
  if (question >= 0) throw forbidden('a processing instruction', placeAt(text, question), file);
  const declaration = /^<\?xml ([^?]*)\?>/u.exec(text)?.[1] ?? '';
  if (/version\s*=\s*["'](?!1\.0["'])/u.test(declaration)) throw forbidden('another version than XML 1.0', '1:1', file);
  if (/encoding\s*=\s*["'](?!utf-8["'])/iu.test(declaration))
    throw forbidden('another encoding than UTF-8', '1:1', file);
}

function bangName(start: string): string {
  if (start.startsWith('<!--')) return 'a comment';
  if (start.startsWith('<![CDATA[')) return 'a CDATA section';
  return 'a document type declaration';
}

/** Replaces comments by spaces, so that line numbers do not change. */
export function blankXmlComments(text: string): string {
  return text.replaceAll(/<!--[^]*?-->/gu, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
}

/** `line:column` of an offset, both from 1. */
export function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function placeIn(file: string | undefined, place: string): string {
  return `${file === undefined ? '' : `${file}:`}${place}`;
}

function forbidden(detail: string, place: string, file: string | undefined): GatewayError {
  return new GatewayError('E_XML_FORBIDDEN', detail, { at: placeIn(file, place) });
}
