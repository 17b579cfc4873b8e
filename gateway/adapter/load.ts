/** Loads adapters/<cc>: adapter.yaml, templates and home.yaml become an Adapter or a HomeProfile, or an error with file, line and fix. */

import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import type { Decree, HomeProfile } from '../model/home.ts';
import type { Adapter } from './adapter.ts';
import { invalid, type Place } from './faults.ts';
import { listFormat, messageFormat, type TemplateSource, type TemplateTools } from './format.ts';
import { identifierForm } from './identifiers.ts';
import { termsOf, type Manifest, type MessageData } from './manifest.ts';
import { replyShape } from './shapes.ts';
import { codeTables } from './tables.ts';
import type { AdapterTools, Checked } from './tools.ts';

/** One adapter. Throws E_ADAPTER_UNKNOWN, E_ADAPTER_INVALID (file:line:column, fix). */
export async function loadAdapter(folder: string, tools: AdapterTools): Promise<Adapter> {
  const { manifest, place } = await loadManifest(folder, tools);
  const { grades } = manifest.arrangement;
  const context = {
    tables: codeTables(manifest.codes, place),
    timeZone: manifest.timeZone,
    grades: [...grades.ours, ...grades.theirs],
  };
  const theirs = identifierForm(manifest.identifiers.theirs, place, '/identifiers/theirs');
  const ours = identifierForm(manifest.identifiers.ours, place, '/identifiers/ours');
  const { partner, name, timeZone, seal, transport, messages } = manifest;
  const list = listFormat(await templateOf(folder, messages.list), context, templateTools(tools));
  const reply = messageFormat(await templateOf(folder, messages.reply), replyShape, context, templateTools(tools));
  if ((list.format === 'json') !== (seal.kind === 'jws') || list.format !== reply.format) {
    throw invalid(
      `a seal of kind ${seal.kind} does not fit these templates`,
      place('/seal'),
      'XML takes xml-signature, JSON takes jws.',
    );
  }
  return {
    cc: basename(resolve(folder)),
    partner,
    name,
    folder: resolve(folder),
    timeZone,
    arrangement: termsOf(manifest, 'ours'),
    otherSide: termsOf(manifest, 'theirs'),
    identifiers: { theirs, ours },
    seal,
    transport,
    list,
    reply,
  };
}

/** Every folder with an adapter.yaml, by folder name. */
export async function loadAdapters(root: string, tools: AdapterTools): Promise<Map<string, Adapter>> {
  const names = (await readdir(root)).filter((name) => existsSync(join(root, name, 'adapter.yaml'))).sort();
  const adapters = await Promise.all(
    names.map(async (name) => [name, await loadAdapter(join(root, name), tools)] as const),
  );
  return new Map(adapters);
}

/** The home administration of a folder. Throws E_ADAPTER_UNKNOWN, E_ADAPTER_INVALID. */
export async function loadHome(folder: string, tools: AdapterTools): Promise<HomeProfile> {
  const { value } = await loadYaml(folder, 'home.yaml', tools.validateHome, tools);
  return { ...value, decrees: value.decrees.map(plainDecree) };
}

// The file says beside each law where it was found; the gateway has no use for that.
function plainDecree({ id, from, until, grades }: Decree): Decree {
  return until === undefined ? { id, from, grades } : { id, from, until, grades };
}

/** adapter.yaml checked against its schema, and how to find its lines. */
export async function loadManifest(folder: string, tools: AdapterTools): Promise<{ manifest: Manifest; place: Place }> {
  const { value, place } = await loadYaml(folder, 'adapter.yaml', tools.validateManifest, tools);
  return { manifest: value, place };
}

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
  const text = await readFile(file, 'utf8');
  const place: Place = (pointer) => {
    const { line, column } = tools.placeInYaml(text, pointer);
    return `${file}:${line}:${column}`;
  };
  const checked = validate(tools.readYaml(text, file));
  if (checked.ok) return { value: checked.value, place };
  const [first, ...more] = checked.errors;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  throw invalid(
    `${first?.pointer ?? ''} ${first?.detail ?? ''}${others}`,
    place(first?.pointer ?? ''),
    'Follow schemas/adapter.schema.json.',
  );
}

/** A template with its file and schema; E_ADAPTER_INVALID when one of them is not there. */
export async function templateOf(
  folder: string,
  { template, schema, type, contentType }: MessageData,
): Promise<TemplateSource> {
  const file = join(folder, template);
  const schemaFile = resolve(folder, schema);
  for (const needed of [file, schemaFile]) {
    if (!existsSync(needed))
      throw invalid(`there is no ${basename(needed)}`, join(folder, 'adapter.yaml'), 'Name a file of the folder.');
  }
  return {
    file,
    text: await readFile(file, 'utf8'),
    schema: schemaFile,
    ...(type === undefined ? {} : { type }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

/** A template that cannot be read at all is the adapter's fault, not a sender's. */
export function templateTools({ readXml, readJson }: TemplateTools): TemplateTools {
  return {
    readXml: (source, events, options) => asAdapterFault(() => readXml(source, events, options)),
    readJson: (text) => asAdapterFault(() => readJson(text)),
  };
}

function asAdapterFault<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isGatewayError(error) || error.code === 'E_ADAPTER_INVALID') throw error;
    throw new GatewayError(
      'E_ADAPTER_INVALID',
      error.detail,
      error.at === undefined ? { cause: error } : { at: error.at, cause: error },
    );
  }
}
