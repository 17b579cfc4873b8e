/** The document of the office for programs: OpenAPI 3.1, made of the table of pages and acts, so that none is missing. */

import about from '../../package.json' with { type: 'json' };
import type { Act, Section } from './page.ts';

/** Where programs find what a page shows. */
export const apiPath = (path: string): string => `/office/v1${path === '/' ? '/today' : path}`;

export function officeContract(sections: readonly Section[]): object {
  const operations = sections.flatMap(({ pages, acts = [] }) => [
    ...pages.map(({ path, needs }) => [path, { get: operation(path, needs) }] as const),
    ...acts.map(
      (act) =>
        [act.path, { post: { ...operation(act.path, act.needs, act.gives), requestBody: bodyOf(act) } }] as const,
    ),
  ]);
  const paths: Record<string, object> = {};
  for (const [path, methods] of operations) {
    const written = apiPath(path).replaceAll(/:(\w+)/gu, '{$1}');
    paths[written] = { ...paths[written], ...methods };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'The office door of a gateway for mutual recognition', version: about.version },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-mra-session' },
        token: { type: 'http', scheme: 'bearer', description: 'A personal token: /account makes one.' },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'code', 'who_must_act', 'retry', 'request_id'],
        },
      },
    },
  };
}

/** `needs`: the permission, as docs/roles.md has it. */
function operation(path: string, needs: Act['needs'], gives?: Act['gives']): object {
  const names = [...path.matchAll(/:(\w+)/gu)].map(([, name]) => name);
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return {
    description: `Needs: ${needs}.`,
    parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    responses: {
      200:
        gives === 'file'
          ? { description: 'The file.', content: { '*/*': {} } }
          : { description: 'What the page shows.', content: { 'application/json': { schema: { type: 'object' } } } },
      304: { description: 'As the ETag in If-None-Match says, the caller has it.' },
      default: { description: 'A problem (RFC 9457).', content: problem },
    },
  };
}

/** An object of texts; a form with a file where the act takes one. */
function bodyOf({ mostBytes }: Act): object {
  const texts = { type: 'object', additionalProperties: { type: 'string' } };
  return { content: { [mostBytes === undefined ? 'application/json' : 'multipart/form-data']: { schema: texts } } };
}
