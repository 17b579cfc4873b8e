/** What our model needs and a sample does not carry: proposed as elements of their own, each a question to the partner. */

import { addGrades, addTable, ask, isJoined, type Vocabulary } from './draft-holes.ts';
import { freeName, nameStyle, type DraftPart, type PartRules } from './draft-parts.ts';
import { pathOf, type Sample, type SampleNode } from './draft-sample.ts';
import { nameScore } from './field-names.ts';
import { sampleFault } from './sample-fault.ts';
import { dayPatternOf, notationRegex } from './field-values.ts';
import { needed, plainDay, signedId, type Needed } from './needed-values.ts';
import type { Placed } from './placement.ts';

export interface Additions extends Pick<PartRules, 'inside' | 'behind'> {
  readonly each: PartRules['each'];
}

interface Task {
  readonly kind: 'list' | 'reply';
  readonly sample: Sample;
  readonly placed: Placed;
  readonly file: string;
  readonly words: Vocabulary;
}

/** Where the missing values go. Throws E_SAMPLE_UNREADABLE when no element can be the operator's number. */
export function additionsFor(task: Task): Additions {
  const { kind, sample, placed } = task;
  const items = kind === 'list' ? placed.records : placed.results;
  const list = kind === 'list' ? 'records' : 'results';
  if (items === undefined) throw noOperators(task.file);
  const inside = new Map<SampleNode, DraftPart[]>();
  const behind = new Map<SampleNode, DraftPart[]>();
  const each = new Map<SampleNode, string>([[items, list]]);
  const put = (map: Map<SampleNode, DraftPart[]>, node: SampleNode, parts: readonly DraftPart[]): void =>
    void map.set(node, [...(map.get(node) ?? []), ...parts]);
  const style = nameStyle(sample.root);
  put(inside, items, missingParts(task, list, items, style));
  addRoles(placed, each, items);
  const place = messagePlace(task, items);
  put(place.map === 'inside' ? inside : behind, place.node, messageParts(task, place.node, style));
  if (kind === 'list') addDepartures(task, items, style, { inside, behind, each, put });
  return { inside, behind, each };
}

function noOperators(file: string): Error {
  return sampleFault(
    new Error('no element looks like the number of an operator'),
    file,
    'Say which it is: --answer "/Path/Of/Element=identifier".',
  );
}

function presentIn(placed: Placed, part: string): ReadonlySet<string> {
  return new Set(placed.placements.filter((each) => each.part === part).map(({ path }) => path));
}

/** Values that every record or departure needs, as elements at its end; each is asked for by itself. */
function missingParts(
  task: Task,
  part: 'records' | 'departures' | 'results',
  node: SampleNode,
  style: (words: string) => string,
): DraftPart[] {
  const present = presentIn(task.placed, part);
  if (part === 'records' && !present.has('identifier')) throw noOperators(task.file);
  return needed[part]
    .filter(({ path }) => !present.has(path))
    .map((each) => {
      addWords(task.words, each.path);
      const added = partFor(adapted(each, task), task.sample, node, freeName(style, each.words, node.children));
      ask(
        task.words,
        `${task.file}#${pathOf(node)}/${added.name}`,
        `Where does the partner say ${each.path}? The sample has nothing like it; ${added.name} is our proposal.`,
      );
      return added;
    });
}

/** Days are written as the sample writes its others. */
function adapted(each: Needed, { placed }: Task): Needed {
  if (each.type !== plainDay) return each;
  const other = placed.placements.find(
    ({ path }) => path === 'validFrom' || path === 'validTo' || path === 'statusSince' || path === 'since',
  );
  const pattern = other === undefined ? undefined : dayPatternOf(other.node.values)?.pattern;
  if (pattern === undefined || pattern === 'yyyy-MM-dd') return each;
  return { ...each, hole: `{${each.path}|date:${pattern}}`, type: { is: 'pattern', pattern: notationRegex(pattern) } };
}

function addWords(words: Vocabulary, path: string): void {
  if (path === 'grade') addGrades(words, []);
  else if (path === 'status' || path === 'reason') addTable(words, path, []);
  else if (path === 'message.kind') addTable(words, 'kind', []);
  else if (path === 'code') addTable(words, 'fault', []);
}

/** A needed value as an element or member beside those of the sample. */
export function partFor(
  { hole, type, number: isNumber }: Needed,
  { format }: Sample,
  parent: SampleNode,
  name: string,
): DraftPart {
  const json = format !== 'xml';
  const typed = isNumber === true && format === 'json';
  return {
    name,
    namespace: json ? '' : parent.namespace,
    kind: json ? 'member' : 'element',
    optional: false,
    content: { is: 'hole', hole: typed ? hole.replace('}', '|number}') : hole, type: typed ? { is: 'number' } : type },
    parts: [],
  };
}

function groupOf(parts: readonly DraftPart[], parent: SampleNode, name: string, each?: string): DraftPart {
  const kind = parent.kind === 'member' ? 'member' : 'element';
  const { namespace } = parent;
  return {
    name,
    namespace,
    kind,
    optional: false,
    content: { is: 'parts' },
    parts,
    ...(each === undefined ? {} : { each }),
  };
}

