/** What values of a sample look like: days and moments in some notation, counts, hashes, codes, identifiers, texts of one script. */

import { dayNotation, momentNotation } from '../template/dates.ts';

const dayPatterns = [
  'yyyy-MM-dd',
  'yyyyMMdd',
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd.MM.yyyy',
  'dd-MM-yyyy',
  'yyyy/MM/dd',
  'yyyy.MM.dd',
  'MM-dd-yyyy',
  'ddMMyyyy',
  'yyyy年MM月dd日',
  'yyyy-MM-ddZ',
  'yyyy-MM-ddT00:00:00',
  'yyyy-MM-ddT00:00:00Z',
  'yyyy-MM-dd 00:00:00',
  'yyyyMMdd000000',
] as const;
const timePatterns = [
  'THH:mm:ss.SSS',
  'THH:mm:ss',
  'THH:mm',
  ' HH:mm:ss',
  ' HH:mm',
  ' HH:mm:ss.SSS',
  'HHmmss',
  'HHmmssSSS',
  'HHmm',
  '-HHmmss',
  'THHmmss',
] as const;
const zonePatterns = ['', 'Z', 'XXX'] as const;

export interface NotationFound {
  readonly pattern: string;
  /** Others that read every value too: a day and a month that could change places. */
  readonly others: readonly string[];
}

/** The notation in which every value is a day that exists. */
export function dayPatternOf(values: readonly string[]): NotationFound | undefined {
  return patternOf(dayPatterns, values, (pattern) => dayNotation(pattern)?.read);
}

/** The same for moments, read as if in UTC. */
export function momentPatternOf(values: readonly string[]): NotationFound | undefined {
  const patterns = dayPatterns
    .slice(0, 10)
    .flatMap((day) => timePatterns.flatMap((time) => zonePatterns.map((zone) => day + time + zone)));
  return patternOf(patterns, values, (pattern) => momentNotation(pattern)?.read);
}

function patternOf(
  patterns: readonly string[],
  values: readonly string[],
  reader: (pattern: string) => ((text: string) => string | undefined) | undefined,
): NotationFound | undefined {
  if (values.length === 0) return undefined;
  const fitting = patterns.filter((pattern) => {
    const read = reader(pattern);
    return read !== undefined && values.every((value) => value.length > 7 && read(value) !== undefined);
  });
  const [pattern, ...others] = fitting;
  return pattern === undefined ? undefined : { pattern, others };
}

/** A regular expression (XSD and JSON Schema read it alike) for what a notation writes. */
export function notationRegex(pattern: string): string {
  return pattern.replaceAll(/yyyy|SSS|MM|dd|HH|mm|ss|XXX|[.+]/gu, (part) => {
    if (part === 'XXX') return '(Z|[+\\-][0-9]{2}:[0-9]{2})';
    return part.length === 1 ? `\\${part}` : `[0-9]{${part.length}}`;
  });
}

export function isCount(values: readonly string[]): boolean {
  return values.length > 0 && values.every((value) => /^(?:0|[1-9]\d{0,14})$/u.test(value));
}

export function isHash(values: readonly string[]): boolean {
  return values.length > 0 && values.every((value) => /^[0-9a-f]{64}$/u.test(value));
}

/** Few different short values without blanks. */
export function isCode(values: readonly string[]): boolean {
  const different = new Set(values);
  return (
    different.size <= 12 &&
    values.every((value) => value.length <= 20 && !/\s/u.test(value)) &&
    (different.size < values.length || values.length <= 4 || different.size <= 3)
  );
}

/** Short, with digits or capitals, without blanks, and none twice. */
export function isIdentifier(values: readonly string[]): boolean {
  return (
    new Set(values).size === values.length &&
    values.every((value) => /^[0-9A-Z][0-9A-Z./-]{2,34}$/iu.test(value) && /\d/u.test(value)) &&
    dayPatternOf(values) === undefined &&
    !isHash(values)
  );
}

