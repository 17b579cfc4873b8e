/** How strongly an element of a sample claims to be a value of the model: by its name, and by what its values look like. */

import { listMessageFields, replyFields, type Field, type ItemFields } from '../template/message-fields.ts';
import { leavesOf, pathTo, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { codesIn, datesOf, isCode, isIdentifier, notationOf, scriptOf } from './values.ts';
import { matchName, slug, type Vocabulary } from './vocabulary.ts';

export type Part = 'list' | 'reply' | 'records' | 'departures' | 'results';

const itemFields = (message: ItemFields<unknown>, path: string): ItemFields<unknown> =>
  message.lists.find((list) => list.path === path)?.items ?? message;
const records = itemFields(listMessageFields, 'records');
const roleFields = itemFields(records, 'roles').fields;

/** The values each part of a message may carry. */
export const fieldsOf: Readonly<Record<Part, readonly Field[]>> = {
  list: listMessageFields.fields,
  reply: replyFields.fields,
  records: [...records.fields, ...roleFields.map((role) => ({ ...role, path: 'roles', optional: true }))],
  departures: itemFields(listMessageFields, 'departures').fields,
  results: itemFields(replyFields, 'results').fields,
};

/** The code table of a value that is one of our words. */
export function tableOf(path: string): string {
  return { roles: 'role', 'message.kind': 'kind', code: 'fault' }[path] ?? path;
}

export interface Circumstances {
  readonly kind: 'list' | 'reply';
  readonly root: SampleNode;
  /** The partner's letters, upper case. */
  readonly partner: string;
  /** The letters of home. */
  readonly home: string;
  readonly vocabulary: Vocabulary;
  /** Answers: path of a node to a value of the model, `fixed` or `ignore`. */
  readonly answered: ReadonlyMap<string, string>;
  readonly items: SampleNode | undefined;
}

export interface Claim {
  readonly leaf: SampleNode;
  readonly path: string;
  readonly score: number;
  readonly certain: boolean;
  readonly why: string;
}

/** How strongly a leaf claims to be a value. Empty where it cannot be that value. */
export function claimOf(leaf: SampleNode, field: Field, scope: SampleNode, where: Circumstances): Claim[] {
  const { path, kind } = field;
  if (repeatedAbove(leaf, scope) !== undefined && path !== 'roles') return [];
  const countable = ['count', 'words'].includes(kind) || ['grade', 'identifier'].includes(path);
  if (leaf.scalar === 'other' || (leaf.scalar === 'number' && !countable)) return [];
  const groups = pathTo(leaf, scope).slice(1);
  const around = groups.map(({ name }) => name).join(' ');
  const untitled = /^\d+$/u.test(leaf.name);
  const outer = untitled || /^(?:title|trailer) \d/u.test(around) ? '' : around;
  const match = matchName(where.vocabulary, path, `${leaf.name} ${leaf.discriminator?.split('=')[1] ?? ''}`, outer);
  // The number of a layout may happen to be that of the operators.
  const layout = match.score === 0 && matchName(where.vocabulary, 'fixed', leaf.name).score > 0;
  const fit = path.endsWith('.count') && layout ? undefined : fitOf(leaf.values, field, where);
  // A column without a title says nothing by its name: there the values alone are asked.
  const nameless = untitled && path !== 'message.kind' && (fit?.score ?? 0) >= 1.5;
  if (fit === undefined || (match.score === 0 && fit.proof !== true && !nameless)) return [];
  const certain = fit.score >= 1 && match.strong;
  const named = certain ? 'by its name' : match.score > 0 ? 'its name may say so' : '';
  const why = [named, fit.why].filter((text) => text !== '').join('; ');
  return [{ leaf, path, score: match.score + fit.score, certain, why }];
}

interface Fit {
  readonly score: number;
  readonly why: string;
  /** The values alone tell what it is. */
  readonly proof?: boolean;
}

/** How well the values look like the field; undefined when they cannot be it. */
function fitOf(values: readonly string[], { path, kind }: Field, where: Circumstances): Fit | undefined {
  const { vocabulary, items } = where;
  const day = notationOf('day', values, vocabulary);
  if (kind === 'moment') {
    const moment = notationOf('moment', values, vocabulary);
    return moment?.pattern.includes('ss') === true ? { score: 1.5, why: `moments as ${moment.pattern}` } : undefined;
  }
  if (kind === 'day') {
    if (day === undefined) return undefined;
    // Of several days of an operator the last one of its certificate is the latest.
    const latest = (each: readonly string[]): string => datesOf('day', each, vocabulary).at(-1) ?? '';
    const others = items === undefined ? [] : leavesOf(items).map((leaf) => latest(leaf.values));
    const last = new Set(others).size > 2 && others.every((other) => other <= latest(values));
    const likely = path === 'validTo' ? (last ? 0.3 : -0.1) : path === 'validFrom' ? 0.1 : 0;
    return { score: 1.5 + likely, why: `days as ${day.pattern}, ${values.length} values` };
  }
  if (day !== undefined) return undefined;
  if (kind === 'words') return codeFit(tableOf(path), values, vocabulary);
  if (kind === 'text') return textFit(values, path, where);
  if (!values.every((value) => /^\d{1,15}$/u.test(value))) return undefined;
  if (!path.endsWith('.count')) return { score: 1, why: 'a whole number' };
  const operators = items?.occurrences.length ?? -1;
  return values.reduce((all, value) => all + Number(value), 0) === operators
    ? { score: 2, why: `equals the number of operators, ${operators}`, proof: true }
    : { score: 0.5, why: `not the number of operators, ${operators}` };
}

function codeFit(table: string, values: readonly string[], vocabulary: Vocabulary): Fit | undefined {
  const codes = [...new Set(table === 'role' ? codesIn(values) : values)].sort();
  const known = Object.values(vocabulary.codes[table] ?? {}).flat();
  const share = codes.filter((code) => known.includes(slug(code))).length / codes.length;
  // A message says its type as well, in a code that never changes: only what usually means full or delta is a kind.
  if ((table === 'kind' && share === 0) || values.some((value) => value.includes('|'))) return undefined;
  const why = `codes ${codes.slice(0, 6).join(', ')}`;
  if (table === 'kind' && codes.every((code) => /^(?:full|delta)$/iu.test(code))) return { score: 2, why, proof: true };
  // A code may be of several words (`in force`) where all of them are known.
  const all = table === 'role' ? codesIn(values) : values;
  return isCode(share === 1 ? all.map(slug) : all) ? { score: 0.5 + 1.5 * share, why } : undefined;
}

function textFit(values: readonly string[], path: string, where: Circumstances): Fit | undefined {
  const { partner, home, vocabulary } = where;
  const looks = vocabulary.looks[path];
  if (looks !== undefined) return looks.find(({ all }) => values.every((value) => new RegExp(all, 'u').test(value)));
  if (path === 'grade') return isCode(values) ? { score: 1, why: 'few different codes' } : undefined;
  if (path === 'identifier') {
    if (!isIdentifier(values, vocabulary)) return undefined;
    return values.every((value) => value.includes(partner))
      ? { score: 2.5, why: `all different, with ${partner} in them`, proof: values.length > 1 }
      : { score: 1.5, why: 'all different' };
  }
  if (path === 'message.from' || path === 'message.to') {
    const [own, other] = path === 'message.from' ? [partner, home] : [home, partner];
    if (values.every((value) => value === own)) return { score: 2.5, why: `always ${own}` };
    if (values.some((value) => value.toUpperCase().includes(other))) return undefined;
    const holds = values.every((value) => value.toUpperCase().includes(own));
    return holds ? { score: 2, why: `holds ${own}` } : { score: 0.5, why: `without ${own}` };
  }
  const [field, script] = path.split('.');
  if (script !== 'latin' && script !== 'local') return { score: 0.5, why: '' };
  // Short words without blanks are codes.
  const short = field === 'name' && script === 'latin' && values.every((value) => /^\S{1,6}$/u.test(value));
  if (short || scriptOf(values) !== script || values.some(({ length }) => length < 3)) return undefined;
  return { score: 1.5, why: `${script === 'latin' ? 'Latin letters' : 'letters that are not Latin'} throughout` };
}
