/** What our model needs and a sample does not carry: proposed as elements of their own, each a question to the partner. */

import { isUnsigned } from '../../model/message.ts';
import type { Field } from '../template/message-fields.ts';
import { ask } from './drafting.ts';
import { isJoined, useOf, type Message } from './holes.ts';
import { sampleFault } from './sample-text.ts';
import { isSometimesAbsent, leavesOf, newNode, pathOf, pathTo, repeatedAbove, type SampleNode } from './tree.ts';
import { fieldsOf, notationsOf } from './values.ts';
import { typeOf } from './vocabulary.ts';

/** Adds what is missing, and says what repeats. Throws E_SAMPLE_UNREADABLE when no element can be the operator's number, or the verdict of an acknowledgement. */
export function complete(message: Message): void {
  const { kind, placements, file, root, format } = message;
  if (kind === 'acknowledgement') {
    if (placements.some(({ path }) => path === 'ack.verdict')) return;
    throw sampleFault(file, 'no element looks like the verdict on a list', whichFix(message, 'ack.verdict'));
  }
  const scope = kind === 'list' ? 'records' : 'results';
  if (kind === 'list' && !placements.some((each) => each.scope === scope && each.path === 'identifier')) {
    throw sampleFault(file, 'no element looks like the number of an operator', whichFix(message, 'identifier'));
  }
  const items = message.items ?? newGroup(message, root, scope);
  items.each = scope;
  addMissing(message, items, scope, message.items !== undefined);
  const roles = placements.find(({ path }) => path === 'roles')?.node;
  if (roles !== undefined && !isJoined(roles, items)) {
    const above = pathTo(roles, items).find(isSometimesAbsent);
    const always = above === undefined || (above === roles && roles.kind === 'element' && roles.parent === items);
    (repeatedAbove(roles, items) ?? roles).each = always ? 'roles' : 'roles?';
  }
  const around = items.parent ?? root;
  if (missing(message, 'message').length > 0) {
    const before = around.children.findIndex((child) => child.name.startsWith('heading') || child === items);
    const group = newGroup(message, around, kind === 'list' ? 'stream' : 'reply', before);
    const list = addMissing(message, group, 'message', false).map((path) => path.replace('message.', ''));
    if (message.files.length > 0)
      ask(message.drafting, `${file}#${pathOf(group)}`, 'stream', { list: list.join(', ') });
  }
  const left = message.conversation?.leftCodes ?? [];
  if (left.length > 0) addAmong(message, items, left);
  else if (kind === 'list' && message.conversation?.fullOnly !== true)
    addDepartures(message, around, around.children.indexOf(items) + 1);
  // An XML signature refers to the root by its `Id`.
  const seal = message.drafting.answers.get('/seal');
  if (typeof seal === 'object' && seal !== null && isUnsigned(seal)) return;
  if (format !== 'xml' || root.children.some((child) => child.kind === 'attribute' && child.name === 'Id')) return;
  root.children.unshift({ ...newNode({ kind: 'attribute', name: 'Id' }, root), use: { text: 'message', fixed: true } });
}

/** The elements that were found, with a value of each, one of which an answer may name; in fixed width also where values begin. */
function whichFix({ file, format, root }: Message, path: string): string {
  const found = leavesOf(root).slice(0, 20);
  const at = `${file}#${found[0] === undefined ? '/Element' : pathOf(found[0])}`;
  const shown = found.map((node) => `${pathOf(node)} (${node.values[0]?.slice(0, 30) ?? ''})`).join(', ');
  const line = `${file}#/${root.children.find(({ children }) => children.length > 0)?.name ?? 'line'}`;
  const columns = format === 'fixed' ? ` Where values begin: --answer "${line}=1 2 11 41".` : '';
  return `Say which it is, one of ${shown}: --answer "${at}=${path}".${columns}`;
}

/** Operators that left: the sample's own list of them, or a proposal behind the operators. */
function addDepartures(message: Message, parent: SampleNode, index: number): void {
  const name = message.format === 'json' ? 'departures' : 'departure';
  const group = message.departures ?? newGroup(message, parent, name, index);
  group.each = 'departures';
  const isShown = leavesOf(group).length > 0;
  addMissing(message, group, 'departures', isShown);
  if (!isShown) ask(message.drafting, `${message.file}#${pathOf(group)}`, 'departures', { name: group.name });
}

