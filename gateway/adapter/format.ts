/** One kind of message of a partner: its template compiled once, and used both ways. */

import type { BodyDecoder } from '../model/body.ts';
import type { ListMessage, ListRecord } from '../model/list.ts';
import type { ListFormat, MessageFormat, RecordView } from './adapter.ts';
import { invalid } from './faults.ts';
import { openScope, type Scope } from './holes.ts';
import { jsonEncoder, jsonItemWriter, readJsonMessage } from './json-codec.ts';
import { planJson } from './json-template.ts';
import { listShape, type Shape, type Slot } from './shapes.ts';
import type { AdapterTools } from './tools.ts';
import type { TransformContext } from './transforms.ts';
import { xmlDecoder } from './xml-decoder.ts';
import { xmlEncoder, xmlItemWriter } from './xml-encoder.ts';
import { planXml } from './xml-template.ts';

export interface TemplateSource {
  /** The template's path as complaints name it; its ending says the format. */
  readonly file: string;
  readonly text: string;
  /** Absolute path of the partner's schema. */
  readonly schema: string;
  readonly contentType?: string;
  /** The `typ` of a JWS; an XML message has its root instead. */
  readonly type?: string;
}

export type TemplateTools = Pick<AdapterTools, 'readXml' | 'readJson'>;

interface Compiled {
  readonly format: 'xml' | 'json';
  readonly type: string;
  readonly contentType: string;
  readonly encode: (message: unknown) => Iterable<string>;
  /** One item of a list as it stands in a message. */
  readonly item: (list: string) => ((item: unknown) => string) | undefined;
  readonly decoder: () => BodyDecoder<unknown>;
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
  return {
    ...assemble<ListMessage>(source, scope, compiled),
    asSeen: seenBy(records),
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
    schema: source.schema,
    needs: needsOf(scope),
    encode,
    // The scope was opened for the shape of T, and its builder makes nothing else.
    decoder: decoder as () => BodyDecoder<T>,
  };
}

function compile(source: TemplateSource, scope: Scope, tools: TemplateTools): Compiled {
  return source.file.endsWith('.xml') ? compileXml(source, scope, tools) : compileJson(source, scope, tools);
}

function compileXml(
  { file, text, contentType = 'application/xml' }: TemplateSource,
  scope: Scope,
  { readXml }: TemplateTools,
): Compiled {
  const plan = planXml(text, file, scope, (template, events) => readXml(template, events, { template: true, file }));
  return {
    format: 'xml',
    type: `{${plan.namespace}}${plan.name}`,
    contentType,
    encode: xmlEncoder(plan),
    item: (list) => xmlItemWriter(plan, list),
    decoder: () => ({ format: 'xml', ...xmlDecoder(plan, scope) }),
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
  return {
    format: 'json',
    type,
    contentType,
    encode: jsonEncoder(plan),
    item: (list) => jsonItemWriter(plan, list),
    decoder: () => ({ format: 'json', read: (value) => readJsonMessage(plan, scope, value) }),
  };
}

/** Values of a record that the model lets be absent but the template does not. */
function needsOf(scope: Scope): string[] {
  const records = scope.lists.get('records');
  const fields = records?.shape.fields.filter(({ optional }) => optional) ?? [];
  return fields.map(({ path }) => path).filter((path) => records?.holes.get(path)?.optional === false);
}

/** Cuts a record down to what the template carries: digests are taken over what the partner will read, not over what we know. */
function seenBy(records: Scope): (record: ListRecord) => ListRecord {
  const { fields, lists } = records.shape;
  const kept = fields.map(({ path }) => records.holes.has(path) || records.parts.has(path));
  const listed = lists.map(({ path }) => records.lists.has(path));
  if (kept.every(Boolean) && listed.every(Boolean) && records.lossy.size === 0) return (record) => record;
  return (record) => {
    const slots: Slot[] = fields.map((field, i) => {
      if (kept[i] !== true) return undefined;
      if (!records.lossy.has(field.path)) return field.get(record);
      const hole = records.holes.get(field.path);
      const written = hole?.write(record);
      return written === undefined ? undefined : hole?.read(written);
    });
    for (const [i, list] of lists.entries()) slots.push(listed[i] === true ? [...list.get(record)] : undefined);
    return records.shape.build(slots) as ListRecord;
  };
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
