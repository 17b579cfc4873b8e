/** What our model needs and a sample does not carry: proposed as elements of their own, each a question to the partner. */

import type { Field } from '../template/message-fields.ts';
import { dayNotation } from '../template/dates.ts';
import { freeCode } from './codes.ts';
import { addGrades, addTable, ask, isJoined, type Drafting, type SampleFormat } from './holes.ts';
import type { DraftPart, PartRules } from './parts.ts';
import { fieldsOf, tableOf, type Part } from './fields.ts';
import type { Placed } from './placement.ts';
import { sampleFault } from './sample-fault.ts';
import { allNodes, isUnder, pathOf, type SampleNode } from './sample-tree.ts';
import { dayPatternOf, notationRegex } from './values.ts';
import { matchName } from './vocabulary.ts';

interface AdditionsRequest {
  readonly kind: 'list' | 'reply';
  readonly root: SampleNode;
  readonly format: SampleFormat;
  readonly placed: Placed;
  readonly file: string;
  readonly drafting: Drafting;
}

type Additions = Pick<PartRules, 'inside' | 'ahead' | 'behind' | 'each'>;

/** Where the missing values go. Throws E_SAMPLE_UNREADABLE when no element can be the operator's number. */
export function additionsFor(request: AdditionsRequest): Additions {
  const { kind, placed } = request;
  const part = kind === 'list' ? 'records' : 'results';
  const { items, placements } = placed;
  if (items === undefined || !placements.some((each) => each.part === part && each.path === 'identifier'))
    throw sampleFault(
      new Error('no element looks like the number of an operator'),
      request.file,
      'Say which it is: --answer "/Path/Of/Element=identifier".',
    );
  const maps = {
    inside: new Map<SampleNode, DraftPart[]>(),
    ahead: new Map<SampleNode, DraftPart[]>(),
    behind: new Map<SampleNode, DraftPart[]>(),
  };
  const each = new Map<SampleNode, string>([[items, part]]);
  const put = (where: keyof typeof maps, node: SampleNode, parts: readonly DraftPart[]): void => {
    if (parts.length > 0) maps[where].set(node, [...(maps[where].get(node) ?? []), ...parts]);
  };
  put('inside', items, missingParts(request, part, items));
  const roles = placements.find(({ path }) => path === 'roles')?.node;
  if (roles !== undefined && !isJoined(roles, items)) {
    let repeated: SampleNode | undefined = roles;
    while (repeated !== undefined && repeated !== items && !repeated.repeated) repeated = repeated.parent;
    const at = repeated === undefined || repeated === items ? roles : repeated;
    each.set(at, isAlwaysThere(at, items) ? 'roles' : 'roles?');
  }
  const place = messagePlace(request, items);
  put(place.where, place.node, messageParts(request, place.node));
  if (kind === 'list') addDepartures(request, items, put, each);
  return { ...maps, each };
}

/** The node, or every group around it, stands in each item; an empty list needs no group of its own where it does not. */
function isAlwaysThere(node: SampleNode, items: SampleNode): boolean {
  for (let at: SampleNode | undefined = node; at !== undefined && at !== items; at = at.parent)
    if (at.parent !== undefined && at.seenIn < at.parent.occurrences.length)
      return at === node && at.kind === 'element' && at.parent === items;
  return true;
}

/** The fields that the part needs and the sample has no place for. */
function missingFields({ placed, root, format }: AdditionsRequest, part: Part): Field[] {
  const present = new Set(placed.placements.filter((each) => each.part === part).map(({ path }) => path));
  const byId = rootId(root, format, placed) === 'message';
  return fieldsOf[part].filter(
    ({ path, optional }) => !optional && !present.has(path) && !(byId && path === 'message.id'),
  );
}

/** Values that every item needs, as elements at its end; each is asked for by itself. */
function missingParts(request: AdditionsRequest, part: Part, node: SampleNode): DraftPart[] {
  return missingFields(request, part).map((field) => {
    const added = addedPart(
      request,
      field,
      node,
      freeName(request, request.drafting.vocabulary.added.get(field.path) ?? '', node.children),
    );
    ask(
      request.drafting,
      `${request.file}#${pathOf(node)}/${added.name}`,
      `Where does the partner say ${field.path}? The sample has nothing like it; ${added.name} is our proposal.`,
    );
    return added;
  });
}