/** What separates several codes in one value, `EXP,IMP`; undefined where no value holds more than one. */
export function joinOf(values: readonly string[]): string | undefined {
  return [',', '|', ';', '+', '/', ' '].find(
    (sign) =>
      values.some((value) => value.includes(sign)) &&
      values.every((value) => value.split(sign).every((piece) => /^[\p{L}\p{N}_-]{1,20}$/u.test(piece))) &&
      isCode(values.flatMap((value) => value.split(sign))),
  );
}

/** The codes in such values, each for itself. */
export function codesIn(values: readonly string[]): readonly string[] {
  const sign = joinOf(values);
  return sign === undefined ? values : values.flatMap((value) => value.split(sign));
}

export type Script = 'latin' | 'local' | 'mixed' | 'none';

/** In which script texts are written; `mixed`: some in each. */
export function scriptOf(values: readonly string[]): Script {
  const lettered = values.filter((value) => /\p{L}/u.test(value));
  const local = lettered.filter((value) => /(?!\p{Script=Latin})\p{L}/u.test(value)).length;
  if (lettered.length === 0) return 'none';
  return local === 0 ? 'latin' : local === lettered.length ? 'local' : 'mixed';
}

export interface IdentifierShape {
  /** `AEOXB` of `AEOXB1234`; empty when nothing is common, or what is common may be chance. */
  readonly prefix: string;
  /** Pattern of what follows, without anchors. */
  readonly code: string;
  readonly words: string;
}

/** What the identifiers of a sample have in common. `country`: the partner's letters, which are a prefix wherever they lead. */
export function identifierShape(values: readonly string[], country: string): IdentifierShape {
  const [first = ''] = values;
  let common = first;
  for (const value of values) while (!value.startsWith(common)) common = common.slice(0, -1);
  const letters = /^[A-Za-z]+[-./]?/u.exec(common)?.[0] ?? '';
  const known = new RegExp(`^(?:AEO)?[-./]?${country}[-./]?`, 'u').exec(common)?.[0];
  const prefix = known ?? (letters.length < first.length ? letters : '');
  return { prefix, ...codeOf(values.map((value) => value.slice(prefix.length))) };
}

/** Between marks that all of them have in the same places, one class of characters; a sample shows too few to say more. */
function codeOf(codes: readonly string[]): Pick<IdentifierShape, 'code' | 'words'> {
  const split = codes.map((code) => code.split(/([./-])/u));
  const [first = []] = split;
  const alike = split.every(
    (parts) => parts.length === first.length && parts.every((part, i) => i % 2 === 0 || part === first[i]),
  );
  if (!alike) return runOf(codes);
  const runs = first.map((part, i) =>
    i % 2 === 1 ? { code: part === '.' ? '\\.' : part, words: part } : runOf(split.map((parts) => parts[i] ?? '')),
  );
  return { code: runs.map(({ code }) => code).join(''), words: runs.map(({ words }) => words).join(' ') };
}

function runOf(parts: readonly string[]): Pick<IdentifierShape, 'code' | 'words'> {
  const lengths = parts.map((part) => part.length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  const { set, words } = classOf(parts.join(''));
  const times = shortest === longest ? String(longest) : `${shortest},${longest}`;
  return { code: `[${set}]{${times}}`, words: `${times.replace(',', ' to ')} ${words}` };
}

function classOf(characters: string): { set: string; words: string } {
  if (/^\d+$/u.test(characters)) return { set: '0-9', words: 'digits' };
  if (/^[A-Z]+$/u.test(characters)) return { set: 'A-Z', words: 'capital letters' };
  if (/^[0-9A-Z]+$/u.test(characters)) return { set: '0-9A-Z', words: 'digits or capital letters' };
  const marks = [...new Set(characters.replaceAll(/[0-9A-Za-z]/gu, ''))].map((mark) => `\\${mark}`).join('');
  return { set: `0-9A-Za-z${marks}`, words: 'letters, digits or marks' };
}
