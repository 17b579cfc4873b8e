/**
 * Writes messages by the plan of an XML template, as bytes. Records are written from the columns of their texts: a value without
 * transforms is copied and escaped byte by byte; days, codes and words are cached; any other value is converted as text.
 */

import { openWriter, putBytes, putText, written, type ByteWriter } from '../../model/byte-writer.ts';
import { isAbsent, openColumns } from '../../model/record/columns.ts';
import type { ListRecord } from '../../model/record/record.ts';
import { packRecords, readRecordAt, type PackedList, type PackedRecords } from '../../model/record/packed-records.ts';
import { isComputed } from '../template/computed.ts';
import { writeItem, type RepeatedPart, type Hole } from '../template/holes.ts';
import { canonicalPlan } from './canonical-plan.ts';
import { escapeAttribute, escapeText, attributeEscaping, textEscaping, openingTag, type Escaping } from './escaping.ts';
import {
  columnOf,
  joinedWriter,
  partsWriter,
  presentValue,
  rolesFrom,
  type RecordItem,
  type Write,
} from './record-item.ts';
import type { ElementPlan } from './plan.ts';

type IsPresent<T> = (item: T) => boolean;

/** Writes values and lists of one kind of item: messages and their items as objects, records as columns. */
interface ItemWriters<T> {
  value(hole: Hole, escaping: Escaping): Write<T>;
  isPresent(hole: Hole): IsPresent<T>;
  hasItems(each: RepeatedPart): IsPresent<T>;
  items(each: RepeatedPart, plan: ElementPlan): Write<T>;
}

const objects: ItemWriters<unknown> = {
  value:
    (hole, { escape }) =>
    (item, writer) => {
      const text = hole.write(item);
      if (text !== undefined) putText(writer, escape(text));
    },
  isPresent: (hole) => (item) => hole.isPresent(item),
  hasItems: (each) => (item) => countOf(each, item) > 0,
  items(each, plan) {
    const write = elementWriter(plan, objects);
    return (item, writer) => {
      for (const [i, one] of each.get(item).entries()) writeItem((it) => write(it, writer), one, each, i);
    };
  },
};

const hasRoles: IsPresent<RecordItem> = ({ columns }) => columns.count > rolesFrom;

const records: ItemWriters<RecordItem> = {
  value(hole, escaping) {
    if (hole.writeList !== undefined) return joinedWriter(hole.writeList, escaping);
    if (hole.parts !== undefined) return partsWriter(hole.parts, escaping);
    if (isComputed(hole.path)) return (_, writer) => putText(writer, escaping.escape(hole.write(undefined) ?? ''));
    const write = presentValue(hole, escaping);
    const columnIn = columnOf(hole);
    return (item, writer) => {
      if (isAbsent(item.columns, columnIn(item))) putText(writer, escaping.escape(hole.writeValue(undefined) ?? ''));
      else write(item, writer);
    };
  },
  isPresent(hole) {
    if (hole.writeList !== undefined) return hasRoles;
    const tests = hole.parts?.holes.map((part) => records.isPresent(part));
    if (tests !== undefined) return (item) => tests.some((isPresent) => isPresent(item));
    const columnIn = columnOf(hole);
    return (item) => hole.open !== undefined || !isAbsent(item.columns, columnIn(item));
  },
  hasItems: () => hasRoles,
  items(each, plan) {
    const write = elementWriter(plan, records);
    return (item, writer) => {
      for (item.role = rolesFrom; item.role < item.columns.count; item.role += 1)
        writeItem((it) => write(it, writer), item, each, item.role - rolesFrom);
    };
  },
};

/** A piece of an element: constant text, or a function that writes a value. */
type ElementPart<T> = string | Write<T>;

function elementWriter<T>(plan: ElementPlan, writing: ItemWriters<T>): Write<T> {
  const write = inSequence(partsOf(plan, writing));
  if (!plan.optional) return write;
  const isPresent = presenceTest(plan, writing);
  return (item, writer) => {
    if (isPresent(item)) write(item, writer);
  };
}

