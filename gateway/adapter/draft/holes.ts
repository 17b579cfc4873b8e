/** Turns placements into holes, with the transforms that each value needs, and asks about each that is not certain. */

import type { MessageKind } from '../load.ts';
import { dayNotation, momentNotation } from '../template/dates.ts';
import type { Field } from '../template/message-fields.ts';
import type { ConversationDraft } from './conversation.ts';
import { addTable, ask, type Drafting } from './drafting.ts';
import type { Placed } from './place.ts';
import type { Sample } from './read-samples.ts';
import { isComputed } from '../template/computed.ts';
import { isSometimesAbsent, itemsIn, jsonKindOf, pathOf, repeatedAbove, type SampleNode } from './tree.ts';
import { periodForm } from './period-numbers.ts';
import { codesIn, fieldsOf, joinOf, notationsOf, tableOf } from './values.ts';
import { typeOf } from './vocabulary.ts';

/** One message while it is drafted. */
export interface Message extends Sample, Placed {
  readonly kind: MessageKind;
  /** The template. */
  readonly file: string;
  readonly drafting: Drafting;
  /** Of a list, where the partner runs another program than this. */
  readonly conversation?: ConversationDraft;
}

/** Shows every placed value in the template. */
export function placeHoles(message: Message): void {
  const { placements, file, kind, format, drafting } = message;
  for (const placement of placements) {
    const { node, path, scope, why, chain, certainty, text, beside } = placement;
    if (beside === true) continue;
    const at = `${file}#${pathOf(node)}`;
    const candidates = [...placement.candidates, 'fixed', 'ignore'].filter((each) => each !== path).join(', ');
    const question = path === 'ignore' || path === 'fixed' ? path : 'placed';
    if (certainty !== 'certain') ask(drafting, at, question, { name: node.name, path, why, candidates });
    const counted = chain === undefined && path === 'message.position.count' ? countedLists(node, message) : path;
    const field = fieldsOf(kind, scope).find((each) => each.path === path);
    if (path === 'fixed') node.use = { text: node.values[0] ?? '', fixed: true };
    if (isComputed(counted)) {
      node.use = { text: `{${counted}${chain ?? countChain(node)}}`, example: '1' };
      if (field !== undefined && why !== 'answered') widen(node, field, drafting, at);
      continue;
    }
    if (field === undefined) continue;
    if (text !== undefined) {
      const optional = !text.replaceAll(/\{[^{}]*\?/gu, '').includes('{');
      node.use = { text, optional, example: node.values[0] ?? '' };
      continue;
    }
    // The other part of a value that an answer splits.
    const first = placements.find((each) => each.path === path && each.chain?.startsWith('|first:') === true);
    const rest = first === undefined || first === placement ? undefined : first.chain?.replace('first', 'rest');
    node.use = useOf(chain ?? rest, field, node, message);
    // What a person said what it is has the columns of the sample.
    if (why !== 'answered') widen(node, field, drafting, at);
    const isEmpty = node.kind !== 'cell' && node.items.length > node.values.length;
    if (isEmpty) ask(drafting, at, 'empty', { name: node.name, how: format === 'json' ? 'as null' : 'empty' });
  }
}

/** What a total counts, by the totals of the samples. Only chained lists state how many operators are held after them. */
function countedLists(node: SampleNode, { files, items, departures, conversation }: Message): string {
  const counts = (...lists: readonly (SampleNode | undefined)[]): boolean =>
    files.every(({ root }) => {
      const count = lists.flatMap((list) => (list === undefined ? [] : itemsIn(root, list))).length;
      return itemsIn(root, node).every(({ text }) => Number(text) === count);
    });
  const known = ['count:records', 'count:records+departures'];
  if (conversation?.unstated.has('message.position.count') !== true) return 'message.position.count';
  const found = counts(items) ? known[0] : departures !== undefined && counts(items, departures) ? known[1] : undefined;
  return found ?? 'message.position.count';
}

/** A count is written as a number of JSON, or filled with zeros. */
function countChain(node: SampleNode): string {
  if (jsonKindOf(node) === 'number') return '|number';
  const [{ length }, isFilled] = [node.values[0] ?? '', node.values.some((value) => /^0\d/u.test(value))];
  return isFilled && node.columns === undefined && node.values.every((value) => value.length === length)
    ? `|pad:${length}`
    : '';
}

/** A value with its transforms. `node`: with the values of the sample, none for a value that the draft adds. */
export function useOf(
  chain: string | undefined,
  field: Field,
  node: SampleNode,
  message: Message,
): NonNullable<SampleNode['use']> {
  const { path, kind } = field;
  const { codes, vocabulary } = message.drafting;
  const table = tableOf(field);
  const values = path === 'roles' ? codesIn(node.values) : node.values;
  if (table !== undefined) addTable(message.drafting, table, values, node.columns?.width);
  if (path === 'roles' && !isJoined(node, message.items)) return { text: '{.|code:role}', example: '' };
  const steps = chain ?? chainOf(field, node, message);
  // A name that every record has is required, the Latin one where there are two; a cell may be empty.
  const names = message.placements.filter((each) => each.path.startsWith('name.')).map((each) => each.path);
  const isMain =
    (names.includes('name.latin') ? 'name.latin' : names[0]) === path &&
    node.kind !== 'cell' &&
    !isSometimesAbsent(node);
  const optional = field.optional && path !== 'roles' && !isMain;
  const { example } = typeOf(vocabulary, path, kind);
  const day = dayNotation(/\|date:(.+)$/u.exec(steps)?.[1] ?? '')?.write(example);
  const [code = day ?? node.values[0] ?? example] = Object.values(codes[table ?? ''] ?? {});
  return { text: `{${path}${optional ? '?' : ''}${steps}}`, optional: optional || path === 'roles', example: code };
}

function chainOf(field: Field, node: SampleNode, message: Message): string {
  const { path, kind } = field;
  const { format, drafting, file } = message;
  const number = jsonKindOf(node) === 'number' ? '|number' : '';
  const [at, table] = [`${file}#${pathOf(node)}`, tableOf(field)];
  if (path === 'roles') {
    const sign = joinOf(node.values);
    if (sign === undefined) ask(drafting, at, 'joined', { name: node.name });
    return `|code:role|join:${sign ?? (format === 'csv' ? '/' : ',')}`;
  }
  if (table !== undefined) return `|code:${table}${number}`;
  if (kind === 'count') return countChain(node);
  if (kind === 'period') return (periodForm(node.values)?.chain ?? '') + number;
  if (kind === 'day' || kind === 'moment')
    return format === 'xlsx.csv' && jsonKindOf(node) === 'other' ? '|date:excel' : dateChain(kind, node, drafting, at);
  if (path === 'message.from' || path === 'message.to') return partyChain(path, node.values, drafting);
  if (path === 'identifier' && number !== '') ask(drafting, at, 'numberIdentifier', { name: node.name });
  if (!field.free || node.values.length === 0 || format === 'xml' || format === 'json') return '';
  const { width, bytes } = node.columns ?? {};
  return width === undefined ? '|oneLine' : `|oneLine|max:${width}${bytes ? 'b' : ''}`;
}

function dateChain(kind: 'day' | 'moment', { name, values }: SampleNode, drafting: Drafting, at: string): string {
  const ours = kind === 'day' ? 'yyyy-MM-dd' : 'yyyy-MM-ddTHH:mm:ss.SSSZ';
  const moments = kind === 'day' ? [] : notationsOf(kind, values, drafting.vocabulary);
  const days = moments.length > 0 ? [] : notationsOf('day', values, drafting.vocabulary);
  const [pattern = ours, ...others] = [...moments, ...days];
  if (others.length > 0) ask(drafting, at, 'ambiguous', { name, pattern, others: others.join(' or ') });
  if (pattern === ours) return '';
  if (kind === 'day' || days.length > 0) return `|date:${pattern}`;
  const { answers, given, home } = drafting;
  const answer = answers.get('/timeZone');
  const zone = typeof answer === 'string' && answer !== 'yes' ? answer : (given.timeZone ?? home.timeZone);
  const isZoned = /XXX$|Z$/u.test(pattern);
  // A time without zone can be read back where the clock keeps one offset all year.
  const isLocal = isZoned ? pattern.endsWith('XXX') : momentNotation('yyyyMMddHHmm', zone) !== undefined;
  if (!isZoned) ask(drafting, at, isLocal ? 'ownClock' : 'clock', { name });
  return `|${isLocal ? 'zoned' : 'datetime'}:${pattern}`;
}

/** Administrations by their two letters, or by names of the partner's own, which a table translates. */
function partyChain(path: string, values: readonly string[], drafting: Drafting): string {
  if (values.every((value) => /^[A-Z]{2}$/u.test(value))) return '';
  const { partner, home, codes } = drafting;
  const [side, other] = path === 'message.from' ? [partner, home.country] : [home.country, partner];
  if (codes['party'] === undefined) ask(drafting, '/codes/party', 'party');
  codes['party'] = { [other]: other, ...codes['party'], [side]: values[0] ?? side };
  return '|code:party';
}

/** Several roles in one value: where nothing can be repeated for them, or the sample writes them so. */
export function isJoined(node: SampleNode, items: SampleNode | undefined): boolean {
  if (items !== undefined && repeatedAbove(node, items) !== undefined) return false;
  return node.kind !== 'element' || joinOf(node.values) !== undefined;
}

/** Makes columns of fixed width wide enough for our own values, and asks. Zeros fill a count that is always written in full. */
function widen(node: SampleNode, { path, kind }: Field, drafting: Drafting, at: string): void {
  if (node.columns === undefined) return;
  const { country, invented } = drafting.home;
  const ours = country.length + invented.code.replaceAll('{place}', invented.places[0]?.codePrefix ?? '').length;
  const { least = 0 } = path === 'identifier' ? { least: ours } : typeOf(drafting.vocabulary, path, kind);
  const { width, fill } = node.columns;
  const isFull = kind === 'count' && node.values.every(({ length }) => length === width);
  node.columns = { ...node.columns, width: Math.max(width, least), fill: isFull ? '0>' : fill };
  if (width < least) ask(drafting, at, 'narrow', { name: node.name, least, width });
}
