/**
 * Reads records of canonical documents after the plan of an XML template, from bytes to bytes. A value that needs nothing done is
 * copied; what days, codes and words are read as is worked out once. A record that is not plain is left to the builder of objects,
 * which also words what is wrong with it, and takes five times as long.
 */

import { byteMemo, type ByteMemo } from '../../model/byte-memo.ts';
import { makeRoom, putBytes, type ByteWriter } from '../../model/byte-writer.ts';
import {
  attributeToken,
  endTag,
  kindMask,
  nameShift,
  startTag,
  textToken,
  wideValue,
  type CanonicalXml,
  type XmlName,
} from '../../model/canonical-tokens.ts';
import { cellOf, textOf } from '../../model/record/json-spans.ts';
import { isGatewayError } from '../../model/errors.ts';
import {
  beginRecord,
  dropRecord,
  recordFields,
  type RecordField,
  type RecordPacker,
} from '../../model/record/packed-records.ts';
import { roles, type Role } from '../../model/record/domestic-record.ts';
import type { Hole } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import { isRequired, type AttributePlan, type ElementContent, type ElementPlan } from './template.ts';

/** Packs the record whose start tag stands at that token; gives the token behind it, -1 when it is no record, or not plain. */
export type PackedReader = (document: CanonicalXml, at: number) => number;

/** Made anew for each message. Undefined where the plan holds what only the builder of objects knows. */
export function packedReader(plan: ElementPlan): ((packer: RecordPacker) => PackedReader) | undefined {
  const marks: Mark[] = [];
  const tag = markOf(marks, startTag, plan);
  const read = taggedStep(plan, marks);
  if (read === undefined || plan.told !== undefined) return undefined;
  return (packer) => {
    const reading = openReading(marks.length);
    return (document, at) => {
      if (reading.document !== document) {
        bind(reading, document, marks);
        // Texts of records are shorter than their elements; a writer that grows takes twice what it is asked for.
        makeRoom(packer.writer, document.bytes.length >>> 1);
      }
      if (reading.numbers[at] !== reading.tokens[tag]) return -1;
      reading.ends.fill(0);
      reading.starts.fill(0);
      reading.roles = 0;
      const end = read(reading, at);
      if (end < 0) return -1;
      beginRecord(packer);
      if (writeRecord(reading, packer.writer)) return end;
      dropRecord(packer);
      return -1;
    };
  };
}

/** A document while its records are read, and what was found of the record at hand. */
interface Reading {
  document: CanonicalXml | undefined;
  bytes: Uint8Array;
  numbers: Int32Array;
  /** The document's tokens for the marks of the plan, -1 for a name that it does not hold. */
  readonly tokens: Int32Array;
  /** Where the bytes of each cell stand: in the document, or as they were worked out. */
  readonly sources: Uint8Array[];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** A bit for each role. */
  roles: number;
}

/** What the plan looks for: a tag or an attribute by its name, or a text. */
interface Mark extends XmlName {
  readonly kind: number;
}

/** Reads on from a token; gives the one behind, -1 when the record is not plain. */
type Step = (reading: Reading, at: number) => number;

/** Takes a value; false when it is not plain. */
type Taker = (reading: Reading, start: number, end: number) => boolean;

const none = new Uint8Array();

function openReading(marks: number): Reading {
  return {
    document: undefined,
    bytes: none,
    numbers: new Int32Array(),
    tokens: new Int32Array(marks),
    sources: recordFields.map(() => none),
    starts: new Int32Array(recordFields.length),
    ends: new Int32Array(recordFields.length),
    roles: 0,
  };
}

function bind(reading: Reading, document: CanonicalXml, marks: readonly Mark[]): void {
  reading.document = document;
  reading.bytes = document.bytes;
  reading.numbers = document.tokens.numbers;
  for (const [i, { kind, namespace, name }] of marks.entries()) {
    const number = document.names.findIndex((each) => each.name === name && each.namespace === namespace);
    reading.tokens[i] = kind === textToken ? kind : number < 0 ? -1 : kind | (number << nameShift);
  }
}

