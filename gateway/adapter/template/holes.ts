/** Parses the holes of a template: a path into the message, `?` when the value may be absent, and transforms. */

import { invalid, invalidValue, withPlace } from '../faults.ts';
import { checkCounts, isComputed, parseComputed, requireCountable } from './computed.ts';
import { parseCompound } from './compound.ts';
import { buildChain, openStep, splitTransform, makeHole, type ChainSpec, type Hole } from './hole-chain.ts';
import type { Slot } from './message-fields.ts';
import { openTemplateScope, type SplitHoles, type TemplateScope } from './scope.ts';
import { affix, parseValue } from './transforms.ts';

export type { Hole } from './hole-chain.ts';
export { openTemplateScope, type SlotFill, type TemplateScope } from './scope.ts';

const holeGrammar = /^([^{}]*)\{([^{}|]+?)(\?)?((?:\|[^{}|]+)*)\}([^{}]*)$/u;

/** Whether a text of a template contains a hole. A brace is never plain text. */
export function hasHole(text: string): boolean {
  return text.includes('{') || text.includes('}');
}

/** Parses the hole in a text, or the several of one value, and adds it to the scope. `at`: its place in the template. Throws E_ADAPTER_INVALID. */
export function parseHole(scope: TemplateScope, text: string, at: string): Hole {
  if (text.indexOf('{') !== text.lastIndexOf('{'))
    return parseCompound(scope, text, at, (one) => parseHole(scope, one, at));
  const match = holeGrammar.exec(text);
  if (match === null)
    throw invalid(
      'not exactly one hole',
      at,
      'Write one hole, {path|transform}, with or without fixed text around it.',
    );
  const [, before = '', path = '', mark, chain = '', after = ''] = match;
  const optional = mark === '?';
  const steps = chain.split('|').slice(1);
  const wire = before + after === '' ? [] : [affix(before, after)];
  if (isComputed(path)) return parseComputed(scope, { path, optional, steps, wire, at });
  if (/^join:./u.test(steps.at(-1) ?? '')) return parseJoinedHole(scope, { path, optional, steps, wire, at });
  const index = scope.item.fields.findIndex((field) => field.path === path);
  const field = scope.item.fields[index];
  if (field === undefined) throw unknownValue(scope, path, at);
  if (optional && !field.optional) throw invalid(`${path} is never absent`, at, 'Remove the question mark.');
  const [head = ''] = steps;
  if (/^(?:first|rest):/u.test(head)) return parseSplitHole(scope, { field, index, optional, steps, wire, at });
  if (steps.at(-1) === 'lost') return parseUnreadHole(scope, { field, optional, steps: steps.slice(0, -1), wire, at });
  if (scope.holes.has(path) || scope.parts.has(path)) throw invalid(`${path} stands twice in the template`, at);
  const { steps: changes, open } = openStep({ field, steps, wire, at }, optional);
  const chained = buildChain(scope.context, { field, steps: changes, wire, at });
  const hole = makeHole({ field, optional, slot: index, open, ...chained });
  scope.holes.set(path, hole);
  if (chained.transforms.some(({ lossy }) => lossy === true)) scope.lossy.add(path);
  return hole;
}

/** `{name.latin|lost}`: written, and dropped when read. The same value may stand elsewhere. */
function parseUnreadHole(scope: TemplateScope, spec: ChainSpec & { readonly optional: boolean }): Hole {
  const { field, optional, at } = spec;
  if (!field.free) throw invalid(`${field.path} must be read`, at, 'Use lost on names, addresses and details only.');
  const slot = scope.slots;
  scope.slots += 1;
  const written = makeHole({ field, optional, slot, ...buildChain(scope.context, spec) });
  const hole = { ...written, kept: false, mayBeEmpty: true, read: () => undefined };
  scope.unread.push(hole);
  return hole;
}

