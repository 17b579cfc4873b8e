/** A hole of a template: a path into a message, `?` when it may be absent, and transforms; bound to the shape it stands in. */

import { invalid, misfit, placed } from './faults.ts';
import type { Field, ListField, Scalar, Shape, Slot } from './shapes.ts';
import { affix, fromPlainText, plainText, transform, type Transform, type TransformContext } from './transforms.ts';

export interface Hole {
  readonly path: string;
  /** Absent values leave the element, attribute or member out. */
  readonly optional: boolean;
  /** Stands in JSON as a number. */
  readonly numeric: boolean;
  /** The slot it is read into. */
  readonly slot: number;
  isPresent(item: unknown): boolean;
  /** The value as it stands on the wire, before escaping; undefined when absent. */
  write(item: unknown): string | undefined;
  read(theirs: string): Scalar;
}

/** One hole for the first letters of a value and one for the rest are joined after both were read. */
interface Join {
  readonly field: Field;
  readonly slot: number;
  readonly first: number;
  readonly rest: number;
}

/** The two holes of a split value, and after how many letters it is split. */
interface Parts {
  readonly length: string;
  first?: Hole;
  rest?: Hole;
}

/** All holes and lists of one template, or of one repeated part of it. */
export interface Scope {
  readonly shape: Shape<unknown>;
  readonly context: TransformContext;
  readonly holes: Map<string, Hole>;
  readonly parts: Map<string, Parts>;
  readonly lists: Map<string, Scope>;
  readonly joins: Join[];
  readonly lossy: Set<string>;
  slots: number;
}

export function openScope(shape: Shape<unknown>, context: TransformContext): Scope {
  const slots = shape.fields.length + shape.lists.length;
  return { shape, context, slots, holes: new Map(), parts: new Map(), lists: new Map(), joins: [], lossy: new Set() };
}

const holeGrammar = /^([^{}]*)\{([^{}|]+?)(\?)?((?:\|[^{}|]+)*)\}([^{}]*)$/u;

/** Whether a text of a template has a hole in it. A brace is never plain text. */
export function hasHole(text: string): boolean {
  return text.includes('{') || text.includes('}');
}

/** Binds the hole in a text. `at`: where the template says so. Throws E_ADAPTER_INVALID. */
export function bindHole(scope: Scope, text: string, at: string): Hole {
  const match = holeGrammar.exec(text);
  if (match === null)
    throw invalid('not one hole', at, 'Write one hole, {path|transform}, with fixed text around it at most.');
  const [, before = '', path = '', mark, chain = '', after = ''] = match;
  const index = scope.shape.fields.findIndex((field) => field.path === path);
  const field = scope.shape.fields[index];
  if (field === undefined) {
    const known = scope.shape.fields.map((each) => each.path).join(', ');
    throw invalid(`there is no value ${path} here`, at, `Use one of: ${known}.`);
  }
  const optional = mark === '?';
  if (optional && !field.optional) throw invalid(`${path} is never absent`, at, 'Take the question mark away.');
  const steps = chain.split('|').slice(1);
  const wire = before + after === '' ? [] : [affix(before, after)];
  const [head = ''] = steps;
  if (/^(?:first|rest):/u.test(head)) return bindPart(scope, { field, index, optional, steps, wire, at });
  if (scope.holes.has(path) || scope.parts.has(path)) throw invalid(`${path} stands twice in the template`, at);
  const chained = chainOf(scope, { field, steps, wire, at });
  const hole = makeHole({ field, optional, slot: index, ...chained });
  scope.holes.set(path, hole);
  if (chained.transforms.some(({ lossy }) => lossy === true)) scope.lossy.add(path);
  return hole;
}

/** Binds a repeated part of a template to a list; E_ADAPTER_INVALID where there is no such list. */
export function bindList(scope: Scope, path: string, at: string): { list: ListField; slot: number; scope: Scope } {
  const index = scope.shape.lists.findIndex((list) => list.path === path);
  const list = scope.shape.lists[index];
  if (list === undefined) {
    throw invalid(
      `there is no list ${path} here`,
      at,
      `Use one of: ${scope.shape.lists.map((each) => each.path).join(', ')}.`,
    );
  }
  if (scope.lists.has(path)) throw invalid(`the list ${path} stands twice in the template`, at);
  const inner = openScope(list.shape, scope.context);
  scope.lists.set(path, inner);
  return { list, slot: scope.shape.fields.length + index, scope: inner };
}

