/** Strict JSON (I-JSON, RFC 7493): a document is read only if every reader gives it the same meaning. */

import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../../model/errors.ts';
import { forbiddenNames, isCanonicalNumber, isExactNumber, jsonFault } from './json-fault.ts';

/**
 * Parses JSON without duplicate, `__proto__`, `constructor` or `prototype` names, lone surrogates, U+0000, which PostgreSQL does not store, byte order mark, and numbers
 * that a double cannot keep; objects and arrays may be nested to `depth`. With `canonicalNumbers`, as in messages, each number has the
 * one form of RFC 8785 (3.2.2.3): not `1.0`, `1E0` or `-0`.
 * Throws E_BYTES_INVALID, E_JSON_MALFORMED with `line:column`, E_LIMIT_EXCEEDED.
 */
export function parseStrictJson(
  input: Uint8Array | string,
  { depth = 64, canonicalNumbers = false }: { readonly depth?: number; readonly canonicalNumbers?: boolean } = {},
): unknown {
  const isText = typeof input === 'string';
  if (isText ? !input.isWellFormed() : !isUtf8(input)) {
    throw new GatewayError('E_BYTES_INVALID', isText ? 'the text holds a lone surrogate' : 'the bytes are not UTF-8');
  }
  const bytes = isText ? Buffer.from(input) : Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const text = isText ? input : bytes.toString('utf8');
  if (text.startsWith('\uFEFF')) {
    throw new GatewayError('E_JSON_MALFORMED', 'it begins with a byte order mark', { at: '1:1' });
  }
  const found = scan(bytes, depth, canonicalNumbers);
  const value = parse(text);
  const names = count(value, found.surrogates);
  // JSON.parse keeps the last of several members of one name: a difference in number is a duplicate.
  if (names !== found.members || !found.areNumbersExact || found.hasNull) throw jsonFault(text, canonicalNumbers);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text, and is not passed on.
    if (error instanceof SyntaxError) throw jsonFault(text);
    throw error;
  }
}

/** As text. */
const fourZeros = 0x30303030;

/** Finds in one pass over the bytes what JSON.parse does not report. Malformed text, which JSON.parse refuses, needs no care here. */
function scan(bytes: Buffer, maxDepth: number, canonicalNumbers: boolean) {
  let [members, depth, surrogates, areNumbersExact, hasNull] = [0, 0, false, true, false];
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x22) {
      for (i += 1; i < bytes.length && bytes[i] !== 0x22; i += 1) {
        if (bytes[i] !== 0x5c) continue;
        i += 1;
        // \ud… and \uD… are surrogates, or a few other characters.
        if (bytes[i] !== 0x75) continue;
        if (((bytes[i + 1] ?? 0) | 0x20) === 0x64) surrogates = true;
        if (i + 4 < bytes.length && bytes.readUInt32BE(i + 1) === fourZeros) hasNull = true;
      }
    } else if (byte === 0x3a) members += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) {
        throw new GatewayError('E_LIMIT_EXCEEDED', `nested deeper than ${maxDepth}`, { at: `byte ${i}` });
      }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const end = numberEnd(bytes, i);
      areNumbersExact &&= isExact(bytes, i, end, canonicalNumbers);
      i = end - 1;
    }
  }
  return { members, surrogates, areNumbersExact, hasNull };
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

function isExact(bytes: Uint8Array, start: number, end: number, canonical: boolean): boolean {
  // A double keeps fifteen significant digits; a token of three characters has no exponent that matters.
  if (end - start <= (canonical ? 1 : 3)) return true;
  const token = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  if (canonical && !isCanonicalNumber(token)) return false;
  return (end - start <= 15 && !/e/iu.test(token)) || isExactNumber(token);
}

/** The number of members on all levels; minus infinity where a name or a string is refused. */
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
