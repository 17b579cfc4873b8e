/** Whether values of a sample look like a field of the model. */

import { fieldsOfKind } from '../check/template-text.ts';
import type { MessageKind } from '../load.ts';
import { dayNotation, momentNotation, type Notation } from '../template/dates.ts';
import type { Field } from '../template/message-fields.ts';
import { periodForm, periodNumberForm } from './period-numbers.ts';
import type { SampleNode } from './tree.ts';
import { meaningOf, slug, type Vocabulary } from './vocabulary.ts';

/** The values that a part of a message may carry. `scope`: `message`, or a list of it; roles are one value of a record. */
export function fieldsOf(kind: MessageKind, scope: string): readonly Field[] {
  const { fields = [], lists = [] } = fieldsOfKind(kind, scope) ?? {};
  const inner = scope === 'message' ? [] : lists;
  return [
    ...fields,
    ...inner.flatMap(({ path, items }) => items.fields.map((each) => ({ ...each, path, optional: true }))),
  ];
}

/** The code table of a value that is one of our words; undefined for other values. */
export function tableOf({ path, kind }: Pick<Field, 'path' | 'kind'>): string | undefined {
  if (path !== 'grade' && kind !== 'words') return undefined;
  return { roles: 'role', 'message.kind': 'kind', code: 'fault', 'ack.verdict': 'verdict' }[path] ?? path;
}

const notations = new Map<string, Notation | undefined>();

/** Each made once: a draft tries hundreds on every element. */
function notationOf(kind: string, pattern: string): Notation | undefined {
  const key = `${kind} ${pattern}`;
  if (!notations.has(key)) notations.set(key, (kind === 'day' ? dayNotation : momentNotation)(pattern));
  return notations.get(key);
}

/** The notations in which every value is a day, or a moment of UTC, that exists. */
export function notationsOf(kind: string, values: readonly string[], { days, times, zones }: Vocabulary): string[] {
  if (values.length === 0 || values.some(({ length }) => length < 8 || length > 30)) return [];
  const moments = (): string[] =>
    days.flatMap((day) => times.flatMap((time) => zones.map((zone) => day + time + zone)));
  const found = (kind === 'day' ? [...days] : moments()).filter((pattern) => {
    const read = notationOf(kind, pattern)?.read;
    return read !== undefined && values.every((value) => /^(?:19|2[01])/u.test(read(value) ?? ''));
  });
  // A zone that is written Z may be written otherwise as well.
  return found[0]?.endsWith('Z') === true ? found.slice(0, 1) : found;
}

/** What separates several codes in one value, `EXP,IMP`; undefined where no value holds more than one. */
export function joinOf(values: readonly string[]): string | undefined {
  return [', ', ',', ';', '+', '/', ' '].find((sign) => {
    const pieces = values.flatMap((value) => value.split(sign));
    return pieces.length > values.length && areCodes(pieces) && pieces.every((each) => /^[\p{L}\p{N}_-]+$/u.test(each));
  });
}

/** The codes in such values, each for itself. */
export function codesIn(values: readonly string[]): readonly string[] {
  const sign = joinOf(values);
  return sign === undefined ? values : values.flatMap((value) => value.split(sign));
}

/** Few different short values, of at most four words. */
function areCodes(values: readonly string[]): boolean {
  const different = new Set(values).size;
  const few = different <= 12 && (different < values.length || values.length <= 4 || different <= 3);
  return few && values.every((value) => value.length <= 30 && /^\S+(?: \S+){0,3}$/u.test(value));
}

interface Fit {
  /** Below 1: doubtful. */
  readonly score: number;
  readonly why: string;
  /** The values alone tell what it is. */
  readonly proof?: boolean;
  /** Where one element has several values: its holes, as a template shows them. */
  readonly text?: string;
}

/** In what the elements of a message are looked for. */
export interface Search {
  readonly kind: MessageKind;
  readonly root: SampleNode;
  /** The partner's letters, upper case, and those of home. */
  readonly partner: string;
  readonly home: string;
  readonly vocabulary: Vocabulary;
  /** Answers by the path of a node. */
  readonly answered: ReadonlyMap<string, string>;
  /** Numbers may begin again with each year, month or day. */
  readonly periods: boolean;
  /** Operators in the sample, where they are known. */
  readonly operators?: number;
}