/** A template must carry everything the model cannot do without, or it could not be read back. Throws E_ADAPTER_INVALID. */
export function closeScope(scope: Scope, at: string): void {
  for (const [path, { first, rest }] of scope.parts) {
    if (first === undefined || rest === undefined) throw invalid(`only one part of ${path} stands in the template`, at);
  }
  for (const { path, optional } of scope.shape.fields) {
    if (!optional && !scope.holes.has(path) && !scope.parts.has(path))
      throw invalid(`the template does not carry ${path}`, at);
  }
  for (const { path, optional } of scope.shape.lists) {
    if (!optional && !scope.lists.has(path)) throw invalid(`the template does not carry the list ${path}`, at);
  }
}

/** An item from the slots that were read. */
export function buildItem(scope: Scope, slots: Slot[]): unknown {
  for (const { field, slot, first, rest } of scope.joins) {
    slots[slot] = fromPlainText(`${slots[first] as string}${slots[rest] as string}`, field);
  }
  return scope.shape.build(slots);
}

interface Chain {
  readonly transforms: readonly Transform[];
  readonly numeric: boolean;
}

interface ChainSpec {
  readonly field: Field;
  readonly steps: readonly string[];
  readonly wire: readonly Transform[];
  readonly at: string;
}

function chainOf(scope: Scope, { field, steps, wire, at }: ChainSpec): Chain {
  const numeric = steps.at(-1) === 'number';
  if (numeric && (field.kind !== 'count' || steps.length > 1 || wire.length > 0)) {
    throw invalid(`${field.path} cannot stand as a number`, at, 'Use number alone, and on counts only.');
  }
  const transforms = (numeric ? [] : steps).map((step) => {
    const [name = '', ...rest] = step.split(':');
    return transform(name, { argument: rest.join(':'), field, context: scope.context, at });
  });
  return { numeric, transforms: [...transforms, ...wire] };
}

interface HoleSpec extends Chain {
  readonly field: Field;
  readonly optional: boolean;
  readonly slot: number;
}

function makeHole({ field, optional, slot, transforms, numeric }: HoleSpec): Hole {
  const { path } = field;
  const backwards = transforms.toReversed();
  return {
    path,
    optional,
    numeric,
    slot,
    isPresent: (item) => field.get(item) !== undefined,
    write(item) {
      const value = field.get(item);
      try {
        if (value !== undefined) {
          let text = plainText(value);
          for (const step of transforms) text = step.encode(text);
          return text;
        }
        if (optional) return undefined;
        throw misfit('E_ELEMENT_MISSING', 'the record lacks a value that the message cannot do without');
      } catch (error) {
        throw placed(error, path === '.' ? '' : `/${path.replaceAll('.', '/')}`);
      }
    },
    read(theirs) {
      let text = theirs;
      for (const step of backwards) text = step.decode(text);
      return fromPlainText(text, field);
    },
  };
}

interface PartSpec extends ChainSpec {
  readonly index: number;
  readonly optional: boolean;
}

/** `{identifier|first:2}` and `{identifier|rest:2}`: one value in two places. */
function bindPart(scope: Scope, { field, index, optional, steps, wire, at }: PartSpec): Hole {
  const { path } = field;
  const [head = '', ...others] = steps;
  const [which = '', count = ''] = head.split(':');
  if (field.kind !== 'text' || optional) throw invalid(`${path} cannot be split`, at);
  if (!/^[1-9]\d?$/u.test(count)) throw invalid(`${which} needs a number of letters`, at);
  const part = which === 'first' ? 'first' : 'rest';
  const parts: Parts = scope.parts.get(path) ?? { length: count };
  if (parts.length !== count) throw invalid(`the parts of ${path} are not split at the same letter`, at);
  if (scope.holes.has(path) || parts[part] !== undefined) throw invalid(`${path} stands twice in the template`, at);
  const slot = scope.slots;
  scope.slots += 1;
  const cut = cutting(part, Number(count));
  const { transforms } = chainOf(scope, { field, steps: others, wire, at });
  const hole = makeHole({ field, optional, slot, numeric: false, transforms: [cut, ...transforms] });
  parts[part] = hole;
  scope.parts.set(path, parts);
  if (parts.first !== undefined && parts.rest !== undefined) {
    scope.joins.push({ field, slot: index, first: parts.first.slot, rest: parts.rest.slot });
  }
  return hole;
}

function cutting(part: 'first' | 'rest', length: number): Transform {
  return {
    encode(text) {
      if (text.length <= length) throw misfit('E_VALUE_INVALID', 'the value is too short to be split');
      return part === 'first' ? text.slice(0, length) : text.slice(length);
    },
    decode(text) {
      if (part === 'first' ? text.length !== length : text === '')
        throw misfit('E_VALUE_INVALID', 'a part of the value has the wrong length');
      return text;
    },
  };
}
