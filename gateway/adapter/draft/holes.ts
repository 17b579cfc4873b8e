/** Turns placements into holes: the transform each value needs, the code tables they use, and what has to be asked. */

import type { Ask } from '../manifest.ts';
import type { Field } from '../template/message-fields.ts';
import { dayNotation } from '../template/dates.ts';
import { gradeCodes, guessCodes } from './codes.ts';
import { country, fieldsOf, tableOf } from './fields.ts';
import type { Placed, Placement } from './placement.ts';
import { pathOf, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { codesIn, dayPatternOf, joinOf, momentPatternOf, notationRegex } from './values.ts';
import type { ValueType, Vocabulary } from './vocabulary.ts';

export type SampleFormat = 'xml' | 'json' | 'csv' | 'fixed';

/** What the drafts of both messages share. */
export interface Drafting {
  readonly vocabulary: Vocabulary;
  readonly codes: Record<string, Record<string, string>>;
  /** Codes of the sample without a meaning, by table. */
  readonly strange: Record<string, readonly string[]>;
  readonly asks: Ask[];
  /** Grades of the partner, as words of ours. */
  theirGrades: readonly string[];
  readonly ourGrades: readonly string[];
  readonly partner: string;
  readonly home: string;
  /** Of the longest identifier of ours. */
  readonly identifierWidth: number;
  /** The partner's clock keeps one offset all year, so that a time without zone can be read back. */
  readonly steadyZone: boolean;
}

export interface HoleDraft {
  readonly hole: string;
  readonly type: ValueType;
  readonly optional: boolean;
  /** Of fixed width: more columns than the sample has. */
  readonly width?: number;
  readonly fill?: '';
}

/** One question for each place: another one about it is added to the first. */
export function ask({ asks }: Drafting, at: string, question: string): void {
  const index = asks.findIndex((each) => each.at === at);
  const text = index < 0 ? question : `${asks[index]?.question ?? ''} ${question}`;
  const asked = { at, question: text.length > 300 ? `${text.slice(0, 299)}…` : text };
  if (index < 0) asks.push(asked);
  else asks[index] = asked;
}

/** Holes for everything placed; asks where it is not certain. `file`: the template, as questions name it. */
export function holesOf(
  placed: Placed,
  file: string,
  format: SampleFormat,
  drafting: Drafting,
): Map<SampleNode, HoleDraft> {
  const holes = new Map<SampleNode, HoleDraft>();
  for (const placement of placed.placements) {
    const { node, path, certainty } = placement;
    const at = `${file}#${pathOf(node)}`;
    if (certainty !== 'certain') ask(drafting, at, questionOf(placement));
    if (path === country)
      holes.set(node, {
        hole: '{identifier|first:2}',
        type: drafting.vocabulary.type(country, 'text'),
        optional: false,
      });
    const field = fieldsOf[placement.part].find((each) => each.path === path);
    if (field !== undefined)
      holes.set(
        node,
        wideEnough(holeOf(placement, field, placed, { drafting, at, format }), placement, {
          drafting,
          at,
          count: field.kind === 'count',
        }),
      );
  }
  return holes;
}

/** A column of fixed width that is too narrow for our own values is made wider, and asked about. */
function wideEnough(
  hole: HoleDraft,
  { node, path }: Placement,
  { drafting, at, count }: { drafting: Drafting; at: string; count: boolean },
): HoleDraft {
  const roles = Object.values(drafting.codes['role'] ?? {}).join('/').length;
  const least = path === 'identifier' ? drafting.identifierWidth : path === 'roles' ? roles : (hole.type.least ?? 0);
  // Noughts before a number are filling; before anything else they belong to the value.
  const filled = node.columns?.fill === '0>' && !count ? ({ ...hole, fill: '' } as const) : hole;
  if (node.columns === undefined || node.columns.width >= least) return filled;
  ask(
    drafting,
    at,
    `May ${node.name} have ${least} columns? The sample has ${node.columns.width}, which cannot carry ours.`,
  );
  return { ...filled, width: least };
}

function questionOf({ path, node, why }: Placement): string {
  if (path === 'ignore') return `What is ${node.name}? It is dropped when read and never written: ${why}.`;
  return path === country
    ? `Do the identifiers begin with ${node.name}? ${why}.`
    : path === 'fixed'
      ? `Does ${node.name} never change? ${why}.`
      : `Is ${node.name} ${path}? ${why}.`;
}

interface HoleContext {
  readonly drafting: Drafting;
  readonly at: string;
  readonly format: SampleFormat;
}

function holeOf(placement: Placement, field: Field, placed: Placed, context: HoleContext): HoleDraft {
  const { path, node, transforms } = placement;
  const { drafting, at, format } = context;
  const { vocabulary } = drafting;
  const type = vocabulary.type(path, field.kind);
  const absent = node.parent !== undefined && node.seenIn < node.parent.occurrences.length;
  const second = path === 'name.local' && placed.placements.some((each) => each.path === 'name.latin');
  const optional = field.optional && path !== 'roles' && (absent || second || !/^name/u.test(path));
  const hole = (chain: string, more: ValueType = type): HoleDraft => ({
    hole: `{${path}${optional ? '?' : ''}${chain}}`,
    type: more,
    optional,
  });
  if (transforms !== undefined) {
    const notation = /\|(?:date|datetime|zoned):(.+)$/u.exec(transforms)?.[1];
    return hole(
      transforms,
      notation === undefined
        ? transforms === '|rest:2'
          ? type
          : { width: type.width, example: type.example }
        : notated(notation, type),
    );
  }
  if (path === 'roles') return rolesHole(node, placed.items, context);
  if (path === 'grade' || field.kind === 'words') {
    const table = tableOf(path);
    if (path === 'grade') addGrades(drafting, node.values, node.columns?.width);
    else addTable(drafting, table, node.values, { at, width: node.columns?.width });
    return hole(`|code:${table}${node.scalar === 'number' ? '|number' : ''}`, codeType(drafting, table, node));
  }
  switch (field.kind) {
    case 'day':
      return dayHole(hole, node, type, context);
    case 'moment':
      return momentHole(hole, node, type, context);
    case 'count':
      return node.scalar === 'number' ? hole('|number', { ...type, number: true }) : hole('');
    case 'text':
      break;
  }
  if (path === 'message.from' || path === 'message.to') return partyHole(placement, type, context);
  if (path === 'message.id' && node.kind === 'attribute' && node.name === 'Id')
    return hole('', vocabulary.type('', 'signedId'));
  if (path === 'identifier' && node.scalar === 'number')
    ask(
      drafting,
      at,
      `${node.name} is a JSON number, and identifiers travel as text. Can the partner write it in quotes?`,
    );
  if (!field.free || (format !== 'csv' && format !== 'fixed')) return hole('');
  return hole(node.columns === undefined ? '|oneLine' : `|oneLine|max:${node.columns.width}`);
}

type MakeHole = (chain: string, type?: ValueType) => HoleDraft;

function notated(pattern: string, { example, width }: ValueType): ValueType {
  return {
    pattern: notationRegex(pattern),
    width: Math.max(width, pattern.length),
    example: dayNotation(pattern)?.write('2026-01-01') ?? example,
  };
}

function codeType({ codes }: Drafting, table: string, node?: SampleNode): ValueType {
  const known = Object.values(codes[table] ?? {});
  const width = node?.columns?.width ?? Math.max(...known.map(({ length }) => length));
  return { width, example: known[0] ?? '', ...(node?.scalar === 'number' ? { number: true } : {}) };
}

/** Several roles in one value: where nothing can be repeated for them, or the sample writes them so. */
export function isJoined(node: SampleNode, items: SampleNode): boolean {
  return repeatedAbove(node, items) === undefined && (node.kind !== 'element' || joinOf(node.values) !== undefined);
}

function rolesHole(node: SampleNode, items: SampleNode | undefined, { drafting, at, format }: HoleContext): HoleDraft {
  addTable(drafting, 'role', codesIn(node.values), { at, width: node.columns?.width });
  if (items === undefined || !isJoined(node, items))
    return { hole: '{.|code:role}', type: codeType(drafting, 'role', node), optional: false };
  const found = joinOf(node.values);
  if (found === undefined)
    ask(drafting, at, `How are several roles written in ${node.name}? The sample shows one in each.`);
  const sign = found ?? (format === 'csv' ? '/' : ',');
  return {
    hole: `{roles|code:role|join:${sign}}`,
    type: { pattern: '.{0,400}', width: 40, example: '' },
    optional: false,
  };
}

/** The codes of one table; asked about once, with every code whose meaning is not spelled out. */
export function addTable(
  drafting: Drafting,
  table: string,
  values: readonly string[],
  { at, width = 40 }: { at?: string; width?: number | undefined } = {},
): void {
  if (drafting.codes[table] !== undefined) return;
  const { rows, guessed, strange, made } = guessCodes(table, values, drafting.vocabulary, width);
  drafting.codes[table] = rows;
  drafting.strange[table] = strange;
  if (guessed.length + strange.length + made.length === 0 || at === undefined) return;
  const meant = Object.entries(rows).filter(([, code]) => guessed.includes(code));
  const parts = [
    ...(guessed.length === 0 ? [] : [`Guessed: ${meant.map(([word, code]) => `${code} is ${word}`).join(', ')}.`]),
    ...(strange.length === 0
      ? []
      : [`Of no known meaning, and refused until placed: ${strange.join(', ')}; the kept sample is without them.`]),
    ...(made.length === 0 ? [] : [`The sample has no code for ${made.join(', ')}: invented.`]),
  ];
  ask(drafting, `/codes/${table}`, `What do the codes mean? ${parts.join(' ')}`);
}

export function addGrades(drafting: Drafting, values: readonly string[], width = 40): void {
  if (drafting.codes['grade'] !== undefined) return;
  const { rows, theirs, made } = gradeCodes(drafting.ourGrades, values, width);
  drafting.codes['grade'] = theirs.length === 0 ? { recognised: 'RECOGNISED', ...rows } : rows;
  drafting.theirGrades = theirs.length === 0 ? ['recognised'] : theirs;
  ask(
    drafting,
    '/codes/grade',
    `How does the partner write grades? Theirs are as in the sample; ours were invented: ${made.join(', ')}.`,
  );
}

function dayHole(hole: MakeHole, node: SampleNode, type: ValueType, { drafting, at }: HoleContext): HoleDraft {
  const { pattern, others } = dayPatternOf(node.values, drafting.vocabulary) ?? { pattern: 'yyyy-MM-dd', others: [] };
  if (others.length > 0)
    ask(drafting, at, `Is ${node.name} written ${pattern}, and not ${others.join(' or ')}? The sample fits both.`);
  return hole(pattern === 'yyyy-MM-dd' ? '' : `|date:${pattern}`, notated(pattern, type));
}

function momentHole(hole: MakeHole, node: SampleNode, type: ValueType, { drafting, at }: HoleContext): HoleDraft {
  const { pattern, others } = momentPatternOf(node.values, drafting.vocabulary) ?? {
    pattern: 'yyyy-MM-ddTHH:mm:ss.SSSZ',
    others: [],
  };
  const written = { ...notated(pattern, type), example: node.values[0] ?? '' };
  if (others.length > 0)
    ask(drafting, at, `Is ${node.name} written ${pattern}, and not ${others.join(' or ')}? The sample fits both.`);
  if (pattern === 'yyyy-MM-ddTHH:mm:ss.SSSZ') return hole('', written);
  if (pattern.endsWith('XXX')) return hole(`|zoned:${pattern}`, written);
  if (pattern.endsWith('Z')) return hole(`|datetime:${pattern}`, written);
  const clock = drafting.steadyZone ? 'the partner’s own clock' : 'UTC';
  ask(
    drafting,
    at,
    `On which clock is ${node.name}? It names no zone and is read as ${clock} (datetime: UTC, zoned: the partner’s).`,
  );
  return hole(`|${drafting.steadyZone ? 'zoned' : 'datetime'}:${pattern}`, written);
}

/** Administrations by their two letters, with fixed text around them, or by names of the partner's own, which a table translates. */
function partyHole({ node, path }: Placement, type: ValueType, { drafting, at, format }: HoleContext): HoleDraft {
  const { partner, home, codes } = drafting;
  const [own = ''] = node.values;
  if (node.values.every((value) => /^[A-Z]{2}$/u.test(value))) return { hole: `{${path}}`, type, optional: false };
  const text = { width: 60, example: own };
  const around = [partner, home].map((letters) => own.split(letters)).find((parts) => parts.length === 2);
  if (around !== undefined && format !== 'fixed' && !/[{}|]/u.test(own)) {
    ask(
      drafting,
      at,
      `Is ${node.name} always the two letters of an administration within ${JSON.stringify(around.join('…'))}?`,
    );
    return { hole: around.join(`{${path}}`), type: text, optional: false };
  }
  const [side, other] = path === 'message.from' ? [partner, home] : [home, partner];
  codes['party'] = { [other]: other, ...codes['party'], [side]: own };
  if (!drafting.asks.some((each) => each.at === '/codes/party'))
    ask(drafting, '/codes/party', 'How does the partner name the two administrations?');
  return { hole: `{${path}|code:party}`, type: text, optional: false };
}
