/** Turns placements into holes: the transform each value needs, the code tables they use, and what has to be asked. */

import type { Field } from '../template/message-fields.ts';
import { dayNotation } from '../template/dates.ts';
import { fieldsOf, tableOf } from './claims.ts';
import { addGrades, addTable, ask, type Drafting } from './codes.ts';
import { country, type Placed, type Placement } from './placement.ts';
import { allNodes, pathOf, repeatedAbove, type SampleFormat, type SampleNode, type Use } from './sample-tree.ts';
import { codesIn, joinOf, notationOf } from './values.ts';
import { typeOf, type ValueType } from './vocabulary.ts';

/** One message while it is drafted. */
export interface Message {
  readonly kind: 'list' | 'reply';
  /** The template. */
  readonly file: string;
  readonly format: SampleFormat;
  readonly root: SampleNode;
  readonly placed: Placed;
  /** In whose style elements are named. */
  readonly like: SampleNode;
  readonly drafting: Drafting;
}

/** Shows every placed value in the template; asks where it is not certain. */
export function placeHoles(message: Message): void {
  const { placed, file, root, drafting } = message;
  for (const node of allNodes(root)) if (node.label === true) node.use = fixedText(node, drafting);
  for (const placement of placed.placements) {
    const { node, path, why } = placement;
    const at = `${file}#${pathOf(node)}`;
    const question = path === 'ignore' || path === country || path === 'fixed' ? path : 'placed';
    if (placement.certainty !== 'certain') ask(drafting, at, question, { name: node.name, path, why });
    const field = fieldsOf[placement.part].find((each) => each.path === path);
    if (path === 'fixed') node.use = fixedText(node, drafting);
    if (path === country) node.use = holeUse('{identifier|first:2}', typeOf(drafting.vocabulary, country, 'text'));
    if (field !== undefined) {
      node.use = useOf(placement, field, message, at);
      widenColumns(placement, field, node.use, { drafting, at });
    }
  }
}

export function holeUse(text: string, type: ValueType, optional = false): Use {
  return { is: 'hole', text, type, optional };
}

function fixedText({ occurrences }: SampleNode, { vocabulary }: Drafting): Use {
  return { is: 'fixed', text: occurrences[0]?.text ?? '', type: typeOf(vocabulary, '', 'text'), optional: false };
}

/** A column of fixed width that is too narrow for our own values is made wider, and asked about. */
function widenColumns(
  { node, path }: Placement,
  { kind }: Field,
  { type }: Use,
  { drafting, at }: { readonly drafting: Drafting; readonly at: string },
): void {
  if (node.columns === undefined) return;
  const { width, fill } = node.columns;
  const roles = Object.values(drafting.codes['role'] ?? {}).join('/').length;
  const least = path === 'identifier' ? drafting.identifierWidth : path === 'roles' ? roles : (type.least ?? 0);
  // Noughts before a number are filling; before anything else they belong to the value.
  node.columns = { width: Math.max(width, least), fill: fill === '0>' && kind !== 'count' ? '' : fill };
  if (width < least) ask(drafting, at, 'narrow', { name: node.name, least, width });
}

interface Hole {
  readonly chain: string;
  readonly type: ValueType;
  /** In place of the hole that path and chain make. */
  readonly text?: string;
}

function useOf(placement: Placement, field: Field, message: Message, at: string): Use {
  const { path, node } = placement;
  const absent = node.parent !== undefined && node.seenIn < node.parent.occurrences.length;
  const second = path === 'name.local' && message.placed.placements.some((each) => each.path === 'name.latin');
  const optional = field.optional && path !== 'roles' && (absent || second || !/^name/u.test(path));
  const { chain, type, text } = holeOf(placement, field, message, at);
  return holeUse(text ?? `{${path}${optional ? '?' : ''}${chain}}`, type, optional);
}

function holeOf(placement: Placement, field: Field, message: Message, at: string): Hole {
  const { path, node, transforms } = placement;
  const { drafting, format } = message;
  const type = typeOf(drafting.vocabulary, path, field.kind);
  if (transforms !== undefined) return answeredHole(transforms, type);
  if (path === 'roles') return rolesHole(node, message, at);
  if (path === 'grade' || field.kind === 'words') {
    const table = tableOf(path);
    if (path === 'grade') addGrades(drafting, node.values, node.columns?.width);
    else addTable(drafting, table, node.values, node.columns?.width);
    return {
      chain: `|code:${table}${node.scalar === 'number' ? '|number' : ''}`,
      type: codeType(drafting, table, node),
    };
  }
  if (field.kind === 'day' || field.kind === 'moment') return dateHole(field.kind, node, type, { drafting, at });
  if (field.kind === 'count')
    return node.scalar === 'number' ? { chain: '|number', type: { ...type, number: true } } : { chain: '', type };
  if (path === 'message.from' || path === 'message.to') return partyHole(placement, type, message, at);
  if (path === 'message.id' && node.kind === 'attribute' && node.name === 'Id')
    return { chain: '', type: typeOf(drafting.vocabulary, '', 'signedId') };
  if (path === 'identifier' && node.scalar === 'number') ask(drafting, at, 'numberIdentifier', { name: node.name });
  if (!field.free || format === 'xml' || format === 'json') return { chain: '', type };
  return { chain: node.columns === undefined ? '|oneLine' : `|oneLine|max:${node.columns.width}`, type };
}

