/** A hole with its field and transforms, which encode and decode the value. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { listedStatuses } from '../../model/record/record.ts';
import { invalid, invalidValue, withPlace } from '../faults.ts';
import type { Field, FieldKind, Scalar, Slot } from './message-fields.ts';
import { parseValue, transform, type Transform, type TransformContext } from './transforms.ts';

export interface Hole {
  readonly path: string;
  /** `text` for a list in one hole. */
  readonly kind: FieldKind;
  /** For an absent value the element, attribute or member is left out. */
  readonly optional: boolean;
  /** A number in JSON; in a workbook a cell that is a number or a day. */
  readonly numeric: boolean;
  /** An empty text is a value: an empty list. */
  readonly mayBeEmpty: boolean;
  /** The value read is a value of the item; otherwise it was compared, or is dropped. */
  readonly kept: boolean;
  /** It is compared when the message was read; the slot after its own receives its place. */
  readonly isCount?: true;
  /** The slot that receives the decoded value. */
  readonly slot: number;
  /** Carries one of the two parts of a split value. */
  readonly isPart: boolean;
  /** The text that stands for an absent value, which is then always written: `31/12/9999`. */
  readonly open?: string;
  /** Without transforms. */
  readonly isPlain: boolean;
  isPresent(item: unknown): boolean;
  /** The encoded value of the item, before escaping; undefined for an absent value of an optional hole. */
  write(item: unknown): string | undefined;
  /** The same for a value. Throws E_ELEMENT_MISSING for an absent value of a hole that is not optional. */
  writeValue(ours: Scalar | undefined): string | undefined;
  /** The same for a value that is present. */
  writeText(ours: string): string;
  /** For a list in one hole: joins the items. */
  readonly writeList?: (items: readonly unknown[]) => string | undefined;
  read(theirs: string): Slot;
  /** Of several values in one: its holes, and how their texts are put together and taken apart; an absent value has no text. */
  readonly parts?: {
    readonly holes: readonly Hole[];
    join(texts: readonly (string | undefined)[]): string | undefined;
    split(theirs: string): readonly (string | undefined)[];
  };
}

interface Chain {
  readonly transforms: readonly Transform[];
  readonly numeric: boolean;
}

export interface ChainSpec {
  readonly field: Field;
  readonly steps: readonly string[];
  /** The fixed text around the hole. */
  readonly wire: readonly Transform[];
  readonly at: string;
}

/** The transforms of a hole in the order of encoding. Throws E_ADAPTER_INVALID for an unsuitable one. */
export function buildChain(context: TransformContext, { field, steps, wire, at }: ChainSpec): Chain {
  const numeric = steps.at(-1) === 'number';
  const isCount = field.kind === 'count' && steps.length === 1;
  const isChecked =
    (steps.length === 2 && steps[0]?.startsWith('code:') === true) || isPeriodOfDigits(field, steps, context);
  if (numeric && ((!isCount && !isChecked) || wire.length > 0)) {
    const fix = 'Use number alone for counts and years, or directly after code; of a period also after date:yyyyMM.';
    throw invalid(`${field.path} cannot be a number`, at, fix);
  }
  const short = steps.findIndex((step) => step.startsWith('max:'));
  const after = steps.slice(short + 1).find((step) => /^(?:upper|trim|oneLine|digits|max)\b/u.test(step));
  if (short >= 0 && after !== undefined) throw invalid(`${after} follows max`, at, 'Put max last.');
  const transforms = (numeric ? steps.slice(0, -1) : steps).map((step) => {
    const [name = '', ...rest] = step.split(':');
    return transform(name, { argument: rest.join(':'), field, context, at });
  });
  const isDay = steps.at(-1) === 'date:excel';
  return {
    numeric: numeric || isDay,
    transforms: [...transforms, ...(numeric && isChecked ? [requireWholeNumber] : []), ...wire],
  };
}

/** A year as it is, or a pattern of digits that begins with the year: a number would lose a zero at its beginning. */
function isPeriodOfDigits(
  { kind }: Field,
  [step = '', ...more]: readonly string[],
  { restart }: TransformContext,
): boolean {
  if (kind !== 'period') return false;
  if (more.length === 0) return restart === undefined || restart === 'year';
  return more.length === 1 && /^date:y[yMd]*$/u.test(step);
}

