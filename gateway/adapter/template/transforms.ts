/** The transforms that a hole may apply. Each has an inverse or is declared lossy. */

import { dayAt, momentInZone } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { dayNotation, isDay, isMoment, isPeriod, momentNotation, periodNotation, type Notation } from './dates.ts';
import { invalid, invalidValue } from '../faults.ts';
import { countCharacters, digits, max, oneLine, trim, upper, type LossyRule } from './lossy-values.ts';
import { identifierPatterns } from '../identifier-pattern.ts';
import type { Field, Scalar } from './message-fields.ts';
import { bytesOf, fitText, type TextEncoding } from '../../model/text-encoding.ts';
import type { CodeTables } from './code-tables.ts';
import type { IdAttribute } from '../../model/signature-form.ts';
import type { Conversation } from '../conversation/fills.ts';

/** Data of the adapter that transforms use. */
export interface TransformContext {
  readonly tables: CodeTables;
  /** IANA name of the partner's zone. */
  readonly timeZone: string;
  /** Grades of both sides that messages may contain. */
  readonly grades: readonly string[];
  /** When numbers begin again; absent: never. */
  readonly restart?: 'year' | 'month' | 'day';
  /** What lists of this partner need not carry; without it everything that the model requires. */
  readonly conversation?: Conversation;
  /** Values stand in cells of a workbook, which may be numbers and days. */
  readonly cells?: boolean;
  /** Of the text; absent: UTF-8. */
  readonly encoding?: TextEncoding;
  /** The attribute that the root of XML needs, so that a signature can refer to it; absent: Id. */
  readonly rootId?: IdAttribute | 'none';
}

export interface Transform {
  encode(ours: string): string;
  decode(theirs: string): string;
  /** Decoding does not restore the value. Digests cover the decoded value. */
  readonly lossy?: true;
}

interface TransformUse {
  readonly argument: string;
  readonly field: Field;
  readonly context: TransformContext;
  /** The place of the hole, for errors. */
  readonly at: string;
}

/** Values of which several words may become one: why an operator left, and what is wrong with a record. No rule depends on them. */
const mayBeJoined: ReadonlySet<string> = new Set(['reason', 'code']);

