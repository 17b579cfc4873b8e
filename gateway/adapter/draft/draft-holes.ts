/** Turns placements into holes: the transform each value needs, the code tables they speak, and what has to be asked. */

import type { Ask } from '../manifest.ts';
import { gradeCodes, guessCodes } from './field-codes.ts';
import { codesIn, dayPatternOf, joinOf, momentPatternOf, notationRegex } from './field-values.ts';
import type { HoleDraft, ValueType } from './draft-parts.ts';
import { pathOf, repeatedAbove, type Sample, type SampleNode } from './draft-sample.ts';
import type { Placed, Placement } from './placement.ts';

export type Codes = Record<string, Record<string, string>>;

/** What the drafts of both messages share. */
export interface Vocabulary {
  readonly codes: Codes;
  readonly asks: Ask[];
  /** Grades of the partner, as words of ours. */
  theirGrades: readonly string[];
  readonly ourGrades: readonly string[];
  readonly partner: string;
  readonly home: string;
  /** The partner's clock keeps one offset all year, so that a time without zone can be read back. */
  readonly steadyZone: boolean;
}

export interface Holes {
  readonly holes: ReadonlyMap<SampleNode, HoleDraft>;
  readonly fixed: ReadonlySet<SampleNode>;
}

const idType: ValueType = { is: 'id' };
const identifierType: ValueType = { is: 'pattern', pattern: '[0-9A-Za-z./-]{1,35}' };

/** Holes for everything placed. `file`: the template, as questions name it. */
export function holesOf(placed: Placed, file: string, format: Sample['format'], words: Vocabulary): Holes {
  const holes = new Map<SampleNode, HoleDraft>();
  const fixed = new Set<SampleNode>();
  for (const placement of placed.placements) {
    const { node, path, certainty, why } = placement;
    if (path === 'fixed') fixed.add(node);
    const split = path === 'ignore' ? countryPart(placement, placed, words) : undefined;
    if (split !== undefined) {
      holes.set(node, { hole: '{identifier|first:2}', type: { is: 'pattern', pattern: '[A-Z]{2}' }, optional: false });
      continue;
    }
    if (certainty !== 'certain') ask(words, `${file}#${pathOf(node)}`, questionOf(placement, why));
    if (path === 'fixed' || path === 'ignore') continue;
    holes.set(node, holeOf(placement, placed, { file, format, words }));
  }
  return { holes, fixed };
}

export function ask(words: Vocabulary, at: string, question: string): void {
  words.asks.push({ at, question: question.length > 300 ? `${question.slice(0, 299)}…` : question });
}

function questionOf({ path, node }: Placement, why: string): string {
  if (path === 'ignore') return `What is ${node.name}? It is dropped when read and never written: ${why}.`;
  if (path === 'fixed') return `Does ${node.name} never change? ${why}.`;
  return `Is ${node.name} ${path}? ${why}.`;
}

/** Letters of the partner in an element of their own, beside a number that lacks them. */
function countryPart({ node, part }: Placement, { placements }: Placed, { partner }: Vocabulary): true | undefined {
  if (part === 'message' || node.values.length === 0 || node.values.some((value) => value !== partner))
    return undefined;
  const first = placements.find(
    (each) =>
      each.part === part &&
      each.path === 'ignore' &&
      each.node.values.every((v) => v === partner) &&
      each.node.values.length > 0,
  );
  return first?.node === node && isSplit(part, placements, partner) ? true : undefined;
}

function isSplit(part: Placement['part'], placements: readonly Placement[], partner: string): boolean {
  const own = placements.filter((each) => each.part === part);
  const identifier = own.find(({ path }) => path === 'identifier');
  return (
    identifier !== undefined &&
    !identifier.node.values.some((value) => value.startsWith(partner)) &&
    own.some(
      ({ path, node }) =>
        path === 'ignore' && node.values.length > 0 && node.values.every((value) => value === partner),
    )
  );
}

interface HoleContext {
  readonly file: string;
  readonly format: Sample['format'];
  readonly words: Vocabulary;
}

