/** Writes the JSON template and the JSON Schema of a drafted message. */

import type { DraftPart, ValueType } from './draft-parts.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/** The template as it stands in the file. */
export function jsonTemplate(root: DraftPart): string {
  return `${JSON.stringify(objectTemplate(root), null, 2)}\n`;
}

function objectTemplate({ parts }: DraftPart): Json {
  const kept = parts.filter(({ content }) => content.is !== 'ignored');
  const ignored = parts.filter(({ content }) => content.is === 'ignored').map(({ name }) => name);
  return {
    ...Object.fromEntries(kept.map((part) => [part.name, valueTemplate(part)])),
    ...(ignored.length === 0 ? {} : { $ignore: ignored }),
  };
}

function valueTemplate(part: DraftPart): Json {
  const value = plainTemplate(part);
  return part.each === undefined ? value : { $each: part.each, $item: value };
}

function plainTemplate(part: DraftPart): Json {
  const { content } = part;
  switch (content.is) {
    case 'hole':
      return content.hole;
    case 'fixed':
      return content.number ? Number(content.text) : content.text;
    case 'parts':
    case 'ignored':
      return objectTemplate(part);
  }
}

/** The schema as it stands in the file. `id`: its own name, a URN. */
export function jsonSchema(root: DraftPart, id: string): string {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, ...objectSchema(root) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function objectSchema({ parts }: DraftPart): Readonly<Record<string, Json>> {
  const required = parts
    .filter(({ optional, content }) => !optional && content.is !== 'ignored')
    .map(({ name }) => name);
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(parts.map((part) => [part.name, valueSchema(part)])),
  };
}

function valueSchema(part: DraftPart): Json {
  const { content, each } = part;
  const own = ownSchema(part);
  return each === undefined || content.is === 'ignored' ? own : { type: 'array', items: own };
}

function ownSchema(part: DraftPart): Json {
  const { content } = part;
  switch (content.is) {
    case 'hole':
      return typeSchema(content.type);
    case 'fixed':
      return { const: content.number ? Number(content.text) : content.text };
    case 'parts':
      return objectSchema(part);
    case 'ignored':
      return true;
  }
}

/** Schema of one value; patterns are those of the XSD with anchors. */
export function typeSchema(type: ValueType): Readonly<Record<string, Json>> {
  switch (type.is) {
    case 'text':
      return { type: 'string', minLength: 1, maxLength: type.max };
    case 'pattern':
      return { type: 'string', pattern: `^(?:${type.pattern})$` };
    case 'id':
      return { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9-]{3,63}$' };
    case 'number':
      return { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 };
  }
}
