/** Schemas: compiles XSD and JSON Schema (2020-12), and reports where a document does not follow them. */

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { GatewayError } from '../../model/errors.ts';
import type { LineRules } from '../../model/message-body.ts';
import type { AttributedMessage, ValidMessage } from '../../model/message.ts';
import { acceptorOf, type Acceptor } from './acceptor.ts';
import { accepts } from './accepts.ts';
import { compileXsd, faultLimit, xsdFaults, type XsdValidator } from '../xml/libxml.ts';
import { parseStrictJson } from '../files/json.ts';
import { bodyOf, type ParsedBody } from '../xml/parsed-body.ts';

export type Schema =
  | {
      readonly format: 'xml';
      readonly validator: XsdValidator;
      /** Accepts most valid documents; the slower validator decides on all others. */
      readonly acceptor: () => Acceptor | undefined;
    }
  | { readonly format: 'json'; readonly validator: ValidateFunction };

/** A violation of a JSON Schema. Values of the document are not quoted. */
interface JsonFault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  /** The values of an enumeration. */
  readonly allowed?: readonly string[];
}

export type JsonVerdict<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly JsonFault[] };

/** By file, with the text of all schemas of its folder: each may refer to the others. The oldest goes first. */
const loaded = new Map<string, { readonly texts: string; readonly schema: Schema }>();
const mostLoaded = 64;

/** The schema of a message, an XSD or a JSON Schema by its file name; compiled where its folder has changed. Throws E_ADAPTER_INVALID. */
export function loadSchema(file: string): Schema {
  const folder = path.dirname(file);
  const files = globSync(`*${path.extname(file)}`, { cwd: folder, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  const texts = files.map(({ name }) => readFileSync(path.join(folder, name), 'utf8')).join('\0');
  const known = loaded.get(file);
  if (known?.texts === texts) return known.schema;
  const schema = compileSchema(file);
  loaded.delete(file);
  loaded.set(file, { texts, schema });
  for (const oldest of [...loaded.keys()].slice(0, -mostLoaded)) loaded.delete(oldest);
  return schema;
}

function compileSchema(file: string): Schema {
  if (!file.endsWith('.xsd')) return { format: 'json', validator: compileJson(file, 'E_ADAPTER_INVALID') };
  const [validator, text] = [compileXsd(file), readFileSync(file, 'utf8')];
  // Made for the first message: it takes longer than all else of opening a gateway, and most commands judge none.
  let made: { readonly acceptor: Acceptor | undefined } | undefined;
  return { format: 'xml', validator, acceptor: () => (made ??= { acceptor: acceptorOf(text) }).acceptor };
}

/** Checks the tree that was verified or parsed, not the bytes again. `lines`: of a text. Throws E_SCHEMA_INVALID, and what readLines throws. */
export function validate<Message extends AttributedMessage>(
  message: Message,
  schema: Schema,
  lines?: LineRules,
): ValidMessage<Message> {
  checkTree(bodyOf(message), schema, lines);
  return message as ValidMessage<Message>;
}

/** Throws E_SCHEMA_INVALID with up to twenty faults, at the place of the first; of a text what readLines throws. */
export function checkTree(tree: ParsedBody, schema: Schema, lines: LineRules | undefined): void {
  const [first, ...others] = faultsIn(tree, schema, lines);
  if (first === undefined) return;
  const rest = others.map(({ at, detail }) => `; ${at}: ${detail}`).join('');
  throw new GatewayError('E_SCHEMA_INVALID', first.detail + rest, { at: first.at });
}

function faultsIn(
  tree: ParsedBody,
  schema: Schema,
  lines: LineRules | undefined,
): readonly { readonly at: string; readonly detail: string }[] {
  if (tree.format === 'xml' && schema.format === 'xml') {
    const acceptor = tree.canonical && schema.acceptor();
    if (tree.canonical !== undefined && acceptor !== undefined && accepts(acceptor, tree.canonical)) return [];
    return xsdFaults(schema.validator, tree.document()).map(({ line, xpath, detail }) => ({
      at: `line ${line}${xpath === undefined ? '' : `, ${xpath}`}`,
      detail,
    }));
  }
  if (tree.format === 'xml' || schema.format === 'xml') {
    throw new GatewayError('E_SCHEMA_INVALID', `the message is ${tree.format}, its schema is for ${schema.format}`);
  }
  // The JSON Schema of a text describes the array of its lines.
  if (tree.format === 'json')
    return jsonFaults(schema.validator, tree.value).map(({ pointer, detail }) => ({
      at: pointer || 'the whole document',
      detail,
    }));
  return jsonFaults(schema.validator, tree.lines(lines)).map(({ pointer, detail }) => ({
    at:
      pointer === ''
        ? 'the whole text'
        : lines?.sheet === undefined
          ? `line ${Number(pointer.slice(1)) + tree.firstLine}`
          : `row ${Number(pointer.slice(1)) + 1}`,
    detail,
  }));
}

/** Of the program's own schemas, by path: they do not change while it runs. */
const ownSchemas = new Map<string, ValidateFunction>();

/** What is validated once is not worth good code, which takes twice as long to make. */
const forOnce: Options = { inlineRefs: false, code: { optimize: false } };

/**
 * A validator by a schema of the program: requests, manifests, configuration. `use`: how often it will be called. Throws E_CONFIG_INVALID
 * when the file does not compile.
 */
export function jsonValidator<T>(file: string, use: 'once' | 'often' = 'often'): (value: unknown) => JsonVerdict<T> {
  // A test compiles these schemas by the rules of strict mode; at each start that would take a third of their time.
  const options = { strict: false, ...(use === 'once' && forOnce) };
  const validator = ownSchemas.get(file) ?? compileJson(file, 'E_CONFIG_INVALID', options);
  ownSchemas.set(file, validator);
  return (value) => {
    const errors = jsonFaults(validator, value);
    return errors.length === 0 ? { ok: true, value: value as T } : { ok: false, errors };
  };
}

const knownZones = new Set<string>();

/** Whether the runtime knows the zone: a name of the IANA database. It takes a millisecond to find out. */
function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    knownZones.add(name);
    return true;
  } catch {
    return false; // RangeError: no such zone
  }
}

