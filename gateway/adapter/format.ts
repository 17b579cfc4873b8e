/** Compiles the template of one kind of message to an encoder and a decoder. */

import type { TextEncoding } from '../model/text-encoding.ts';
import { hash } from 'node:crypto';
import { extname } from 'node:path';
import type { BodyDecoder, LineRules } from '../model/message-body.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { ListRecord } from '../model/record/record.ts';
import { packList, unpackList, type PackedList } from '../model/record/packed-records.ts';
import type { ListFormat, MessageFormat } from './adapter.ts';
import { invalid } from './faults.ts';
import { openTemplateScope, type TemplateScope } from './template/holes.ts';
import { jsonEncoder, jsonItemWriter, readJsonMessage } from './json/codec.ts';
import { planJson } from './json/template.ts';
import { lineItemWriter, linesEncoder, readLinesMessage } from './lines/codec.ts';
import { planLines, type LinesKind } from './lines/template.ts';
import { listMessageFields, type ItemFields } from './template/message-fields.ts';
import type { AdapterTools } from './tools.ts';
import type { TransformContext } from './template/transforms.ts';
import { decodedListView, decodedView, partnerViewOf, previewFields } from './template/views.ts';
import { xmlReader } from './xml/reader.ts';
import { planXml } from './xml/template.ts';
import { xmlEncoder, xmlRecordWriter } from './xml/writer.ts';

export interface TemplateSource {
  /** The template's path, as errors name it; its extension determines the format. */
  readonly file: string;
  readonly text: string;
  /** Absolute path of the partner's schema. */
  readonly schema: string;
  readonly contentType?: string;
  /** Of CSV and fixed width; absent: UTF-8. */
  readonly encoding?: TextEncoding;
  /** The `typ` of a JWS, the media type of a text with its parameters; an XML message has its root instead. */
  readonly type?: string;
}

export type TemplateTools = Pick<AdapterTools, 'readXml' | 'readJson'>;

/** The messages of a list template are packed lists. */
interface CompiledTemplate {
  readonly format: 'xml' | 'json' | 'text';
  readonly type: string;
  readonly contentType: string;
  readonly lines?: LineRules;
  readonly encode: (message: unknown) => Iterable<string | Uint8Array>;
  /** Encodes one record; undefined when the template carries no records. */
  readonly record: ((record: ListRecord) => string) | undefined;
  readonly decoder: () => BodyDecoder<unknown>;
}

/** Compiles a template for a kind of message. Throws E_ADAPTER_INVALID with file and line. */
export function messageFormat<T>(
  source: TemplateSource,
  fields: ItemFields<T>,
  context: TransformContext,
  tools: TemplateTools,
): MessageFormat<T> {
  const scope = openTemplateScope(fields, { ...context, ...textOf(source) });
  return makeFormat(source, scope, compileTemplate(source, scope, tools), decodedView<T>(scope));
}

/** Compiles the template of lists, which can also encode single records. */
export function listFormat(source: TemplateSource, context: TransformContext, tools: TemplateTools): ListFormat {
  const scope = openTemplateScope(listMessageFields, { ...context, ...textOf(source) });
  const compiled = compileTemplate(source, scope, tools);
  const records = scope.lists.get('records');
  const { record: write } = compiled;
  if (records === undefined || write === undefined)
    throw invalid('the template does not carry the list records', source.file);
  const [no, of] = ['message.part.no', 'message.part.of'].map((path) => scope.holes.has(path));
  if (no !== of)
    throw invalid(
      'the template has only one of message.part.no and message.part.of',
      source.file,
      'Show both, or none.',
    );
  const view = partnerViewOf(records);
  return {
    ...makeFormat(source, scope, compiled, decodedListView(scope, view)),
    carriesParts: no === true,
    fingerprint: fingerprintOf(source, context),
    ...{ view, carries: carriedBy(scope) },
    preview(record) {
      records.row = 0;
      return { fields: previewFields(records, record), text: write(record) };
    },
  };
}

/** Every value of an operator that the template writes, also what is not read back. */
function carriedBy({ lists }: TemplateScope): string[] {
  const written = (list: string): string[] => {
    const { holes, parts, unread = [], lists: inner } = lists.get(list) ?? {};
    const paths = [...(holes?.keys() ?? []), ...(parts?.keys() ?? []), ...unread.map(({ path }) => path)];
    return [...paths.filter((path) => path !== '#'), ...(inner?.keys() ?? [])];
  };
  const left = written('departures').map((path) => (path === 'identifier' ? path : `departure.${path}`));
  return [...new Set([...written('records'), ...left])];
}

/** A list as text, for people and tools. */
export function encodedText(format: Pick<ListFormat, 'encode'>, message: ListMessage): string {
  return joinChunks(format.encode(packList(message)));
}

export function joinChunks(chunks: Iterable<string | Uint8Array>): string {
  // The chunks may share their memory, and characters may be split between them.
  return Buffer.concat(Array.from(chunks, (chunk) => Buffer.from(chunk as string))).toString();
}

function makeFormat<T>(
  source: TemplateSource,
  scope: TemplateScope,
  { format, type, contentType, lines, encode, decoder }: CompiledTemplate,
  asDecoded: (message: T) => T,
): MessageFormat<T> {
  return {
    format,
    type,
    contentType,
    ...(lines === undefined ? {} : { lines }),
    template: source.file,
    schema: source.schema,
    requiredPaths: requiredPathsOf(scope),
    lists: new Set(scope.lists.keys()),
    encode,
    // The scope was opened for the fields of T, and its builder makes nothing else.
    decoder: decoder as () => BodyDecoder<T>,
    asDecoded,
  };
}

