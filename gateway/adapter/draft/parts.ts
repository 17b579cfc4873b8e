/** A message as it is drafted: the elements of the sample with holes, and what had to be added; templates, schemas and the kept sample are written from it. */

import type { HoleDraft } from './holes.ts';
import type { Occurrence, SampleNode } from './sample-tree.ts';

export type PartContent =
  | ({ readonly is: 'hole' } & HoleDraft)
  /** `literal`: of JSON, a number, true or false. */
  | { readonly is: 'fixed'; readonly text: string; readonly literal: boolean }
  | { readonly is: 'parts' }
  /** Accepted and dropped, whatever is in it. */
  | { readonly is: 'ignored' };

export interface DraftPart extends Pick<Occurrence, 'name' | 'namespace' | 'kind' | 'tag' | 'columns' | 'before'> {
  readonly node?: SampleNode;
  /** The list whose items repeat it, with `?` where it may be left out. */
  readonly each?: string;
  /** Of JSON, in a message: one item of a list, or that it has none. */
  readonly listed?: Occurrence['listed'];
  readonly optional: boolean;
  readonly content: PartContent;
  /** Attributes, inner elements and cells, in order. */
  readonly parts: readonly DraftPart[];
}

/** What becomes of each node: holes, fixed texts, repeated parts, and parts to be added at its end, ahead of it and behind it. */
export interface PartRules {
  readonly holes: ReadonlyMap<SampleNode, HoleDraft>;
  readonly fixed: ReadonlySet<SampleNode>;
  readonly each: ReadonlyMap<SampleNode, string>;
  readonly inside: ReadonlyMap<SampleNode, readonly DraftPart[]>;
  readonly ahead: ReadonlyMap<SampleNode, readonly DraftPart[]>;
  readonly behind: ReadonlyMap<SampleNode, readonly DraftPart[]>;
}

/** The draft of a node and everything in it. */
export function partOf(node: SampleNode, rules: PartRules): DraftPart {
  const { name, namespace, kind, tag, before } = node;
  const hole = rules.holes.get(node);
  const columns = node.columns && { width: hole?.width ?? node.columns.width, fill: hole?.fill ?? node.columns.fill };
  const each = rules.each.get(node);
  const layout = { ...(tag && { tag }), ...(columns && { columns }), ...(before !== undefined && { before }) };
  const about = { name, namespace, kind, node, ...layout, ...(each === undefined ? {} : { each }) };
  if (isDropped(node, rules)) return { ...about, optional: true, content: { is: 'ignored' }, parts: [] };
  const parts = [
    ...node.children.flatMap((child) => [
      ...(rules.ahead.get(child) ?? []),
      partOf(child, rules),
      ...(rules.behind.get(child) ?? []),
    ]),
    ...(rules.inside.get(node) ?? []),
  ];
  if (hole !== undefined) return { ...about, optional: hole.optional, content: { is: 'hole', ...hole }, parts };
  if (rules.fixed.has(node)) {
    const text = node.occurrences[0]?.text ?? '';
    return { ...about, optional: false, content: { is: 'fixed', text, literal: node.scalar !== 'text' }, parts };
  }
  // A group of nothing but what may be absent is left out then.
  const kept = parts.filter(({ content }) => content.is !== 'ignored');
  const hollow =
    kind !== 'line' &&
    kept.length > 0 &&
    kept.every((part) => (part.each === undefined ? part.optional : part.each.endsWith('?')));
  return { ...about, optional: hollow, content: { is: 'parts' }, parts };
}

function isDropped(node: SampleNode, rules: PartRules): boolean {
  if (rules.holes.has(node) || rules.fixed.has(node) || rules.each.has(node) || rules.inside.has(node)) return false;
  if (node.kind === 'line' && (node.tag === undefined || node.tag.added)) return false;
  return (
    node.parent !== undefined &&
    node.children.every((child) => isDropped(child, rules) && !rules.behind.has(child) && !rules.ahead.has(child))
  );
}

/** A part as it stands in one sample: texts in place of holes, an example where the sample lacks what our model needs. */
export function filledPart(
  part: DraftPart,
  occurrence: Occurrence | undefined,
  dropped: ReadonlySet<Occurrence>,
): DraftPart {
  const { each: _, content, ...about } = part;
  const listed = occurrence?.listed === undefined ? {} : { listed: occurrence.listed };
  const own = occurrence?.text ?? '';
  const text = content.is === 'hole' ? own || content.type.example : content.is === 'fixed' ? content.text : '';
  const literal = content.is === 'hole' ? content.type.number === true : content.is === 'fixed' && content.literal;
  const parts = part.parts.flatMap((inner) => filledParts(inner, occurrence, dropped));
  return { ...about, ...listed, parts, content: content.is === 'parts' ? content : { is: 'fixed', text, literal } };
}

function filledParts(part: DraftPart, above: Occurrence | undefined, dropped: ReadonlySet<Occurrence>): DraftPart[] {
  const { node, content, kind, each } = part;
  const found = (above?.children ?? []).filter(
    (child) => node !== undefined && child.node === node && !dropped.has(child),
  );
  // An empty text is an absent value; a cell of a line stands there all the same.
  const present = found.filter((child) => content.is !== 'hole' || child.text !== '' || child.children.length > 0);
  if (content.is === 'ignored' && kind !== 'line')
    return kind === 'column' && found.length === 0 ? [emptyCell(part)] : found.map(rawPart);
  if (content.is === 'ignored') return found.map(rawPart);
  if (present.length > 0) return present.map((child) => filledPart(part, child, dropped));
  const required = each === undefined && (content.is === 'hole' ? !content.optional : !part.optional);
  if (required) return [filledPart(part, undefined, dropped)];
  if (kind === 'column') return [emptyCell(part)];
  return each !== undefined && !each.endsWith('?') && kind === 'member'
    ? [{ ...part, listed: 'empty', parts: [] }]
    : [];
}

function emptyCell({ each: _, before: _before, ...part }: DraftPart): DraftPart {
  return { ...part, content: { is: 'fixed', text: '', literal: false }, parts: [] };
}

/** What the template drops, as it stands in the sample. */
function rawPart(occurrence: Occurrence): DraftPart {
  const { text, scalar, children, listed, discriminator: _, label: _label, node: _node, ...about } = occurrence;
  const parts = children.map(rawPart);
  const content: PartContent =
    text === undefined ? { is: 'parts' } : { is: 'fixed', text, literal: scalar !== undefined };
  return { ...about, ...(listed && { listed }), optional: false, parts, content };
}