function newAjv(options: Options): Ajv2020 {
  // Strict mode refuses unknown keywords, so that a misspelt rule is not ignored.
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, ...options });
  (formats as unknown as typeof formats.default)(ajv);
  ajv.addFormat('time-zone', isTimeZone);
  return ajv;
}

/** Judges schemas by the one of JSON Schema, which takes longer to compile than most of them. */
let judge: Ajv2020 | undefined;

function compileJson(
  file: string,
  code: 'E_ADAPTER_INVALID' | 'E_CONFIG_INVALID',
  generation: Options = {},
): ValidateFunction {
  const ajv = newAjv({ validateSchema: false, ...generation });
  const name = path.basename(file);
  try {
    const isStrict = generation.strict !== false;
    const validator = ajv.getSchema(addFile(ajv, path.dirname(file), { name, isStrict, added: new Set() }));
    if (validator === undefined) throw new Error('there is no schema');
    return validator;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown reason';
    throw new GatewayError(code, `the schema does not compile: ${detail}`, { at: name, cause: error });
  }
}

/** Adds a schema, and the files of the same folder that it refers to; returns its key. Nothing is fetched from the network. */
function addFile(
  ajv: Ajv2020,
  folder: string,
  { name, isStrict, added }: { readonly name: string; readonly isStrict: boolean; readonly added: Set<string> },
): string {
  added.add(name);
  const text = readFileSync(path.join(folder, name), 'utf8');
  const schema = parseStrictJson(text) as Record<string, unknown>;
  const key = typeof schema['$id'] === 'string' ? schema['$id'] : name;
  if (isStrict) {
    judge ??= newAjv({});
    void judge.validateSchema(schema, true);
  }
  ajv.addSchema(schema, key);
  for (const [, reference] of text.matchAll(/"\$ref"\s*:\s*"(?:\.\/)?([\w.-]+\.json)(?:#[^"]*)?"/gu)) {
    if (reference !== undefined && !added.has(reference)) addFile(ajv, folder, { name: reference, isStrict, added });
  }
  return key;
}

function jsonFaults(validator: ValidateFunction, value: unknown): readonly JsonFault[] {
  return validator(value) ? [] : (validator.errors ?? []).slice(0, faultLimit).map(toFault);
}

/** The codes of JSON Schema keywords; all others are RULE. */
const keywordsByCode = {
  REQUIRED: ['required', 'dependentRequired'],
  UNKNOWN_MEMBER: ['additionalProperties', 'unevaluatedProperties'],
  TYPE: ['type'],
  ENUM: ['enum', 'const'],
  FORMAT: ['format'],
  PATTERN: ['pattern'],
  LENGTH: ['minLength', 'maxLength'],
  RANGE: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  COUNT: ['minItems', 'maxItems', 'minProperties', 'maxProperties'],
};
const codes = new Map(Object.entries(keywordsByCode).flatMap(([code, names]) => names.map((name) => [name, code])));

function toFault(error: ErrorObject): JsonFault {
  const parameters = error.params as Readonly<Record<string, unknown>>;
  const member = parameters['missingProperty'] ?? parameters['additionalProperty'] ?? parameters['unevaluatedProperty'];
  const allowed = allowedValues(parameters);
  return {
    pointer: error.instancePath + (typeof member === 'string' ? memberPointer(member) : ''),
    code: codes.get(error.keyword) ?? 'RULE',
    detail: allowed === undefined ? (error.message ?? 'does not follow the schema') : `must be ${listed(allowed)}`,
    ...(allowed === undefined ? {} : { allowed }),
  };
}

function listed(allowed: readonly string[]): string {
  return allowed.length === 1 ? (allowed[0] ?? '') : `one of ${allowed.join(', ')}`;
}

/** An unknown member is named only if it has the form of a name: answers do not echo input. */
function memberPointer(member: string): string {
  return /^[\w$@.:#-]{1,64}$/u.test(member) ? `/${member}` : '';
}

function allowedValues(parameters: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const { allowedValues: several, allowedValue: one } = parameters;
  if (Array.isArray(several)) return several.map(String);
  return typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean' ? [String(one)] : undefined;
}
