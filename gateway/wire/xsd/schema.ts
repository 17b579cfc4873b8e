/** Schemas: compiles XSD and JSON Schema, and says in which place what does not follow them. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { GatewayError } from '../../model/errors.ts';
import type { ValidMessage, VerifiedMessage } from '../../model/message.ts';
import { acceptorOf, type Acceptor } from './acceptor.ts';
import { accepts } from './accepts.ts';
import { compileXsd, faultLimit, xsdFaults, type XsdValidator } from '../xml/libxml.ts';
import { parseStrictJson } from '../files/json.ts';
import { treeOf, type Tree } from '../xml/parsed-body.ts';

export type Schema =
  | {
      readonly format: 'xml';
      readonly path: string;
      readonly validator: XsdValidator;
      /** Takes what surely follows the schema, so that the validator is asked about the rest only. */
      readonly acceptor: Acceptor | undefined;
    }
  | { readonly format: 'json'; readonly path: string; readonly validator: ValidateFunction };

/** One way in which a JSON value does not follow its schema. The value is not quoted. */
export interface JsonFault {
  readonly pointer: string;
  readonly code: JsonFaultCode;
  readonly detail: string;
  /** What would be accepted, where that is a closed list. */
  readonly allowed?: readonly string[];
}

export type JsonFaultCode =
  'REQUIRED' | 'UNKNOWN_MEMBER' | 'TYPE' | 'ENUM' | 'FORMAT' | 'PATTERN' | 'LENGTH' | 'RANGE' | 'COUNT' | 'RULE';

export type JsonVerdict<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly JsonFault[] };

/** Compiles the schema of a message, XSD or JSON Schema by its ending; E_ADAPTER_INVALID when it does not compile. Keep it. */
export function loadSchema(file: string): Schema {
  return file.endsWith('.xsd')
    ? { format: 'xml', path: file, validator: compileXsd(file), acceptor: acceptorOf(readFileSync(file, 'utf8')) }
    : { format: 'json', path: file, validator: compileJson(file, '') };
}

/** The message, known to follow its schema: the very tree that was verified is checked. E_SCHEMA_INVALID with the first place. */
export function validate(message: VerifiedMessage, schema: Schema): ValidMessage {
  checkTree(treeOf(message), schema);
  return message as ValidMessage;
}

/** Throws E_SCHEMA_INVALID, which lists up to twenty faults and points to the first. */
export function checkTree(tree: Tree, schema: Schema): void {
  if (tree.format === 'xml' && schema.format === 'xml') {
    if (tree.canonical !== undefined && schema.acceptor !== undefined && accepts(schema.acceptor, tree.canonical))
      return;
    const places = xsdFaults(schema.validator, tree.document()).map((fault) => ({
      at: `line ${fault.line}${fault.xpath === undefined ? '' : `, ${fault.xpath}`}`,
      detail: fault.detail,
    }));
    refuse(places);
  } else if (tree.format === 'json' && schema.format === 'json') {
    const places = jsonFaults(schema.validator, tree.value).map((fault) => ({
      at: fault.pointer === '' ? 'the whole document' : fault.pointer,
      detail: fault.detail,
    }));
    refuse(places);
  } else if (tree.format === 'text' && schema.format === 'json') {
    refuse(jsonFaults(schema.validator, tree.lines).map(({ pointer, detail }) => ({ at: linePlace(pointer), detail })));
  } else {
    throw new GatewayError('E_SCHEMA_INVALID', `the message is ${tree.format}, its schema is for ${schema.format}`);
  }
}

/** A JSON Schema of a text is one of the array of its lines. */
function linePlace(pointer: string): string {
  return pointer === '' ? 'the whole text' : `line ${Number(pointer.slice(1)) + 1}`;
}

function refuse(places: readonly { readonly at: string; readonly detail: string }[]): void {
  const [first, ...others] = places;
  if (first === undefined) return;
  const rest = others.map((place) => `; ${place.at}: ${place.detail}`).join('');
  throw new GatewayError('E_SCHEMA_INVALID', first.detail + rest, { at: first.at });
}