/** The steps before `open:31/12/9999`, and its text. Throws E_ADAPTER_INVALID unless the value may be absent and is a day or a moment. */
export function openStep(
  { field, steps, wire, at }: ChainSpec,
  optional: boolean,
): { steps: readonly string[]; open?: string } {
  const last = steps.at(-1) ?? '';
  if (!last.startsWith('open:')) return { steps };
  const dated = field.kind === 'day' || field.kind === 'moment';
  if (!optional || !dated || wire.length > 0 || last === 'open:') {
    const fix = 'Write {validTo?|date:dd/MM/yyyy|open:31/12/9999}, without text around it.';
    throw invalid(`${field.path} cannot have a sign of an absent value`, at, fix);
  }
  return { steps: steps.slice(0, -1), open: last.slice('open:'.length) };
}

/** A code or a period that is a number in JSON. */
const requireWholeNumber: Transform = {
  encode(text) {
    if (!/^(?:0|[1-9]\d{0,14})$/u.test(text)) throw invalidValue('the value is not a whole number');
    return text;
  },
  decode: (text) => text,
};

interface HoleSpec extends Chain {
  readonly field: Field;
  readonly optional: boolean;
  readonly slot: number;
  readonly isPart?: boolean;
  readonly open?: string | undefined;
}

export function makeHole({ field, optional, slot, transforms, numeric, isPart = false, open }: HoleSpec): Hole {
  const { path } = field;
  const at = path === '.' ? '' : `/${path.replaceAll('.', '/')}`;
  const backwards = transforms.toReversed();
  const writeText = (ours: string): string => {
    try {
      let text = ours;
      for (const step of transforms) text = step.encode(text);
      if (text === open) throw invalidValue(`${open} is the agreed sign of an absent value`);
      return text;
    } catch (error) {
      throw withPlace(error, at);
    }
  };
  const writeValue = (value: Scalar | undefined): string | undefined => {
    if (value !== undefined && value !== '') return writeText(String(value));
    if (value === undefined && optional) return open;
    throw withPlace(
      value === ''
        ? invalidValue('the value is an empty text')
        : new GatewayError('E_ELEMENT_MISSING', 'the record lacks a value that the message requires'),
      at,
    );
  };
  return {
    ...{ path, kind: field.kind, optional: optional && open === undefined, numeric, slot, isPart },
    ...{ mayBeEmpty: false, kept: true, ...(open === undefined ? {} : { open }) },
    isPlain: transforms.length === 0,
    isPresent: (item) => open !== undefined || field.get(item) !== undefined,
    write: (item) => writeValue(field.get(item)),
    writeValue,
    writeText,
    read: withReadCache(field.kind, (theirs) => {
      if (theirs === open) return undefined;
      let text = theirs;
      for (const step of backwards) text = step.decode(text);
      return parseValue(text, field);
    }),
  };
}

/** Of operators that left among the others. Throws E_ADAPTER_INVALID where the code of a state is one of a reason to leave as well. */
export function requireOtherCodes(status: Hole, reason: Hole, at: string): void {
  const both = listedStatuses.find((word) => {
    try {
      return reason.read(status.writeText(word)) !== undefined;
    } catch (error) {
      if (isGatewayError(error)) return false;
      throw error;
    }
  });
  if (both === undefined) return;
  const fix = 'Give each reason a code that is not one of the states.';
  throw invalid(`the code of ${both} is also that of a reason to leave`, at, fix);
}

/** A longer text may be a slice of the message, which the cache would keep in memory. */
const maxCachedLength = 12;

const maxCachedValues = 4096;

/** Caches decoded days and words: a list has few different ones, and each of them thousands of times. */
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

/** One part of a value that is split after `length` characters. */
export function splitTransform(part: 'first' | 'rest', length: number): Transform {
  return {
    encode(text) {
      if (text.length <= length) throw invalidValue('the value is too short to be split');
      return part === 'first' ? text.slice(0, length) : text.slice(length);
    },
    decode(text) {
      if (part === 'first' ? text.length !== length : text === '')
        throw invalidValue('a part of the value has the wrong length');
      return text;
    },
  };
}