function unknownValue({ item }: TemplateScope, path: string, at: string): unknown {
  const isList = item.lists.some((each) => each.path === path);
  const fix = isList
    ? 'Repeat a part of the template for it, or end the hole with join:SEPARATOR.'
    : `Use one of: ${item.fields.map((each) => each.path).join(', ')}.`;
  return invalid(isList ? `${path} is a list` : `there is no value ${path} here`, at, fix);
}

/** A part of a template that is repeated for each item of a list. */
export interface RepeatedPart {
  readonly path: string;
  readonly slot: number;
  readonly scope: TemplateScope;
  /** Written with a question mark: the surrounding element or member is left out for an empty list. */
  readonly optional: boolean;
  get(item: unknown): readonly unknown[];
}

/** Opens the scope of a repeated part, `roles` or `roles?`. Throws E_ADAPTER_INVALID for an unknown list. */
export function parseRepeatedPart(scope: TemplateScope, written: string, at: string): RepeatedPart {
  const optional = written.endsWith('?');
  const path = optional ? written.slice(0, -1) : written;
  const index = scope.item.lists.findIndex((list) => list.path === path);
  const list = scope.item.lists[index];
  if (list === undefined) {
    const known = scope.item.lists.map((each) => each.path).join(', ');
    throw invalid(`there is no list ${path} here`, at, `Use one of: ${known}.`);
  }
  if (scope.lists.has(path)) throw invalid(`the list ${path} stands twice in the template`, at);
  const inner = openTemplateScope(list.items, scope.context, path);
  scope.lists.set(path, inner);
  return { path, slot: scope.item.fields.length + index, scope: inner, optional, get: (item) => list.get(item) };
}

/** Throws E_ADAPTER_INVALID unless the template carries every value that the model requires. */
export function requireCompleteScope(scope: TemplateScope, at: string): void {
  for (const [path, { first, rest }] of scope.parts) {
    if (first === undefined || rest === undefined) throw invalid(`the template has only one part of ${path}`, at);
  }
  const { unstated, filled } = scope.context.conversation ?? { unstated: new Set(), filled: new Set() };
  const constant = new Set([...filled, ...scope.fills.map(({ path }) => path)]);
  for (const { path, optional, kind, derived } of scope.item.fields) {
    if (kind === 'period' && scope.holes.has(path) && scope.context.restart === undefined)
      throw invalid(`${path} is shown, and numbers never begin again`, at, 'Write stream/restart: year, month or day.');
    const carried = scope.holes.has(path) || scope.parts.has(path);
    if (carried && constant.has(path))
      throw invalid(`the template carries ${path}, which conversation/fills fills in`, at, 'Keep one of the two.');
    if (!optional && derived !== true && !carried && !unstated.has(path) && !constant.has(path))
      throw invalid(`the template does not carry ${path}`, at, 'Add a hole, or a fill under conversation/fills.');
  }
  requireCountable(scope);
  for (const { path, optional } of scope.item.lists) {
    if (!optional && !scope.lists.has(path) && !unstated.has(path))
      throw invalid(`the template does not carry the list ${path}`, at);
  }
}

/** Builds an item from the slots that `fill` decodes. */
export function readItem(scope: TemplateScope, fill: (slots: Slot[]) => void): unknown {
  const slots = new Array<Slot>(scope.slots).fill(undefined);
  fill(slots);
  const item = buildItem(scope, slots);
  checkCounts(scope, slots, item);
  return item;
}

/** Builds an item from decoded slots. */
export function buildItem(scope: TemplateScope, slots: Slot[]): unknown {
  for (const { field, slot, first, rest } of scope.joins) {
    slots[slot] = parseValue(`${slots[first] as string}${slots[rest] as string}`, field);
  }
  for (const { slot, fill } of scope.fills) slots[slot] = 'is' in fill ? fill.is : slots[fill.fromSlot];
  return scope.item.build(slots);
}

type JoinSpec = Omit<PartSpec, 'field' | 'index'> & { readonly path: string };

