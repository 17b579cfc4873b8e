/** Loads adapters/<cc>: an Adapter from adapter.yaml and templates, a HomeProfile from home.yaml. Errors name file, line and fix. */

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { isUnsigned } from '../model/message.ts';
import { idAttributeOf } from '../model/signature-form.ts';
import type { Adapter } from './adapter.ts';
import { compilePattern } from './bounded-pattern.ts';
import { invalid, type Place } from './faults.ts';
import { listFormat, messageFormat, type TemplateSource, type TemplateTools } from './format.ts';
import { identifierForm } from './identifiers.ts';
import { formatsByDay, type FormatsByDay, type Layout } from './layouts.ts';
import { arrangementFor, type Manifest } from './manifest.ts';
import { memorandumOf, requireAgreedFields } from './memorandum.ts';
import { requireMatchingSeal, requireUsableSeal } from './seal.ts';
import type { MessageData, MessageVersion } from './message-data.ts';
import { keyTerms } from './key-terms.ts';
import { listSchedule } from './schedule.ts';
import { replyFields } from './template/message-fields.ts';
import { answersOf } from './conversation/answers.ts';
import { acknowledgementsOf, exchangeOf } from './conversation/exchange.ts';
import { retryTerms } from './conversation/retry.ts';
import { secondsOf, type AnswerData } from './conversation/stages.ts';
import { conversationOf, streamRules } from './conversation/conversation.ts';
import { requireFiles } from './conversation/file-rules.ts';
import { fillList, listId } from './conversation/fills.ts';
import { codeTables, type CodeTables } from './template/code-tables.ts';
import type { AdapterTools, Checked } from './tools.ts';
import { present } from '../model/present.ts';

/** One adapter. Throws E_ADAPTER_UNKNOWN, E_ADAPTER_INVALID (file:line:column, fix). */
export async function loadAdapter(folder: string, tools: AdapterTools): Promise<Adapter> {
  const { manifest, place } = await loadManifest(folder, tools);
  const theirs = identifierForm(manifest.identifiers.theirs, place, '/identifiers/theirs');
  const ours = identifierForm(manifest.identifiers.ours, place, '/identifiers/ours');
  const { periods, formatsOn } = await loadFormats(folder, manifest, place, tools);
  const { partner, name, timeZone, arrangement, seal, transport, conversation } = manifest;
  const tables = codeTables(manifest.codes, place).tablesOn(periods.at(-1) ?? '');
  const exchange = await exchangeOf(conversation ?? {}, {
    load: (data) => loadTemplate(folder, unsigned(data), tools),
    context: { tables, timeZone, ...exchangeTerms(manifest) },
    ...{ readers: templateTools(tools), transport, place },
  });
  requireUsableSeal(seal, { exchange, transport }, place);
  const { list, reply } = formatsOn(periods.at(-1) ?? '');
  const rules = streamRules(conversation);
  const { value: maxAgeSeconds } = arrangement.maxAgeSeconds;
  const fillTerms = { fills: conversation?.fills ?? {}, rules, timeZone, maxAgeSeconds };
  const { lists, ...others } = listTerms(manifest);
  const several = lists.kinds.includes('delta') || lists.partRecords !== undefined;
  requireFiles({ transport, conversation, exchange, several, place });
  const names = exchange.receive?.file?.names;
  return {
    cc: basename(resolve(folder)),
    ...{ partner, name, timeZone, seal, transport },
    folder: resolve(folder),
    arrangement: arrangementFor(manifest, 'ours'),
    otherSide: arrangementFor(manifest, 'theirs'),
    ...{ identifiers: { theirs, ours }, card: manifest.card ?? [] },
    ...{ stream: rules, exchange, keys: keyTerms(manifest, exchange, place) },
    readsFileNames: Object.values(fillTerms.fills.message ?? {}).includes('file'),
    listId: (list) => listId(list, fillTerms),
    completeList: (decoded, context) => fillList(decoded, { ...fillTerms, names }, context),
    ...{ lists, ...others },
    ...{ schedule: listSchedule(manifest, place), retry: retryTerms(conversation?.send?.retry, place) },
    ...present({ list, reply, memorandum: memorandumOf(manifest) }),
    acknowledgements: acknowledgementsOf(exchange),
    formatsOn,
    periods,
  };
}