/** Departures that look like the operators, with a reason where those have their state. */
function addAmong(message: Message, items: SampleNode, codes: readonly string[]): void {
  const { placements, format, root } = message;
  const pathAt = (node: SampleNode): string | undefined => placements.find((each) => each.node === node)?.path;
  const since = ['statusSince', 'validFrom'].find((path) => placements.some((each) => each.path === path));
  const paths: Readonly<Record<string, string>> = {
    identifier: 'identifier',
    status: 'reason',
    [since ?? '']: 'since',
  };
  const like = (node: SampleNode, parent: SampleNode): SampleNode | undefined => {
    const path = paths[pathAt(node) ?? ''];
    const values = path === 'reason' ? [...codes] : node.values;
    const copy: SampleNode = { ...newNode(node, parent), values };
    const field = fieldsOf('list', 'departures').find((each) => each.path === path);
    if (field !== undefined) copy.use = useOf(undefined, field, copy, message);
    else if (node.use?.fixed === true || node.use?.text.startsWith('{#') === true) copy.use = node.use;
    copy.children.push(...node.children.flatMap((child) => like(child, copy) ?? []));
    return copy.use !== undefined || copy.children.length > 0 || node.kind === 'cell' ? copy : undefined;
  };
  const parent = items.parent ?? root;
  const group = like(items, parent);
  if (group === undefined) return;
  group.each = format === 'json' ? 'departures?' : 'departures';
  parent.children.splice(parent.children.indexOf(items) + 1, 0, group);
}

/** The fields that a part needs and the sample has no place for. */
function missing({ kind, placements, conversation }: Message, scope: string): readonly Field[] {
  const present = placements.filter((each) => each.scope === scope).map(({ path }) => path);
  return fieldsOf(kind, scope).filter(
    ({ path, optional, derived }) =>
      !optional && derived !== true && !present.includes(path) && conversation?.unstated.has(path) !== true,
  );
}

/** Adds them as elements, members or cells at the end of a group. Days are written as the sample writes its others. */
function addMissing(message: Message, parent: SampleNode, scope: string, isAsked: boolean): readonly string[] {
  const { format, drafting, placements, file } = message;
  const { vocabulary } = drafting;
  const kind = format === 'xml' ? 'element' : format === 'json' ? 'member' : 'cell';
  const days = placements.find(({ path }) => ['validFrom', 'validTo', 'statusSince'].includes(path))?.node.values ?? [];
  const [pattern = 'yyyy-MM-dd'] = notationsOf('day', days, vocabulary);
  return missing(message, scope).map((field) => {
    const name = freeName(message, vocabulary.fields[field.path]?.added ?? field.path, parent);
    const { width } = typeOf(vocabulary, field.path, field.kind);
    const { bytes } = parent.children.find((each) => each.columns !== undefined)?.columns ?? {};
    const columns = format === 'fixed' ? { width, fill: '' as const, bytes } : undefined;
    const node = newNode({ kind, name, space: parent.space, columns }, parent);
    const day = field.kind === 'day' && pattern !== 'yyyy-MM-dd' ? `|date:${pattern}` : undefined;
    node.use = useOf(field.kind === 'count' && format === 'json' ? '|number' : day, field, node, message);
    parent.children.push(node);
    if (message.plain === true) addTitle(message, name);
    if (isAsked) ask(drafting, `${file}#${pathOf(node)}`, 'missing', { path: field.path, name });
    return field.path;
  });
}

/** A title for a column that the sample lacks. */
function addTitle({ root }: Message, name: string): void {
  const titles = root.children.find((line) => line.name === 'heading');
  const title = titles && newNode({ kind: 'cell', name, label: true }, titles);
  if (title !== undefined) titles?.children.push({ ...title, use: { text: name, fixed: true } });
}

/** A group; of lines, a line that begins with a tag of its own. */
function newGroup(message: Message, parent: SampleNode, words: string, index = parent.children.length): SampleNode {
  const { format, root } = message;
  const name = freeName(message, words, parent);
  const isLine = format !== 'xml' && format !== 'json';
  // Tags of one length distinguish lines of fixed width.
  const tags = root.children.flatMap(({ children: [first] }) => (first?.label === true ? [first.use?.text ?? ''] : []));
  const length = Math.min(...tags.map((tag) => tag.length), 3);
  const letters = Array.from(`${words.toUpperCase()}XYZ`, (letter) => letter.repeat(length));
  const tag = format === 'fixed' ? (letters.find((each) => !tags.includes(each)) ?? name) : name;
  const kind = format === 'xml' ? 'element' : isLine ? 'line' : 'member';
  const group = newNode({ kind, name: isLine ? tag : name, space: parent.space }, parent);
  const first: SampleNode = {
    ...newNode({ kind: 'cell', name: '', label: true }, group),
    use: { text: tag, fixed: true },
  };
  if (isLine) group.children.push(first);
  parent.children.splice(index, 0, group);
  return group;
}

/** Words of ours in the style in which the sample writes its names, and another name than those beside it. */
function freeName({ root }: Message, words: string, { children }: SampleNode): string {
  const names = leavesOf(root).map(({ name }) => name);
  const like = names.find((name) => name.includes('_')) ?? (root.name || (names[0] ?? ''));
  const camel = words.replaceAll(/ (\w)/gu, (_, letter: string) => letter.toUpperCase());
  const own = /^[A-Z]/u.test(like) ? camel.charAt(0).toUpperCase() + camel.slice(1) : camel;
  const styled = like.includes('_') ? words.replaceAll(' ', '_') : own;
  return children.some((node) => node.name === styled) ? `${styled}2` : styled;
}
