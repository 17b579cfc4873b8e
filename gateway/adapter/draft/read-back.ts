/** Keeps each sample of the partner with what the drafted templates read it as: whether each value is read as it stands there. */

import { asGatewayError } from '../../model/errors.ts';
import { isDeepStrictEqual } from 'node:util';
import type { MessageFormat } from '../adapter.ts';
import { decodeText, type TextReaders } from '../check/message-text.ts';
import type { Manifest } from '../manifest.ts';
import type { Field } from '../template/message-fields.ts';
import { fieldsOf, tableOf } from './claims.ts';
import { ask } from './codes.ts';
import type { Message } from './holes.ts';
import type { Placed, Placement } from './placement.ts';
import type { Sample } from './read-samples.ts';
import { occurrencesIn, pathOf, topOf, type Occurrence } from './sample-tree.ts';
import { codesIn, dateReader, joinOf, notationOf } from './values.ts';
import type { Vocabulary } from './vocabulary.ts';
import { filledPiece, jsonText, writtenText } from './write.ts';

/** A value that is read otherwise, or a sample that is not read at all. */
export interface ReadProblem {
  readonly at: string;
  readonly detail: string;
  readonly unread: boolean;
}

/** Adds the original of each sample, the text as the template needs it, and what that is read as. Asks about what is read otherwise. */
export function keepSamples(
  message: Message,
  { files: samples, ...layout }: Sample,
  format: MessageFormat<unknown>,
  codes: Manifest['codes'],
  { files, tools }: { readonly files: Map<string, string>; readonly tools: TextReaders },
): ReadProblem[] {
  const { kind, file, placed, root, drafting } = message;
  const known = (table: string): readonly unknown[] => Object.values(codes[table] ?? {});
  const refused = refusedIn(placed, (table) =>
    (drafting.strange[table] ?? []).filter((code) => !known(table).includes(code)),
  );
  return samples.flatMap(({ file: name, text, root: occurrence }, i): ReadProblem[] => {
    const folder = `samples/partner-${kind}-${i + 1}`;
    const kept = writtenText(filledPiece(root, occurrence, refused), layout);
    files.set(`${folder}/0-original.${layout.format}`, text);
    try {
      const read = decodeText(format, kept, tools);
      files.set(`${folder}/1-${kind}.${layout.format}`, kept);
      files.set(`${folder}/2-read.json`, jsonText(read));
      const problems = differencesIn(message, occurrence, read, { refused, codes });
      for (const { at, detail } of problems) ask(drafting, at, 'readOtherwise', { detail });
      return problems;
    } catch (error) {
      const { code, detail, at } = asGatewayError(error);
      if (code === 'E_INTERNAL') throw error;
      const problem = `${name} is not read: ${code}, ${detail}${at === undefined ? '' : ` at ${at}`}`;
      ask(drafting, `${file}#${topOf(root)}`, 'unread', { detail: problem });
      return [{ at: `${file}#${topOf(root)}`, detail: problem, unread: true }];
    }
  });
}

/** Items and roles with codes that nobody knows: a template refuses them, and the kept sample is without them. */
function refusedIn(
  { placements, items, departures }: Placed,
  strange: (table: string) => readonly string[],
): Set<Occurrence> {
  const refused = new Set<Occurrence>();
  for (const { node, path, part } of placements) {
    const codes = strange(tableOf(path));
    const isStrange = ({ text = '' }: Occurrence): boolean =>
      [text, ...codesIn([text])].some((code) => codes.includes(code));
    const scope = part === 'departures' ? departures : part === 'records' || part === 'results' ? items : undefined;
    const whole = scope === undefined || (path === 'roles' && node.repeated);
    for (const each of node.occurrences.filter(isStrange)) if (whole) refused.add(each);
    for (const item of scope?.occurrences ?? [])
      if (!whole && occurrencesIn(item, node).some(isStrange)) refused.add(item);
  }
  return refused;
}

interface Readings {
  readonly refused: ReadonlySet<Occurrence>;
  readonly codes: Manifest['codes'];
}

function differencesIn(message: Message, root: Occurrence, read: unknown, { refused, codes }: Readings): ReadProblem[] {
  const { placed, file, drafting } = message;
  const lists = read as Readonly<Record<string, readonly unknown[]>>;
  return placed.placements.flatMap((placement): ReadProblem[] => {
    const { part, node, path } = placement;
    const field = fieldsOf[part].find((each) => each.path === path);
    if (field === undefined) return [];
    const group = part === message.kind ? undefined : part === 'departures' ? placed.departures : placed.items;
    const kept = (each: Occurrence): boolean => !refused.has(each);
    const occurrences = group === undefined ? [root] : occurrencesIn(root, group).filter(kept);
    // The lists of a message are named as the parts are.
    const items = group === undefined ? [read] : (lists[part] ?? []);
    const details = occurrences.flatMap((occurrence, i): string[] => {
      const found = occurrence.node === node ? [occurrence] : occurrencesIn(occurrence, node);
      const texts = found.filter(kept).flatMap(({ text = '' }) => (text === '' ? [] : [text]));
      const got = valuesIn(field, items[i]);
      const expected = texts.flatMap((text) => oursOf(placement, field, text, codes, drafting.vocabulary) ?? got);
      // Roles have no order.
      const same = texts.length === 0 || isDeepStrictEqual(expected.toSorted(), got.toSorted());
      return same ? [] : [`${texts.join(', ')} is read as ${got.join(', ')}`];
    });
    return details.slice(0, 1).map((detail) => ({ at: `${file}#${pathOf(node)}`, detail, unread: false }));
  });
}

function valuesIn(field: Field, item: unknown): readonly (string | number)[] {
  if (item === undefined) return [];
  if (field.path === 'roles') return (item as { readonly roles: readonly string[] }).roles;
  const value = field.get(item);
  return value === undefined ? [] : [value];
}

/** A value of the sample in our own words; undefined where an answer says how it is read, or only a part of the value stands here. */
function oursOf(
  { node, path, transforms }: Placement,
  { kind }: Field,
  text: string,
  codes: Manifest['codes'],
  vocabulary: Vocabulary,
): (string | number)[] | undefined {
  if (transforms !== undefined || path === 'message.from' || path === 'message.to') return undefined;
  if (kind === 'count') return [Number(text)];
  if (kind === 'day' || kind === 'moment') {
    const zoned = kind === 'day' || /XXX$|Z$/u.test(notationOf(kind, node.values, vocabulary)?.pattern ?? '');
    const date = zoned ? dateReader(kind, node.values, vocabulary)?.(text) : undefined;
    return date === undefined ? undefined : [date];
  }
  if (kind === 'text' && path !== 'grade') return [text];
  const words = Object.entries(codes[tableOf(path)] ?? {});
  const sign = path === 'roles' ? joinOf(node.values) : undefined;
  const pieces = sign === undefined ? [text] : text.split(sign);
  return pieces.map((piece) => words.find(([, code]) => code === piece)?.[0] ?? '');
}
