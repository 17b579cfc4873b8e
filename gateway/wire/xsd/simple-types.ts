/** Simple types of an XSD as checks of bytes. A check may reject what the schema allows, but never accepts what it forbids. */

import { acceptsBytes, automatonOf, type Automaton, type Expression } from './automaton.ts';
import { patternAutomaton } from './pattern.ts';
import { component, partsOf, unsupported, xsdNamespace, type XsdNode, type XsdSource } from './source.ts';

/** Whether the bytes from start to end, with references resolved, are certainly a value of the type. */
export type ValueCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

export interface SimpleType {
  /** How facets apply. Values of the family `id` are unique in a document. */
  readonly family: 'text' | 'id' | 'number' | 'other';
  readonly check: ValueCheck;
}

export const anyValue: SimpleType = { family: 'other', check: () => true };
const noValue: SimpleType = { family: 'other', check: () => false };

/** The simple type of a resolved name; without values where it is not supported. */
export function simpleType(source: XsdSource, name: string): SimpleType {
  const builtIn = name.startsWith(`{${xsdNamespace}}`) ? builtIns[name.slice(xsdNamespace.length + 2)] : undefined;
  if (builtIn !== undefined) return builtIn;
  const node = component(source, 'simpleType', name);
  if (node !== undefined) return simpleTypeOf(source, node);
  unsupported(source);
  return noValue;
}

/** The type of an `xs:simpleType`, of which only restrictions are supported. */
export function simpleTypeOf(source: XsdSource, node: XsdNode): SimpleType {
  const [restriction] = partsOf(source, node, { attributes: ['name'], children: ['restriction'] });
  if (restriction === undefined) {
    unsupported(source);
    return noValue;
  }
  const parts = partsOf(source, restriction, { attributes: ['base'], children: ['simpleType', ...facetNames] });
  const inner = parts.find(({ name }) => name === 'simpleType');
  const baseName = restriction.attributes.get('base') ?? '';
  const base = inner === undefined ? simpleType(source, baseName) : simpleTypeOf(source, inner);
  const facets = parts.filter((part) => part !== inner);
  return { family: base.family, check: allOf([base.check, ...facetChecks(source, base, facets)]) };
}

const facetNames = [
  ...['pattern', 'enumeration', 'length', 'minLength', 'maxLength', 'whiteSpace'],
  ...['minInclusive', 'maxInclusive', 'minExclusive', 'maxExclusive', 'totalDigits', 'fractionDigits'],
];

function facetChecks(source: XsdSource, { family }: SimpleType, facets: readonly XsdNode[]): ValueCheck[] {
  const valuesOf = (facet: string): string[] =>
    facets.filter(({ name }) => name === facet).map(({ attributes }) => attributes.get('value') ?? '');
  const automata: (Automaton | undefined)[] = [];
  const [patterns, enumeration] = [valuesOf('pattern').map(patternAutomaton), valuesOf('enumeration')];
  if (enumeration.length > 0) automata.push(automatonOf(oneOf(enumeration), 256));
  const checks = facets
    .filter(({ name }) => name !== 'pattern' && name !== 'enumeration')
    .map(({ name, attributes }) => facetCheck(family, name, attributes.get('value') ?? ''));
  if ([...patterns, ...automata, ...checks].includes(undefined)) unsupported(source);
  const patternChecks = patterns.flatMap((automaton) => (automaton === undefined ? [] : [checkBy(automaton)]));
  return [
    // Several patterns of one restriction are alternatives (Datatypes, 4.3.4.3).
    ...(patterns.length > 0 ? [anyOf(patternChecks)] : []),
    ...automata.flatMap((automaton) => (automaton === undefined ? [] : [checkBy(automaton)])),
    ...checks.flatMap((check) => check ?? []),
  ];
}

type FacetChecks = Readonly<Record<string, (bound: number) => ValueCheck>>;

