/** A message as it is drafted: the elements of the sample with holes, and what had to be added; templates and schemas are written from it. */

import type { SampleNode } from './draft-sample.ts';

/** What a schema says of a value. */
export type ValueType =
  | { readonly is: 'text'; readonly max: number }
  | { readonly is: 'pattern'; readonly pattern: string }
  /** An XML id that a signature refers to. */
  | { readonly is: 'id' }
  | { readonly is: 'number' };

export type PartContent =
  | { readonly is: 'hole'; readonly hole: string; readonly type: ValueType }
  | { readonly is: 'fixed'; readonly text: string; readonly number: boolean }
  | { readonly is: 'parts' }
  /** Accepted and dropped, whatever is in it. */
  | { readonly is: 'ignored' };

export interface DraftPart {
  readonly name: string;
  readonly namespace: string;
  readonly kind: SampleNode['kind'];
  /** The list whose items repeat it. */
  readonly each?: string;
  readonly optional: boolean;
  readonly content: PartContent;
  /** Attributes and inner elements, in order. */
  readonly parts: readonly DraftPart[];
}

export interface HoleDraft {
  readonly hole: string;
  readonly type: ValueType;
  readonly optional: boolean;
}

/** What becomes of each node that has a value, and which nodes repeat. */
export interface PartRules {
  readonly holes: ReadonlyMap<SampleNode, HoleDraft>;
  readonly fixed: ReadonlySet<SampleNode>;
  readonly each: ReadonlyMap<SampleNode, string>;
  /** Parts to be put into a node at its end, and behind it. */
  readonly inside: ReadonlyMap<SampleNode, readonly DraftPart[]>;
  readonly behind: ReadonlyMap<SampleNode, readonly DraftPart[]>;
}

/** The draft of a node and everything in it. */
export function partOf(node: SampleNode, rules: PartRules): DraftPart {
  const { name, namespace, kind } = node;
  const each = rules.each.get(node);
  const about = { name, namespace, kind, ...(each === undefined ? {} : { each }) };
  const optional = node.parent !== undefined && node.seenIn < node.parent.seen;
  if (isDropped(node, rules)) return { ...about, optional: true, content: { is: 'ignored' }, parts: [] };
  const parts = node.children.flatMap((child) => [partOf(child, rules), ...(rules.behind.get(child) ?? [])]);
  const all = [...parts, ...(rules.inside.get(node) ?? [])];
  const hole = rules.holes.get(node);
  if (hole !== undefined) {
    const { hole: text, type } = hole;
    return { ...about, optional: hole.optional || optional, content: { is: 'hole', hole: text, type }, parts: all };
  }
  if (rules.fixed.has(node)) {
    const text = node.values[0] ?? '';
    return { ...about, optional: false, content: { is: 'fixed', text, number: node.scalar === 'number' }, parts: all };
  }
  return { ...about, optional: optional || isHollow(all), content: { is: 'parts' }, parts: all };
}

/** Holds nothing but what may be absent: the writers leave it out then. */
function isHollow(parts: readonly DraftPart[]): boolean {
  const kept = parts.filter(({ content }) => content.is !== 'ignored');
  return kept.length > 0 && kept.every(({ optional, each }) => optional && each === undefined);
}

function isDropped(node: SampleNode, rules: PartRules): boolean {
  if (rules.holes.has(node) || rules.fixed.has(node) || rules.each.has(node)) return false;
  if ((rules.inside.get(node) ?? []).length > 0) return false;
  return node.children.every((child) => isDropped(child, rules) && (rules.behind.get(child) ?? []).length === 0);
}

/** Nodes of the draft that are read past. */
export function droppedNodes(node: SampleNode, rules: PartRules): SampleNode[] {
  if (isDropped(node, rules)) return [node];
  return node.children.flatMap((child) => droppedNodes(child, rules));
}

/** How names are written in the sample, for names that are added. */
export function nameStyle(root: SampleNode): (words: string) => string {
  const names = allNames(root).filter((name) => /^[A-Za-z]/u.test(name));
  const share = (test: RegExp): number => names.filter((name) => test.test(name)).length / Math.max(1, names.length);
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  if (share(/_/u) > 0.2)
    return share(/^[A-Z0-9_]+$/u) > 0.5
      ? (words) => words.toUpperCase().replaceAll(' ', '_')
      : (words) => words.replaceAll(' ', '_');
  if (share(/^[A-Z]/u) > 0.5) return (words) => words.split(' ').map(capital).join('');
  return (words) =>
    words
      .split(' ')
      .map((word, i) => (i === 0 ? word : capital(word)))
      .join('');
}

function allNames(node: SampleNode): string[] {
  return [...(node.kind === 'attribute' ? [] : [node.name]), ...node.children.flatMap(allNames)];
}

/** A name for an added part that nothing beside it has. */
export function freeName(style: (words: string) => string, words: string, beside: readonly SampleNode[]): string {
  const taken = new Set(beside.map(({ name }) => name));
  const name = style(words);
  return taken.has(name) ? style(`more ${words}`) : name;
}