function compileTemplate(source: TemplateSource, scope: TemplateScope, tools: TemplateTools): CompiledTemplate {
  switch (extname(source.file)) {
    case '.xml':
      return compileXml(source, scope, tools);
    case '.json':
      return compileJson(source, scope, tools);
    case '.csv':
      return compileLines(source, scope, isWorkbook(source) ? 'xlsx' : 'csv');
    case '.fixed':
      return compileLines(source, scope, 'fixed');
    default:
      throw invalid(
        'the ending says no format',
        source.file,
        'Name the template .xml, .json, .csv, .xlsx.csv or .fixed.',
      );
  }
}

/** How values stand in a template: in cells of a workbook, or as text in an encoding. Throws E_ADAPTER_INVALID. */
function textOf(source: TemplateSource): Pick<TransformContext, 'cells' | 'encoding'> {
  const { file, encoding } = source;
  const cells = isWorkbook(source);
  if (encoding === undefined) return { cells };
  if (!cells && /\.(?:csv|fixed)$/u.test(file)) return { cells, encoding };
  throw invalid(
    'only CSV and fixed width have an encoding',
    file,
    'Remove encoding: XML, JSON and workbooks are UTF-8.',
  );
}

/** A workbook is written as CSV: `list.xlsx.csv`. */
export function isWorkbook({ file }: Pick<TemplateSource, 'file'>): boolean {
  return file.endsWith('.xlsx.csv');
}

function compileLines(
  { file, text, type, contentType }: TemplateSource,
  scope: TemplateScope,
  kind: LinesKind,
): CompiledTemplate {
  if (type === undefined)
    throw invalid(
      'a text message needs a type',
      file,
      'Give its media type as messages.list.type or messages.reply.type.',
    );
  const plan = planLines(text, file, kind, scope);
  const encode = linesEncoder(plan);
  return {
    format: 'text',
    type,
    contentType: contentType ?? 'multipart/signed',
    lines: plan.rules,
    encode: (message) => encode(asObjects(scope, message)),
    record: lineItemWriter(plan, 'records'),
    decoder: () => ({
      format: 'text',
      rules: plan.rules,
      read: (lines, firstLine) => asPacked(scope, readLinesMessage(plan, scope, lines, firstLine)),
    }),
  };
}

function compileXml(
  { file, text, contentType = 'application/xml' }: TemplateSource,
  scope: TemplateScope,
  { readXml }: TemplateTools,
): CompiledTemplate {
  const plan = planXml(text, file, scope, (template, events) => readXml(template, events, file));
  // Created with the first message, because its caches take memory.
  let read: ReturnType<typeof xmlReader> | undefined;
  return {
    format: 'xml',
    type: `{${plan.namespace}}${plan.name}`,
    contentType,
    encode: xmlEncoder(plan),
    record: xmlRecordWriter(plan),
    decoder: () => ({ format: 'xml', read: (read ??= xmlReader(plan, scope)) }),
  };
}

function compileJson(
  { file, text, type, contentType = 'application/jose' }: TemplateSource,
  scope: TemplateScope,
  { readJson }: TemplateTools,
): CompiledTemplate {
  if (type === undefined)
    throw invalid('a JSON message needs a type', file, 'Give messages.list.type or messages.reply.type.');
  const plan = planJson(readJson(text), file, scope);
  const encode = jsonEncoder(plan);
  return {
    format: 'json',
    type,
    contentType,
    encode: (message) => encode(asObjects(scope, message)),
    record: jsonItemWriter(plan, 'records'),
    decoder: () => ({ format: 'json', read: (value) => asPacked(scope, readJsonMessage(plan, scope, value)) }),
  };
}

/** The codecs of JSON and lines work on objects. */
function asObjects({ lists }: TemplateScope, message: unknown): unknown {
  return lists.has('records') ? unpackList(message as PackedList) : message;
}

function asPacked({ lists }: TemplateScope, message: unknown): unknown {
  return lists.has('records') ? packList(message as ListMessage) : message;
}

/** Values of a record that are optional in the model and required by the template. */
function requiredPathsOf(scope: TemplateScope): string[] {
  const records = scope.lists.get('records');
  const optional = records?.item.fields.filter((field) => field.optional).map(({ path }) => path) ?? [];
  return optional.filter((path) =>
    [records?.holes.get(path), ...(records?.unread ?? [])].some(
      (hole) => hole?.path === path && !hole.optional && hole.open === undefined,
    ),
  );
}

/** Digest of everything that determines how a record is read, independent of the order in the manifest. */
function fingerprintOf(
  { text, encoding }: TemplateSource,
  { tables, timeZone, grades, conversation }: TransformContext,
): string {
  const codes = [...tables]
    .map(([name, { toTheirs, other }]) => [name, [...toTheirs].sort(), ...(other === undefined ? [] : [other])])
    .sort();
  const filled = conversation === undefined || conversation.record.size === 0 ? [] : [[...conversation.record].sort()];
  const encoded = encoding === undefined ? [] : [encoding];
  return hash('sha256', JSON.stringify([text, codes, timeZone, [...grades].sort(), ...filled, ...encoded]), 'hex');
}