const lengthFacets: FacetChecks = {
  length: (bound) => (bytes, start, end) => characters(bytes, start, end) === bound,
  minLength: (bound) => (bytes, start, end) => characters(bytes, start, end) >= bound,
  maxLength: (bound) => (bytes, start, end) => characters(bytes, start, end) <= bound,
};
const numberFacets: FacetChecks = {
  minInclusive: (bound) => (bytes, start, end) => numberAt(bytes, start, end) >= bound,
  maxInclusive: (bound) => (bytes, start, end) => numberAt(bytes, start, end) <= bound,
  minExclusive: (bound) => (bytes, start, end) => numberAt(bytes, start, end) > bound,
  maxExclusive: (bound) => (bytes, start, end) => numberAt(bytes, start, end) < bound,
  // Leading zeros do not count, so that a text of so many bytes never has more digits.
  totalDigits: (bound) => (_, start, end) => end - start <= bound,
};
const facetsOfFamily = { text: lengthFacets, id: lengthFacets, number: numberFacets, other: {} as FacetChecks };

/** The check of one facet; undefined when it is not supported for the family. */
function facetCheck(family: SimpleType['family'], facet: string, value: string): ValueCheck | undefined {
  if (facet === 'whiteSpace' && family === 'text') return value === 'preserve' ? anyValue.check : isCollapsed;
  return /^\d{1,15}$/u.test(value) ? facetsOfFamily[family][facet]?.(Number(value)) : undefined;
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

function checkBy(automaton: Automaton): ValueCheck {
  return (bytes, start, end) => acceptsBytes(automaton, bytes, start, end);
}

function oneOf(values: readonly string[]): Expression {
  const parts = values.map((value) => ({
    kind: 'sequence' as const,
    parts: [...Buffer.from(value)].map((byte) => ({ kind: 'symbol' as const, symbols: [byte] })),
  }));
  return { kind: 'choice', parts };
}

/** The number of characters: UTF-8 continuation bytes are not counted. */
function characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i += 1) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
}

/** The number that at most 15 digits denote. */
function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i += 1) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

/** Whether white space collapsing (Datatypes, 4.3.6) would leave the value unchanged. */
function isCollapsed(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20) return false;
    if (byte === 0x20 && (i === start || i === end - 1 || bytes[i + 1] === 0x20)) return false;
  }
  return true;
}

/** A built-in type by an ASCII pattern, which covers a part of its lexical space. Compiled when first used: no start waits for it. */
function byPattern(family: SimpleType['family'], pattern: string, also?: ValueCheck): SimpleType {
  let automaton: Automaton | undefined;
  const compiled = (): Automaton => {
    automaton ??= patternAutomaton(pattern);
    if (automaton === undefined) throw new RangeError(`not a pattern: ${pattern}`);
    return automaton;
  };
  const matches: ValueCheck = (bytes, start, end) => acceptsBytes(compiled(), bytes, start, end);
  return { family, check: also === undefined ? matches : allOf([matches, also]) };
}

// All integers of 15 digits are exact as doubles.
const digits = '[0-9]{1,15}';
function between(min: number, max: number): SimpleType {
  return byPattern('number', digits, (bytes, start, end) => {
    const value = numberAt(bytes, start, end);
    return value >= min && value <= max;
  });
}
const day = '[1-9][0-9]{3}\\-(0[1-9]|1[0-2])\\-(0[1-9]|1[0-9]|2[0-8])';
const time = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?';

/** Days after the 28th: whether February has them depends on the year. */
const lateDay = '[1-9][0-9]{3}\\-((0[1-9]|1[0-2])\\-(29|30)|(0[13578]|1[02])\\-31)';

/** Whether the day of a date that one of the patterns matches exists. */
function isRealDay(bytes: Uint8Array, start: number): boolean {
  if (bytes[start + 5] !== 0x30 || bytes[start + 6] !== 0x32) return true;
  const year = numberAt(bytes, start, start + 4);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return numberAt(bytes, start + 8, start + 10) <= (isLeap ? 29 : 28);
}

const builtIns: Readonly<Record<string, SimpleType>> = {
  string: { family: 'text', check: () => true },
  normalizedString: { family: 'text', check: isCollapsed },
  token: { family: 'text', check: isCollapsed },
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
  date: byPattern('other', `(${day}|${lateDay})`, isRealDay),
  dateTime: byPattern('other', `(${day}|${lateDay})T${time}Z?`, isRealDay),
};