const makers: Readonly<Record<string, (use: TransformUse) => Transform>> = {
  /** `date:yyyyMMdd`; `date:excel`, a day of a spreadsheet; of a moment the day in the partner's zone, lossy; of a period its parts */
  date: (use) => {
    if (use.field.kind === 'moment') return dayOfMoment(use);
    if (use.field.kind === 'period') return periodTransform(use);
    if (use.argument === 'excel') return sheetDay(use);
    return notationTransform(use, 'day', dayNotation(use.argument), 'yyyy, MM and dd');
  },
  /** `datetime:yyyyMMddHHmmss`, in UTC */
  datetime: (use) => notationTransform(use, 'moment', momentNotation(use.argument), 'yyyy, MM, dd, HH and mm'),
  /** `zoned:yyyyMMddHHmmss`, in the partner's local time */
  zoned: (use) => {
    const needed = 'yyyy, MM, dd, HH and mm, and with XXX where the zone has daylight saving time';
    return notationTransform(use, 'moment', momentNotation(use.argument, use.context.timeZone), needed);
  },
  /** `code:status`: a table of adapter.yaml */
  code: ({ argument, field, context, at }) => {
    const table = context.tables.get(argument);
    if (table === undefined) {
      const known = [...context.tables.keys()].join(', ');
      throw invalid(`there is no code table ${argument}`, at, `Add it under codes, or use one of: ${known}.`);
    }
    // A word without a code would stop a whole list when it first occurs.
    const words = field.path === 'grade' ? context.grades : field.words;
    const { other } = table;
    if (other !== undefined && (!mayBeJoined.has(field.path) || !words.includes(other.read))) {
      const fix = `Give each word a code, or read a word of the field; else is for ${[...mayBeJoined].join(' and ')} only.`;
      throw invalid(`table ${argument} has an else, which ${field.path} cannot have`, at, fix);
    }
    const needed = words.filter((word) => field.spare?.includes(word) !== true);
    const missing = other === undefined ? needed.find((word) => !table.toTheirs.has(word)) : undefined;
    if (missing !== undefined) {
      const fix = `Add ${missing} under codes/${argument} in adapter.yaml.`;
      throw invalid(`table ${argument} has no code for ${missing}`, at, fix);
    }
    return {
      encode: (ours) => (other && !table.toTheirs.has(ours) ? other.write : lookUp(table.toTheirs, ours, argument)),
      decode: (theirs) => lookUp(table.toOurs, theirs, argument),
      ...(other === undefined ? {} : { lossy: true as const }),
    };
  },
  /** `prefix:AEO`: a fixed text before the value */
  prefix: ({ argument }) => affix(argument, ''),
  /** `without:.lst`: a fixed text at the end of the value is left out */
  without: ({ argument }) => {
    const { encode, decode } = affix('', argument);
    return { encode: decode, decode: encode };
  },
  /** `reform:AEOXAnnnnnn:XAnnnnnn`: rewrites a value of the first form as the second; values of another form are unchanged */
  reform: ({ argument, at }) => {
    const [from = '', to = '', ...more] = argument.split(':');
    const made = more.length > 0 ? 'it takes two patterns, ours and theirs' : identifierPatterns(from, to);
    if (typeof made !== 'string') return made;
    const fix = 'Write every place as the same lower-case letter on both sides: reform:AEOXAnnnnnn:XAnnnnnn.';
    throw invalid(`the reform ${argument} cannot be used: ${made}`, at, fix);
  },
  /** `pad:8`, `pad:8:*`: filled on the left to so many characters, with 0 or the sign named */
  pad,
  /** `upper`: in upper case; lossy */
  upper: (use) => lossy(use, upper),
  /** `trim`: without spaces at both ends; lossy */
  trim: (use) => lossy(use, trim),
  /** `oneLine`: line ends, control characters and runs of spaces become one space; lossy */
  oneLine: (use) => lossy(use, oneLine),
  /** `fit:?`: the sign in place of each character that the encoding does not have; lossy */
  fit: (use) => {
    const { argument: sign, at, context } = use;
    const { encoding } = context;
    if (encoding === undefined || !/^[!-z]$/u.test(sign)) {
      const fix = 'Write fit:? in a layout with an encoding; any other layout can carry every character.';
      throw invalid('fit needs an encoding, and a sign in place of what it does not have', at, fix);
    }
    return lossy(use, { shorten: (text) => fitText(text, encoding, sign), accepts: () => true });
  },
  /** `digits`: only the digits; lossy */
  digits: (use) => lossy(use, digits),
  /** `max:40`: at most 40 characters; `max:40b`: at most 40 bytes of the encoding; lossy */
  max: (use) => {
    const [, length, bytes] = /^([1-9]\d{0,3})(b?)$/u.exec(use.argument) ?? [];
    if (length === undefined)
      throw invalid('max needs a number of characters or bytes', use.at, 'Write max:40, or max:40b for bytes.');
    const { encoding = 'utf-8' } = use.context;
    return lossy(use, bytes === 'b' ? max(Number(length), (text) => bytesOf(text, encoding)) : max(Number(length)));
  },
};

/** Handled by the hole: a value in two holes, a list in one hole, a number in JSON, the sign of an absent value, a value not read. */
const ofHoles = ['first', 'rest', 'join', 'number', 'open', 'lost'];

export const transformNames: readonly string[] = [...Object.keys(makers), ...ofHoles];

/** A value that begins with the sign, other than the count 0, could not be read back: it is refused. */
function pad({ argument, field, at }: TransformUse): Transform {
  const [, digits, sign = '0'] = /^([1-9]\d?)(?::([^\p{C}\p{Z}]))?$/u.exec(argument) ?? [];
  if (digits === undefined)
    throw invalid('pad needs a number of characters', at, 'Write pad:8, or pad:8:* for another sign.');
  const width = Number(digits);
  const filled = field.kind === 'count' && sign === '0';
  return {
    encode(text) {
      const room = width - countCharacters(text);
      if (room < 0) throw invalidValue(`the value has ${width - room} characters, and its place ${width}`);
      if (text.startsWith(sign) && !(filled && text === '0'))
        throw invalidValue(`the value begins with ${sign}, with which its place is filled`);
      return sign.repeat(room) + text;
    },
    decode(text) {
      if (countCharacters(text) !== width) throw invalidValue(`the value does not have ${width} characters`);
      let from = 0;
      while (text.startsWith(sign, from)) from += sign.length;
      return filled && from === text.length ? '0' : text.slice(from);
    },
  };
}

/** Only text for people may be shortened: identifiers, codes and days are sent complete or not at all. */
function lossy({ field, at }: TransformUse, { shorten, accepts }: LossyRule): Transform {
  const fix = 'Use this transform on names, addresses and details only.';
  if (!field.free) throw invalid(`${field.path} must not be shortened`, at, fix);
  return {
    encode(text) {
      const cut = shorten(text);
      if (cut === '') throw invalidValue('nothing of the value is left');
      return cut;
    },
    decode(text) {
      if (!accepts(text)) throw invalidValue('the value contains characters that its transform removes');
      return text;
    },
    lossy: true,
  };
}

