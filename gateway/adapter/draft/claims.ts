/** How strongly an element of a sample claims to be a value of the model: by its name, and by what its values look like. */

import { repeatedAbove, type SampleNode } from './draft-sample.ts';
import { knownShare } from './field-codes.ts';
import { nameScore } from './field-names.ts';
import {
  codesIn,
  dayPatternOf,
  isCode,
  isCount,
  isHash,
  isIdentifier,
  momentPatternOf,
  scriptOf,
} from './field-values.ts';

function ownName({ name, told }: SampleNode): string {
  return told === undefined ? name : `${name} ${told.value}`;
}

export interface Circumstances {
  readonly scope: SampleNode;
  readonly items: SampleNode | undefined;
  readonly partner: string;
}

export interface Claim {
  readonly score: number;
  readonly certain: boolean;
  readonly why: string;
}

/** Undefined when it cannot be that value, or nothing says so. */
export function claimOf(leaf: SampleNode, path: string, where: Circumstances): Claim | undefined {
  const around = leaf.parent === undefined || leaf.parent === where.scope ? '' : leaf.parent.name;
  const repeated = repeatedAbove(leaf, where.scope);
  if (repeated !== undefined && path !== 'roles') return undefined;
  if (leaf.scalar === 'other' || (leaf.scalar === 'number' && !isCountPath(path) && !isCoded(path))) return undefined;
  const name = nameScore(path, ownName(leaf), around);
  const fit = fitOf(leaf, path, where);
  // The number of a layout may happen to be that of the operators.
  if (path.endsWith('.count') && name === 0 && nameScore('fixed', leaf.name) > 0) return undefined;
  // A cell of a line without titles has a number for a name, which says nothing: there the values alone are asked.
  const nameless = /^\d+$/u.test(leaf.name) && path !== 'message.kind' && fit !== undefined && fit.score >= 1.5;
  if (fit === undefined || (name === 0 && !fit.proof && !nameless)) return undefined;
  const score = name + fit.score;
  const named = name >= 1.5 ? 'by its name' : name > 0 ? 'its name may say so' : '';
  return {
    score,
    certain: (name >= 1.5 && fit.score >= 1) || (fit.proof && name > 0) || name >= 2.5,
    why: [named, fit.why].filter((text) => text !== '').join('; '),
  };
}

function isCountPath(path: string): boolean {
  return /\.(?:no|sequence|count|of|taken|refused)$/u.test(path);
}

/** A code may be a number in JSON; several in one list may not. */
function isCoded(path: string): boolean {
  return ['status', 'grade', 'reason', 'code', 'message.kind'].includes(path);
}

interface Fit {
  readonly score: number;
  /** The values alone tell what it is. */
  readonly proof: boolean;
  readonly why: string;
}

/** How well the values look like the field; undefined when they cannot be it. */
function fitOf({ values, seenIn, parent }: SampleNode, path: string, where: Circumstances): Fit | undefined {
  const all = `${values.length} of ${Math.max(values.length, parent?.seen ?? seenIn)}`;
  const found = (score: number, why: string, proof = false): Fit => ({ score, why, proof });
  if (isCountPath(path)) {
    if (!isCount(values)) return undefined;
    const operators = String(where.items?.seen ?? -1);
    const counts = path.endsWith('.count') && values.length === 1 && values[0] === operators;
    return counts ? found(2, `equals the number of operators, ${operators}`, true) : found(1, 'a whole number');
  }
  switch (path) {
    case 'statusSince':
    case 'validFrom':
    case 'validTo':
    case 'since': {
      const notation = dayPatternOf(values);
      return notation === undefined ? undefined : found(1.5, `days as ${notation.pattern}, ${all}`);
    }
    case 'message.issuedAt':
    case 'message.nextBy': {
      const notation = momentPatternOf(values);
      return notation === undefined ? undefined : found(1.5, `moments as ${notation.pattern}`);
    }
    case 'message.position.chain':
    case 'message.position.root':
    case 'message.previousChain':
      return isHash(values) ? found(1.5, 'a SHA-256 in hex') : undefined;
    default:
      return textFit(values, path, where, found);
  }
}

function textFit(
  values: readonly string[],
  path: string,
  { partner }: Circumstances,
  found: (score: number, why: string, proof?: boolean) => Fit,
): Fit | undefined {
  switch (path) {
    case 'identifier':
      if (!isIdentifier(values)) return undefined;
      return values.every((value) => value.includes(partner))
        ? found(2.5, `all different, with ${partner} in them`, values.length > 1)
        : found(1.5, 'all different');
    case 'name.latin':
    case 'address.latin':
      return wordy(values, path, scriptOf(values) === 'latin', found);
    case 'name.local':
    case 'address.local': {
      const script = scriptOf(values);
      return wordy(values, path, script === 'local' || script === 'mixed', found);
    }
    case 'status':
      return coded(values, 'status', found);
    case 'message.kind':
      // A message says its type as well, in a code that never changes: only what usually means full or delta is a kind.
      return knownShare('kind', values) > 0 ? coded(values, 'kind', found) : undefined;
    case 'roles':
      return coded(codesIn(values), 'role', found);
    case 'reason':
      return coded(values, 'reason', found);
    case 'grade':
    case 'code':
      return isCode(values) && dayPatternOf(values) === undefined ? found(1, 'few different codes') : undefined;
    case 'message.from':
      return values.every((value) => value.toUpperCase().includes(partner))
        ? found(2, `holds ${partner}`)
        : found(0.5, '');
    case 'message.to':
      return values.some((value) => value.toUpperCase().includes(partner)) ? undefined : found(1, `not ${partner}`);
    case 'message.id':
      return values.every((value) => !/\s/u.test(value)) && dayPatternOf(values) === undefined
        ? found(1, 'a text without blanks')
        : undefined;
    default:
      return dayPatternOf(values) === undefined ? found(0.5, '') : undefined;
  }
}

function wordy(
  values: readonly string[],
  path: string,
  script: boolean,
  found: (score: number, why: string) => Fit,
): Fit | undefined {
  const texts = values.filter((value) => /\p{L}/u.test(value) && value.length > 3).length;
  if (texts < values.length || dayPatternOf(values) !== undefined) return undefined;
  if (path.startsWith('name') && values.every((value) => /^\S{1,6}$/u.test(value)) && scriptOf(values) === 'latin')
    return undefined;
  return script
    ? found(1.5, `${path.endsWith('latin') ? 'Latin letters' : 'letters that are not Latin'} throughout`)
    : undefined;
}

function coded(values: readonly string[], table: string, found: (score: number, why: string) => Fit): Fit | undefined {
  const share = knownShare(table, values);
  // A code may be of several words (`in force`) where all of them are known.
  const single = share === 1 ? values.map((value) => value.replaceAll(/\s/gu, '_')) : values;
  if (!isCode(single) || dayPatternOf(values) !== undefined) return undefined;
  const shown = [...new Set(values)].sort().slice(0, 6).join(', ');
  return found(0.5 + 1.5 * share, `codes ${shown}`);
}
