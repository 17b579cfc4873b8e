/** Strict JSON (I-JSON, RFC 7493): a document is read only if every reader gives it the same meaning. */

import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../../model/errors.ts';
import { forbiddenNames, locateFault, survives } from './json-fault.ts';

export interface JsonLimits {
  /** Levels of objects and arrays within each other. */
  readonly depth: number;
}

export const jsonLimits: JsonLimits = { depth: 64 };

/**
 * Reads JSON that no two readers can understand differently: no duplicate, `__proto__`, `constructor` or `prototype` names,
 * no lone surrogates, no byte order mark, no number that a double cannot keep.
 * Throws E_BYTES_INVALID, E_JSON_MALFORMED with `line:column`, E_LIMIT_EXCEEDED.
 */
export function parseStrictJson(input: Uint8Array | string, limits: JsonLimits = jsonLimits): unknown {
  const { bytes, text } = bothForms(input);
  const found = scan(bytes, limits.depth);
  const value = parse(text);
  const names = count(value, found.surrogates);
  // JSON.parse keeps the last of two members of one name, so a member that went missing was a duplicate.
  if (names !== found.members || found.badNumber >= 0) throw malformed(text);
  return value;
}

function bothForms(input: Uint8Array | string): { bytes: Uint8Array; text: string } {
  if (typeof input !== 'string' && !isUtf8(input)) {
    throw new GatewayError('E_BYTES_INVALID', 'the bytes are not UTF-8');
  }
  const text =
    typeof input === 'string' ? input : Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('utf8');
  if (text.startsWith('\uFEFF')) {
    throw new GatewayError('E_JSON_MALFORMED', 'it begins with a byte order mark', { at: '1:1' });
  }
  if (typeof input === 'string' && !text.isWellFormed()) {
    throw new GatewayError('E_BYTES_INVALID', 'the text holds half a character');
  }
  return { bytes: typeof input === 'string' ? Buffer.from(input) : input, text };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text, and so is not passed on.
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(text);
  }
}

function malformed(text: string): GatewayError {
  const fault = locateFault(text);
  if (fault === undefined) return new GatewayError('E_JSON_MALFORMED', 'it could not be read');
  const lines = text.slice(0, fault.offset).split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  return new GatewayError('E_JSON_MALFORMED', fault.what, { at: `${lines.length}:${column}` });
}

interface Scanned {
  readonly members: number;
  /** Whether a string may hold an escaped half of a character. */
  readonly surrogates: boolean;
  readonly badNumber: number;
}

/** One pass over the bytes: what JSON.parse does not tell. It need not understand malformed text, which JSON.parse refuses. */
function scan(bytes: Uint8Array, maxDepth: number): Scanned {
  let [members, depth, surrogates, badNumber] = [0, 0, false, -1];
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x22) {
      for (i += 1; i < bytes.length && bytes[i] !== 0x22; i += 1) {
        if (bytes[i] !== 0x5c) continue;
        i += 1;
        // \ud… or \uD…: a surrogate.
        if (bytes[i] === 0x75 && ((bytes[i + 1] ?? 0) | 0x20) === 0x64) surrogates = true;
      }
    } else if (byte === 0x3a) members += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) {
        throw new GatewayError('E_LIMIT_EXCEEDED', `deeper than ${maxDepth}`, { at: `byte ${i}` });
      }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const end = numberEnd(bytes, i);
      if (badNumber < 0 && !numberSurvives(bytes, i, end)) badNumber = i;
      i = end - 1;
    }
  }
  return { members, surrogates, badNumber };
}

function numberEnd(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  for (; end < bytes.length; end += 1) {
    const byte = bytes[end] ?? 0;
    const inNumber = (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === 0x2d;
    if (!inNumber && (byte | 0x20) !== 0x65) break;
  }
  return end;
}

function numberSurvives(bytes: Uint8Array, start: number, end: number): boolean {
  // Fifteen significant digits always fit a double; an exponent needs a character of its own after a digit.
  if (end - start <= 3) return true;
  const token = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  return (end - start <= 15 && !/e/iu.test(token)) || survives(token);
}

/** The number of members of a value, all levels; minus infinity where a name or a text is refused. */
function count(value: unknown, surrogates: boolean): number {
  if (typeof value === 'string') return surrogates && !value.isWellFormed() ? -Infinity : 0;
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += count(item, surrogates);
    return members;
  }
  for (const [name, member] of Object.entries(value)) {
    if (forbiddenNames.has(name) || (surrogates && !name.isWellFormed())) return -Infinity;
    members += 1;
    if (typeof member === 'object' || surrogates) members += count(member, surrogates);
  }
  return members;
}