/** Lists that replace all that is held are full ones. */
function listTerms({ lists, conversation: { stream } = {} }: Manifest): Pick<Adapter, 'lists' | 'reconcileSeconds'> {
  const every = stream?.semantics === 'replace' ? (['full'] as const) : (['full', 'delta'] as const);
  const { reconcile } = stream ?? {};
  return {
    lists: present({ kinds: lists?.kinds ?? every, partRecords: lists?.partRecords, numbers: lists?.numbers }),
    ...(reconcile !== undefined && { reconcileSeconds: secondsOf(reconcile) }),
  };
}

/** The layouts of a kind of message; a manifest may write a single one without a list, or none. */
export function messageVersions(messages: MessageData | readonly MessageVersion[] = []): readonly MessageVersion[] {
  return 'template' in messages ? [messages] : messages;
}

/** What templates describe: lists, replies to them, and what stands in place of receipts. */
export type MessageKind = 'list' | 'reply' | 'acknowledgement';

/** Every template of a folder once. `per`: of an acknowledgement that lists results of records. */
export function templatesIn(
  manifest: Manifest,
): readonly (MessageVersion & { readonly kind: MessageKind; readonly per?: AnswerData['per'] })[] {
  const { messages, conversation: { send, receive } = {} } = manifest;
  const answers = [...(send === undefined ? [] : answersOf(send)), receive?.answer].flatMap((each) =>
    each !== undefined && 'template' in each ? [each as MessageData & Pick<AnswerData, 'per'>] : [],
  );
  const acknowledgements = new Map(answers.map((each) => [each.template, each])).values();
  return [
    ...messageVersions(messages.list).map((each) => ({ ...each, kind: 'list' as const })),
    ...messageVersions(messages.reply).map((each) => ({ ...each, kind: 'reply' as const })),
    ...[...acknowledgements].map((each) => ({ ...each, kind: 'acknowledgement' as const })),
  ];
}

/** What templates of answers and names of files need besides the tables of a day. */
function exchangeTerms({ arrangement, conversation }: Manifest) {
  const { ours, theirs } = arrangement.grades;
  const rules = streamRules(conversation);
  const restart = rules.discipline === 'numbered' && rules.restart !== 'never' ? rules.restart : undefined;
  return { grades: [...ours, ...theirs], ...present({ restart }) };
}

/** What templates of lists need besides. */
export function templateTerms(manifest: Manifest) {
  const { conversation, seal } = manifest;
  const deltas = listTerms(manifest).lists.kinds.includes('delta');
  return {
    ...exchangeTerms(manifest),
    conversation: conversationOf(conversation, deltas),
    rootId: isUnsigned(seal) || seal.reference === '' ? ('none' as const) : idAttributeOf(seal),
  };
}

async function loadFormats(
  folder: string,
  manifest: Manifest,
  place: Place,
  tools: AdapterTools,
): Promise<FormatsByDay> {
  const { timeZone, messages } = manifest;
  const { conversation, ...terms } = templateTerms(manifest);
  const readers = templateTools(tools);
  const from = { folder, isSigned: !isUnsigned(manifest.seal) };
  const list = await layoutsOf(from, messages.list, tools, (source, tables) =>
    requireAgreedFields(
      requireMatchingSeal(listFormat(source, { tables, timeZone, ...terms, conversation }, readers), manifest, place),
      manifest,
    ),
  );
  const reply = await layoutsOf(from, messages.reply, tools, (source, tables) =>
    requireMatchingSeal(messageFormat(source, replyFields, { tables, timeZone, ...terms }, readers), manifest, place),
  );
  const byDay = formatsByDay({ list, reply }, codeTables(manifest.codes, place), place);
  const streams = streamRules(manifest.conversation);
  if (streams.discipline !== 'chained' && byDay.periods.some((day) => byDay.formatsOn(day).list.carriesParts))
    throw invalid(
      'a list template shows parts, and only chained lists travel in parts',
      place('/conversation/stream/discipline'),
      'Remove message.part.no and message.part.of from the template.',
    );
  const carried = byDay.periods.every((day) => byDay.formatsOn(day).list.carriesParts);
  if (manifest.lists?.partRecords === undefined || carried) return byDay;
  throw invalid(
    'lists travel in parts, and a layout does not state the part',
    place('/lists/partRecords'),
    'Show message.part.no and message.part.of in every list template, or leave partRecords out.',
  );
}

/** With the media type of the format itself, where none is agreed: nothing is around the message. */
function unsigned<D extends MessageData>(data: D): D {
  const { template, type = '', encoding = 'utf-8' } = data;
  const [, ending = ''] = /(\.xlsx\.csv|\.\w+)$/u.exec(template) ?? [];
  const own = type.includes('/') ? type.replace(/;\s*layout=[^;]*/u, '') : undefined;
  const plain: Readonly<Record<string, string>> = {
    '.json': 'application/json',
    '.xlsx.csv': own ?? 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    '.csv': own ?? `text/csv; charset=${encoding}`,
    '.fixed': own ?? `text/plain; charset=${encoding}`,
  };
  return { ...present({ contentType: plain[ending] }), ...data };
}

