/** What values of a sample look like: days and moments in some notation, codes, identifiers, texts of one script. */

import { dayNotation, momentNotation } from '../template/dates.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A notation, and others that read every value too: a day and a month that could change places. */
interface NotationFound {
  readonly pattern: string;
  readonly others: readonly string[];
}

/** The values of a sample are asked about again and again. */
const known = {
  day: new WeakMap<readonly string[], NotationFound | false>(),
  moment: new WeakMap<readonly string[], NotationFound | false>(),
};

/** The notation in which every value is a day, or a moment of UTC, that exists. */
export function notationOf(
  kind: 'day' | 'moment',
  values: readonly string[],
  { days, moments }: Vocabulary,
): NotationFound | undefined {
  const notation = kind === 'day' ? dayNotation : momentNotation;
  const fits = (pattern: string): boolean => {
    const read = notation(pattern)?.read;
    return read !== undefined && values.every((value) => /^(?:19|2[01])/u.test(read(value) ?? ''));
  };
  const before = known[kind].get(values);
  if (before !== undefined) return before === false ? undefined : before;
  const possible = values.length > 0 && values.every(({ length }) => length >= 8);
  const [pattern, ...more] = possible ? (kind === 'day' ? days : moments).filter(fits) : [];
  // A zone that is written Z may be written otherwise as well.
  const others = more.filter((each) => !(pattern?.endsWith('Z') === true && each.endsWith('XXX')));
  const found = pattern === undefined ? undefined : { pattern, others };
  known[kind].set(values, found ?? false);
  return found;
}

type Dates = Parameters<typeof notationOf>;

/** What reads the values as days or moments of ours, where they are in one notation. */
export function dateReader(...[kind, values, vocabulary]: Dates): ((text: string) => string | undefined) | undefined {
  const { pattern = '' } = notationOf(kind, values, vocabulary) ?? {};
  return (kind === 'day' ? dayNotation : momentNotation)(pattern)?.read;
}

/** The values as days or moments of ours, in order of time; empty where they are none. */
export function datesOf(...dates: Dates): string[] {
  const read = dateReader(...dates);
  return read === undefined ? [] : dates[1].map((value) => read(value) ?? '').sort();
}

/** Few different short values without blanks. */
export function isCode(values: readonly string[]): boolean {
  const different = new Set(values).size;
  const short = values.every((value) => value.length <= 20 && !/\s/u.test(value));
  return short && different <= 12 && (different < values.length || values.length <= 4 || different <= 3);
}

/** Short, with digits, without blanks, and none twice. */
export function isIdentifier(values: readonly string[], vocabulary: Vocabulary): boolean {
  const formed = values.every((value) => /^[0-9A-Z][0-9A-Z./-]{2,34}$/iu.test(value) && /\d/u.test(value));
  return formed && new Set(values).size === values.length && notationOf('day', values, vocabulary) === undefined;
}

/** What separates several codes in one value, `EXP,IMP`; undefined where no value holds more than one. */
export function joinOf(values: readonly string[]): string | undefined {
  return [',', ';', '+', '/', ' '].find((sign) => {
    const pieces = values.flatMap((value) => value.split(sign));
    const codes = pieces.every((each) => /^[\p{L}\p{N}_-]{1,20}$/u.test(each)) && isCode(pieces);
    return pieces.length > values.length && codes;
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
interface IdentifierShape {
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
  const marks = new Set(split.map((each) => each.map((part, i) => (i % 2 === 0 ? '' : part)).join(' ')));
  const columns = marks.size === 1 ? split : split.map((each) => [each.join('')]);
  const runs = (columns[0] ?? []).map((mark, i) =>
    i % 2 === 1 ? { code: mark.replace('.', '\\.'), words: mark } : runOf(columns.map((each) => each[i] ?? '')),
  );
  return { prefix, code: runs.map(({ code }) => code).join(''), words: runs.map(({ words }) => words).join(' ') };
}

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
