/** One hole bound to its field: the value through its transforms, both ways. */

import { GatewayError } from '../../model/errors.ts';
import { invalid, withPlace } from '../faults.ts';
import type { Field, FieldKind, Scalar, Slot } from './message-fields.ts';
import { parseValue, transform, type Transform, type TransformContext } from './transforms.ts';

export interface Hole {
  readonly path: string;
  /** Of a list in one hole: text. */
  readonly kind: FieldKind;
  /** Absent values leave the element, attribute or member out. */
  readonly optional: boolean;
  /** Stands in JSON as a number. */
  readonly numeric: boolean;
  /** An empty text is a value: a list of nothing. */
  readonly mayBeEmpty: boolean;
  /** The slot it is read into. */
  readonly slot: number;
  /** It holds one of the two parts of a split value. */
  readonly isPart: boolean;
  /** A text stands on the wire as it is. */
  readonly isPlain: boolean;
  isPresent(item: unknown): boolean;
  /** The item's value on the wire, before escaping; undefined when it is absent and may be. */
  write(item: unknown): string | undefined;
  /** The same of a value; E_ELEMENT_MISSING without one, where the message cannot do without it. */
  writeValue(ours: Scalar | undefined): string | undefined;
  /** The same of a value that is present. */
  writeText(ours: string): string;
  /** Of a list in one hole: its items joined. */
  readonly writeList?: (items: readonly unknown[]) => string | undefined;
  read(theirs: string): Slot;
}

interface Chain {
  readonly transforms: readonly Transform[];
  readonly numeric: boolean;
}

export interface ChainSpec {
  readonly field: Field;
  readonly steps: readonly string[];
  /** What stands around the hole in the template. */
  readonly wire: readonly Transform[];
  readonly at: string;
}

/** The transforms of a hole in the order of writing. Throws E_ADAPTER_INVALID for one that does not fit. */
export function buildChain(context: TransformContext, { field, steps, wire, at }: ChainSpec): Chain {
  const numeric = steps.at(-1) === 'number';
  const coded = steps.length === 2 && steps[0]?.startsWith('code:') === true;
  if (numeric && ((!coded && (field.kind !== 'count' || steps.length > 1)) || wire.length > 0)) {
    throw invalid(`${field.path} cannot stand as a number`, at, 'Use number alone on counts, or right behind a code.');
  }
  const short = steps.findIndex((step) => step.startsWith('max:'));
  const after = steps.slice(short + 1).find((step) => /^(?:upper|trim|oneLine|digits|max)\b/u.test(step));
  if (short >= 0 && after !== undefined) throw invalid(`${after} stands after max`, at, 'Cut last: put max behind it.');
  const transforms = (numeric ? steps.slice(0, -1) : steps).map((step) => {
    const [name = '', ...rest] = step.split(':');
    return transform(name, { argument: rest.join(':'), field, context, at });
  });
  return { numeric, transforms: [...transforms, ...(numeric && coded ? [requireWholeNumber] : []), ...wire] };
}

/** A code that stands in JSON as a number must be one, without leading zeros. */
const requireWholeNumber: Transform = {
  encode(text) {
    if (!/^(?:0|[1-9]\d{0,14})$/u.test(text))
      throw new GatewayError('E_VALUE_INVALID', 'the code is not a whole number');
    return text;
  },
  decode: (text) => text,
};

interface HoleSpec extends Chain {
  readonly field: Field;
  readonly optional: boolean;
  readonly slot: number;
  readonly isPart?: boolean;
}

export function makeHole({ field, optional, slot, transforms, numeric, isPart = false }: HoleSpec): Hole {
  const { path } = field;
  const at = path === '.' ? '' : `/${path.replaceAll('.', '/')}`;
  const backwards = transforms.toReversed();
  const writeText = (ours: string): string => {
    try {
      let text = ours;
      for (const step of transforms) text = step.encode(text);
      return text;
    } catch (error) {
      throw withPlace(error, at);
    }
  };
  const writeValue = (value: Scalar | undefined): string | undefined => {
    if (value !== undefined && value !== '') return writeText(String(value));
    if (value === undefined && optional) return undefined;
    throw withPlace(
      value === ''
        ? new GatewayError('E_VALUE_INVALID', 'the value is an empty text')
        : new GatewayError('E_ELEMENT_MISSING', 'the record lacks a value that the message cannot do without'),
      at,
    );
  };
  return {
    ...{ path, kind: field.kind, optional, numeric, mayBeEmpty: false, slot, isPart },
    isPlain: transforms.length === 0,
    isPresent: (item) => field.get(item) !== undefined,
    write: (item) => writeValue(field.get(item)),
    writeValue,
    writeText,
    read: withReadCache(field.kind, (theirs) => {
      let text = theirs;
      for (const step of backwards) text = step.decode(text);
      return parseValue(text, field);
    }),
  };
}

/** A longer text may be cut from a whole message, and would keep it. */
const maxCachedLength = 12;

/** Days and words that differ, at most, before they are worked out each time. */
const maxCachedValues = 4096;

/** A list says few days and words, and each ten thousand times: what each is read as is worked out, and held in memory, once. */
function withReadCache(kind: FieldKind, read: (theirs: string) => Slot): (theirs: string) => Slot {
  if (kind !== 'day' && kind !== 'words') return read;
  const known = new Map<string, Slot>();
  return (theirs) => {
    const found = known.get(theirs);
    if (found !== undefined) return found;
    const value = read(theirs);
    if (known.size < maxCachedValues && theirs.length <= maxCachedLength) known.set(theirs, value);
    return value;
  };
}

/** One part of a value that is split after so many letters. */
export function splitTransform(part: 'first' | 'rest', length: number): Transform {
  return {
    encode(text) {
      if (text.length <= length) throw new GatewayError('E_VALUE_INVALID', 'the value is too short to be split');
      return part === 'first' ? text.slice(0, length) : text.slice(length);
    },
    decode(text) {
      if (part === 'first' ? text.length !== length : text === '')
        throw new GatewayError('E_VALUE_INVALID', 'a part of the value has the wrong length');
      return text;
    },
  };
}
