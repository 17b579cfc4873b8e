/** Whether a drafted message reads its own samples, each value as it stands there. */

import { asGatewayError } from '../../model/errors.ts';
import { dayNotation, momentNotation } from '../template/dates.ts';
import type { Field } from '../template/message-fields.ts';
import type { MessageFormat } from '../adapter.ts';
import { decodeText, type TextReaders } from '../check/message-text.ts';
import { tableOf, fieldsOf } from './fields.ts';
import type { Placed, Placement } from './placement.ts';
import { occurrencesIn, type Occurrence, type SampleNode } from './sample-tree.ts';
import { codesIn, dayPatternOf, joinOf, momentPatternOf } from './values.ts';
import type { Drafting } from './holes.ts';

export interface ReadBack {
  /** The message in our own words, where it is read. */
  readonly message?: unknown;
  readonly failure?: { readonly code: string; readonly detail: string; readonly at?: string };
}

export function readBack(format: MessageFormat<unknown>, text: string, readers: TextReaders): ReadBack {
  try {
    return { message: decodeText(format, text, readers) };
  } catch (error) {
    const { code, detail, at } = asGatewayError(error);
    if (code === 'E_INTERNAL') throw error;
    return { failure: { code, detail, ...(at === undefined ? {} : { at }) } };
  }
}

/** Items and roles with codes that nobody knows: a template refuses them, and the kept sample is without them. */
export function unreadable(
  { placements, items, departures }: Placed,
  strange: (table: string) => readonly string[],
): Set<Occurrence> {
  const dropped = new Set<Occurrence>();
  for (const { node, path, part } of placements) {
    const codes = strange(tableOf(path));
    if (codes.length === 0) continue;
    const isStrange = ({ text = '' }: Occurrence): boolean =>
      codesIn([text]).some((code) => codes.includes(code)) || codes.includes(text);
    const scope = part === 'departures' ? departures : part === 'list' || part === 'reply' ? node.parent : items;
    const alone = path === 'roles' && node.repeated;
    for (const item of alone ? node.occurrences : (scope?.occurrences ?? []))
      if (alone ? isStrange(item) : occurrencesIn(item, node).some(isStrange))
        dropped.add(part === 'list' || part === 'reply' ? (occurrencesIn(item, node)[0] ?? item) : item);
  }
  return dropped;
}

/** Placements whose values are not read as they stand in the sample, by node, each with the first that differs. */
export function differences(
  placed: Placed,
  root: Occurrence,
  message: unknown,
  { drafting, dropped }: { drafting: Drafting; dropped: ReadonlySet<Occurrence> },
): Map<SampleNode, string> {
  const found = new Map<SampleNode, string>();
  for (const placement of placed.placements) {
    const { part, node } = placement;
    const field = fieldsOf[part].find(({ path }) => path === placement.path);
    if (field === undefined) continue;
    const group =
      part === 'list' || part === 'reply' ? undefined : part === 'departures' ? placed.departures : placed.items;
    const occurrences = group === undefined ? [root] : occurrencesIn(root, group).filter((each) => !dropped.has(each));
    // The lists of a message are named as the parts are.
    const items =
      group === undefined ? [message] : ((message as Readonly<Record<string, readonly unknown[]>>)[part] ?? []);
    for (const [i, occurrence] of occurrences.entries()) {
      const texts = (occurrence.node === node ? [occurrence] : occurrencesIn(occurrence, node))
        .filter((each) => !dropped.has(each))
        .map(({ text = '' }) => text)
        .filter((text) => text !== '');
      const got = valueOf(field, items[i]);
      const expected = texts.flatMap((text) => expectedOf(placement, field, text, drafting) ?? got);
      if (texts.length > 0 && !isSame(expected, got))
        found.set(node, `${texts.join(', ')} is read as ${got.join(', ')}`);
    }
  }
  return found;
}

/** Roles have no order. */
function isSame(one: readonly (string | number)[], other: readonly (string | number)[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

function valueOf(field: Field, item: unknown): readonly (string | number)[] {
  if (item === undefined) return [];
  if (field.path === 'roles') return (item as { readonly roles: readonly string[] }).roles;
  const value = field.get(item);
  return value === undefined ? [] : [value];
}

/** A value of the sample in our own words; undefined where an answer says how it is read, or only a part of the value stands here. */
function expectedOf(
  { node, path, transforms }: Placement,
  field: Field,
  text: string,
  { vocabulary, codes }: Drafting,
): (string | number)[] | undefined {
  if (transforms !== undefined || path === 'message.from' || path === 'message.to') return undefined;
  switch (field.kind) {
    case 'day': {
      const day = dayNotation(dayPatternOf(node.values, vocabulary)?.pattern ?? '')?.read(text);
      return day === undefined ? undefined : [day];
    }
    case 'moment': {
      const pattern = momentPatternOf(node.values, vocabulary)?.pattern ?? '';
      const moment = /XXX$|Z$/u.test(pattern) ? momentNotation(pattern)?.read(text) : undefined;
      return moment === undefined ? undefined : [moment];
    }
    case 'count':
      return [Number(text)];
    case 'words':
    case 'text': {
      if (field.kind === 'text' && path !== 'grade') return [text];
      const words = Object.entries(codes[tableOf(path)] ?? {});
      const sign = path === 'roles' ? joinOf(node.values) : undefined;
      const pieces = sign === undefined ? [text] : text.split(sign);
      return pieces.map((piece) => words.find(([, code]) => code === piece)?.[0] ?? '');
    }
  }
}
