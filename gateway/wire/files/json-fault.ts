/** Finds where a text departs from strict JSON. Exact rather than fast: it runs only on texts that are known to be wrong. */

import { GatewayError } from '../../model/errors.ts';

/** Names that reach the prototype chain of JavaScript objects. */
export const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a double keeps the number: same digits, finite, integers within 2^53. */
export function isExactNumber(token: string): boolean {
  const value = Number(token);
  if (Number.isNaN(value)) return true;
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return false;
  return significantDigits(token) === significantDigits(String(value));
}

/** Whether a number has the form of RFC 8785, which is that of ECMAScript. */
export function isCanonicalNumber(token: string): boolean {
  return String(Number(token)) === token;
}

function significantDigits(number: string): string {
  const mantissa = number.replace(/e.*$/iu, '').replace('-', '').replace('.', '');
  return mantissa.replace(/^0+/u, '').replace(/0+$/u, '');
}

interface Cursor {
  readonly text: string;
  readonly canonicalNumbers: boolean;
  at: number;
}

/** The first fault of a text that is not strict JSON: E_JSON_MALFORMED with `line:column`. */
export function jsonFault(text: string, canonicalNumbers = false): GatewayError {
  const cursor = { text, canonicalNumbers, at: 0 };
  try {
    readValue(cursor);
    skipSpace(cursor);
    fail(cursor, cursor.at < text.length ? 'there is text after the document' : 'it could not be read');
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function fail({ text, at }: Pick<Cursor, 'text' | 'at'>, detail: string, offset = at): never {
  const lines = text.slice(0, offset).split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  throw new GatewayError('E_JSON_MALFORMED', detail, { at: `${lines.length}:${column}` });
}

const literal = /(?:true|false|null)(?![\w$])/uy;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.$+-])/uy;

function readValue(cursor: Cursor): void {
  skipSpace(cursor);
  const { text, at } = cursor;
  const names = new Set<string>();
  if (at === text.length) fail(cursor, 'the text ends too early');
  else if (text[at] === '{') readSequence(cursor, '}', () => readMember(cursor, names));
  else if (text[at] === '[') readSequence(cursor, ']', () => readValue(cursor));
  else if (text[at] === '"') readString(cursor);
  else {
    const token = matchAt(literal, cursor) ?? matchAt(number, cursor);
    if (token === undefined) fail(cursor, 'no JSON value begins here');
    if (!isExactNumber(token)) fail(cursor, 'a number that a double cannot keep exactly');
    if (cursor.canonicalNumbers && /^[-\d]/u.test(token) && !isCanonicalNumber(token))
      fail(cursor, 'a number in another form than that of RFC 8785');
    cursor.at += token.length;
  }
}

function matchAt(pattern: RegExp, { text, at }: Cursor): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function readSequence(cursor: Cursor, close: '}' | ']', readItem: () => void): void {
  cursor.at += 1;
  if (take(cursor, close)) return;
  do {
    readItem();
    if (take(cursor, close)) return;
  } while (take(cursor, ','));
  fail(cursor, 'a comma or a closing bracket is missing');
}

function readMember(cursor: Cursor, names: Set<string>): void {
  skipSpace(cursor);
  const start = cursor.at;
  if (cursor.text[start] !== '"') fail(cursor, 'a name in double quotes is missing');
  const name = readString(cursor);
  if (names.has(name)) fail(cursor, 'a name is repeated in one object', start);
  if (forbiddenNames.has(name)) fail(cursor, 'a name that is not accepted', start);
  names.add(name);
  if (!take(cursor, ':')) fail(cursor, 'a colon is missing');
  readValue(cursor);
}

function readString(cursor: Cursor): string {
  const { text, at } = cursor;
  let end = at + 1;
  for (; end < text.length && text[end] !== '"'; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text.charCodeAt(end) < 0x20) fail(cursor, 'a string holds a control character', end);
  }
  if (end >= text.length) fail(cursor, 'a string is not closed');
  let value: string;
  try {
    value = String(JSON.parse(text.slice(at, end + 1)));
  } catch (error) {
    if (error instanceof SyntaxError) fail(cursor, 'a string holds an unknown escape');
    throw error;
  }
  if (!value.isWellFormed()) fail(cursor, 'a string holds a lone surrogate');
  if (value.includes('\0')) fail(cursor, 'a string holds the character U+0000');
  cursor.at = end + 1;
  return value;
}

/** Skips white space and the character after it, if it is the wanted one. */
function take(cursor: Cursor, wanted: string): boolean {
  skipSpace(cursor);
  const found = cursor.text[cursor.at] === wanted;
  if (found) cursor.at += 1;
  return found;
}

function skipSpace(cursor: Cursor): void {
  while (/[ \n\t\r]/u.test(cursor.text.charAt(cursor.at))) cursor.at += 1;
}