/** A needed value as an element, member or column beside those of the sample. Days are written as the sample writes its others. */
export function addedPart(
  { format, placed, drafting }: Pick<AdditionsRequest, 'format' | 'placed' | 'drafting'>,
  { path, kind }: Field,
  parent: SampleNode,
  name: string,
  type = drafting.vocabulary.type(path, kind),
): DraftPart {
  const { vocabulary, codes } = drafting;

  let chain = '';
  const table = tableOf(path);
  if (path === 'grade') addGrades(drafting, []);
  else if (kind === 'words') addTable(drafting, table, []);
  if (path === 'grade' || kind === 'words') {
    chain = `|code:${table}`;
    type = { ...type, example: Object.values(codes[table] ?? {})[0] ?? '' };
  }
  const days = placed.placements.find(({ path: other }) =>
    /^(?:valid|status|since).*(?:From|To|Since|since)$/u.test(other),
  )?.node.values;
  const pattern = dayPatternOf(days ?? [], vocabulary)?.pattern ?? 'yyyy-MM-dd';
  if (kind === 'day' && pattern !== 'yyyy-MM-dd') {
    chain = `|date:${pattern}`;
    type = {
      pattern: notationRegex(pattern),
      width: pattern.length,
      example: dayNotation(pattern)?.write(type.example) ?? '',
    };
  }
  if (kind === 'count' && format === 'json') [chain, type] = ['|number', { ...type, number: true }];
  const about = {
    name,
    namespace: format === 'xml' ? parent.namespace : '',
    kind: partKind(format),
    optional: false,
    parts: [],
  } as const;
  const columns = format === 'fixed' ? { columns: { width: type.width, fill: '' as const } } : {};
  return { ...about, ...columns, content: { is: 'hole', hole: `{${path}${chain}}`, type, optional: false } };
}

function partKind(format: SampleFormat): DraftPart['kind'] {
  return format === 'xml' ? 'element' : format === 'json' ? 'member' : 'column';
}

/** A group; of lines, a line with a tag of its own. */
export function groupOf(
  request: Pick<AdditionsRequest, 'root' | 'format'>,
  parent: SampleNode,
  name: string,
  parts: readonly DraftPart[],
  each?: string,
): DraftPart {
  const { root, format } = request;
  const namespace = parts[0]?.namespace ?? parent.namespace;
  const about = { name, namespace, optional: false, content: { is: 'parts' }, parts } as const;
  const repeats = each === undefined ? {} : { each };
  if (parent !== root || (format !== 'csv' && format !== 'fixed'))
    return { ...about, ...repeats, kind: format === 'json' ? 'member' : 'element' };
  const tags = root.children.flatMap(({ tag }) => (tag === undefined ? [] : [tag.text]));
  const like = root.children.some(({ tag }) => tag?.added === false) ? tags : format === 'fixed' ? ['AAA'] : [];
  const text = like.length === 0 ? name : freeCode(name.toLowerCase(), tags, { like, width: 40 });
  return { ...about, ...repeats, kind: 'line', name: text, tag: { text, added: true } };
}

/** The element with most of the message's own values, if it is none that also holds the operators; else before the operators. */
function messagePlace(
  { placed, root, kind, format }: AdditionsRequest,
  items: SampleNode,
): { where: 'inside' | 'ahead' | 'behind'; node: SampleNode } {
  const holders = placed.placements
    .filter(({ part, path, node }) => part === kind && path !== 'ignore' && node.kind !== 'attribute')
    .map(({ node }) => node.parent)
    .filter((node) => node !== undefined);
  const header = holders.find(
    (node) => node !== root && !isUnder(items, node) && (node.kind !== 'line' || node.tag?.added === false),
  );
  if (header !== undefined) return { where: 'inside', node: header };
  if (format === 'csv' || format === 'fixed')
    return { where: 'ahead', node: root.children.find(({ name }) => name.startsWith('heading')) ?? items };
  // Before the operators where there is something, else behind them.
  const beside = holders.includes(root) ? root.children.filter((child) => child.kind !== 'attribute') : [];
  const branch = beside.findIndex((child) => isUnder(items, child));
  const last = beside[branch - 1] ?? beside[branch];
  return last === undefined ? { where: 'inside', node: root } : { where: 'behind', node: last };
}

