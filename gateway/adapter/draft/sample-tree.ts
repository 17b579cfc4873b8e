/** The neutral tree of a sample: what every format is read into, and all occurrences of one element, member or column put together. */

/** One element, attribute, JSON member, line or column as it occurs in a sample. */
export interface Occurrence {
  readonly name: string;
  /** Of XML; empty elsewhere. */
  readonly namespace: string;
  readonly kind: 'element' | 'attribute' | 'member' | 'line' | 'column';
  readonly children: Occurrence[];
  /** Undefined for a group. */
  text?: string;
  /** Of JSON: `other` is neither text nor number. */
  readonly scalar?: 'number' | 'other';
  /** An item of a JSON list; `empty` stands for a list without items. */
  readonly listed?: 'item' | 'empty';
  /** Of lines: a text that never changes, such as the title of a column. */
  readonly label?: true;
  /** Of lines: fixed text before the value, `Date: `. */
  readonly before?: string;
  /** Of lines: the first cell that says of which kind a line is; `added` where the sample has none. */
  readonly tag?: { readonly text: string; readonly added: boolean };
  /** Of fixed width: how many columns, and how they are filled: behind the value, before it with blanks or noughts. */
  readonly columns?: { readonly width: number; readonly fill: '' | '>' | '0>' };
  /** The value of the attribute that tells it from others of its name. */
  discriminator?: string;
  node?: SampleNode;
}

/** All occurrences of one thing, in all samples of a message. */
export interface SampleNode extends Pick<
  Occurrence,
  'name' | 'namespace' | 'kind' | 'label' | 'before' | 'tag' | 'columns' | 'discriminator'
> {
  readonly parent: SampleNode | undefined;
  readonly children: SampleNode[];
  readonly occurrences: Occurrence[];
  /** The texts of the occurrences that have one. */
  readonly values: string[];
  /** In how many of its parents it stands. */
  seenIn: number;
  /** Stands more than once in one parent, or is a JSON list. */
  repeated: boolean;
  /** Its place among its siblings varies. */
  disordered: boolean;
  scalar: 'text' | 'number' | 'other';
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

export function isUnder(node: SampleNode, above: SampleNode): boolean {
  for (let at: SampleNode | undefined = node; at !== undefined; at = at.parent) if (at === above) return true;
  return false;
}

/** The nearest node above (or itself) that repeats, below `until`. */
export function repeatedAbove(node: SampleNode, until: SampleNode): SampleNode | undefined {
  for (let at: SampleNode | undefined = node; at !== undefined && at !== until; at = at.parent)
    if (at.repeated) return at;
  return undefined;
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

/** Several samples of one message as one tree. */
export function mergedTree(roots: readonly Occurrence[]): SampleNode {
  const first = merge(roots);
  return allNodes(first).filter(discriminate).length === 0 ? first : merge(roots);
}

function merge(roots: readonly Occurrence[]): SampleNode {
  const [first] = roots;
  if (first === undefined) throw new RangeError('there is no sample');
  const root = newNode(first, undefined);
  for (const occurrence of roots) addOccurrence(root, occurrence);
  return root;
}

function newNode(occurrence: Occurrence, parent: SampleNode | undefined): SampleNode {
  const { text: _text, listed: _listed, children: _children, node: _node, ...about } = occurrence;
  const empty = { children: [], occurrences: [], values: [], seenIn: 0, repeated: false, disordered: false };
  return { ...about, parent, ...empty, scalar: occurrence.scalar ?? 'text' };
}

function addOccurrence(node: SampleNode, occurrence: Occurrence): void {
  occurrence.node = node;
  node.occurrences.push(occurrence);
  if (occurrence.text !== undefined && occurrence.text !== '') {
    const scalar = occurrence.scalar ?? 'text';
    if (node.values.length === 0) node.scalar = scalar;
    else if (node.scalar !== scalar) node.scalar = 'other';
    node.values.push(occurrence.text);
  }
  const seen = new Set<SampleNode>();
  let last = -1;
  for (const child of occurrence.children) {
    let index = node.children.findIndex((each) => isSame(each, child));
    if (index < 0) node.children.splice((index = last + 1), 0, newNode(child, node));
    const found = node.children[index];
    if (found === undefined) continue;
    if (index < last) found.disordered = true;
    last = index;
    if (seen.has(found) || child.listed !== undefined) found.repeated = true;
    if (child.listed === 'empty') continue;
    if (!seen.has(found)) found.seenIn += 1;
    seen.add(found);
    addOccurrence(found, child);
  }
}

function isSame(node: SampleNode, { name, namespace, kind, discriminator }: Occurrence): boolean {
  return (
    node.name === name && node.namespace === namespace && node.kind === kind && node.discriminator === discriminator
  );
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