/** The element with most of the message's own values, if it is none that also holds the operators; else before the operators. */
function messagePlace({ placed, sample }: Task, items: SampleNode): { map: 'inside' | 'behind'; node: SampleNode } {
  const holders = placed.placements
    .filter(({ part, path, node }) => part === 'message' && path !== 'ignore' && node.kind !== 'attribute')
    .map(({ node }) => node.parent)
    .filter((node) => node !== undefined);
  const header = holders.find((node) => node !== sample.root && !holds(node, items));
  if (header !== undefined) return { map: 'inside', node: header };
  const last = sample.root.children.findLast(
    (child) => child.kind !== 'attribute' && !holds(child, items) && holders.includes(sample.root),
  );
  return last === undefined ? { map: 'inside', node: sample.root } : { map: 'behind', node: last };
}

function holds(node: SampleNode, inner: SampleNode): boolean {
  for (let at: SampleNode | undefined = inner; at !== undefined; at = at.parent) if (at === node) return true;
  return false;
}

/** Position and times that the header lacks, in one group; one question for all of them. */
function messageParts(task: Task, node: SampleNode, style: (words: string) => string): DraftPart[] {
  const { kind, sample, placed, words, file } = task;
  const present = presentIn(placed, 'message');
  const byId = rootId(sample, present);
  const missing = needed[kind].filter(
    ({ path }) => !present.has(path) && !(path === 'message.id' && byId === 'message'),
  );
  if (missing.length === 0) return [];
  for (const { path } of missing) addWords(words, path);
  const beside = node.children;
  const name = freeName(style, 'stream', beside);
  const parent = node.parent !== undefined && beside.length === 0 ? node.parent : node;
  const parts = missing.map((each) => partFor(each, sample, parent, style(each.words)));
  ask(
    words,
    `${file}#${pathOf(node)}/${name}`,
    `How does the partner carry ${missing.map(({ path }) => path.replace('message.', '')).join(', ')}? Both sides need them to number messages and to prove that their lists are equal.`,
  );
  return [groupOf(parts, parent, name)];
}

/** An XML signature refers to the root by its `Id`: the message id where nothing else carries it, a fixed word elsewhere. */
export function rootId({ format, root }: Sample, present: ReadonlySet<string>): 'message' | 'fixed' | undefined {
  if (format !== 'xml' || root.children.some(({ kind, name }) => kind === 'attribute' && name === 'Id'))
    return undefined;
  return present.has('message.id') ? 'fixed' : 'message';
}

/** The attribute that the drafted root gets for its signature. */
export function rootIdPart(sample: Sample, placed: Placed): DraftPart | undefined {
  const which = rootId(sample, presentIn(placed, 'message'));
  if (which === undefined) return undefined;
  return which === 'message' ? signedId : { ...signedId, content: { is: 'fixed', text: 'message', number: false } };
}

/** Roles repeat an element of their own: the nearest that repeats, or the one that holds the value. */
function addRoles({ placements }: Placed, each: Map<SampleNode, string>, items: SampleNode): void {
  const node = placements.find(({ path }) => path === 'roles')?.node;
  if (node === undefined || isJoined(node, items)) return;
  let at: SampleNode | undefined = node;
  while (at !== undefined && at !== items && !at.repeated) at = at.parent;
  each.set(at === undefined || at === items ? node : at, 'roles');
}

interface Places {
  readonly inside: Map<SampleNode, DraftPart[]>;
  readonly behind: Map<SampleNode, DraftPart[]>;
  readonly each: Map<SampleNode, string>;
  put(map: Map<SampleNode, DraftPart[]>, node: SampleNode, parts: readonly DraftPart[]): void;
}

/** Operators that left: the sample's own list of them, or a proposal beside the operators. */
function addDepartures(task: Task, items: SampleNode, style: (words: string) => string, places: Places): void {
  const { placed, sample, words, file } = task;
  if (placed.departures !== undefined) {
    places.each.set(placed.departures, 'departures');
    places.put(places.inside, placed.departures, missingParts(task, 'departures', placed.departures, style));
    return;
  }
  addWords(words, 'reason');
  const json = sample.format !== 'xml';
  const near = [items.parent, items.parent?.parent].flatMap((node) => node?.children ?? []);
  const empty = near.find(
    (child) => child.values.length === 0 && child.children.length === 0 && nameScore('departures', child.name) > 0,
  );
  const parts = needed.departures.map((each) => partFor(adapted(each, task), sample, items, style(each.words)));
  const container = items.parent === undefined || items.parent === sample.root || json ? undefined : items.parent;
  const parent = (container ?? items).parent ?? sample.root;
  const item = (name: string): DraftPart => groupOf(parts, parent, name, 'departures');
  let { name } = empty ?? { name: '' };
  if (empty !== undefined && json) {
    places.each.set(empty, 'departures');
    places.put(places.inside, empty, parts);
  } else if (empty !== undefined) {
    places.put(places.inside, empty, [item(style('departure'))]);
  } else {
    name = freeName(style, container === undefined && !json ? 'departure' : 'departures', parent.children);
    const added = container === undefined ? item(name) : groupOf([item(style('departure'))], parent, name);
    places.put(places.behind, container ?? items, [added]);
  }
  const question = `How does the partner name operators that left its list, with day and reason? The sample shows none; what stands in ${name} is our proposal.`;
  ask(words, `${file}#${pathOf(empty?.parent ?? parent)}/${name}`, question);
}
