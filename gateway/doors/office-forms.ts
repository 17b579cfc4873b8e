/** Forms sent to the office: as browsers send them, with or without a file, or as a JSON object of texts. */

import { setImmediate as turn } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { refuseCompressed, type HeldBody } from './body-reader.ts';

/** `name` is stated by the browser and only shown to people; never use it as a path. */
export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SentForm {
  readonly form: URLSearchParams;
  /** The form field `file`. */
  readonly file?: SentFile;
  /** The form field `signature`: a detached signature of the file. */
  readonly signature?: SentFile;
}

const formBytes = 256 * 1024;
const mostFields = 100;

interface FormLimits {
  /** Size limit in bytes of a form with a file; other forms may have 256 KiB. Undefined: no file is accepted. */
  readonly mostBytes: number | undefined;
  /** The sender, who may use only a part of the memory budget. */
  readonly sender: string | undefined;
}

/** Throws E_REQUEST_TYPE, E_REQUEST_MALFORMED, E_REQUEST_INVALID, and the same errors as HeldBody.read. */
export async function readForm(request: Request, body: HeldBody, limits: FormLimits): Promise<SentForm> {
  const sent = await readAnyForm(request, body, limits);
  // PostgreSQL does not store U+0000.
  if (sent.form.values().some((value) => value.includes('\0')))
    throw new GatewayError('E_REQUEST_MALFORMED', 'a field of the form holds the character U+0000');
  return sent;
}

async function readAnyForm(request: Request, body: HeldBody, { mostBytes, sender }: FormLimits): Promise<SentForm> {
  refuseCompressed(request);
  const isMultipart = request.is('multipart/form-data') === 'multipart/form-data';
  if (isMultipart && mostBytes === undefined) throw new GatewayError('E_REQUEST_TYPE', 'this address takes no file');
  const bytes = await body.read((isMultipart ? mostBytes : undefined) ?? formBytes, sender);
  if (bytes.length === 0) return { form: new URLSearchParams() };
  if (isMultipart) return await formWithFile(request, bytes);
  const text = bytes.toString('utf8');
  if (request.is('application/x-www-form-urlencoded') !== false) {
    requireFewFields(bytes, '&');
    return { form: new URLSearchParams(text) };
  }
  if (request.is('application/json') === false)
    throw new GatewayError('E_REQUEST_TYPE', 'the office reads forms and JSON');
  return { form: new URLSearchParams(members(text)) };
}

const tooMany = (): GatewayError =>
  new GatewayError('E_REQUEST_MALFORMED', `the form has more than ${mostFields} fields`);

/** Counts the fields before parsing, whose time grows faster than their number. */
function requireFewFields(bytes: Buffer, separator: string): void {
  let at = -1;
  for (let count = 0; count <= mostFields; count++) {
    at = bytes.indexOf(separator, at + 1);
    if (at === -1) return;
  }
  throw tooMany();
}

function members(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayError('E_REQUEST_MALFORMED', 'the body is no JSON object');
  const values = Object.values(value);
  if (values.length > mostFields) throw tooMany();
  if (values.some((each) => typeof each !== 'string'))
    throw new GatewayError('E_REQUEST_INVALID', 'each member is a text');
  return value as Record<string, string>;
}

/** RFC 7578. */
async function formWithFile(request: Request, bytes: Buffer): Promise<SentForm> {
  const [, boundary = ''] = /;\s*boundary="?([^";]+)/iu.exec(request.get('content-type') ?? '') ?? [];
  requireFewFields(bytes, `--${boundary}`);
  try {
    const parser = new Busboy({
      headers: { ...request.headers, 'content-type': request.get('content-type') ?? '' },
      limits: { parts: mostFields, files: fileFields.length, fieldSize: formBytes },
    });
    const parts = collectParts(parser);
    await pipeline(slices(bytes), parser);
    return parts();
  } catch (cause) {
    if (isGatewayError(cause)) throw cause;
    throw new GatewayError('E_REQUEST_MALFORMED', 'the form cannot be read', { cause });
  }
}

/** Parses in pieces, so that other requests are answered in between: a file of 64 MiB takes a tenth of a second. */
async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  const length = 1024 * 1024;
  for (let at = 0; at < bytes.length; at += length) {
    yield bytes.subarray(at, at + length);
    await turn();
  }
}

const fileFields = ['file', 'signature'] as const;

/** Resolves to the form once the parser has finished. */
function collectParts(parser: BusboyInstance): () => SentForm {
  const form = new URLSearchParams();
  const sent = new Map<string, { readonly name: string; readonly pieces: Buffer[] }>();
  parser.on('field', (field: string | undefined, value, _, isCut) => {
    if (isCut) parser.destroy(new GatewayError('E_SIZE_EXCEEDED', `a field may have ${formBytes} bytes`));
    if (field !== undefined) form.append(field, value);
  });
  parser.on('file', (field, content, fileName) => {
    if (sent.has(field)) parser.destroy(new GatewayError('E_REQUEST_MALFORMED', 'the form has two files of one field'));
    const file = { name: fileName, pieces: [] as Buffer[] };
    sent.set(field, file);
    content.on('data', (piece: Buffer) => file.pieces.push(piece));
    content.on('error', (cause: unknown) => parser.destroy(asGatewayError(cause)));
  });
  for (const limit of ['partsLimit', 'filesLimit'] as const) parser.on(limit, () => parser.destroy(tooMany()));
  // Browsers send an empty file without a name if none was chosen.
  return () => {
    const chosen = ([field, { pieces }]: [string, { readonly pieces: readonly Buffer[] }]): boolean =>
      fileFields.some((each) => each === field) && pieces.length > 0;
    const files = [...sent]
      .filter(chosen)
      .map(([field, { name, pieces }]) => [field, { name, bytes: Buffer.concat(pieces) }]);
    return { form, ...(Object.fromEntries(files) as Pick<SentForm, 'file' | 'signature'>) };
  };
}