/**
 * A check of requests, manifests and configuration against a JSON Schema file (2020-12), or against the part of it that the
 * JSON Pointer `root` names. E_CONFIG_INVALID when the schema itself does not compile.
 */
export function jsonValidator<T>(file: string, root = ''): (value: unknown) => JsonVerdict<T> {
  const validator = compileJson(file, root, 'E_CONFIG_INVALID');
  return (value) => {
    const errors = jsonFaults(validator, value);
    return errors.length === 0 ? { ok: true, value: value as T } : { ok: false, errors };
  };
}

function compileJson(
  file: string,
  root: string,
  code: 'E_ADAPTER_INVALID' | 'E_CONFIG_INVALID' = 'E_ADAPTER_INVALID',
): ValidateFunction {
  // Strict: a misspelt keyword is an error and not a rule that silently never applies.
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  (formats as unknown as typeof formats.default)(ajv);
  const name = path.basename(file);
  try {
    const key = addFile(ajv, path.dirname(file), name, new Set());
    const validator = ajv.getSchema(`${key}#${root}`);
    if (validator === undefined) throw new Error(`there is nothing at ${root}`);
    return validator;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown reason';
    throw new GatewayError(code, `the schema does not compile: ${detail}`, { at: name, cause: error });
  }
}

/** Adds a schema and, by name, the files beside it that it refers to. Nothing is fetched. */
function addFile(ajv: Ajv2020, folder: string, name: string, seen: Set<string>): string {
  seen.add(name);
  const text = readFileSync(path.join(folder, name), 'utf8');
  const schema = parseStrictJson(text) as Record<string, unknown>;
  const key = typeof schema['$id'] === 'string' ? schema['$id'] : name;
  ajv.addSchema(schema, key);
  for (const [, reference] of text.matchAll(/"\$ref"\s*:\s*"(?:\.\/)?([\w.-]+\.json)(?:#[^"]*)?"/gu)) {
    if (reference !== undefined && !seen.has(reference)) addFile(ajv, folder, reference, seen);
  }
  return key;
}

function jsonFaults(validator: ValidateFunction, value: unknown): readonly JsonFault[] {
  return validator(value) ? [] : (validator.errors ?? []).slice(0, faultLimit).map(toFault);
}

const codes: Readonly<Record<string, JsonFaultCode>> = {
  required: 'REQUIRED',
  dependentRequired: 'REQUIRED',
  additionalProperties: 'UNKNOWN_MEMBER',
  unevaluatedProperties: 'UNKNOWN_MEMBER',
  type: 'TYPE',
  enum: 'ENUM',
  const: 'ENUM',
  format: 'FORMAT',
  pattern: 'PATTERN',
  minLength: 'LENGTH',
  maxLength: 'LENGTH',
  minimum: 'RANGE',
  maximum: 'RANGE',
  exclusiveMinimum: 'RANGE',
  exclusiveMaximum: 'RANGE',
  multipleOf: 'RANGE',
  minItems: 'COUNT',
  maxItems: 'COUNT',
  minProperties: 'COUNT',
  maxProperties: 'COUNT',
};

function toFault(error: ErrorObject): JsonFault {
  const parameters = error.params as Readonly<Record<string, unknown>>;
  const member = parameters['missingProperty'] ?? parameters['additionalProperty'] ?? parameters['unevaluatedProperty'];
  const allowed = allowedValues(parameters);
  return {
    pointer: error.instancePath + (typeof member === 'string' ? memberPointer(member) : ''),
    code: codes[error.keyword] ?? 'RULE',
    detail: error.message ?? 'does not follow the schema',
    ...(allowed === undefined ? {} : { allowed }),
  };
}

/** A name of the sender's own invention is told back only while it looks like a name: answers do not echo input. */
function memberPointer(member: string): string {
  return /^[\w$@.:#-]{1,64}$/u.test(member) ? `/${member}` : '';
}

function allowedValues(parameters: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const { allowedValues: several, allowedValue: one } = parameters;
  if (Array.isArray(several)) return several.map(String);
  return typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean' ? [String(one)] : undefined;
}