/** The number of a mark, by which a reading knows its token. */
function markOf(marks: Mark[], kind: number, { namespace, name }: XmlName): number {
  const found = marks.findIndex((mark) => mark.kind === kind && mark.name === name && mark.namespace === namespace);
  return found < 0 ? marks.push({ kind, namespace, name }) - 1 : found;
}

/** Reads an element from its start tag, which stands there, to behind its end tag. */
function taggedStep({ attributes, content }: ElementPlan, marks: Mark[]): Step | undefined {
  const sorted = attributes.toSorted(inOrder).map((attribute) => attributeStep(attribute, marks));
  const steps = [...sorted, ...contentSteps(content, marks)];
  if (!steps.every((step) => step !== undefined)) return undefined;
  return (reading, at) => {
    let next = at + 1;
    for (const step of steps) {
      next = step(reading, next);
      if (next < 0) return -1;
    }
    return reading.numbers[next] === endTag ? next + 1 : -1;
  };
}

/** As attributes are sorted in a canonical document. */
function inOrder(one: XmlName, other: XmlName): number {
  if (one.namespace !== other.namespace) return one.namespace < other.namespace ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

function attributeStep(plan: AttributePlan, marks: Mark[]): Step | undefined {
  const mark = markOf(marks, attributeToken, plan);
  return valueStep(mark, plan.value, !isRequired(plan));
}

/** An element that holds an empty text has no token for it. */
function contentSteps(content: ElementContent, marks: Mark[]): (Step | undefined)[] {
  if (content.is === 'elements') return content.children.map((child) => childStep(child, marks));
  if (content.value === '') return [];
  return [valueStep(markOf(marks, textToken, { namespace: '', name: '' }), content.value, false)];
}

function childStep(plan: ElementPlan, marks: Mark[]): Step | undefined {
  const { each, optional } = plan;
  const read = taggedStep(plan, marks);
  if (read === undefined || (each !== undefined && each.path !== 'roles')) return undefined;
  const stands = standing(plan, marks);
  if (each === undefined) return (reading, at) => (stands(reading, at) ? read(reading, at) : optional ? at : -1);
  return (reading, at) => {
    let next = at;
    while (next >= 0 && stands(reading, next)) next = read(reading, next);
    return next;
  };
}

/** Whether an element stands there, told from its namesakes. */
function standing(plan: ElementPlan, marks: Mark[]): (reading: Reading, at: number) => boolean {
  const tag = markOf(marks, startTag, plan);
  const told = plan.told === undefined ? undefined : attributeStep(plan.told, marks);
  if (told === undefined) return ({ numbers, tokens }, at) => numbers[at] === tokens[tag];
  return (reading, at) => {
    const { numbers, tokens } = reading;
    if (numbers[at] !== tokens[tag]) return false;
    for (let next = at + 1; ((numbers[next] ?? 0) & kindMask) === attributeToken; next += 3)
      if (told(reading, next) > 0) return true;
    return false;
  };
}

/** Reads a text or an attribute that holds no references; one that does has another token. */
function valueStep(mark: number, value: string | Hole, mayBeAbsent: boolean): Step | undefined {
  const take = typeof value === 'string' ? fixedTaker(value) : takerOf(value);
  if (take === undefined) return undefined;
  return (reading, at) => {
    const { numbers, tokens } = reading;
    if (((numbers[at] ?? 0) & ~wideValue) !== tokens[mark]) return mayBeAbsent ? at : -1;
    return take(reading, numbers[at + 1] ?? 0, numbers[at + 2] ?? 0) ? at + 3 : -1;
  };
}

function fixedTaker(value: string): Taker {
  const fixed = Buffer.from(value);
  return ({ bytes }, start, end) => {
    if (end - start !== fixed.length) return false;
    for (let i = 0; i < fixed.length; i += 1) if (bytes[start + i] !== fixed[i]) return false;
    return true;
  };
}

function takerOf(hole: Hole): Taker | undefined {
  if (hole.path === '.') return roleTaker(hole);
  const cell = recordFields.indexOf(hole.path as RecordField);
  if (cell < 0 || hole.isPart) return undefined;
  if (hole.isPlain && hole.kind === 'text') return copyTaker(cell);
  const work = (text: string): Uint8Array | undefined => {
    const value = readOrRefused(hole, text);
    return typeof value === 'string' ? Buffer.from(cellOf(value)) : undefined;
  };
  const comesAgain = hole.kind === 'day' || hole.kind === 'words' || hole.path === 'grade';
  const made: ByteMemo<Uint8Array | undefined> = comesAgain
    ? byteMemo(work)
    : (bytes, start, end) => work(textOf(bytes, start, end));
  return (reading, start, end) => {
    const source = made(reading.bytes, start, end);
    if (source === undefined) return false;
    reading.sources[cell] = source;
    reading.ends[cell] = source.length;
    return true;
  };
}

function copyTaker(cell: number): Taker {
  return (reading, start, end) => {
    reading.sources[cell] = reading.bytes;
    reading.starts[cell] = start;
    reading.ends[cell] = end;
    return start < end;
  };
}

/** A role that stands there twice is kept twice by the builder of objects. */
function roleTaker(hole: Hole): Taker {
  const bitOf = byteMemo((text) => {
    const role = readOrRefused(hole, text);
    return role === undefined ? 0 : 1 << roles.indexOf(role as Role);
  });
  return (reading, start, end) => {
    const bit = bitOf(reading.bytes, start, end);
    const isNew = bit !== 0 && (reading.roles & bit) === 0;
    reading.roles |= bit;
    return isNew;
  };
}

/** Undefined for what is refused: the builder of objects refuses it again, with its place. */
function readOrRefused(hole: Hole, text: string): Slot {
  try {
    return hole.read(text);
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

const inQuotes = ['["', '",["', '","', '"],["', '","', '","', '","', '"],"', '","', '","', '","', '","'];
/** What stands before each cell of a record's text (digest.ts). */
const before = inQuotes.map((text) => Buffer.from(text));
/** What stands behind the last cell, by the bits of the roles. */
const endings: Uint8Array[] = [];

function endingOf(bits: number): Uint8Array {
  const held = roles.filter((_, i) => (bits & (1 << i)) !== 0).sort();
  return Buffer.from(`",${JSON.stringify(held)}]`);
}

/** Writes the text of a record that was read; false when a value is not plain. */
function writeRecord({ bytes, sources, starts, ends, roles: bits }: Reading, writer: ByteWriter): boolean {
  for (let cell = 0; cell < before.length; cell += 1) {
    putBytes(writer, before[cell] ?? none);
    const [source = none, start = 0, end = 0] = [sources[cell], starts[cell], ends[cell]];
    if (source !== bytes) putBytes(writer, source, start, end);
    else if (!copyQuoted(writer, bytes, start, end)) return false;
  }
  putBytes(writer, (endings[bits] ??= endingOf(bits)));
  return true;
}

const [quote, backslash, space] = [0x22, 0x5c, 0x20];

/** Copies a value as JSON writes it; false when it holds tabs or line ends. */
function copyQuoted(writer: ByteWriter, source: Uint8Array, start: number, end: number): boolean {
  makeRoom(writer, 2 * (end - start));
  const { bytes } = writer;
  let { length } = writer;
  for (let i = start; i < end; i += 1) {
    const byte = source[i] ?? 0;
    if (byte < space) return false;
    if (byte === quote || byte === backslash) {
      bytes[length] = backslash;
      length += 1;
    }
    bytes[length] = byte;
    length += 1;
  }
  writer.length = length;
  return true;
}