function holeOf(placement: Placement, placed: Placed, context: HoleContext): HoleDraft {
  const { path, node, part } = placement;
  const { words, file } = context;
  const at = `${file}#${pathOf(node)}`;
  const oneLine = context.format === 'csv' ? '|oneLine' : '';
  const whole = (node.parent?.seen ?? 0) <= node.seenIn;
  const hole = (transforms: string, type: ValueType, optional = false): HoleDraft => ({
    hole: `{${path === 'roles' ? '.' : path}${optional ? '?' : ''}${transforms}}`,
    type,
    optional,
  });
  if (placement.transforms !== undefined) {
    const notation = /\|(?:date|datetime|zoned):(.+)$/u.exec(placement.transforms)?.[1];
    const type: ValueType =
      notation === undefined ? { is: 'text', max: 512 } : { is: 'pattern', pattern: notationRegex(notation) };
    return hole(placement.transforms, type, path === 'validTo');
  }
  switch (path) {
    case 'identifier':
      return isSplit(part, placed.placements, words.partner)
        ? hole('|rest:2', identifierType)
        : hole('', identifierType);
    case 'status':
    case 'reason':
    case 'code':
    case 'message.kind':
    case 'roles': {
      const table = tableOf(path);
      addTable(words, table, path === 'roles' ? codesIn(node.values) : node.values, at);
      if (path === 'roles' && placed.records !== undefined && isJoined(node, placed.records)) {
        const sign = joinOf(node.values) ?? ',';
        return {
          hole: `{roles|code:role|join:${sign}}`,
          type: { is: 'pattern', pattern: '.{0,400}' },
          optional: false,
        };
      }
      return codeHole(hole, node, table);
    }
    case 'grade':
      addGrades(words, node.values);
      return codeHole(hole, node, 'grade');
    case 'statusSince':
    case 'validFrom':
    case 'since':
    case 'validTo':
      return dayHole(hole, node, at, { words, optional: path === 'validTo' });
    case 'message.issuedAt':
    case 'message.nextBy':
      return momentHole(hole, node, at, words);
    case 'message.from':
    case 'message.to':
      return partyHole(placement, at, words);
    case 'message.id':
      return hole(
        '',
        node.kind === 'attribute' && node.name === 'Id' ? idType : { is: 'pattern', pattern: '[0-9A-Za-z._/-]{1,64}' },
      );
    case 'message.subject':
      return hole('', { is: 'pattern', pattern: '[0-9A-Za-z._/-]{1,64}' });
    case 'message.position.chain':
    case 'message.position.root':
    case 'message.previousChain':
      return hole('', { is: 'pattern', pattern: '[0-9a-f]{64}' });
    case 'message.position.epoch.id':
      return hole('', { is: 'pattern', pattern: '[0-9A-Za-z-]{1,64}' });
    case 'name.latin':
    case 'name.local':
      return hole(oneLine, { is: 'text', max: 512 }, !whole || isSecondName(path, placed));
    case 'detail':
      return hole('', { is: 'text', max: 512 });
    default:
      return countHole(hole, node, path) ?? hole(oneLine, { is: 'text', max: 512 }, true);
  }
}

/** Several roles in one value: where nothing can be repeated for them, or the sample writes them so. */
export function isJoined(node: SampleNode, items: SampleNode): boolean {
  return repeatedAbove(node, items) === undefined && (node.kind !== 'element' || joinOf(node.values) !== undefined);
}

function codeHole(hole: MakeHole, { scalar }: SampleNode, table: string): HoleDraft {
  return scalar === 'number'
    ? hole(`|code:${table}|number`, { is: 'number' })
    : hole(`|code:${table}`, { is: 'text', max: 40 });
}

type MakeHole = (transforms: string, type: ValueType, optional?: boolean) => HoleDraft;

/** A name that every operator has is needed; of two names the one in Latin letters is. */
function isSecondName(path: string, { placements }: Placed): boolean {
  return path === 'name.local' && placements.some((each) => each.path === 'name.latin');
}

function countHole(hole: MakeHole, node: SampleNode, path: string): HoleDraft | undefined {
  if (!path.startsWith('message.')) return undefined;
  return node.scalar === 'number'
    ? hole('|number', { is: 'number' })
    : hole('', { is: 'pattern', pattern: '0|[1-9][0-9]{0,14}' });
}

function tableOf(path: string): string {
  return path === 'roles' ? 'role' : path === 'message.kind' ? 'kind' : path === 'code' ? 'fault' : path;
}

