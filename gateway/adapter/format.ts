/** One kind of message of a partner: its template compiled once, and used both ways. */

import { hash } from 'node:crypto';
import { extname } from 'node:path';
import type { BodyDecoder } from '../model/message-body.ts';
import { isGatewayError } from '../model/errors.ts';
import type { ListMessage, ListRecord } from '../model/list/list.ts';
import type { RecordViewing, ValueView } from '../model/record/partner-view.ts';
import {
  packedOf,
  recordFields,
  unpackedList,
  type PackedList,
  type RecordField,
} from '../model/record/packed-records.ts';
import type { ListFormat, MessageFormat, RecordView } from './adapter.ts';
import { invalid } from './faults.ts';
import { openScope, type Hole, type Scope } from './template/holes.ts';
import { jsonEncoder, jsonItemWriter, readJsonMessage } from './json/codec.ts';
import { planJson } from './json/template.ts';
import { lineItemWriter, linesEncoder, readLinesMessage } from './lines/codec.ts';
import { planLines, type LinesKind } from './lines/template.ts';
import { listShape, type Shape, type Slot } from './template/message-fields.ts';
import type { AdapterTools } from './tools.ts';
import type { TransformContext } from './template/transforms.ts';
import { packedXmlDecoders, xmlDecoder } from './xml/decoder.ts';
import { xmlEncoder, xmlItemWriter, type Chunk } from './xml/encoder.ts';
import { planXml } from './xml/template.ts';

export interface TemplateSource {
  /** The template's path as complaints name it; its ending says the format. */
  readonly file: string;
  readonly text: string;
  /** Absolute path of the partner's schema. */
  readonly schema: string;
  readonly contentType?: string;
  /** The `typ` of a JWS, the media type of a text with its parameters; an XML message has its root instead. */
  readonly type?: string;
}

export type TemplateTools = Pick<AdapterTools, 'readXml' | 'readJson'>;

interface Compiled {
  readonly format: 'xml' | 'json' | 'text';
  readonly type: string;
  readonly contentType: string;
  readonly encode: (message: unknown) => Iterable<string>;
  /** The same of a list whose records are packed. */
  readonly encodePacked: (list: PackedList) => Iterable<Chunk>;
  /** One item of a list as it stands in a message. */
  readonly item: (list: string) => ((item: unknown) => string) | undefined;
  readonly decoder: () => BodyDecoder<unknown>;
  /** Decoders of lists whose records are to be packed. */
  readonly packedDecoders: () => () => BodyDecoder<PackedList>;
}

/** Compiles a template for a kind of message. Throws E_ADAPTER_INVALID with file and line. */
export function messageFormat<T>(
  source: TemplateSource,
  shape: Shape<T>,
  context: TransformContext,
  tools: TemplateTools,
): MessageFormat<T> {
  const scope = openScope(shape, context);
  return assemble(source, scope, compile(source, scope, tools));
}

/** The same for lists, which also show single records. */
export function listFormat(source: TemplateSource, context: TransformContext, tools: TemplateTools): ListFormat {
  const scope = openScope(listShape, context);
  const compiled = compile(source, scope, tools);
  const records = scope.lists.get('records');
  const write = compiled.item('records');
  if (records === undefined || write === undefined)
    throw invalid('the template does not carry the list records', source.file);
  // What is remembered from message to message takes memory: only once a list is read.
  let decoders: (() => BodyDecoder<PackedList>) | undefined;
  const [no, of] = ['message.part.no', 'message.part.of'].map((path) => scope.holes.has(path));
  if (no !== of)
    throw invalid(
      'only one of message.part.no and message.part.of stands in the template',
      source.file,
      'Show both, or none.',
    );
  return {
    ...assemble<ListMessage>(source, scope, compiled),
    carriesParts: no === true,
    fingerprint: fingerprintOf(source, context),
    asSeen: seenBy<ListRecord>(records),
    viewing: viewingBy(records),
    encodePacked: compiled.encodePacked,
    packedDecoder: () => (decoders ??= compiled.packedDecoders())(),
    view: (record) => ({ fields: viewed(records, record), text: write(record) }),
  };
}

function assemble<T>(
  source: TemplateSource,
  scope: Scope,
  { format, type, contentType, encode, decoder }: Compiled,
): MessageFormat<T> {
  return {
    format,
    type,
    contentType,
    template: source.file,
    schema: source.schema,
    needs: needsOf(scope),
    encode,
    // The scope was opened for the shape of T, and its builder makes nothing else.
    decoder: decoder as () => BodyDecoder<T>,
    asRead: seenBy<T>(scope),
  };
}

function compile(source: TemplateSource, scope: Scope, tools: TemplateTools): Compiled {
  switch (extname(source.file)) {
    case '.xml':
      return compileXml(source, scope, tools);
    case '.json':
      return compileJson(source, scope, tools);
    case '.csv':
      return compileLines(source, scope, 'csv');
    case '.fixed':
      return compileLines(source, scope, 'fixed');
    default:
      throw invalid('the ending says no format', source.file, 'Name the template .xml, .json, .csv or .fixed.');
  }
}

function compileLines({ file, text, type, contentType }: TemplateSource, scope: Scope, kind: LinesKind): Compiled {
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
    encode,
    encodePacked: (list) => encode(unpackedList(list)),
    item: (list) => lineItemWriter(plan, list),
    decoder: () => ({ format: 'text', read: (lines) => readLinesMessage(plan, scope, lines) }),
    packedDecoders: () => () => ({ format: 'text', read: (lines) => packedList(readLinesMessage(plan, scope, lines)) }),
  };
}

