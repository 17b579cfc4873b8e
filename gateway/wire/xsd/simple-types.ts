/** Simple types of an XSD as checks over bytes. A check may say no of what the schema allows, never yes of what it does not. */

import { automatonOf, firstState, type Automaton, type Expression } from './automaton.ts';
import { patternAutomaton } from './pattern.ts';
import { component, doubt, partsOf, resolved, xsdNamespace, type XsdNode, type XsdSource } from './source.ts';

/** Whether the bytes from start to end are surely a value. References in them are resolved already. */
export type ValueCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

export interface SimpleType {
  /** How facets are to be understood. Values of an `id` stand once in a document. */
  readonly family: 'text' | 'id' | 'number' | 'other';
  readonly check: ValueCheck;
}

export const anyValue: SimpleType = { family: 'other', check: () => true };
const unknownType: SimpleType = { family: 'other', check: () => false };

/** The simple type of a resolved name; a doubt where there is none that is understood. */
export function simpleType(source: XsdSource, name: string): SimpleType {
  const builtIn = name.startsWith(`{${xsdNamespace}}`) ? builtIns[name.slice(xsdNamespace.length + 2)] : undefined;
  if (builtIn !== undefined) return builtIn;
  const node = component(source, 'simpleType', name);
  if (node !== undefined) return simpleTypeOf(source, node);
  doubt(source);
  return unknownType;
}

/** What an `xs:simpleType` says. */
export function simpleTypeOf(source: XsdSource, node: XsdNode): SimpleType {
  const [restriction] = partsOf(source, node, { attributes: ['name'], children: ['restriction'] });
  if (restriction === undefined) {
    doubt(source);
    return unknownType;
  }
  const facets = partsOf(source, restriction, { attributes: ['base'], children: ['simpleType', ...facetNames] });
  const written = restriction.attributes.get('base');
  const inner = facets.find(({ is }) => is === 'simpleType');
  const base = inner === undefined ? simpleType(source, resolved(source, written ?? '')) : simpleTypeOf(source, inner);
  const checks = [
    base.check,
    ...facetChecks(
      source,
      base,
      facets.filter((facet) => facet !== inner),
    ),
  ];
  return { family: base.family, check: allOf(checks) };
}

const facetNames = [
  ...['pattern', 'enumeration', 'length', 'minLength', 'maxLength', 'whiteSpace'],
  ...['minInclusive', 'maxInclusive', 'minExclusive', 'maxExclusive', 'totalDigits', 'fractionDigits'],
];

function facetChecks(source: XsdSource, base: SimpleType, facets: readonly XsdNode[]): ValueCheck[] {
  const valuesOf = (is: string): string[] =>
    facets.filter((facet) => facet.is === is).map(({ attributes }) => attributes.get('value') ?? '');
  const checks: ValueCheck[] = [];
  const [patterns, words] = [valuesOf('pattern'), valuesOf('enumeration')];
  if (patterns.length > 0)
    checks.push(anyOf(patterns.map((pattern) => byAutomaton(source, patternAutomaton(pattern)))));
  if (words.length > 0) checks.push(byAutomaton(source, automatonOf(wordsOf(words), 256)));
  for (const facet of facets) {
    const value = facet.attributes.get('value') ?? '';
    const check = facet.is === 'pattern' || facet.is === 'enumeration' ? undefined : facetCheck(base, facet.is, value);
    if (check === false) doubt(source);
    else if (check !== undefined) checks.push(check);
  }
  return checks;
}

/** The check of a single facet; false when it is not understood. */
function facetCheck({ family }: SimpleType, is: string, value: string): ValueCheck | false | undefined {
  if (is === 'whiteSpace')
    return family === 'text' && value !== 'preserve' ? tidy : family === 'text' ? undefined : false;
  if (!/^\d{1,15}$/u.test(value)) return false;
  const bound = Number(value);
  const isText = family === 'text' || family === 'id';
  switch (is) {
    case 'length':
      return isText && ((...place) => characters(...place) === bound);
    case 'minLength':
      return isText && ((...place) => characters(...place) >= bound);
    case 'maxLength':
      return isText && ((...place) => characters(...place) <= bound);
    case 'minInclusive':
      return family === 'number' && ((...place) => numberAt(...place) >= bound);
    case 'maxInclusive':
      return family === 'number' && ((...place) => numberAt(...place) <= bound);
    case 'minExclusive':
      return family === 'number' && ((...place) => numberAt(...place) > bound);
    case 'maxExclusive':
      return family === 'number' && ((...place) => numberAt(...place) < bound);
    case 'totalDigits':
      // Leading zeros do not count, so a shorter text has fewer digits in any case.
      return family === 'number' && ((_, start, end) => end - start <= bound);
    default:
      return false;
  }
}