/** `{roles|code:role|join:;}`: a list of single values in one hole; the other transforms apply to each value. */
function parseJoinedHole(scope: TemplateScope, { path, optional, steps, wire, at }: JoinSpec): Hole {
  const [field, ...more] = scope.item.lists.find((list) => list.path === path)?.items.fields ?? [];
  if (field?.path !== '.' || more.length > 0)
    throw invalid(`${path} is not a list of single values`, at, 'Use join on such a list, for example roles.');
  const separator = steps.at(-1)?.slice('join:'.length) ?? '';
  const { slot, scope: inner, get } = parseRepeatedPart(scope, path, at);
  const item = makeHole({
    field,
    optional: false,
    slot: 0,
    ...buildChain(inner.context, { field, steps: steps.slice(0, -1), wire: [], at }),
  });
  inner.holes.set('.', item);
  const around = wire[0] ?? affix('', '');
  const writeOne = joinedItemWriter(item, separator);
  const writeList = (items: readonly unknown[]): string | undefined => {
    if (items.length === 0 && optional) return undefined;
    return around.encode(items.map((each, i) => writeItem(writeOne, each, { path, scope: inner }, i)).join(separator));
  };
  return {
    path,
    kind: 'text',
    optional,
    numeric: false,
    mayBeEmpty: !optional,
    kept: true,
    slot,
    isPart: false,
    isPlain: false,
    isPresent: (record) => get(record).length > 0,
    writeText: (joined) => joined,
    writeValue: () => undefined,
    writeList,
    write: (record) => writeList(get(record)),
    read(theirs) {
      const text = around.decode(theirs);
      return text === '' ? [] : text.split(separator).map((each) => item.read(each));
    },
  };
}

function joinedItemWriter(hole: Hole, separator: string): (item: unknown) => string {
  return (item) => {
    const text = hole.write(item) ?? '';
    if (text === '' || text.includes(separator))
      throw invalidValue('the value is empty or contains the separator of its list');
    return text;
  };
}

/** Writes one item of a list; an error gets the place of the item. `row`: its number among all of one numbering, from 0. */
export function writeItem<T, R>(
  write: (item: T) => R,
  item: T,
  { path, scope }: Pick<RepeatedPart, 'path' | 'scope'>,
  index: number,
  row = index,
): R {
  scope.row = row;
  try {
    return write(item);
  } catch (error) {
    throw withPlace(error, `/${path}/${index}`);
  }
}

interface PartSpec extends ChainSpec {
  readonly index: number;
  readonly optional: boolean;
}

/** `{identifier|first:2}` and `{identifier|rest:2}`: one value in two holes. */
function parseSplitHole(scope: TemplateScope, { field, index, optional, steps, wire, at }: PartSpec): Hole {
  const { path } = field;
  const [head = '', ...others] = steps;
  const [which = '', count = ''] = head.split(':');
  if (field.kind !== 'text' || optional) throw invalid(`${path} cannot be split`, at);
  if (!/^[1-9]\d?$/u.test(count)) throw invalid(`${which} needs a number of characters`, at);
  const part = which === 'first' ? 'first' : 'rest';
  const parts: SplitHoles = scope.parts.get(path) ?? { length: count };
  if (parts.length !== count) throw invalid(`the parts of ${path} are not split at the same character`, at);
  if (scope.holes.has(path) || parts[part] !== undefined) throw invalid(`${path} stands twice in the template`, at);
  const slot = scope.slots;
  scope.slots += 1;
  const cut = splitTransform(part, Number(count));
  const { transforms } = buildChain(scope.context, { field, steps: others, wire, at });
  const hole = makeHole({ field, optional, slot, numeric: false, isPart: true, transforms: [cut, ...transforms] });
  parts[part] = hole;
  scope.parts.set(path, parts);
  if (parts.first !== undefined && parts.rest !== undefined) {
    scope.joins.push({ field, slot: index, first: parts.first.slot, rest: parts.rest.slot });
  }
  return hole;
}
