/** Finds where a text stops being strict JSON. Exact rather than fast: used only once a text is known to be wrong. */

export interface JsonFault {
  /** UTF-16 units from the start. */
  readonly offset: number;
  readonly what: string;
}

/** Names that reach into JavaScript objects. */
export const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a number means the same after it went through a double: same digits, finite, integers within 2^53. */
export function survives(token: string): boolean {
  const value = Number(token);
  if (Number.isNaN(value)) return true;
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return false;
  return significant(token) === significant(String(value));
}

function significant(number: string): string {
  const mantissa = number.replace(/e.*$/iu, '').replace('-', '').replace('.', '');
  return mantissa.replace(/^0+/u, '').replace(/0+$/u, '');
}

/** The first fault, or undefined when the text is strict JSON. */
export function locateFault(text: string): JsonFault | undefined {
  const step = readValue(text, 0);
  if (typeof step !== 'number') return step;
  const end = skipSpace(text, step);
  return end === text.length ? undefined : { offset: end, what: 'something follows the document' };
}

/** The offset behind what was read, or the fault met on the way. */
type Step = number | JsonFault;

const literal = /(?:true|false|null)(?![\w$])/uy;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.$+-])/uy;

function readValue(text: string, from: number): Step {
  const at = skipSpace(text, from);
  switch (text[at]) {
    case '{':
      return readMembers(text, at + 1);
    case '[':
      return readItems(text, at + 1);
    case '"':
      return readString(text, at).step;
    case undefined:
      return { offset: at, what: 'the text ends too early' };
    default:
      return readToken(text, at);
  }
}

function readToken(text: string, at: number): Step {
  literal.lastIndex = at;
  if (literal.test(text)) return literal.lastIndex;
  number.lastIndex = at;
  if (!number.test(text)) return { offset: at, what: 'no JSON value begins here' };
  const end = number.lastIndex;
  return survives(text.slice(at, end)) ? end : { offset: at, what: 'a number that cannot be kept exactly' };
}

function readItems(text: string, from: number): Step {
  let at = skipSpace(text, from);
  if (text[at] === ']') return at + 1;
  for (;;) {
    const step = readValue(text, at);
    if (typeof step !== 'number') return step;
    at = skipSpace(text, step);
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') return { offset: at, what: 'a comma or the end of the list is missing' };
    at += 1;
  }
}

function readMembers(text: string, from: number): Step {
  const names = new Set<string>();
  let at = skipSpace(text, from);
  if (text[at] === '}') return at + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] !== '"') return { offset: at, what: 'a name in double quotes is missing' };
    const { step, value: name } = readString(text, at);
    if (typeof step !== 'number') return step;
    if (names.has(name)) return { offset: at, what: 'a name stands twice in one object' };
    if (forbiddenNames.has(name)) return { offset: at, what: 'a name that is not accepted' };
    names.add(name);
    const colon = skipSpace(text, step);
    if (text[colon] !== ':') return { offset: colon, what: 'a colon is missing' };
    const member = readValue(text, colon + 1);
    if (typeof member !== 'number') return member;
    at = skipSpace(text, member);
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') return { offset: at, what: 'a comma or the end of the object is missing' };
    at += 1;
  }
}

function readString(text: string, at: number): { step: Step; value: string } {
  let end = at + 1;
  for (; end < text.length && text[end] !== '"'; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text.charCodeAt(end) < 0x20) {
      return { step: { offset: end, what: 'a control character stands in a text' }, value: '' };
    }
  }
  if (end >= text.length) return { step: { offset: at, what: 'a text is not closed' }, value: '' };
  const value = unescape(text.slice(at, end + 1));
  if (value === undefined) return { step: { offset: at, what: 'a text holds an unknown escape' }, value: '' };
  if (!value.isWellFormed()) return { step: { offset: at, what: 'a text holds half a character' }, value: '' };
  return { step: end + 1, value };
}

function unescape(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\t' || text[at] === '\r') at += 1;
  return at;
}
