/** A partner's sample message as a tree in which all occurrences of one element, member or column are put together. */

import type { AdapterTools } from '../tools.ts';
import { sampleFault } from './sample-fault.ts';

/** One element, attribute, JSON member or column, with every value it has in the samples. */
export interface SampleNode {
  readonly name: string;
  /** Of XML; empty elsewhere. */
  readonly namespace: string;
  readonly kind: 'element' | 'attribute' | 'member';
  readonly parent: SampleNode | undefined;
  readonly children: SampleNode[];
  readonly values: string[];
  /** How often it occurs, and in how many of its parents. */
  seen: number;
  seenIn: number;
  /** Stands more than once in one parent, or is a JSON list. */
  repeated: boolean;
  /** Every value is a JSON number; `other` marks what is neither text nor number. */
  scalar: 'text' | 'number' | 'other';
  /** Of several elements of one name: the attribute, and its value, that tells this one from the others. */
  told?: { readonly attribute: string; readonly value: string };
}

export interface Sample {
  readonly format: 'xml' | 'json' | 'csv';
  readonly root: SampleNode;
  /** Prefixes of namespaces as the sample writes them. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Of CSV: what stands between cells, and the titles of the columns where there are any. */
  readonly separator?: string;
  readonly titles?: readonly string[];
}

/** Namespaces whose elements and attributes say nothing about operators. */
const passedOver = new Set(['http://www.w3.org/2000/09/xmldsig#', 'http://www.w3.org/2001/XMLSchema-instance']);
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/** `/List/Operator/Name`, an attribute as `@code`: how placements, questions and answers name a node. */
export function pathOf({ parent, name, kind, told }: SampleNode): string {
  const which = told === undefined ? '' : `[@${told.attribute}=${told.value}]`;
  const own = name === '' ? '' : `/${kind === 'attribute' ? '@' : ''}${name}${which}`;
  return parent === undefined ? own : pathOf(parent) + own;
}

/** The nearest node above (or itself) that repeats, at most `until`. */
export function repeatedAbove(node: SampleNode, until: SampleNode): SampleNode | undefined {
  for (let at: SampleNode | undefined = node; at !== undefined && at !== until; at = at.parent)
    if (at.repeated) return at;
  return undefined;
}

/** All nodes below that carry values of their own. */
export function leavesOf(node: SampleNode): SampleNode[] {
  return node.children.flatMap((child) => [...(child.values.length > 0 ? [child] : []), ...leavesOf(child)]);
}

/** A node that was not seen yet. */
export function newNode({
  name,
  namespace,
  kind,
  parent,
}: Pick<SampleNode, 'name' | 'namespace' | 'kind' | 'parent'>): SampleNode {
  return {
    name,
    namespace,
    kind,
    parent,
    children: [],
    values: [],
    seen: 0,
    seenIn: 0,
    repeated: false,
    scalar: 'text',
  };
}

/** One occurrence of a node while its children come by. */
interface Visit {
  readonly node: SampleNode;
  readonly times: Map<SampleNode, number>;
  /** Where among the children the last one stood, so that a new one is put behind it. */
  last: number;
}

function visitOf(node: SampleNode): Visit {
  node.seen += 1;
  return { node, times: new Map(), last: -1 };
}

function childOf(visit: Visit, name: string, namespace: string, kind: SampleNode['kind']): SampleNode {
  const { children } = visit.node;
  let index = children.findIndex(
    (child) => child.name === name && child.namespace === namespace && child.kind === kind,
  );
  if (index < 0) {
    index = visit.last + 1;
    children.splice(index, 0, newNode({ name, namespace, kind, parent: visit.node }));
  }
  visit.last = index;
  const child = children[index];
  if (child === undefined) throw new RangeError('a child that was just put in is not there');
  const times = (visit.times.get(child) ?? 0) + 1;
  visit.times.set(child, times);
  if (times === 1) child.seenIn += 1;
  else child.repeated = true;
  return child;
}

/** Several samples of one message as one tree. Throws E_SAMPLE_UNREADABLE naming the file. */
export function readXmlSamples(samples: readonly SampleText[], tools: Pick<AdapterTools, 'readXml'>): Sample {
  const prefixes = new Map<string, string>();
  const outer = newNode({ name: '', namespace: '', kind: 'element', parent: undefined });
  for (const sample of samples) {
    try {
      readXmlSample(sample, outer, prefixes, tools);
    } catch (error) {
      throw sampleFault(error, sample.file);
    }
  }
  const [root, other] = outer.children;
  if (root === undefined) throw sampleFault(new Error('there is no element in it'), samples[0]?.file ?? '');
  if (other !== undefined) throw sampleFault(new Error('the samples have different roots'), samples.at(-1)?.file ?? '');
  tellNamesakes(root);
  return { format: 'xml', root, prefixes };
}