function partsOf<T>(plan: ElementPlan, writing: ItemWriters<T>): ElementPart<T>[] {
  const { content } = plan;
  const inside: ElementPart<T>[] =
    content.is === 'elements'
      ? content.children.flatMap((child) => {
          if (child.each !== undefined) return writing.items(child.each, child);
          return child.optional ? elementWriter(child, writing) : partsOf(child, writing);
        })
      : [typeof content.value === 'string' ? escapeText(content.value) : writing.value(content.value, textEscaping)];
  return [...startTag(plan, writing), ...inside, `</${plan.tag}>`];
}

function startTag<T>(plan: ElementPlan, writing: ItemWriters<T>): ElementPart<T>[] {
  const attributes = plan.attributes.map(({ tag, value }): ElementPart<T> => {
    const before = ` ${tag}="`;
    if (typeof value === 'string') return `${before}${escapeAttribute(value)}"`;
    const write = inSequence([before, writing.value(value, attributeEscaping), '"']);
    const isPresent = writing.isPresent(value);
    return (item, writer) => {
      if (!value.optional || isPresent(item)) write(item, writer);
    };
  });
  return [openingTag(plan), ...attributes, '>'];
}

/** Writes the parts in order; adjacent constant texts are joined. */
function inSequence<T>(parts: readonly ElementPart<T>[]): Write<T> {
  const writers: Write<T>[] = [];
  let constant = '';
  const flush = (): void => {
    const bytes = Buffer.from(constant);
    constant = '';
    if (bytes.length > 0) writers.push((_, writer) => putBytes(writer, bytes));
  };
  for (const part of parts) {
    if (typeof part === 'string') constant += part;
    else {
      flush();
      writers.push(part);
    }
  }
  flush();
  return (item, writer) => {
    for (const write of writers) write(item, writer);
  };
}

/** Whether an optional element has a value, or an item of its lists. */
function presenceTest<T>(plan: ElementPlan, writing: ItemWriters<T>): IsPresent<T> {
  const presences = presenceTests(plan, writing);
  return (item) => presences.some((isPresent) => isPresent(item));
}

function presenceTests<T>({ attributes, content }: ElementPlan, writing: ItemWriters<T>): IsPresent<T>[] {
  const values = attributes.map(({ value }) => value);
  const own = (content.is === 'text' ? [...values, content.value] : values).filter((one) => typeof one !== 'string');
  const inside = content.is === 'text' ? [] : content.children;
  return [
    ...own.map((hole) => writing.isPresent(hole)),
    ...inside.flatMap((child) =>
      child.each === undefined ? presenceTests(child, writing) : [writing.hasItems(child.each)],
    ),
  ];
}

/** A piece of a message: written once, or once for each item of a list. */
type MessageStep = { readonly is: 'once'; readonly write: Write<unknown> } | EachStep;

interface EachStep {
  readonly is: 'each';
  /** How many items of one numbering stand before its own. */
  before(message: unknown): number;
  readonly each: RepeatedPart;
  readonly write: Write<unknown>;
  readonly writeRecord: Write<RecordItem>;
}

const chunkBytes = 65_536;
/** Bytes that a record seldom exceeds. */
const roomOfRecord = 2_048;

/**
 * Writes messages in chunks that share memory: copy each one before requesting the next. The records of a list are packed, all
 * other items are objects. Throws E_VALUE_INVALID, E_CODE_UNKNOWN, E_ELEMENT_MISSING with the JSON
 * Pointer of the value.
 */
