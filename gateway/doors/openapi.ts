/** The OpenAPI 3.1 document of a door, assembled from the schemas that validate its requests. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import about from '../../package.json' with { type: 'json' };
import { parseStrictJson } from '../wire/files/json.ts';
import { entityTag } from './entity-tag.ts';

export interface ApiDocument {
  /** The document as JSON. */
  readonly text: string;
  /** A strong validator (RFC 9110, 8.8.3). */
  readonly etag: string;
}

/**
 * Reads the operations from a file in the schema folder. Every schema file that is referenced, directly or indirectly, becomes a component,
 * and references are rewritten to components.
 */
export function apiDocument(folder: string, file: string): ApiDocument {
  const schemas: Record<string, unknown> = {};
  const read = (name: string): Record<string, unknown> =>
    parseStrictJson(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
  function add(name: string): string {
    const component = componentName(name);
    if (!Object.hasOwn(schemas, component)) {
      schemas[component] = {}; // a schema may refer to itself
      const { $schema: _, ...schema } = read(name);
      schemas[component] = resolved(schema, name);
    }
    return component;
  }
  /** `within` is the file that contains the value. */
  function resolved(value: unknown, within: string | undefined): unknown {
    if (Array.isArray(value)) return value.map((each) => resolved(each, within));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]): [string, unknown] => {
        if (name !== '$ref' || typeof member !== 'string') return [name, resolved(member, within)];
        const [target = '', pointer = ''] = member.split('#', 2);
        const of = target === '' ? within : target;
        return [name, of === undefined ? member : `#/components/schemas/${add(of)}${pointer}`];
      }),
    );
  }
  const { info, components, ...operations } = read(file);
  const document = {
    openapi: '3.1.0',
    info: { ...(info as object), version: about.version },
    ...(resolved(operations, undefined) as object),
    components: { ...(resolved(components, undefined) as object), schemas },
  };
  const text = JSON.stringify(document);
  return { text, etag: entityTag(text) };
}

/** `check-request.schema.json` is CheckRequest. */
function componentName(file: string): string {
  const words = file.replace(/\.schema\.json$/u, '').split('-');
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}
