/** What our model needs and a sample does not carry: proposed as elements of their own, each a question to the partner. */

import { dayNotation } from '../template/dates.ts';
import type { Field } from '../template/message-fields.ts';
import { fieldsOf, tableOf, type Part } from './claims.ts';
import { addGrades, addTable, ask, freeCode } from './codes.ts';
import { codeType, dateType, holeUse, isJoined, type Message } from './holes.ts';
import { sampleFault } from './read-samples.ts';
import { allNodes, isUnder, newNode, pathOf, pathTo, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { notationOf } from './values.ts';
import { matchName, typeOf } from './vocabulary.ts';

/** Adds what is missing, and says what repeats. Throws E_SAMPLE_UNREADABLE when no element can be the operator's number. */
export function addMissing(message: Message): void {
  const { kind, placed, drafting, file, root } = message;
  const part = kind === 'list' ? 'records' : 'results';
  const { items, placements } = placed;
  if (items === undefined || !placements.some((each) => each.part === part && each.path === 'identifier')) {
    const error = new Error('no element looks like the number of an operator');
    throw sampleFault(error, file, 'Say which it is: --answer "/Path/Of/Element=identifier".');
  }
  addAsked(message, part, items);
  items.each = part;
  const roles = placements.find(({ path }) => path === 'roles')?.node;
  if (roles !== undefined && !isJoined(roles, items)) {
    const gap = pathTo(roles, items).find(({ seenIn, parent }) => seenIn < (parent?.occurrences.length ?? 0));
    // An empty list needs no group of its own where that does not always stand there.
    const always = gap === undefined || (gap === roles && gap.kind === 'element' && gap.parent === items);
    (repeatedAbove(roles, items) ?? roles).each = always ? 'roles' : 'roles?';
  }
  addMessageValues(message, items);
  if (kind === 'list') addDepartures(message, items);
  const id = rootId(message);
  const type = typeOf(drafting.vocabulary, '', 'signedId');
  if (id === undefined) return;
  const use = id === 'message' ? holeUse('{message.id}', type) : { ...holeUse('message', type), is: 'fixed' as const };
  root.children.unshift({ ...newNode({ name: 'Id', namespace: '', kind: 'attribute' }, root), use });
}

/** An XML signature refers to the root by its `Id`: the message id where nothing else carries it, a fixed word elsewhere. */
function rootId({ root, format, placed }: Message): 'message' | 'fixed' | undefined {
  if (format !== 'xml' || root.children.some(({ kind, name }) => kind === 'attribute' && name === 'Id'))
    return undefined;
  return placed.placements.some(({ path }) => path === 'message.id') ? 'fixed' : 'message';
}

/** The fields that the part needs and the sample has no place for. */
function missingFields(message: Message, part: Part): Field[] {
  const present = new Set(message.placed.placements.filter((each) => each.part === part).map(({ path }) => path));
  const byId = rootId(message) === 'message';
  const needed = fieldsOf[part].filter(({ path, optional }) => !optional && !present.has(path));
  return needed.filter(({ path }) => !byId || path !== 'message.id');
}

/** Values that every item needs, as elements at its end; each is asked for by itself. */
function addAsked(message: Message, part: Part, node: SampleNode): void {
  for (const field of missingFields(message, part)) {
    const { name } = addNeeded(message, node, field);
    ask(message.drafting, `${message.file}#${pathOf(node)}/${name}`, 'missing', { path: field.path, name });
  }
}

/** A needed value as an element, member or cell at the end of a group. Days are written as the sample writes its others. */
function addNeeded(message: Message, parent: SampleNode, { path, kind }: Field, words?: string): SampleNode {
  const { drafting, format, placed } = message;
  const { vocabulary } = drafting;
  const plain = typeOf(vocabulary, path, kind);
  let [chain, type] = ['', plain];
  const table = tableOf(path);
  if (path === 'grade') addGrades(drafting, []);
  else if (kind === 'words') addTable(drafting, table, [], 40, false);
  if (path === 'grade' || kind === 'words') [chain, type] = [`|code:${table}`, codeType(drafting, table)];
  const days = placed.placements.find((each) => ['validFrom', 'validTo', 'statusSince'].includes(each.path));
  const pattern = notationOf('day', days?.node.values ?? [], vocabulary)?.pattern ?? 'yyyy-MM-dd';
  if (kind === 'day' && pattern !== 'yyyy-MM-dd') {
    const example = dayNotation(pattern)?.write(plain.example) ?? '';
    [chain, type] = [`|date:${pattern}`, { ...dateType(pattern, plain), width: pattern.length, example }];
  }
  if (kind === 'count' && format === 'json') [chain, type] = ['|number', { ...plain, number: true }];
  const about = { kind: kindOf(message), namespace: format === 'xml' ? parent.namespace : '' } as const;
  const name = freeName(message, words ?? vocabulary.fields[path]?.added ?? '', parent);
  const node = newNode({ ...about, name }, parent);
  if (format === 'fixed') node.columns = { width: type.width, fill: '' };
  parent.children.push(node);
  node.use = holeUse(`{${path}${chain}}`, type);
  return node;
}

function kindOf({ format }: Message): SampleNode['kind'] {
  return format === 'xml' ? 'element' : format === 'json' ? 'member' : 'column';
}

/** A group; of lines, a line with a tag of its own. `before`: the node in whose place it comes. */
function addGroup(message: Message, parent: SampleNode, words: string, index = parent.children.length): SampleNode {
  const { root, format } = message;
  const name = freeName(message, words, parent);
  const tags = root.children.flatMap(({ tag }) => (tag === undefined ? [] : [tag.text]));
  const like = root.children.some(({ tag }) => tag?.added === false) ? tags : format === 'fixed' ? ['AAA'] : [];
  const text = like.length === 0 ? name : freeCode(name.toLowerCase(), tags, like);
  const node =
    format === 'xml' || format === 'json'
      ? newNode({ name, namespace: parent.namespace, kind: kindOf(message) }, parent)
      : newNode({ name: text, namespace: '', kind: 'line', tag: { text, added: true } }, parent);
  parent.children.splice(index, 0, node);
  return node;
}

/** Position and times, in one group: in the header, which holds values of the message and no operators, else before the operators. */
function addMessageValues(message: Message, items: SampleNode): void {
  const { kind, placed, root, drafting, file } = message;
  const missing = missingFields(message, kind);
  if (missing.length === 0) return;
  const header = placed.placements
    .filter(({ part, path, node }) => part === kind && path !== 'ignore' && node.kind !== 'attribute')
    .flatMap(({ node }) => (node.parent === undefined || isUnder(items, node.parent) ? [] : [node.parent]))
    .find(({ kind: of, tag }) => of !== 'line' || tag?.added === false);
  const branch = root.children.findIndex((child) => child.name.startsWith('heading') || isUnder(items, child));
  const group =
    header?.kind === 'line'
      ? header
      : header === undefined
        ? addGroup(message, root, 'stream', branch)
        : addGroup(message, header, 'stream');
  for (const field of missing) addNeeded(message, group, field);
  const list = missing.map(({ path }) => path.replace('message.', '')).join(', ');
  ask(drafting, `${file}#${pathOf(group)}${group === header ? '/stream' : ''}`, 'stream', { list });
}

/** Operators that left: the sample's own list of them, or a proposal behind the operators. */
function addDepartures(message: Message, items: SampleNode): void {
  const { placed, root, format, drafting, file } = message;
  if (placed.departures !== undefined) {
    placed.departures.each = 'departures';
    addAsked(message, 'departures', placed.departures);
    return;
  }
  const parent = items.parent ?? root;
  const isEmpty = ({ values, children, name }: SampleNode): boolean =>
    values.length === 0 && children.length === 0 && matchName(drafting.vocabulary, 'departures', name).score > 0.5;
  const empty = [...parent.children, ...(parent.parent?.children ?? [])].find(isEmpty);
  const behind = parent.children.indexOf(items) + 1;
  const added = (): SampleNode =>
    empty === undefined
      ? addGroup(message, parent, format === 'json' ? 'departures' : 'departure', behind)
      : addGroup(message, empty, 'departure');
  const group = empty !== undefined && format === 'json' ? empty : added();
  group.each = 'departures';
  for (const field of fieldsOf.departures) addNeeded(message, group, field);
  ask(drafting, `${file}#${pathOf(group)}`, 'departures', { name: group.name });
}

/** Words of ours in the style in which the sample writes its names, and another name than those beside it. */
function freeName(message: Message, words: string, { children }: SampleNode): string {
  const name = styledName(message, words);
  return children.some((node) => node.name === name) ? styledName(message, `more ${words}`) : name;
}

function styledName({ like }: Pick<Message, 'like'>, words: string): string {
  const names = allNodes(like)
    .filter(({ kind, label }) => kind !== 'attribute' && label === undefined)
    .map(({ name }) => name)
    .filter((name) => /^[A-Za-z]{2}/u.test(name));
  const share = (test: RegExp): number => names.filter((name) => test.test(name)).length / Math.max(1, names.length);
  if (share(/_/u) > 0.2) {
    const joined = words.replaceAll(' ', '_');
    return share(/^[A-Z0-9_]+$/u) > 0.5 ? joined.toUpperCase() : joined;
  }
  const camel = words.replaceAll(/ (\w)/gu, (_, letter: string) => letter.toUpperCase());
  return share(/^[A-Z]/u) > 0.5 ? camel.charAt(0).toUpperCase() + camel.slice(1) : camel;
}

/** The reply of a partner that gave no sample of one: plain, in the style of its list. */
export function plainReply({ format, like, drafting }: Message): Message {
  const name = styledName({ like }, 'list reply');
  const root = newNode({ name, namespace: like.namespace, kind: like.kind }, undefined);
  const placed = { placements: [], items: undefined, departures: undefined };
  const message: Message = { kind: 'reply', file: `reply.${format}`, format, root, placed, like, drafting };
  const { vocabulary } = drafting;
  const lines = format === 'csv' || format === 'fixed';
  const head = lines ? addGroup(message, root, 'reply') : root;
  for (const field of fieldsOf.reply) {
    const node = addNeeded(message, head, field);
    // An XML signature refers to the message by the Id of its root.
    if (format !== 'xml' || field.path !== 'message.id') continue;
    const use = holeUse('{message.id}', typeOf(vocabulary, '', 'signedId'));
    head.children.splice(0, head.children.length, { ...node, name: 'Id', namespace: '', kind: 'attribute', use });
  }
  const results = addGroup(message, root, format === 'xml' ? 'result' : 'results');
  results.each = 'results';
  for (const field of fieldsOf.results) {
    const node = addNeeded(message, results, field, field.path === 'identifier' ? 'id' : undefined);
    // A malformed number is quoted as it came.
    if (field.path !== 'identifier') continue;
    const type = typeOf(vocabulary, '', 'text');
    node.use = holeUse('{identifier}', type);
    if (format === 'fixed') node.columns = { width: type.width, fill: '' };
  }
  ask(drafting, '/messages/reply', 'noReply');
  return message;
}
