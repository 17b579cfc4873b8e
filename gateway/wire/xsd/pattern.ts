/**
 * Regular expressions of XML Schema (Datatypes, appendix F) as automata over ASCII. Supported are characters, character classes,
 * groups, alternatives and quantifiers, on which all implementations agree.
 */

import { automatonOf, type Automaton, type Expression } from './automaton.ts';

const meta = '.\\?*+{}()[]|^$';
const metaInClass = '\\[]^-';
/** Characters of single character escapes. */
const escapable = '.\\?*+{}()[]|-^';

interface PatternReader {
  readonly text: string;
  at: number;
}

/** Schemas share patterns, of ids and dates for example, and each partner has several schemas: made once, in some milliseconds. */
const made = new Map<string, Automaton | undefined>();
const mostMade = 500;

/** The automaton of a pattern, restricted to ASCII; undefined when the pattern is not supported. */
export function patternAutomaton(pattern: string): Automaton | undefined {
  if (made.has(pattern)) return made.get(pattern);
  if (made.size >= mostMade) made.clear();
  const automaton = makeAutomaton(pattern);
  made.set(pattern, automaton);
  return automaton;
}

function makeAutomaton(pattern: string): Automaton | undefined {
  const reader: PatternReader = { text: pattern, at: 0 };
  const expression = readChoice(reader);
  if (expression === undefined || reader.at !== pattern.length) return undefined;
  return automatonOf(expression, 256);
}

function readChoice(reader: PatternReader): Expression | undefined {
  const parts: Expression[] = [];
  do {
    const part = readSequence(reader);
    if (part === undefined) return undefined;
    parts.push(part);
  } while (take(reader, '|'));
  return { kind: 'choice', parts };
}

function readSequence(reader: PatternReader): Expression | undefined {
  const parts: Expression[] = [];
  while (reader.at < reader.text.length && !'|)'.includes(reader.text.charAt(reader.at))) {
    const atom = readAtom(reader);
    const part = atom && readQuantifier(reader, atom);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  // Implementations differ on empty alternatives.
  return parts.length === 0 ? undefined : { kind: 'sequence', parts };
}

function readAtom(reader: PatternReader): Expression | undefined {
  if (take(reader, '(')) {
    const inner = readChoice(reader);
    return take(reader, ')') ? inner : undefined;
  }
  if (take(reader, '[')) return readClass(reader);
  const symbols = readCharacter(reader, meta);
  return symbols && { kind: 'symbol', symbols };
}

const quantifiers: Readonly<Record<string, readonly [min: number, max: number | undefined]>> = {
  '?': [0, 1],
  '*': [0, undefined],
  '+': [1, undefined],
};

function readQuantifier(reader: PatternReader, part: Expression): Expression | undefined {
  const short = quantifiers[reader.text.charAt(reader.at)];
  if (short !== undefined) {
    reader.at += 1;
    return { kind: 'repeat', part, min: short[0], max: short[1] };
  }
  if (!take(reader, '{')) return part;
  const [written, min, comma, max] = /^(\d{1,4})(,?)(\d{0,4})\}/u.exec(reader.text.slice(reader.at)) ?? [];
  if (written === undefined) return undefined;
  reader.at += written.length;
  const upper = max === '' || max === undefined ? (comma === '' ? Number(min) : undefined) : Number(max);
  return upper !== undefined && upper < Number(min)
    ? undefined
    : { kind: 'repeat', part, min: Number(min), max: upper };
}

/** The symbols of a normal or escaped character; `\d` stands for the ASCII digits. */
function readCharacter(reader: PatternReader, special: string): readonly number[] | undefined {
  const character = reader.text.charAt(reader.at);
  reader.at += 1;
  if (character === '\\') {
    const escaped = reader.text.charAt(reader.at);
    reader.at += 1;
    if (escaped === 'd') return range('0', '9');
    return escaped !== '' && escapable.includes(escaped) ? [escaped.charCodeAt(0)] : undefined;
  }
  const code = character.charCodeAt(0);
  return code >= 0x20 && code < 0x7f && !special.includes(character) ? [code] : undefined;
}

/** The rest of a character class, after its bracket. Negations and subtractions are not supported: they include more than ASCII. */
function readClass(reader: PatternReader): Expression | undefined {
  const symbols = new Set<number>();
  while (!take(reader, ']')) {
    const first = readCharacter(reader, metaInClass);
    if (first === undefined) return undefined;
    const isRange = reader.text.charAt(reader.at) === '-' && first.length === 1;
    if (isRange) reader.at += 1;
    const last = isRange ? readCharacter(reader, metaInClass) : first;
    const [from, to] = [first[0] ?? 0, last?.at(-1) ?? -1];
    if (last === undefined || to < from || (isRange && last.length > 1)) return undefined;
    for (let symbol = from; symbol <= to; symbol += 1) symbols.add(symbol);
  }
  return symbols.size === 0 ? undefined : { kind: 'symbol', symbols: [...symbols] };
}

function range(first: string, last: string): readonly number[] {
  const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function take(reader: PatternReader, character: string): boolean {
  if (reader.text.charAt(reader.at) !== character) return false;
  reader.at += 1;
  return true;
}