/** A transform by name; E_ADAPTER_INVALID for an unknown one or one that does not fit the field. */
export function transform(name: string, use: TransformUse): Transform {
  const maker = makers[name];
  if (maker === undefined)
    throw invalid(`there is no transform ${name}`, use.at, `Use one of: ${transformNames.join(', ')}.`);
  return maker(use);
}

/** Fixed text around a value, which the decoder requires. */
export function affix(before: string, after: string): Transform {
  return {
    encode: (text) => before + text + after,
    decode(text) {
      if (text.length < before.length + after.length || !text.startsWith(before) || !text.endsWith(after)) {
        throw invalidValue('the fixed text around the value is missing');
      }
      return text.slice(before.length, text.length - after.length);
    },
  };
}

/** Parses a decoded text as a value of the field. Throws E_VALUE_INVALID, or E_CODE_UNKNOWN for a word outside its set. */
export function parseValue(text: string, field: Field): Scalar {
  switch (field.kind) {
    case 'text':
      if (text === '') throw invalidValue('the value is empty');
      return text;
    case 'day':
      if (!isDay(text)) throw invalidValue('not a day of the form YYYY-MM-DD');
      return text;
    case 'period':
      if (!isPeriod(text)) throw invalidValue('not a year, month or day of the form YYYY-MM-DD');
      return text;
    case 'moment':
      if (!isMoment(text)) throw invalidValue('not a moment in UTC with milliseconds');
      return text;
    case 'count':
      if (!/^(?:0|[1-9]\d{0,14})$/u.test(text)) throw invalidValue('not a whole number');
      return Number(text);
    case 'words':
      if (!field.words.includes(text)) throw codeUnknown(text, field.words, 'not one of');
      return text;
  }
}

/** A list that states only its day was issued when that day began: its age is never shown too low. */
function dayOfMoment(use: TransformUse): Transform {
  const day = transform('date', { ...use, field: { ...use.field, kind: 'day' } });
  const { timeZone } = use.context;
  return {
    encode: (moment) => day.encode(dayAt(moment, timeZone)),
    decode(text) {
      const begin = day.decode(text);
      // Where clocks skip midnight, the day begins an hour later.
      const moment = ['00', '01'].map((hour) => momentInZone(`${begin}T${hour}:00:00`, timeZone)).find(Boolean);
      if (moment === undefined) throw invalidValue('not a day that exists');
      return moment;
    },
    lossy: true,
  };
}

/** A cell that is a day: a sheet has none before 1900. */
function sheetDay({ field, context, at }: TransformUse): Transform {
  const isSheet = field.kind === 'day' && context.cells === true;
  if (!isSheet)
    throw invalid(`${field.path} is not a day of a spreadsheet`, at, 'Use date:excel for days in .xlsx.csv.');
  return {
    encode(day) {
      if (day < '1900-01-01') throw invalidValue('a spreadsheet has no days before 1900');
      return day;
    },
    decode: (day) => day,
  };
}

function periodTransform(use: TransformUse): Transform {
  const { restart } = use.context;
  const needed = { year: 'yyyy or yy', month: 'yyyy or yy, and MM', day: 'yyyy or yy, MM and dd' };
  const notation = restart && periodNotation(use.argument, restart);
  return notationTransform(use, 'period', notation, `${needed[restart ?? 'year']}, and no other part of a date`);
}

function notationTransform(
  { argument, field, at }: TransformUse,
  kind: Field['kind'],
  notation: Notation | undefined,
  needed: string,
): Transform {
  const { path } = field;
  if (field.kind !== kind) throw invalid(`${path} is not a ${kind}`, at, `Remove this transform from ${path}.`);
  const fix = `Give a pattern with ${needed}.`;
  if (notation === undefined) throw invalid(`the pattern ${argument} cannot be used`, at, fix);
  return {
    encode: (ours) => notation.write(ours),
    decode(theirs) {
      const ours = notation.read(theirs);
      if (ours === undefined) throw invalidValue(`not of the form ${argument}, or not a day that exists`);
      return ours;
    },
  };
}

function lookUp(table: ReadonlyMap<string, string>, from: string, name: string): string {
  const to = table.get(from);
  if (to === undefined) throw codeUnknown(from, [...table.keys()], `not in the table ${name}, which has`);
  return to;
}

/** Names a text that is no longer than the codes, and no other: it may be part of a name, which errors never repeat. */
function codeUnknown(text: string, codes: readonly string[], fault: string): GatewayError {
  const longest = Math.max(...codes.map(({ length }) => length));
  const named = text.length <= longest && /^[\w.+-]+$/u.test(text) ? `the code ${text}` : 'a code';
  return new GatewayError('E_CODE_UNKNOWN', `${named} is ${fault} ${codes.join(', ')}`);
}
