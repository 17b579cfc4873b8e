/** The folder that an adapter command is about, and the schemas of its messages. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckSchema, CheckTools } from '../adapter/check/message-text.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { GatewayError } from '../model/errors.ts';
import { loadSchema, type Schema } from '../wire/xsd/schema.ts';
import { checkUnsigned } from '../wire/signature/seal.ts';

/** The folder of an adapter; E_ADAPTER_UNKNOWN where there is none. */
export function folderOf(adapters: string, cc: string): string {
  const folder = join(adapters, cc.toLowerCase());
  if (/^[a-z][a-z0-9-]*$/u.test(cc.toLowerCase()) && existsSync(folder)) return folder;
  throw new GatewayError('E_ADAPTER_UNKNOWN', 'there is no such folder', {
    at: adapters,
    fix: 'Name a folder under adapters/.',
  });
}

export function checkTools(tools: AdapterTools): CheckTools {
  return { ...tools, checkSchema: schemaChecker() };
}

/** Compares messages with their schemas, each compiled once. Throws E_SCHEMA_INVALID. */
export function schemaChecker(): CheckSchema {
  const schemas = new Map<string, Schema>();
  return (text, format) => {
    const schema = schemas.get(format.schema) ?? loadSchema(format.schema);
    schemas.set(format.schema, schema);
    checkUnsigned([text], format, schema)[Symbol.dispose]();
  };
}