function compileXml(
  { file, text, contentType = 'application/xml' }: TemplateSource,
  scope: Scope,
  { readXml }: TemplateTools,
): Compiled {
  const plan = planXml(text, file, scope, (template, events) => readXml(template, events, { template: true, file }));
  const encode = xmlEncoder(plan);
  return {
    format: 'xml',
    type: `{${plan.namespace}}${plan.name}`,
    contentType,
    // Without packed records no chunk is bytes.
    encode: (message) => encode(message) as Generator<string>,
    encodePacked: (list) => encode({ ...list, records: [] }, list.records),
    item: (list) => xmlItemWriter(plan, list),
    decoder: () => xmlDecoder(plan, scope),
    packedDecoders: () => packedXmlDecoders(plan, scope),
  };
}

function compileJson(
  { file, text, type, contentType = 'application/jose' }: TemplateSource,
  scope: Scope,
  { readJson }: TemplateTools,
): Compiled {
  if (type === undefined)
    throw invalid('a JSON message needs a type', file, 'Give messages.list.type or messages.reply.type.');
  const plan = planJson(readJson(text), file, scope);
  const encode = jsonEncoder(plan);
  return {
    format: 'json',
    type,
    contentType,
    encode,
    encodePacked: (list) => encode(unpackedList(list)),
    item: (list) => jsonItemWriter(plan, list),
    decoder: () => ({ format: 'json', read: (value) => readJsonMessage(plan, scope, value) }),
    packedDecoders: () => () => ({ format: 'json', read: (value) => packedList(readJsonMessage(plan, scope, value)) }),
  };
}

/** `read`: by the scope of a list. */
function packedList(read: unknown): PackedList {
  const list = read as ListMessage;
  return { ...list, records: packedOf(list.records) };
}

/** Values of a record that the model lets be absent but the template does not. */
function needsOf(scope: Scope): string[] {
  const records = scope.lists.get('records');
  const fields = records?.shape.fields.filter(({ optional }) => optional) ?? [];
  return fields.map(({ path }) => path).filter((path) => records?.holes.get(path)?.optional === false);
}

/** All that decides how a record is seen, as one text; the order in which the manifest names things does not count. */
function fingerprintOf({ text }: TemplateSource, { tables, timeZone, grades }: TransformContext): string {
  const codes = [...tables].map(([name, { toTheirs }]) => [name, [...toTheirs].sort()]).sort();
  return hash('sha256', JSON.stringify([text, codes, timeZone, [...grades].sort()]), 'hex');
}

/**
 * Cuts a message or record down to what the template carries, and puts in what lossy transforms make of it: digests are taken
 * over what the partner will read, not over what we know.
 */
function seenBy<T>(scope: Scope): (item: T) => T {
  if (carriesAll(scope)) return (item) => item;
  const { fields, lists } = scope.shape;
  const kept = fields.map(({ path }) => scope.holes.has(path) || scope.parts.has(path));
  const items = lists.map(({ path }) => {
    const inner = scope.lists.get(path);
    return inner === undefined ? undefined : seenBy<unknown>(inner);
  });
  return (item) => {
    const slots: Slot[] = fields.map((field, i) => {
      if (kept[i] !== true) return undefined;
      if (!scope.lossy.has(field.path)) return field.get(item);
      const hole = scope.holes.get(field.path);
      const written = hole?.write(item);
      return written === undefined ? undefined : hole?.read(written);
    });
    for (const [i, list] of lists.entries()) {
      const seen = items[i];
      slots.push(seen === undefined ? undefined : list.get(item).map(seen));
    }
    // Built by the shape the scope was opened for.
    return scope.shape.build(slots) as T;
  };
}

/** The same for packed records, value by value. */
function viewingBy(scope: Scope): RecordViewing {
  const views = recordFields.map((path): [RecordField, ValueView] => {
    const hole = scope.holes.get(path);
    if (hole === undefined) return [path, scope.parts.has(path) ? 'kept' : 'left_out'];
    return [path, scope.lossy.has(path) ? (text) => lossyView(hole, text) : 'kept'];
  });
  return { values: Object.fromEntries(views) as RecordViewing['values'], roles: scope.lists.has('roles') };
}

function lossyView(hole: Hole, text: string): string | undefined {
  try {
    const seen = hole.read(hole.writeText(text));
    return typeof seen === 'string' ? seen : undefined;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return undefined;
    throw error;
  }
}

function carriesAll({ shape, holes, parts, lists, lossy }: Scope): boolean {
  const inside = shape.lists.map(({ path }) => lists.get(path));
  return (
    shape.fields.every(({ path }) => holes.has(path) || parts.has(path)) &&
    inside.every((inner) => inner !== undefined && carriesAll(inner)) &&
    lossy.size === 0
  );
}

function viewed({ shape, holes, parts, lists }: Scope, record: ListRecord): RecordView['fields'] {
  const single = shape.fields.map((field) => {
    const { path } = field;
    const split = parts.get(path);
    const written =
      split === undefined ? [holes.get(path)?.write(record)] : [split.first?.write(record), split.rest?.write(record)];
    const theirs = written.filter((part) => part !== undefined).join(' + ');
    return { path, ours: String(field.get(record) ?? ''), theirs };
  });
  const repeated = shape.lists.map((list) => {
    const hole = lists.get(list.path)?.holes.get('.');
    const items = list.get(record);
    return { path: list.path, ours: items.join(', '), theirs: items.map((item) => hole?.write(item) ?? '').join(', ') };
  });
  return [...single, ...repeated].filter(({ ours }) => ours !== '');
}
