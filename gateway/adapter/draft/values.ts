/** What values of a sample look like: days and moments in some notation, codes, identifiers, texts of one script. */

import { dayNotation, momentNotation } from '../template/dates.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A notation, and others that read every value too: a day and a month that could change places. */
export interface NotationFound {
  readonly pattern: string;
  readonly others: readonly string[];
}

/** The notation in which every value is a day that exists. */
export function dayPatternOf(values: readonly string[], { days }: Vocabulary): NotationFound | undefined {
  if (!daysOf.has(values))
    daysOf.set(
      values,
      patternOf(days, values, (pattern) => dayNotation(pattern)?.read),
    );
  return daysOf.get(values);
}

/** The values of a sample are asked about again and again. */
const daysOf = new WeakMap<readonly string[], NotationFound | undefined>();

/** The same for moments, read as if in UTC. */
export function momentPatternOf(values: readonly string[], words: Vocabulary): NotationFound | undefined {
  return patternOf(words.moments, values, (pattern) => momentNotation(pattern)?.read);
}

function patternOf(
  patterns: readonly string[],
  values: readonly string[],
  reader: (pattern: string) => ((text: string) => string | undefined) | undefined,
): NotationFound | undefined {
  if (values.length === 0 || values.some(({ length }) => length < 8)) return undefined;
  const [pattern, ...others] = patterns.filter((each) => {
    const read = reader(each);
    return read !== undefined && values.every((value) => /^(?:19|2[01])/u.test(read(value) ?? ''));
  });
  // A zone that is written Z may be written otherwise as well.
  return pattern === undefined
    ? undefined
    : { pattern, others: others.filter((each) => !(pattern.endsWith('Z') && each.endsWith('XXX'))) };
}

/** A regular expression (XSD and JSON Schema read it alike) for what a notation writes. */
export function notationRegex(pattern: string): string {
  return pattern.replaceAll(/yyyy|SSS|MM|dd|HH|mm|ss|XXX|[.+]/gu, (part) =>
    part === 'XXX' ? '(Z|[+\\-][0-9]{2}:[0-9]{2})' : part.length === 1 ? `\\${part}` : `[0-9]{${part.length}}`,
  );
}

/** Few different short values without blanks. */
export function isCode(values: readonly string[]): boolean {
  const different = new Set(values).size;
  const short = values.every((value) => value.length <= 20 && !/\s/u.test(value));
  return short && different <= 12 && (different < values.length || values.length <= 4 || different <= 3);
}

/** Short, with digits, without blanks, and none twice. */
export function isIdentifier(values: readonly string[], words: Vocabulary): boolean {
  const shaped = values.every((value) => /^[0-9A-Z][0-9A-Z./-]{2,34}$/iu.test(value) && /\d/u.test(value));
  return shaped && new Set(values).size === values.length && dayPatternOf(values, words) === undefined;
}

/** What separates several codes in one value, `EXP,IMP`; undefined where no value holds more than one. */
export function joinOf(values: readonly string[]): string | undefined {
  return [',', ';', '+', '/', ' '].find((sign) => {
    const pieces = values.flatMap((value) => value.split(sign));
    return (
      pieces.length > values.length && pieces.every((each) => /^[\p{L}\p{N}_-]{1,20}$/u.test(each)) && isCode(pieces)
    );
  });
}

/** The codes in such values, each for itself. */
export function codesIn(values: readonly string[]): readonly string[] {
  const sign = joinOf(values);
  return sign === undefined ? values : values.flatMap((value) => value.split(sign));
}

/** In which script texts are written; undefined where some are in each, or none has letters. */
export function scriptOf(values: readonly string[]): 'latin' | 'local' | undefined {
  const local = values.filter((value) => /(?!\p{Script=Latin})\p{L}/u.test(value)).length;
  if (!values.every((value) => /\p{L}/u.test(value))) return undefined;
  return local === 0 ? 'latin' : local === values.length ? 'local' : undefined;
}

/** The form of identifiers: the text they begin with, and a pattern with words for what follows. */
export interface IdentifierShape {
  readonly prefix: string;
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
  // Between marks that all have in the same places, one class of characters; a sample shows too few to say more.
  const split = values.map((value) => value.slice(prefix.length).split(/([./-])/u));
  const [parts = []] = split;
  const alike = split.every(
    (each) => each.length === parts.length && each.every((part, i) => i % 2 === 0 || part === parts[i]),
  );
  const runs = alike
    ? parts.map((part, i) => (i % 2 === 1 ? markOf(part) : runOf(split.map((each) => each[i] ?? ''))))
    : [runOf(split.map((each) => each.join('')))];
  return { prefix, code: runs.map(({ code }) => code).join(''), words: runs.map(({ words }) => words).join(' ') };
}

const markOf = (mark: string): Omit<IdentifierShape, 'prefix'> => ({ code: mark === '.' ? '\\.' : mark, words: mark });

function runOf(parts: readonly string[]): Omit<IdentifierShape, 'prefix'> {
  const lengths = parts.map(({ length }) => length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const all = parts.join('');
  const marks = [...new Set(all.replaceAll(/[0-9A-Za-z]/gu, ''))].map((mark) => `\\${mark}`).join('');
  const classes = [
    ['0-9', 'digits'],
    ['A-Z', 'capital letters'],
    ['0-9A-Z', 'digits or capital letters'],
    [`0-9A-Za-z${marks}`, 'letters, digits or marks'],
  ] as const;
  const [set, words] = classes.find(([each]) => new RegExp(`^[${each}]*$`, 'u').test(all)) ?? classes[3];
  const times = least === most ? String(most) : `${least},${most}`;
  return { code: `[${set}]{${times}}`, words: `${times.replace(',', ' to ')} ${words}` };
}