export function xmlEncoder(plan: ElementPlan): (message: unknown) => Generator<Uint8Array> {
  const steps = stepsOf(canonicalPlan(plan));
  return function* encode(message) {
    const room = 8_192 + ((message as Partial<PackedList>).records?.count ?? 0) * roomOfRecord;
    const writer = openWriter(Math.min(2 * chunkBytes, room));
    putText(writer, '<?xml version="1.0" encoding="UTF-8"?>');
    for (const step of steps) {
      if (step.is === 'once') writeLine(step.write, message, writer);
      else if (isRecordList(step.each)) yield* writeRecords(step, (message as PackedList).records, writer);
      else yield* writeItems(step, message, writer);
    }
    putText(writer, '\n');
    yield written(writer);
  };
}

// One line for each item, so that a diff of two messages shows the records that differ.
function writeLine(write: Write<unknown>, message: unknown, writer: ByteWriter): void {
  const before = writer.length;
  putText(writer, '\n');
  write(message, writer);
  if (writer.length === before + 1) writer.length = before;
}

function* writeItems({ each, before, write }: EachStep, message: unknown, writer: ByteWriter): Generator<Uint8Array> {
  for (const [i, item] of each.get(message).entries()) {
    putText(writer, '\n');
    writeItem((it) => write(it, writer), item, each, i, before(message) + i);
    if (writer.length > chunkBytes) yield takeChunk(writer);
  }
}

function* writeRecords(
  { each, writeRecord }: EachStep,
  packed: PackedRecords,
  writer: ByteWriter,
): Generator<Uint8Array> {
  const item = { columns: openColumns(), role: 0 };
  const write = (it: RecordItem): void => writeRecord(it, writer);
  for (let i = 0; i < packed.count; i += 1) {
    putBytes(writer, lineEnd);
    readRecordAt(item.columns, packed, i);
    writeItem(write, item, each, i);
    if (writer.length > chunkBytes) yield takeChunk(writer);
  }
}

const lineEnd = Buffer.from('\n');

/** The bytes written so far; the writer is reset. */
function takeChunk(writer: ByteWriter): Uint8Array {
  const chunk = written(writer);
  writer.length = 0;
  return chunk;
}

function isRecordList({ path }: RepeatedPart): boolean {
  return path === 'records';
}

function countOf(each: RepeatedPart, message: unknown): number {
  return isRecordList(each) ? (message as PackedList).records.count : each.get(message).length;
}

/** Encodes one record; undefined when the plan carries no records. */
export function xmlRecordWriter(plan: ElementPlan): ((record: ListRecord) => string) | undefined {
  const step = stepsOf(canonicalPlan(plan)).find((one) => one.is === 'each' && isRecordList(one.each));
  if (step?.is !== 'each') return undefined;
  return (record) => {
    const item = { columns: openColumns(), role: 0 };
    const writer = openWriter(roomOfRecord);
    readRecordAt(item.columns, packRecords([record]), 0);
    step.writeRecord(item, writer);
    return written(writer).toString();
  };
}

function stepsOf(plan: ElementPlan): MessageStep[] {
  const { each, content, left } = plan;
  if (each !== undefined) {
    const none: Write<RecordItem> = () => undefined;
    return [
      {
        ...{ is: 'each', each },
        before: left === undefined ? () => 0 : (message) => (message as PackedList).records.count,
        write: isRecordList(each) ? () => undefined : elementWriter(plan, objects),
        writeRecord: isRecordList(each) ? elementWriter(plan, records) : none,
      },
    ];
  }
  if (content.is === 'text' || !content.children.some(holdsList))
    return [{ is: 'once', write: elementWriter(plan, objects) }];
  const isPresent = plan.optional ? presenceTest(plan, objects) : () => true;
  const once = (parts: ElementPart<unknown>[]): MessageStep => {
    const write = inSequence(parts);
    return { is: 'once', write: (item, writer) => (isPresent(item) ? write(item, writer) : undefined) };
  };
  return [once(startTag(plan, objects)), ...content.children.flatMap(stepsOf), once([`</${plan.tag}>`])];
}

function holdsList({ each, content }: ElementPlan): boolean {
  return each !== undefined || (content.is === 'elements' && content.children.some(holdsList));
}