function allOf(checks: readonly ValueCheck[]): ValueCheck {
  const [first = () => true, second, ...rest] = checks;
  if (second === undefined) return first;
  const others = allOf([second, ...rest]);
  return (bytes, start, end) => first(bytes, start, end) && others(bytes, start, end);
}

function anyOf(checks: readonly ValueCheck[]): ValueCheck {
  const [only] = checks;
  if (only !== undefined && checks.length === 1) return only;
  return (bytes, start, end) => checks.some((check) => check(bytes, start, end));
}

function byAutomaton(source: XsdSource, automaton: Automaton | undefined): ValueCheck {
  if (automaton === undefined) {
    doubt(source);
    return () => false;
  }
  const { next, accepts } = automaton;
  return (bytes, start, end) => {
    let state = firstState;
    for (let i = start; i < end; i += 1) state = next[(state << 8) | (bytes[i] ?? 0)] ?? 0;
    return accepts[state] === 1;
  };
}

function wordsOf(words: readonly string[]): Expression {
  const parts = words.map((word) => ({
    is: 'sequence' as const,
    parts: [...Buffer.from(word)].map((byte) => ({ is: 'symbol' as const, symbols: [byte] })),
  }));
  return { is: 'choice', parts };
}

/** Characters, not bytes: those that continue one are not counted. */
function characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i += 1) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
}

/** A value of at most 15 digits as a number. */
function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i += 1) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

/** No white space that a type of XML Schema would change. */
function tidy(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20) return false;
    if (byte === 0x20 && (i === start || i === end - 1 || bytes[i + 1] === 0x20)) return false;
  }
  return true;
}

/** A built-in type as far as plain ASCII patterns say it. */
function byPattern(family: SimpleType['family'], pattern: string, more: ValueCheck = () => true): SimpleType {
  const automaton = patternAutomaton(pattern);
  if (automaton === undefined) throw new RangeError(`not a pattern: ${pattern}`);
  const { next, accepts } = automaton;
  return {
    family,
    check(bytes, start, end) {
      let state = firstState;
      for (let i = start; i < end; i += 1) state = next[(state << 8) | (bytes[i] ?? 0)] ?? 0;
      return accepts[state] === 1 && more(bytes, start, end);
    },
  };
}

// Fewer than any reader of numbers is exact for.
const digits = '[0-9]{1,15}';
const between = (least: number, most: number): SimpleType =>
  byPattern('number', digits, (...place) => numberAt(...place) >= least && numberAt(...place) <= most);
const day = '[1-9][0-9]{3}\\-(0[1-9]|1[0-2])\\-(0[1-9]|1[0-9]|2[0-8])';
const time = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?';

/** Days after the 28th depend on the month, those of February on the year. */
const lateDay = '[1-9][0-9]{3}\\-((0[1-9]|1[0-2])\\-(29|30)|(0[13578]|1[02])\\-31)';

function isInMonth(bytes: Uint8Array, start: number): boolean {
  if (bytes[start + 5] !== 0x30 || bytes[start + 6] !== 0x32) return true;
  const year = numberAt(bytes, start, start + 4);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return numberAt(bytes, start + 8, start + 10) <= (isLeap ? 29 : 28);
}

const builtIns: Readonly<Record<string, SimpleType>> = {
  string: { family: 'text', check: () => true },
  normalizedString: { family: 'text', check: tidy },
  token: { family: 'text', check: tidy },
  NMTOKEN: byPattern('text', '[A-Za-z0-9._:\\-]+'),
  NCName: byPattern('text', '[A-Za-z_][A-Za-z0-9._\\-]*'),
  ID: byPattern('id', '[A-Za-z_][A-Za-z0-9._\\-]*'),
  boolean: byPattern('other', 'true|false|0|1'),
  integer: between(0, 1e15),
  nonNegativeInteger: between(0, 1e15),
  positiveInteger: between(1, 1e15),
  long: between(0, 1e15),
  unsignedLong: between(0, 1e15),
  int: between(0, 2 ** 31 - 1),
  unsignedInt: between(0, 2 ** 32 - 1),
  short: between(0, 2 ** 15 - 1),
  unsignedShort: between(0, 2 ** 16 - 1),
  decimal: byPattern('other', `${digits}(\\.[0-9]{1,9})?`),
  date: byPattern('other', `(${day}|${lateDay})`, isInMonth),
  dateTime: byPattern('other', `(${day}|${lateDay})T${time}Z?`, isInMonth),
};