/** Position and times that the header lacks, in one group; one question for all of them. */
function messageParts(request: AdditionsRequest, node: SampleNode): DraftPart[] {
  const { kind, root, format, drafting, file } = request;
  const missing = missingFields(request, kind);
  if (missing.length === 0) return [];
  const lines = format === 'csv' || format === 'fixed';
  const inLine = lines && node.tag?.added === false && node !== root;
  const parent = lines && !inLine ? root : node.parent !== undefined && node.children.length === 0 ? node.parent : node;
  const name = freeName(request, 'stream', node.children);
  const parts = missing.map((field) =>
    addedPart(request, field, parent, styled(request, drafting.vocabulary.added.get(field.path) ?? '')),
  );
  ask(
    drafting,
    `${file}#${pathOf(node)}/${name}`,
    `How does the partner carry ${missing.map(({ path }) => path.replace('message.', '')).join(', ')}? Both sides need them to number messages and to prove that their lists are equal.`,
  );
  return inLine ? parts : [groupOf(request, parent, name, parts)];
}

/** An XML signature refers to the root by its `Id`: the message id where nothing else carries it, a fixed word elsewhere. */
export function rootId(
  { children }: SampleNode,
  format: SampleFormat,
  { placements }: Placed,
): 'message' | 'fixed' | undefined {
  if (format !== 'xml' || children.some(({ kind, name }) => kind === 'attribute' && name === 'Id')) return undefined;
  return placements.some(({ path }) => path === 'message.id') ? 'fixed' : 'message';
}

/** Operators that left: the sample's own list of them, or a proposal beside the operators. */
function addDepartures(
  request: AdditionsRequest,
  items: SampleNode,
  put: (where: 'inside' | 'behind', node: SampleNode, parts: readonly DraftPart[]) => void,
  each: Map<SampleNode, string>,
): void {
  const { placed, root, format, drafting, file } = request;
  if (placed.departures !== undefined) {
    each.set(placed.departures, 'departures');
    put('inside', placed.departures, missingParts(request, 'departures', placed.departures));
    return;
  }
  addTable(drafting, 'reason', []);
  const named = (node: SampleNode): boolean =>
    node.values.length === 0 &&
    node.children.length === 0 &&
    matchName(drafting.vocabulary, 'departures', node.name).score > 0.5;
  const empty = [items.parent, items.parent?.parent].flatMap((node) => node?.children ?? []).find(named);
  const parts = missingFields(request, 'departures').map((field) =>
    addedPart(request, field, items, styled(request, drafting.vocabulary.added.get(field.path) ?? '')),
  );
  const container = items.parent === undefined || items.parent === root || format !== 'xml' ? undefined : items.parent;
  const parent = (container ?? items).parent ?? root;
  const item = (name: string): DraftPart => groupOf(request, parent, name, parts, 'departures');
  let name = empty?.name ?? '';
  if (empty !== undefined && format === 'json') {
    each.set(empty, 'departures');
    put('inside', empty, parts);
  } else if (empty !== undefined) put('inside', empty, [item(styled(request, 'departure'))]);
  else {
    name = freeName(
      request,
      container === undefined && format !== 'json' ? 'departure' : 'departures',
      parent.children,
    );
    put('behind', container ?? items, [
      container === undefined ? item(name) : groupOf(request, parent, name, [item(styled(request, 'departure'))]),
    ]);
  }
  ask(
    drafting,
    `${file}#${pathOf(empty?.parent ?? parent)}/${name}`,
    `How does the partner name operators that left its list, with day and reason? The sample shows none; what stands in ${name} is our proposal.`,
  );
}

/** Words of ours in the style in which the sample writes its names. */
export function styled({ root }: Pick<AdditionsRequest, 'root'>, words: string): string {
  const names = allNodes(root)
    .filter(({ kind, label }) => kind !== 'attribute' && label === undefined)
    .map(({ name }) => name)
    .filter((name) => /^[A-Za-z]{2}/u.test(name));
  const share = (test: RegExp): number => names.filter((name) => test.test(name)).length / Math.max(1, names.length);
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  if (share(/_/u) > 0.2)
    return share(/^[A-Z0-9_]+$/u) > 0.5 ? words.toUpperCase().replaceAll(' ', '_') : words.replaceAll(' ', '_');
  const first = share(/^[A-Z]/u) > 0.5;
  return words
    .split(' ')
    .map((word, i) => (i === 0 && !first ? word : capital(word)))
    .join('');
}

function freeName(request: AdditionsRequest, words: string, beside: readonly SampleNode[]): string {
  const name = styled(request, words);
  return beside.some((node) => node.name === name) ? styled(request, `more ${words}`) : name;
}
