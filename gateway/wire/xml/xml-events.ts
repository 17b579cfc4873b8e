/** Reads XML as a stream of events, namespaces resolved; what no message may hold (DOCTYPE, processing instructions, comments, CDATA) is refused. */

import { SaxesParser, type SaxesAttributeNS } from 'saxes';
import type { TextPlace, XmlAttribute, XmlEvents } from '../../model/message-body.ts';
import { GatewayError, isGatewayError, type ErrorCode } from '../../model/errors.ts';

export interface XmlOptions {
  /** A template of our own: comments are passed over, and namespace declarations come as attributes of the xmlns namespace. */
  readonly template?: boolean;
  /** Named in errors before line and column. */
  readonly file?: string;
}

const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';
const noAttributes: readonly XmlAttribute[] = [];

/**
 * Tells the events of one document in order; an error thrown by a receiver passes through and ends the reading.
 * Throws E_BYTES_INVALID (not UTF-8), E_XML_MALFORMED, E_XML_FORBIDDEN, with line and column.
 */
export function readXml(source: Uint8Array | string, events: XmlEvents, options: XmlOptions = {}): void {
  const { template = false, file } = options;
  const read = typeof source === 'string' ? source : decodeUtf8(source);
  const text = template ? withoutComments(read) : read;
  refuseForbidden(text, file);
  // Only these three handlers: with more, V8 keeps the parser's members in a dictionary and parsing takes six times as long.
  const parser = new SaxesParser({ xmlns: true, position: true });
  const place = (): TextPlace => ({ line: parser.line, column: parser.column });
  let begun = false;
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (!begun) refuseDeclaration(parser.xmlDecl, file);
    begun = true;
    events.open(uri, local, attributesOf(attributes, template), place());
  });
  parser.on('text', (more) => events.text(more, place()));
  parser.on('closetag', () => events.close());
  try {
    parser.write(text).close();
  } catch (error) {
    if (isGatewayError(error)) throw error;
    throw complaint('E_XML_MALFORMED', 'the document is not well-formed here', place(), file, error);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new GatewayError('E_BYTES_INVALID', 'the document is not UTF-8', { cause: error });
  }
}

// In well-formed XML `<!` and `<?` begin nothing but what is refused here and the declaration at the very start: inside
// text and attributes a `<` is always escaped.
function refuseForbidden(text: string, file: string | undefined): void {
  const bang = text.indexOf('<!');
  if (bang >= 0) throw complaint('E_XML_FORBIDDEN', bangName(text.slice(bang, bang + 9)), placeAt(text, bang), file);
  const question = text.indexOf('<?', text.startsWith('<?xml ') ? 1 : 0);
  if (question >= 0) throw complaint('E_XML_FORBIDDEN', 'a processing instruction', placeAt(text, question), file);
}

function bangName(start: string): string {
  if (start.startsWith('<!--')) return 'a comment';
  if (start.startsWith('<![CDATA[')) return 'a CDATA section';
  return 'a document type declaration';
}

function refuseDeclaration(
  { version, encoding }: { version?: string; encoding?: string },
  file: string | undefined,
): void {
  const place = { line: 1, column: 1 };
  if ((version ?? '1.0') !== '1.0') throw complaint('E_XML_FORBIDDEN', 'another version than XML 1.0', place, file);
  if ((encoding ?? 'UTF-8').toUpperCase() !== 'UTF-8')
    throw complaint('E_XML_FORBIDDEN', 'another encoding than UTF-8', place, file);
}

/** Blanks in their place keep every line and column where it was. */
function withoutComments(text: string): string {
  return text.replaceAll(/<!--[^]*?-->/gu, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
}

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function complaint(
  code: ErrorCode,
  detail: string,
  { line, column }: TextPlace,
  file: string | undefined,
  cause?: unknown,
): GatewayError {
  return new GatewayError(code, detail, { at: `${file === undefined ? '' : `${file}:`}${line}:${column}`, cause });
}

function attributesOf(
  attributes: Readonly<Record<string, SaxesAttributeNS>>,
  declarations: boolean,
): readonly XmlAttribute[] {
  let list: XmlAttribute[] | undefined;
  for (const name in attributes) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    const { uri, local, value } = attribute;
    if (uri === xmlnsNamespace && !declarations) continue;
    (list ??= []).push({ namespace: uri, name: local === '' ? 'xmlns' : local, value });
  }
  return list ?? noAttributes;
}
