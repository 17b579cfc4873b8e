/** How strongly an element of a sample claims to be a value of the model: by its name, and by what its values look like. */

import { dayNotation } from '../template/dates.ts';
import type { Field } from '../template/message-fields.ts';
import { knownShare } from './codes.ts';
import { tableOf } from './fields.ts';
import { leavesOf, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { codesIn, dayPatternOf, isCode, isIdentifier, momentPatternOf, scriptOf } from './values.ts';
import { matchName, type Vocabulary } from './vocabulary.ts';

export interface PlacementRequest {
  readonly kind: 'list' | 'reply';
  readonly root: SampleNode;
  /** The partner's letters, upper case. */
  readonly partner: string;
  /** The letters of home. */
  readonly home: string;
  readonly vocabulary: Vocabulary;
  /** Answers: path of a node to a value of the model, `fixed` or `ignore`. */
  readonly answered: ReadonlyMap<string, string>;
}

export interface Circumstances extends PlacementRequest {
  readonly items: SampleNode | undefined;
}

export interface Claim {
  readonly leaf: SampleNode;
  readonly path: string;
  readonly score: number;
  readonly certain: boolean;
  readonly why: string;
}

/** How strongly a leaf claims to be a value: by its name, and by what its values look like. Empty where it cannot be that value. */
export function claimOf(leaf: SampleNode, field: Field, scope: SampleNode, where: Circumstances): Claim[] {
  const { path, kind } = field;
  if (repeatedAbove(leaf, scope) !== undefined && path !== 'roles') return [];
  if (
    leaf.scalar === 'other' ||
    (leaf.scalar === 'number' && !['count', 'words'].includes(kind) && !['grade', 'identifier'].includes(path))
  )
    return [];
  const around: string[] = [];
  for (let at = leaf.parent; at !== undefined && at !== scope; at = at.parent) around.push(at.name);
  const match = matchName(
    where.vocabulary,
    path,
    `${leaf.name} ${leaf.discriminator?.split('=')[1] ?? ''}`,
    /^(?:title|trailer) \d/u.test(around[0] ?? '') || /^\d+$/u.test(leaf.name) ? '' : around.join(' '),
  );
  // The number of a layout may happen to be that of the operators.
  if (path.endsWith('.count') && match.score === 0 && matchName(where.vocabulary, 'fixed', leaf.name).score > 0)
    return [];
  const fit = fitOf(leaf.values, field, where);
  // A column without a title says nothing by its name: there the values alone are asked.
  const nameless = /^\d+$/u.test(leaf.name) && path !== 'message.kind' && (fit?.score ?? 0) >= 1.5;
  if (fit === undefined || (match.score === 0 && !fit.proof && !nameless)) return [];
  const certain = fit.score >= 1 && match.strong;
  const named = certain ? 'by its name' : match.score > 0 ? 'its name may say so' : '';
  return [
    {
      leaf,
      path,
      score: match.score + fit.score,
      certain,
      why: [named, fit.why].filter((text) => text !== '').join('; '),
    },
  ];
}

interface Fit {
  readonly score: number;
  /** The values alone tell what it is. */
  readonly proof: boolean;
  readonly why: string;
}

const found = (score: number, why: string, proof = false): Fit => ({ score, why, proof });

/** How well the values look like the field; undefined when they cannot be it. */
function fitOf(values: readonly string[], { path, kind }: Field, where: Circumstances): Fit | undefined {
  const { vocabulary, items } = where;
  const day = dayPatternOf(values, vocabulary);
  switch (kind) {
    case 'count': {
      if (!values.every((value) => /^\d{1,15}$/u.test(value)) || day !== undefined) return undefined;
      const operators = items?.occurrences.length ?? -1;
      const sum = values.reduce((all, value) => all + Number(value), 0);
      if (!path.endsWith('.count')) return found(1, 'a whole number');
      return sum === operators
        ? found(2, `equals the number of operators, ${operators}`, true)
        : found(0.5, `not the number of operators, ${operators}`);
    }
    case 'day': {
      // Of several days of an operator the last one of its certificate is the latest.
      const others = items === undefined ? [] : leavesOf(items).map((leaf) => latestDay(leaf.values, vocabulary));
      const ahead = new Set(others).size > 2 && others.every((other) => other <= latestDay(values, vocabulary));
      const likely = path === 'validTo' ? (ahead ? 0.3 : -0.1) : path === 'validFrom' ? 0.1 : 0;
      return day && found(1.5 + likely, `days as ${day.pattern}, ${values.length} values`);
    }
    case 'moment': {
      const moment = momentPatternOf(values, vocabulary);
      return moment?.pattern.includes('ss') === true ? found(1.5, `moments as ${moment.pattern}`) : undefined;
    }
    case 'words':
      return day === undefined ? codeFit(tableOf(path), values, vocabulary) : undefined;
    case 'text':
      return day === undefined ? textFit(values, path, where) : undefined;
  }
}

/** Empty where the values are no days. */
function latestDay(values: readonly string[], vocabulary: Vocabulary): string {
  const notation = dayNotation(dayPatternOf(values, vocabulary)?.pattern ?? '');
  return (
    values
      .map((value) => notation?.read(value) ?? '')
      .sort()
      .at(-1) ?? ''
  );
}

function codeFit(table: string, values: readonly string[], vocabulary: Vocabulary): Fit | undefined {
  const codes = table === 'role' ? codesIn(values) : values;
  const share = knownShare(table, codes, vocabulary);
  // A message says its type as well, in a code that never changes: only what usually means full or delta is a kind.
  if ((table === 'kind' && share === 0) || values.some((value) => value.includes('|'))) return undefined;
  if (table === 'kind' && codes.every((code) => /^(?:full|delta)$/iu.test(code)))
    return found(2, `codes ${codes.join(', ')}`, true);
  // A code may be of several words (`in force`) where all of them are known.
  if (!isCode(share === 1 ? codes.map((code) => code.replaceAll(/\s/gu, '_')) : codes)) return undefined;
  return found(0.5 + 1.5 * share, `codes ${[...new Set(codes)].sort().slice(0, 6).join(', ')}`);
}

function textFit(
  values: readonly string[],
  path: string,
  { partner, home, vocabulary }: Circumstances,
): Fit | undefined {
  const all = (test: RegExp): boolean => values.every((value) => test.test(value));
  const [field = '', script] = path.split('.');
  if (/(?:chain|root|Chain)$/u.test(path)) return all(/^[0-9a-f]{64}$/u) ? found(1.5, 'a SHA-256 in hex') : undefined;
  switch (path) {
    case 'identifier':
      if (!isIdentifier(values, vocabulary)) return undefined;
      return values.every((value) => value.includes(partner))
        ? found(2.5, `all different, with ${partner} in them`, values.length > 1)
        : found(1.5, 'all different');
    case 'grade':
      return isCode(values) ? found(1, 'few different codes') : undefined;
    case 'message.from':
    case 'message.to': {
      const [own, other] = path === 'message.from' ? [partner, home] : [home, partner];
      if (all(new RegExp(`^${own}$`, 'u'))) return found(2.5, `always ${own}`);
      if (values.some((value) => value.toUpperCase().includes(other))) return undefined;
      return values.every((value) => value.toUpperCase().includes(own))
        ? found(2, `holds ${own}`)
        : found(0.5, `without ${own}`);
    }
    case 'message.id':
    case 'message.subject':
      if (!all(/^[0-9A-Za-z._/-]{1,64}$/u)) return undefined;
      return all(/^[A-Z]+[._/-]?\d{3,}/u) ? found(1.5, 'letters and a number') : found(1, 'a text without blanks');
    case 'address.postcode':
      return all(/^[0-9A-Z -]{3,10}$/iu) && values.some((value) => /\d/u.test(value))
        ? found(1, 'short, with digits')
        : undefined;
    case 'address.city':
      return all(/^\P{N}{2,}$/u)
        ? found(new Set(values).size < values.length ? 1.5 : 1, 'letters throughout')
        : found(0.5, '');
  }
  if (script !== 'latin' && script !== 'local') return found(0.5, '');
  if (scriptOf(values) !== script || !all(/.{3}/u) || (field === 'name' && script === 'latin' && all(/^\S{1,6}$/u)))
    return undefined;
  return found(1.5, `${script === 'latin' ? 'Latin letters' : 'letters that are not Latin'} throughout`);
}
