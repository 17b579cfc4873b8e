/** Writes the types of the client in TypeScript from the OpenAPI document of the border door: `npm run docs`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { apiDocument } from '../../gateway/doors/openapi.ts';

const schemas = join(import.meta.dirname, '../../schemas');
export const clientTypesPath = join(schemas, 'typescript-client/border-api.d.ts');

export async function clientTypes(): Promise<string> {
  const types = astToString(
    await openapiTS(apiDocument(schemas, 'border-api.json').text, { emptyObjectsUnknown: true }),
  );
  return `/** The paths and documents of the border door, written by npm run docs from its OpenAPI document: do not edit. */\n\n${types}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(clientTypesPath, await clientTypes());
