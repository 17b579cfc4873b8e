/** Keeps each sample of the partner with what the drafted template reads it as, and asks where a value is not read as it stands there. */

import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../model/errors.ts';
import type { MessageFormat } from '../adapter.ts';
import { refusalOf } from '../check/failures.ts';
import { decodeText, jsonText, type TextReaders } from '../check/message-text.ts';
import { fieldsOfKind, itemsOf } from '../check/template-text.ts';
import { readParts } from '../template/computed.ts';
import { openTemplateScope, parseHole, type Hole } from '../template/holes.ts';
import type { TransformContext } from '../template/transforms.ts';
import { invalidValue } from '../faults.ts';
import { ask } from './drafting.ts';
import type { Message } from './holes.ts';
import type { Placement } from './place.ts';
import { itemsIn, jsonKindOf, pathOf, repeatedAbove, type Item, type SampleNode } from './tree.ts';
import { completed, writtenText } from './write.ts';

/** A placed element with the hole that reads it. */
interface Reader extends Placement {
  readonly hole: Hole;
}

/** The holes of all placed elements. Throws E_REQUEST_INVALID for an answer that does not read the values of the sample. */
export function readersOf({ placements, kind, file, format }: Message, context: TransformContext): readonly Reader[] {
  return placements.flatMap((placement): Reader[] => {
    const { node, scope, why, beside } = placement;
    if (beside === true) return [];
    const { text, fixed } = node.use ?? { text: '', fixed: true };
    if (fixed === true || /^\{(?:#|count:)/u.test(text)) return [];
    const of = fieldsOfKind(kind, text.startsWith('{.') ? 'roles' : scope) ?? { fields: [], lists: [] };
    const at = `${file}#${pathOf(node)}`;
    let hole: Hole | undefined;
    const fault = refusalOf(() => {
      hole = parseHole(openTemplateScope({ ...of, build: (slots) => slots }, context), text, at);
      for (const value of node.values) readValue(hole, value);
      requireSameKind(hole, node, format);
    });
    if (why === 'answered' && fault !== undefined && fault.code !== 'E_CODE_UNKNOWN') {
      const fix = 'Look at the values of the sample, and correct the answer.';
      throw new GatewayError('E_REQUEST_INVALID', `an answer contradicts the sample: ${fault.detail}`, { at, fix });
    }
    return hole === undefined ? [] : [{ ...placement, hole }];
  });
}

/** A number of JSON or a workbook is read by a hole for numbers alone, and a text by no such hole. */
function requireSameKind({ numeric }: Hole, node: SampleNode, format: Message['format']): void {
  if (node.values.length === 0 || (format !== 'json' && format !== 'xlsx.csv')) return;
  const isBare = jsonKindOf(node) !== undefined;
  if (isBare === numeric) return;
  throw invalidValue(isBare ? 'the value is no text, and |number is not agreed' : 'the value is a text and no number');
}

/** Throws what is wrong with it, or with one of several values in it. */
function readValue(hole: Hole, value: string): void {
  if (hole.parts === undefined) hole.read(value);
  else readParts(hole.parts, value, readValue);
}

/** A value as it stands in a sample, and as it is read. */
export interface Reading {
  readonly file: string;
  readonly scope: string;
  /** The operator of its list in the sample, from 1; those that are not read count too. */
  readonly item: number;
  readonly element: string;
  readonly text: string;
  readonly path: string;
  readonly value: string;
}

/** Adds the original of each sample, the text as the template needs it, and what that is read as. Undefined where one is not read at all, else its first values. */
export function keepSamples(
  message: Message,
  readers: readonly Reader[],
  format: MessageFormat<unknown>,
  files: Map<string, string | Uint8Array>,
  tools: TextReaders,
): readonly Reading[] | undefined {
  const { kind, drafting, root, file: template } = message;
  const kept = message.files.map(({ file, bytes, workbook, root: sample }, i): readonly Reading[] | undefined => {
    const folder = `samples/partner-${kind}-${i + 1}`;
    const ending = message.format === 'xlsx.csv' ? 'csv' : message.format;
    const refused = new Set(readers.flatMap((reader) => refusedBy(reader, sample, message)));
    recount(message, sample, refused);
    const completedText = writtenText(completed(root, sample, refused), message);
    files.set(`${folder}/0-original.${workbook === undefined ? ending : 'xlsx'}`, bytes);
    let read: unknown;
    const fault = refusalOf(() => (read = decodeText(format, completedText, tools)));
    if (fault !== undefined) {
      const detail = `${file} is refused: ${fault.code}, ${fault.detail} at ${fault.at ?? 'its beginning'}`;
      ask(drafting, `${template}#${topOf(message)}`, 'unread', { detail });
      return undefined;
    }
    files.set(`${folder}/1-${kind}.${ending}`, completedText);
    files.set(`${folder}/2-read.json`, jsonText(read));
    return readers.flatMap((reader) => compare(message, reader, { file, root: sample, refused, read }));
  });
  return kept.includes(undefined) ? undefined : kept.flatMap((each) => each ?? []);
}

/** A total counts what is kept of the sample. */
function recount({ placements, items, departures }: Message, root: Item, refused: ReadonlySet<Item>): void {
  for (const { node } of placements) {
    const [, both] = /^\{count:records(\+departures)?/u.exec(node.use?.text ?? '') ?? [];
    if (node.use?.text.startsWith('{count:records') !== true) continue;
    const lists = [items, both === undefined ? undefined : departures];
    const kept = lists
      .flatMap((list) => (list === undefined ? [] : itemsIn(root, list)))
      .filter((one) => !refused.has(one));
    for (const item of itemsIn(root, node)) item.text = String(kept.length).padStart(item.text?.length ?? 0, '0');
  }
}

export function topOf({ root }: Pick<Message, 'root'>): string {
  return pathOf(root.name === '' ? (root.children[0] ?? root) : root);
}

/** The items of the list to which an element belongs; the message itself for others. */
function groupsIn({ scope }: Placement, root: Item, { items, departures }: Message): readonly Item[] {
  if (scope === 'message') return [root];
  const group = scope === 'departures' ? departures : items;
  return group === undefined ? [] : itemsIn(root, group);
}

/** Operators with a value that the hole does not read, a code that nobody knows, and such roles: the kept sample is without them. */
function refusedBy(reader: Reader, root: Item, message: Message): Item[] {
  const { node, hole, scope, path } = reader;
  const isRead = ({ text = '' }: Item): boolean => text === '' || refusalOf(() => readValue(hole, text)) === undefined;
  // A cell may be empty, and one of several elements be missing.
  const isSeveral = message.items !== undefined && repeatedAbove(node, message.items) === node;
  const isSingle = isSeveral || (path === 'roles' && node.kind === 'cell');
  return groupsIn(reader, root, message).flatMap((group) => {
    const strange = scope === 'message' ? [] : itemsIn(group, node).filter((item) => !isRead(item));
    return isSingle ? strange : strange.length > 0 ? [group] : [];
  });
}

interface ReadSample {
  readonly file: string;
  readonly root: Item;
  readonly refused: ReadonlySet<Item>;
  readonly read: unknown;
}

const mostShown = 5;

/** Every value must be read, and written again as it stands in the sample. Roles have no order. The first values, each with what it is read as. */
function compare(message: Message, reader: Reader, { file, root, refused, read }: ReadSample): readonly Reading[] {
  const { node, hole, path, scope } = reader;
  const isKept = (item: Item): boolean => !refused.has(item);
  const items = itemsOf(message.kind, scope, read);
  const compared = groupsIn(reader, root, message)
    .map((group, i) => ({ group, item: i + 1 }))
    .filter(({ group }) => isKept(group))
    .map(({ group, item }, i) => {
      const texts = itemsIn(group, node)
        .filter(isKept)
        .flatMap(({ text }) => (text ? [text] : []));
      const found = items[i];
      const roles = path === 'roles' ? (found as { readonly roles?: readonly string[] } | undefined)?.roles : undefined;
      const expected = roles === undefined ? texts : texts.flatMap((text) => hole.read(text)).sort();
      const got = roles?.toSorted() ?? [found === undefined ? undefined : filledCell(hole.write(found), node)];
      const same = texts.length === 0 || isDeepStrictEqual(expected, got);
      const value = (roles ?? [valueAt(found, path)]).join(', ');
      return { text: texts.join(', '), value, item, same, got: got.join(', ') };
    });
  const different = compared.find(({ same }) => !same);
  const at = `${message.file}#${pathOf(node)}`;
  if (different !== undefined)
    ask(message.drafting, at, 'readOtherwise', { detail: `${different.text} is read as ${different.got}` });
  return compared.slice(0, mostShown).flatMap(({ text, value, item }) => {
    return text === '' ? [] : [{ file, scope, item, element: pathOf(node), text, path, value }];
  });
}

function valueAt(found: unknown, path: string): string {
  const steps = path.replace(/^(?:message|ack)\./u, '').split('.');
  const value = steps.reduce<unknown>(
    (at, step) => (at as Readonly<Record<string, unknown>> | undefined)?.[step],
    found,
  );
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Zeros fill the columns of a count. */
function filledCell(text: string | undefined, { columns }: SampleNode): string | undefined {
  return columns?.fill === '0>' ? text?.padStart(columns.width, '0') : text;
}