export interface SampleText {
  readonly file: string;
  readonly text: string;
}

function readXmlSample(
  { text, file }: SampleText,
  outer: SampleNode,
  prefixes: Map<string, string>,
  { readXml }: Pick<AdapterTools, 'readXml'>,
): void {
  const open: Visit[] = [{ node: outer, times: new Map(), last: -1 }];
  const texts: string[] = [''];
  let skipped = 0;
  readXml(
    text,
    {
      open(namespace, name, attributes) {
        const parent = open.at(-1);
        if (skipped > 0 || passedOver.has(namespace) || parent === undefined) {
          skipped += 1;
          return;
        }
        const visit = visitOf(childOf(parent, name, namespace, 'element'));
        for (const { namespace: of, name: attribute, value } of attributes) {
          if (of === xmlnsNamespace) prefixes.set(value, attribute === 'xmlns' ? '' : attribute);
          else if (!passedOver.has(of)) {
            const child = childOf(visit, attribute, of, 'attribute');
            child.seen += 1;
            child.values.push(value);
          }
        }
        open.push(visit);
        texts.push('');
      },
      text(more) {
        if (skipped === 0) texts.push((texts.pop() ?? '') + more);
      },
      close() {
        if (skipped > 0) {
          skipped -= 1;
          return;
        }
        const own = (texts.pop() ?? '').trim();
        const visit = open.pop();
        if (own !== '') visit?.node.values.push(own);
      },
    },
    { template: true, file },
  );
}

/** Attributes that say which of several texts an element holds. */
const telling = new Set(['lang', 'language', 'type', 'kind', 'qualifier', 'scheme', 'script']);

/** Elements of one name that an attribute tells apart become nodes of their own: `<Name lang="en">` and `<Name lang="fr">`. */
function tellNamesakes(node: SampleNode): void {
  const children = node.children.flatMap((child) => namesakesOf(child) ?? [child]);
  node.children.splice(0, node.children.length, ...children);
  for (const child of node.children) tellNamesakes(child);
}

function namesakesOf(node: SampleNode): SampleNode[] | undefined {
  const [by, ...more] = node.children;
  if (!node.repeated || by === undefined || more.length > 0 || by.kind !== 'attribute') return undefined;
  const different = [...new Set(by.values)];
  const aligned = node.values.length === node.seen && by.values.length === node.seen;
  if (
    !telling.has(by.name.toLowerCase()) ||
    !aligned ||
    different.length < 2 ||
    node.seen > different.length * node.seenIn
  )
    return undefined;
  return different.map((value) => {
    const values = node.values.filter((_, i) => by.values[i] === value);
    const told = { ...newNode(node), seen: values.length, seenIn: values.length, told: { attribute: by.name, value } };
    told.values.push(...values);
    told.children.push({
      ...newNode({ ...by, parent: told }),
      seen: values.length,
      seenIn: values.length,
      values: values.map(() => value),
    });
    return told;
  });
}

/** The same for JSON. A list of lists, or a sample that is no object, is E_SAMPLE_UNREADABLE. */
export function readJsonSamples(samples: readonly SampleText[], tools: Pick<AdapterTools, 'readJson'>): Sample {
  const root = newNode({ name: '', namespace: '', kind: 'member', parent: undefined });
  for (const { file, text } of samples) {
    try {
      const value = tools.readJson(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new TypeError('a message is a JSON object; this is another value');
      readMembers(root, value as Readonly<Record<string, unknown>>);
    } catch (error) {
      throw sampleFault(error, file);
    }
  }
  return { format: 'json', root, prefixes: new Map() };
}

function readMembers(node: SampleNode, value: Readonly<Record<string, unknown>>): void {
  const visit = visitOf(node);
  for (const [name, inner] of Object.entries(value)) {
    if (inner === null) continue;
    const child = childOf(visit, name, '', 'member');
    if (Array.isArray(inner)) {
      child.repeated = true;
      for (const item of inner as readonly unknown[]) readItem(child, item);
    } else readItem(child, inner);
  }
}

function readItem(node: SampleNode, value: unknown): void {
  if (Array.isArray(value)) throw new TypeError(`${pathOf(node)} is a list of lists`);
  if (typeof value === 'object' && value !== null) {
    readMembers(node, value as Readonly<Record<string, unknown>>);
    return;
  }
  node.seen += 1;
  const first = node.values.length === 0;
  const scalar = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'other';
  node.scalar = first || node.scalar === scalar ? scalar : 'other';
  node.values.push(String(value));
}
