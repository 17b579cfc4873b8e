/** Writes JSON of a drafted message: its template, its schema, and the kept sample. */

import type { DraftPart } from './parts.ts';
import type { ValueType } from './vocabulary.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export function jsonText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The members of a message or its template. */
export function jsonObject({ parts }: DraftPart): Json {
  const kept = parts.filter(({ content }) => content.is !== 'ignored');
  const ignored = parts.filter(({ content }) => content.is === 'ignored').map(({ name }) => name);
  const members = [...Map.groupBy(kept, ({ name }) => name)].map(([name, all]) => [name, memberValue(all)] as const);
  return { ...Object.fromEntries(members), ...(ignored.length === 0 ? {} : { $ignore: ignored }) };
}

/** Parts of one name are the items of a list. */
function memberValue(all: readonly DraftPart[]): Json {
  const [part] = all;
  if (part === undefined) return null;
  if (part.listed !== undefined) return all.filter(({ listed }) => listed === 'item').map(plainValue);
  return part.each === undefined ? plainValue(part) : { $each: part.each, $item: plainValue(part) };
}

function plainValue(part: DraftPart): Json {
  const { content } = part;
  if (content.is === 'hole') return content.hole;
  if (content.is !== 'fixed') return jsonObject(part);
  // A literal is the text of a number, true or false.
  return content.literal ? (JSON.parse(content.text) as Json) : content.text;
}

/** The schema as it stands in the file. `id`: its own name, a URN. */
export function jsonSchema(root: DraftPart, id: string): string {
  return schemaText(id, objectSchema(root));
}

export function schemaText(id: string, schema: Readonly<Record<string, Json>>): string {
  return jsonText({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, ...schema });
}

function objectSchema({ parts }: DraftPart): Readonly<Record<string, Json>> {
  const required = parts
    .filter(({ optional, each, content }) => !optional && each?.endsWith('?') !== true && content.is !== 'ignored')
    .map(({ name }) => name);
  const properties = Object.fromEntries(parts.map((part) => [part.name, valueSchema(part)]));
  return { type: 'object', additionalProperties: false, ...(required.length === 0 ? {} : { required }), properties };
}

function valueSchema(part: DraftPart): Json {
  const { content, each } = part;
  if (content.is === 'ignored') return true;
  const own =
    content.is === 'hole'
      ? typeSchema(content.type)
      : content.is === 'fixed'
        ? { const: plainValue(part) }
        : objectSchema(part);
  return each === undefined ? own : { type: 'array', items: own };
}

/** Patterns are those of an XSD with anchors. */
function typeSchema({ pattern, number }: ValueType): Json {
  if (number === true) return { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 };
  return pattern === undefined
    ? { type: 'string', minLength: 1, maxLength: 512 }
    : { type: 'string', pattern: `^(?:${pattern})$` };
}
