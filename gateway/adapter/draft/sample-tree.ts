/** The tree of a sample: what every format is read into, all occurrences of one thing put together, and what the draft makes of it. */

import type { ValueType } from './vocabulary.ts';

export type SampleFormat = 'xml' | 'json' | 'csv' | 'fixed';

interface Named {
  readonly name: string;
  /** Of XML; empty elsewhere. */
  readonly namespace: string;
  readonly kind: 'element' | 'attribute' | 'member' | 'line' | 'column';
  /** Of lines: a text that never changes, such as the title of a column. */
  readonly label?: true;
  /** Of lines: fixed text before the value, `Date: `. */
  readonly before?: string;
  /** Of lines: the first cell that says of which kind a line is; `added` where the sample has none. */
  readonly tag?: { readonly text: string; readonly added: boolean };
  /** Of fixed width: how many columns, and how they are filled: behind the value, before it with blanks or noughts. */
  columns?: { readonly width: number; readonly fill: '' | '>' | '0>' };
  /** The attribute that tells it from others of its name, `@lang=en`. */
  discriminator?: string;
}

/** One element, attribute, JSON member, line or cell as it occurs in a sample. */
export interface Occurrence extends Named {
  readonly children: Occurrence[];
  text?: string;
  /** Of JSON: `other` is neither text nor number. */
  readonly scalar?: 'number' | 'other';
  /** An item of a JSON list; `empty` stands for a list without items. */
  readonly listed?: 'item' | 'empty';
  node?: SampleNode;
}

/** What a template shows at a place: a hole, or a text that never changes. */
export interface Use {
  readonly is: 'hole' | 'fixed';
  readonly text: string;
  readonly type: ValueType;
  readonly optional: boolean;
}

/** All occurrences of one thing, in all samples of a message; or something that the draft adds. */
export interface SampleNode extends Named {
  readonly parent: SampleNode | undefined;
  readonly children: SampleNode[];
  readonly occurrences: Occurrence[];
  /** The texts of the occurrences that have one. */
  readonly values: string[];
  /** In how many of its parents it stands. */
  seenIn: number;
  /** Stands more than once in one parent, or is a JSON list. */
  repeated: boolean;
  scalar: 'text' | 'number' | 'other';
  use?: Use;
  /** The list whose items repeat it, with `?` where it may be left out. */
  each?: string;
}

/** `/List/Operator/Name`, an attribute as `@code`: how placements, questions and answers name a node. */
export function pathOf({ parent, name, kind, discriminator }: SampleNode): string {
  const which = discriminator === undefined ? '' : `[${discriminator}]`;
  const own = name === '' ? '' : `/${kind === 'attribute' ? '@' : ''}${name}${which}`;
  return parent === undefined ? own : pathOf(parent) + own;
}

/** The same for questions about a whole message, whose root may have no name. */
export function topOf(root: SampleNode): string {
  const [first] = root.children;
  return root.name === '' && first !== undefined ? pathOf(first) : pathOf(root);
}

/** The node and those around it, up to and without `until`. */
export function pathTo(node: SampleNode, until?: SampleNode): SampleNode[] {
  return node === until ? [] : [node, ...(node.parent === undefined ? [] : pathTo(node.parent, until))];
}

export function isUnder(node: SampleNode, above: SampleNode): boolean {
  return pathTo(node).includes(above);
}

/** The nearest node above (or itself) that repeats, below `until`. */
export function repeatedAbove(node: SampleNode, until: SampleNode): SampleNode | undefined {
  return pathTo(node, until).find(({ repeated }) => repeated);
}

export function allNodes(node: SampleNode): SampleNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

/** The node and all below that carry values which may change. */
export function leavesOf(node: SampleNode): SampleNode[] {
  return allNodes(node).filter(({ values, label }) => values.length > 0 && label === undefined);
}