function answeredHole(transforms: string, type: ValueType): Hole {
  const notation = /\|(?:date|datetime|zoned):(.+)$/u.exec(transforms)?.[1];
  if (transforms === '|rest:2') return { chain: transforms, type };
  const number = /\|number\b/u.test(transforms) ? ({ number: true } as const) : {};
  const { width, example } = type;
  return { chain: transforms, type: notation === undefined ? { width, example, ...number } : dateType(notation, type) };
}

/** A regular expression (XSD and JSON Schema read it alike) for what a notation writes. */
export function dateType(pattern: string, { example, width }: ValueType): ValueType {
  const regex = pattern.replaceAll(/yyyy|SSS|MM|dd|HH|mm|ss|XXX|[.+]/gu, (part) =>
    part === 'XXX' ? '(Z|[+\\-][0-9]{2}:[0-9]{2})' : part.length === 1 ? `\\${part}` : `[0-9]{${part.length}}`,
  );
  const written = dayNotation(pattern)?.write('2026-01-01') ?? example;
  return { pattern: regex, width: Math.max(width, pattern.length), example: written };
}

export function codeType({ codes }: Drafting, table: string, node?: SampleNode): ValueType {
  const known = Object.values(codes[table] ?? {});
  const width = node?.columns?.width ?? Math.max(40, ...known.map(({ length }) => length));
  return { width, example: known[0] ?? '', ...(node?.scalar === 'number' ? { number: true } : {}) };
}

/** Several roles in one value: where nothing can be repeated for them, or the sample writes them so. */
export function isJoined(node: SampleNode, items: SampleNode): boolean {
  return repeatedAbove(node, items) === undefined && (node.kind !== 'element' || joinOf(node.values) !== undefined);
}

function rolesHole(node: SampleNode, { placed: { items }, drafting, format }: Message, at: string): Hole {
  addTable(drafting, 'role', codesIn(node.values), node.columns?.width);
  if (items === undefined || !isJoined(node, items))
    return { chain: '', text: '{.|code:role}', type: codeType(drafting, 'role', node) };
  const sign = joinOf(node.values);
  if (sign === undefined) ask(drafting, at, 'joined', { name: node.name });
  const type = { pattern: '.{0,400}', width: 40, example: '' };
  return { chain: `|code:role|join:${sign ?? (format === 'csv' ? '/' : ',')}`, type };
}

function dateHole(
  kind: 'day' | 'moment',
  node: SampleNode,
  type: ValueType,
  { drafting, at }: { readonly drafting: Drafting; readonly at: string },
): Hole {
  const ours = kind === 'day' ? 'yyyy-MM-dd' : 'yyyy-MM-ddTHH:mm:ss.SSSZ';
  const { pattern, others } = notationOf(kind, node.values, drafting.vocabulary) ?? { pattern: ours, others: [] };
  const { name } = node;
  if (others.length > 0) ask(drafting, at, 'ambiguous', { name, pattern, others: others.join(' or ') });
  const written = { ...dateType(pattern, type), ...(kind === 'moment' ? { example: node.values[0] ?? '' } : {}) };
  if (pattern === ours) return { chain: '', type: written };
  if (kind === 'day') return { chain: `|date:${pattern}`, type: written };
  const zoned = pattern.endsWith('XXX') || (!pattern.endsWith('Z') && drafting.steadyZone);
  if (!/XXX$|Z$/u.test(pattern)) ask(drafting, at, zoned ? 'ownClock' : 'clock', { name });
  return { chain: `|${zoned ? 'zoned' : 'datetime'}:${pattern}`, type: written };
}

/** Administrations by their two letters, with fixed text around them, or by names of the partner's own, which a table translates. */
function partyHole({ node, path }: Placement, type: ValueType, { drafting, format }: Message, at: string): Hole {
  const { partner, home, codes } = drafting;
  const [own = ''] = node.values;
  if (node.values.every((value) => /^[A-Z]{2}$/u.test(value))) return { chain: '', type };
  const text = { width: 60, example: own };
  const around = [partner, home].map((letters) => own.split(letters)).find((parts) => parts.length === 2);
  if (around !== undefined && format !== 'fixed' && !/[{}|]/u.test(own)) {
    ask(drafting, at, 'letters', { around: JSON.stringify(around.join('…')) });
    return { chain: '', type: text, text: around.join(`{${path}}`) };
  }
  const [side, other] = path === 'message.from' ? [partner, home] : [home, partner];
  if (codes['party'] === undefined) ask(drafting, '/codes/party', 'party');
  codes['party'] = { [other]: other, ...codes['party'], [side]: own };
  return { chain: '|code:party', type: text };
}