/** The codes of one table; asked about once, with every code whose meaning is not spelled out. */
export function addTable(words: Vocabulary, table: string, values: readonly string[], at?: string): void {
  if (words.codes[table] !== undefined) return;
  const { rows, guessed, strange, made } = guessCodes(table, values);
  words.codes[table] = { ...rows };
  if (guessed.length + strange.length + made.length === 0 || at === undefined) return;
  const told = (of: readonly string[]): string =>
    Object.entries(rows)
      .filter(([, code]) => of.includes(code))
      .map(([word, code]) => `${code} is ${word}`)
      .join(', ');
  const parts = [
    guessed.length === 0 ? '' : `Guessed: ${told(guessed)}.`,
    strange.length === 0 ? '' : `Of no known meaning, and refused until placed: ${strange.join(', ')}.`,
    made.length === 0 ? '' : `The sample has no code for ${made.join(', ')}: invented.`,
  ];
  ask(words, `/codes/${table}`, `What do the codes mean? ${parts.filter((part) => part !== '').join(' ')}`);
}

export function addGrades(words: Vocabulary, values: readonly string[]): void {
  if (words.codes['grade'] !== undefined) return;
  const { rows, theirs, made } = gradeCodes(words.ourGrades, values);
  words.codes['grade'] = { ...rows };
  words.theirGrades = theirs.length === 0 ? ['recognised'] : theirs;
  if (theirs.length === 0) words.codes['grade']['recognised'] = 'RECOGNISED';
  ask(
    words,
    '/codes/grade',
    `How does the partner write grades? Theirs are as in the sample; ours were invented: ${made.join(', ')}.`,
  );
}

function dayHole(
  hole: MakeHole,
  node: SampleNode,
  at: string,
  { words, optional }: { words: Vocabulary; optional: boolean },
): HoleDraft {
  const notation = dayPatternOf(node.values) ?? { pattern: 'yyyy-MM-dd', others: [] };
  if (notation.others.length > 0)
    ask(
      words,
      at,
      `Is ${node.name} written ${notation.pattern}, and not ${notation.others.join(' or ')}? The sample fits both.`,
    );
  const transform = notation.pattern === 'yyyy-MM-dd' ? '' : `|date:${notation.pattern}`;
  return hole(transform, { is: 'pattern', pattern: notationRegex(notation.pattern) }, optional);
}

function momentHole(hole: MakeHole, node: SampleNode, at: string, words: Vocabulary): HoleDraft {
  const { pattern } = momentPatternOf(node.values) ?? { pattern: 'yyyy-MM-ddTHH:mm:ss.SSSZ' };
  const type: ValueType = { is: 'pattern', pattern: notationRegex(pattern) };
  if (pattern === 'yyyy-MM-ddTHH:mm:ss.SSSZ') return hole('', type);
  if (pattern.endsWith('XXX')) return hole(`|zoned:${pattern}`, type);
  if (pattern.endsWith('Z')) return hole(`|datetime:${pattern}`, type);
  const clock = words.steadyZone ? 'the partner’s own clock' : 'UTC';
  ask(
    words,
    at,
    `On which clock is ${node.name}? It names no zone and is read as ${clock} (datetime: UTC, zoned: the partner’s).`,
  );
  return hole(`|${words.steadyZone ? 'zoned' : 'datetime'}:${pattern}`, type);
}

/** Administrations by their two letters, with fixed text around them, or by names of the partner's own, which a table translates. */
function partyHole({ node, path }: Placement, at: string, words: Vocabulary): HoleDraft {
  const { partner, home, codes } = words;
  const [own = ''] = node.values;
  if (node.values.every((value) => /^[A-Z]{2}$/u.test(value)))
    return { hole: `{${path}}`, type: { is: 'pattern', pattern: '[A-Z]{2}' }, optional: false };
  const type: ValueType = { is: 'text', max: 60 };
  const around = [partner, home].map((letters) => own.split(letters)).find((parts) => parts.length === 2);
  if (around !== undefined && !/[{}|]/u.test(own)) {
    ask(
      words,
      at,
      `Is ${node.name} always the two letters of an administration within ${JSON.stringify(around.join('…'))}?`,
    );
    return { hole: around.join(`{${path}}`), type, optional: false };
  }
  const [side, other] = path === 'message.from' ? [partner, home] : [home, partner];
  codes['party'] = { [other]: other, ...codes['party'], [side]: own };
  if (!words.asks.some((each) => each.at === '/codes/party'))
    ask(words, '/codes/party', 'How does the partner name the two administrations?');
  return { hole: `{${path}|code:party}`, type, optional: false };
}