async function layoutsOf<F>(
  { folder, isSigned }: { readonly folder: string; readonly isSigned: boolean },
  messages: Manifest['messages']['list'] | undefined,
  tools: AdapterTools,
  compile: (source: TemplateSource, tables: CodeTables) => F,
): Promise<Layout<F>[]> {
  return Promise.all(
    messageVersions(messages).map(async (version) => {
      const source = await loadTemplate(folder, isSigned ? version : unsigned(version), tools);
      return { ...version, compile: (tables) => compile(source, tables) };
    }),
  );
}

/** The home administration of a folder. Throws E_ADAPTER_UNKNOWN, E_ADAPTER_INVALID. */
export async function loadHome(folder: string, tools: AdapterTools): Promise<HomeProfile> {
  const { value, place } = await loadYaml(folder, 'home.yaml', tools.validateHome, tools);
  compilePattern(value.code.pattern, () => place('/code/pattern'));
  // Without the sources that the file names for each law.
  return {
    ...value,
    decrees: value.decrees.map(({ id, from, until, grades }) => present({ id, from, until, grades })),
  };
}

/** adapter.yaml, validated, and the places of its values. */
export async function loadManifest(folder: string, tools: AdapterTools): Promise<{ manifest: Manifest; place: Place }> {
  const { value, place } = await loadYaml(folder, 'adapter.yaml', tools.validateManifest, tools);
  return { manifest: value, place };
}

/** A data file of a folder, validated. Throws E_ADAPTER_UNKNOWN when it is missing, E_ADAPTER_INVALID with the line. */
async function loadYaml<T>(
  folder: string,
  name: string,
  validate: (value: unknown) => Checked<T>,
  tools: AdapterTools,
): Promise<{ value: T; place: Place }> {
  const file = join(folder, name);
  if (!existsSync(file)) {
    throw new GatewayError('E_ADAPTER_UNKNOWN', `there is no ${name}`, {
      at: folder,
      fix: 'Name a folder under adapters/ that has one.',
    });
  }
  const text = await tools.readText(file);
  const place = yamlPlaces(file, text, tools);
  const checked = validate(tools.readYaml(text, file));
  if (checked.ok) return { value: checked.value, place };
  const [first, ...more] = checked.errors;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  throw invalid(
    `${first?.pointer ?? ''} ${first?.detail ?? ''}${others}`,
    place(first?.pointer ?? ''),
    `Follow schemas/${basename(name, '.yaml')}.schema.json.`,
  );
}

/** Places of JSON Pointers in the text of a YAML file, as `file:line:column`. */
export function yamlPlaces(file: string, text: string, { placeInYaml }: Pick<AdapterTools, 'placeInYaml'>): Place {
  return (pointer) => {
    const { line, column } = placeInYaml(text, pointer);
    return `${file}:${line}:${column}`;
  };
}

/** A template with its schema; E_ADAPTER_INVALID when one of the files is missing. */
export async function loadTemplate(
  folder: string,
  { template, schema, type, contentType, encoding }: MessageData,
  { readText }: Pick<AdapterTools, 'readText'>,
): Promise<TemplateSource> {
  const file = join(folder, template);
  const schemaFile = resolve(folder, schema);
  for (const needed of [file, schemaFile]) {
    if (!existsSync(needed))
      throw invalid(`there is no ${basename(needed)}`, join(folder, 'adapter.yaml'), 'Name a file of the folder.');
  }
  return present({ file, text: withoutMark(await readText(file)), schema: schemaFile, type, contentType, encoding });
}

/** Editors write a byte order mark, which is no part of the message. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/u, '');

/** Readers of templates: an unreadable template is E_ADAPTER_INVALID, and not the error of a message. */
export function templateTools({ readXml, readJson }: TemplateTools): TemplateTools {
  return {
    readXml: (source, events, file) => asAdapterFault(() => readXml(source, events, file)),
    readJson: (text) => asAdapterFault(() => readJson(text)),
  };
}

function asAdapterFault<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isGatewayError(error) || error.code === 'E_ADAPTER_INVALID') throw error;
    throw new GatewayError('E_ADAPTER_INVALID', error.detail, { at: error.at, cause: error });
  }
}
