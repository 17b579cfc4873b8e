/** The neutral tree that a sample of any format is read into. Templates and messages are written from it. */

import { bytesOf, type TextEncoding } from '../../model/text-encoding.ts';

export interface Columns {
  readonly width: number;
  readonly fill: '' | '>' | '0>';
  readonly bytes?: TextEncoding | undefined;
}

/** The columns that a text takes. */
export function sizeOf(text: string, bytes?: TextEncoding): number {
  return bytes === undefined ? Array.from(text).length : bytesOf(text, bytes);
}

/** What an element, attribute, JSON member, line or cell is, wherever it occurs. */
export interface Named {
  readonly kind: 'element' | 'attribute' | 'member' | 'line' | 'cell';
  readonly name: string;
  /** The namespace of XML. */
  readonly space?: string | undefined;
  /** The attribute that tells an element from its siblings of the same name, `@lang=en`. */
  which?: string | undefined;
  /** Of lines: a text that never changes, such as the title of a column or the kind of the line. */
  readonly label?: true | undefined;
  /** Of lines: fixed text before the value, `Date: `. */
  readonly before?: string | undefined;
  /** Of fixed width: how many columns, how they are filled (behind the value, before it with blanks or zeros), and what counts in bytes. */
  columns?: Columns | undefined;
}

/** One occurrence in a sample; also a part of a template or of a message that is written. */
export interface Item extends Named {
  readonly children: Item[];
  text?: string | undefined;
  /** A value that is no text: of JSON, or in a cell of a workbook, where `other` is a day. */
  readonly json?: 'number' | 'other' | undefined;
  /** An item of a JSON list; `empty` stands for a list without items. */
  readonly listed?: 'item' | 'empty' | undefined;
  node?: SampleNode;
  /** Of templates: the list that repeats it, or that it is accepted when read and never written. */
  readonly each?: string | undefined;
  readonly dropped?: true;
}

/** All occurrences of one thing in all samples of a message, or something that the draft adds. */
export interface SampleNode extends Named {
  readonly parent: SampleNode | undefined;
  readonly children: SampleNode[];
  readonly items: Item[];
  /** The texts of the items that have one. */
  readonly values: string[];
  /** Stands more than once in one parent, or is a JSON list. */
  repeated: boolean;
  /** What a template shows: a text that never changes, or a hole, with an example for a sample that lacks the value. */
  use?: { readonly text: string; readonly fixed?: true; readonly optional?: boolean; readonly example?: string };
  /** The list whose items repeat it, with `?` where it may be left out. */
  each?: string;
}

export function named({ kind, name, space, which, label, before, columns }: Named): Named {
  return { kind, name, space, which, label, before, columns };
}

/** A node without items. */
export function newNode(about: Named, parent?: SampleNode): SampleNode {
  return { ...named(about), parent, children: [], items: [], values: [], repeated: false };
}

/** `/List/Operator/Name`, an attribute as `@code`: how placements, questions and answers name a node. */
export function pathOf({ parent, name, kind, which }: SampleNode): string {
  const own = name === '' ? '' : `/${kind === 'attribute' ? '@' : ''}${name}${which === undefined ? '' : `[${which}]`}`;
  return parent === undefined ? own : pathOf(parent) + own;
}

/** The node and those around it, up to and without `until`. */
export function pathTo(node: SampleNode, until?: SampleNode): SampleNode[] {
  return node === until ? [] : [node, ...(node.parent === undefined ? [] : pathTo(node.parent, until))];
}

/** The nearest node above (or itself) that repeats, below `until`. */
export function repeatedAbove(node: SampleNode, until: SampleNode): SampleNode | undefined {
  return pathTo(node, until).find(({ repeated }) => repeated);
}

export function nodesIn(node: SampleNode): SampleNode[] {
  return [node, ...node.children.flatMap(nodesIn)];
}

/** The node and all below that carry values which may change. */
export function leavesOf(node: SampleNode): SampleNode[] {
  return nodesIn(node).filter(({ values, label }) => values.length > 0 && label === undefined);
}

/** The items of a node inside one item of a node above it, or that item itself. */
export function itemsIn(above: Item, node: SampleNode): Item[] {
  return above.node === node ? [above] : above.children.flatMap((child) => itemsIn(child, node));
}

/** A JSON number, another JSON value, or a text; `other` where the samples differ. */
export function jsonKindOf({ items }: SampleNode): Item['json'] {
  const [kind, ...more] = new Set(items.filter(({ text = '' }) => text !== '').map(({ json }) => json));
  return more.length > 0 ? 'other' : kind;
}

/** Some parent of it has none. */
export function isSometimesAbsent(node: SampleNode): boolean {
  return node.parent?.items.some(({ children }) => !children.some((child) => child.node === node)) === true;
}

/** Several samples of one message as one tree. */
export function mergedTree(roots: readonly Item[]): SampleNode {
  const merge = (): SampleNode => {
    const root = newNode(roots[0] ?? { kind: 'member', name: '' });
    for (const item of roots) addItem(root, item);
    return root;
  };
  const first = merge();
  return nodesIn(first).filter(tellApart).length === 0 ? first : merge();
}

function addItem(node: SampleNode, item: Item): void {
  item.node = node;
  node.items.push(item);
  if (item.text !== undefined && item.text !== '') node.values.push(item.text);
  if (item.label === true) node.use ??= { text: item.text ?? '', fixed: true };
  const before = new Set<SampleNode>();
  let next = 0;
  for (const child of item.children) {
    const same = (['name', 'space', 'kind', 'which'] as const).map((part) => [part, child[part]] as const);
    const known = node.children.find((each) => same.every(([part, value]) => each[part] === value));
    const found = known ?? newNode(child, node);
    // What earlier items lack comes behind what stands before it.
    if (known === undefined) node.children.splice(next, 0, found);
    next = node.children.indexOf(found) + 1;
    if (before.has(found) || child.listed !== undefined) found.repeated = true;
    before.add(found);
    if (child.listed !== 'empty') addItem(found, child);
  }
}

/** Marks elements of one name that an attribute tells apart, `<Name lang="en">` and `<Name lang="fr">`. */
function tellApart({ repeated, children, items, values }: SampleNode): boolean {
  const [by, ...more] = children;
  if (!repeated || more.length > 0 || by?.kind !== 'attribute' || values.length !== items.length) return false;
  const clear = /^(?:lang|language|type|kind|qualifier|scheme|script|code|use)$/iu.test(by.name);
  if (!clear || by.values.length !== items.length || new Set(by.values).size < 2) return false;
  for (const [i, item] of items.entries()) item.which = `@${by.name}=${by.values[i] ?? ''}`;
  return true;
}