/** How well values look like a field; undefined when they cannot be it. */
export function fitOf(values: readonly string[], field: Field, context: Search): Fit | undefined {
  const { path, kind } = field;
  const table = tableOf(field);
  const { vocabulary, periods } = context;
  // A list may state only its day.
  const [notation] = [kind === 'moment' ? kind : 'day', 'day'].flatMap((each) => notationsOf(each, values, vocabulary));
  if (kind === 'moment' || kind === 'day') {
    if (notation === undefined) return undefined;
    const first = { validFrom: 0.2, validTo: 0.1 }[path] ?? 0;
    return { score: 1.5 + first, why: `${kind}s as ${notation}` };
  }
  if (notation !== undefined) return undefined;
  const period = kind === 'period' ? periodForm(values) : undefined;
  if (kind === 'period') return period && { score: 1.5, why: `a ${period.restart}` };
  if (table !== undefined && kind === 'words') return codeFit(table, values, context.vocabulary);
  if (kind === 'text' || table === 'grade') {
    const fit = lookFit(values, path, context);
    // A category whose words are known as roles or states is hardly a grade.
    const isOther =
      table === 'grade' && ['role', 'status'].some((each) => codeFit(each, values, vocabulary)?.proof === true);
    return fit && isOther ? { ...fit, score: 0.5 } : fit;
  }
  if (!values.every((value) => /^\d{1,15}$/u.test(value))) return periods ? periodFit(values, path) : undefined;
  if (!path.endsWith('.count')) return { score: 1, why: 'a whole number' };
  const proof = values.reduce((all, value) => all + Number(value), 0) === context.operators;
  return { score: proof ? 2 : 0.5, why: `${proof ? '' : 'not '}the number of operators in the sample`, proof };
}

/** A number with the period in which it counts, in one element. */
function periodFit(values: readonly string[], path: string): Fit | undefined {
  const period = { 'message.position.sequence': 'message.period', 'ack.number': 'ack.period' }[path];
  const optional = path.startsWith('ack.');
  const found = period === undefined ? undefined : periodNumberForm(values, { period, number: path, optional });
  return found && { score: 3, why: `a number of the ${found.restart}`, proof: true, text: found.text };
}

/** No table has more. */
const mostCodes = 60;

function codeFit(table: string, values: readonly string[], { codes }: Vocabulary): Fit | undefined {
  const each = table === 'role' ? codesIn(values) : values;
  const different = [...new Set(each)].sort();
  if (different.length > mostCodes) return undefined;
  const share = different.filter((code) => meaningOf(codes[table] ?? {}, code) !== undefined).length / different.length;
  // A message says its type as well, in a code that never changes: only what usually means full or delta is a kind.
  if ((table === 'kind' && share === 0) || values.some((value) => value.includes('|'))) return undefined;
  // Nor is a verdict what is the same in several answers.
  if (table === 'verdict' && values.length > 1 && different.length === 1) return undefined;
  // A code may be of several words (`in force`) where all of them are known.
  if (share < 1 && !areCodes(each)) return undefined;
  const words = Object.entries(codes['kind'] ?? {}).filter(([word, written]) =>
    different.some((code) => [word, ...written.split(' ')].map(slug).includes(slug(code))),
  );
  const clear = words.length > 1 || /^(?:full|delta)$/iu.test(different[0] ?? '');
  const proof =
    share === 1 && (table === 'kind' ? clear : different.length > 1 && different.some(({ length }) => length > 2));
  return { score: 0.5 + 1.5 * share, why: `codes ${different.slice(0, 6).join(', ')}`, proof };
}

function lookFit(values: readonly string[], path: string, { partner, home, vocabulary }: Search): Fit | undefined {
  const looks = vocabulary.looks[path] ?? [{ all: '', score: 0.5, why: 'a text' }];
  return looks.find(({ all, few, unique }) => {
    const pattern = new RegExp(all.replaceAll('{partner}', partner).replaceAll('{home}', home), 'iu');
    // An operator may stand in a full list and in its difference.
    const isUnique = new Set(values).size * 2 > values.length;
    const enough = (few !== true || areCodes(values)) && (unique !== true || isUnique);
    return enough && values.every((value) => pattern.test(value));
  });
}