/** The occurrences of a node inside one occurrence of a node above it. */
export function occurrencesIn(above: Occurrence, node: SampleNode): Occurrence[] {
  return above.children.flatMap((child) => (child.node === node ? [child] : occurrencesIn(child, node)));
}

/** Accepted when read and never written: nothing in it has a use. */
export function isDropped({ use, each, parent, kind, tag, children }: SampleNode): boolean {
  if (use !== undefined || each !== undefined || parent === undefined) return false;
  return !(kind === 'line' && tag?.added !== false) && children.every(isDropped);
}

/** May be absent; a group where all that it holds may be. */
export function isOptional({ use, kind, children }: SampleNode): boolean {
  if (use !== undefined) return use.optional;
  const kept = children.filter((child) => !isDropped(child));
  const absent = (child: SampleNode): boolean => child.each?.endsWith('?') ?? isOptional(child);
  return kind !== 'line' && kept.length > 0 && kept.every(absent);
}

/** A node that no sample shows. */
export function newNode(about: Named, parent: SampleNode | undefined): SampleNode {
  const empty = { children: [], occurrences: [], values: [], seenIn: 0, repeated: false };
  return { scalar: 'text', ...about, parent, ...empty };
}

/** Several samples of one message as one tree. */
export function mergedTree(roots: readonly Occurrence[]): SampleNode {
  const first = merge(roots);
  return allNodes(first).filter(discriminate).length === 0 ? first : merge(roots);
}

function merge([first, ...others]: readonly Occurrence[]): SampleNode {
  if (first === undefined) throw new RangeError('there is no sample');
  const root = nodeLike(first, undefined);
  for (const occurrence of [first, ...others]) addOccurrence(root, occurrence);
  return root;
}

function nodeLike(occurrence: Occurrence, parent: SampleNode | undefined): SampleNode {
  const { text: _text, listed: _listed, children: _children, node: _node, ...about } = occurrence;
  return newNode(about, parent);
}

function addOccurrence(node: SampleNode, occurrence: Occurrence): void {
  occurrence.node = node;
  node.occurrences.push(occurrence);
  if (occurrence.text !== undefined && occurrence.text !== '') {
    const scalar = occurrence.scalar ?? 'text';
    node.scalar = node.values.length === 0 || node.scalar === scalar ? scalar : 'other';
    node.values.push(occurrence.text);
  }
  const seen = new Set<SampleNode>();
  let index = -1;
  for (const child of occurrence.children) {
    const known = node.children.find((each) => isSame(each, child));
    const found = known ?? nodeLike(child, node);
    if (known === undefined) node.children.splice(index + 1, 0, found);
    index = node.children.indexOf(found);
    if (seen.has(found) || child.listed !== undefined) found.repeated = true;
    if (child.listed === 'empty') continue;
    if (!seen.has(found)) found.seenIn += 1;
    seen.add(found);
    addOccurrence(found, child);
  }
}

function isSame(one: Named, other: Named): boolean {
  return (['name', 'namespace', 'kind', 'discriminator'] as const).every((part) => one[part] === other[part]);
}

/** Attributes that say which of several texts an element holds. */
const telling = /^(?:lang|language|type|kind|qualifier|scheme|script|code|use)$/iu;

/** Marks elements of one name that an attribute tells apart, `<Name lang="en">` and `<Name lang="fr">`. */
function discriminate({ repeated, children, occurrences, values, seenIn }: SampleNode): boolean {
  const [by, ...more] = children;
  if (!repeated || more.length > 0 || by?.kind !== 'attribute' || !telling.test(by.name)) return false;
  const different = new Set(by.values).size;
  const aligned = values.length === occurrences.length && by.values.length === occurrences.length;
  if (!aligned || different < 2 || occurrences.length > different * seenIn) return false;
  for (const [i, occurrence] of occurrences.entries()) occurrence.discriminator = `@${by.name}=${by.values[i] ?? ''}`;
  return true;
}
