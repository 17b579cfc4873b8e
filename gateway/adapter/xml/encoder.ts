/** Turns the plan of an XML template into functions that write messages by joining text: nothing is built but the text itself. */

import { openWriter, putBytes, putText, written, type ByteWriter } from '../../model/byte-writer.ts';
import { openCells, type Cells } from '../../model/record/json-spans.ts';
import { cellsAt, recordAt, type PackedRecords } from '../../model/record/packed-records.ts';
import { placed } from '../faults.ts';
import { canonicalPlan } from './canonical-plan.ts';
import { packedWriter, type PackedWriter } from './packed-encoder.ts';
import type { ElementContent, ElementPlan } from './template.ts';
import { escapeAttribute, escapeText, openingOf } from './escaping.ts';

type Writer = (item: unknown) => string;

/** A piece of a message: written once, or once for each item of a list. */
type Step = { readonly is: 'once'; readonly write: Writer } | Each;

interface Each {
  readonly is: 'each';
  readonly name: string;
  readonly write: Writer;
  /** Writes packed records; absent where only objects can be written. */
  readonly writePacked: PackedWriter | undefined;
  get(item: unknown): readonly unknown[];
}

/** A piece of a message: text, or UTF-8. */
export type Chunk = string | Uint8Array;

/** Bytes that a record seldom exceeds; a message of one takes no more. */
const roomOfRecord = 2_048;

const lineEnd = Buffer.from('\n');

/** Characters in a chunk; large enough that handing it on costs nothing. */
const chunkLength = 65_536;

/**
 * Writes messages after a plan, in chunks. Throws with the place of the value that cannot be written, as a JSON Pointer.
 * `packed`: the records of the message, where it holds none itself.
 */
export function xmlEncoder(plan: ElementPlan): (message: unknown, packed?: PackedRecords) => Generator<Chunk> {
  const steps = stepsOf(canonicalPlan(plan));
  return function* encode(message, packed) {
    let text = '<?xml version="1.0" encoding="UTF-8"?>';
    for (const step of steps) {
      if (step.is === 'once') {
        text += step.write(message);
        continue;
      }
      if (step.name === 'records' && packed !== undefined) {
        yield text;
        yield* packedItems(step, packed);
        text = '';
        continue;
      }
      const items = step.get(message);
      for (let i = 0; i < items.length; i += 1) {
        text += writeItem(step, items[i], i);
        if (text.length > chunkLength) {
          yield text;
          text = '';
        }
      }
    }
    yield `${text}\n`;
  };
}

/** The chunks share their memory: each must be copied before the next is asked for. */
function* packedItems(step: Each, records: PackedRecords): Generator<Chunk> {
  const writer = openWriter(Math.min(2 * chunkLength, 1024 + records.count * roomOfRecord));
  const cells = openCells();
  for (let i = 0; i < records.count; i += 1) {
    if (!writePacked(step, records, i, { cells, writer })) putText(writer, writeItem(step, recordAt(records, i), i));
    if (writer.length > chunkLength) {
      yield written(writer);
      writer.length = 0;
    }
  }
  yield written(writer);
}

interface Packing {
  readonly cells: Cells;
  readonly writer: ByteWriter;
}

/** False when the record is left to the writer of objects. */
function writePacked(step: Each, records: PackedRecords, index: number, { cells, writer }: Packing): boolean {
  if (step.writePacked === undefined) return false;
  const before = writer.length;
  putBytes(writer, lineEnd);
  cellsAt(cells, records, index);
  try {
    if (step.writePacked(cells, writer)) return true;
  } catch (error) {
    throw placed(error, `/${step.name}/${index}`);
  }
  writer.length = before;
  return false;
}

// A line for each item: a diff of two lists then shows the records that differ.
function writeItem(step: Each, item: unknown, index: number): string {
  try {
    return `\n${step.write(item)}`;
  } catch (error) {
    throw placed(error, `/${step.name}/${index}`);
  }
}

/** One item of a list as it stands in a message; for showing a single record. */
export function xmlItemWriter(plan: ElementPlan, list: string): Writer | undefined {
  const step = stepsOf(canonicalPlan(plan)).find((each) => each.is === 'each' && each.name === list);
  return step?.write;
}

function stepsOf(plan: ElementPlan): Step[] {
  const { each, content } = plan;
  if (each !== undefined)
    return [
      {
        is: 'each',
        name: listName(plan),
        get: (item) => each.get(item),
        write: elementWriter(plan),
        writePacked: listName(plan) === 'records' ? packedWriter(plan) : undefined,
      },
    ];
  if (content.is === 'text' || !content.children.some(holdsList)) return [onLine(elementWriter(plan))];
  const attributes = attributesWriter(plan);
  const open = openingOf(plan);
  const isPresent = presenceOf(plan);
  return [
    onLine((item) => (isPresent(item) ? `${open}${attributes(item)}>` : '')),
    ...content.children.flatMap(stepsOf),
    onLine((item) => (isPresent(item) ? `</${plan.tag}>` : '')),
  ];
}

function onLine(write: Writer): Step {
  return {
    is: 'once',
    write(item) {
      const text = write(item);
      return text === '' ? '' : `\n${text}`;
    },
  };
}

function holdsList({ each, content }: ElementPlan): boolean {
  return each !== undefined || (content.is === 'elements' && content.children.some(holdsList));
}

function listName({ each }: ElementPlan): string {
  return each?.path ?? '';
}

function elementWriter(plan: ElementPlan): Writer {
  const attributes = attributesWriter(plan);
  const body = contentWriter(plan.content);
  const open = openingOf(plan);
  const close = `</${plan.tag}>`;
  const full: Writer = (item) => `${open}${attributes(item)}>${body(item)}${close}`;
  if (!plan.optional) return full;
  const isPresent = presenceOf(plan);
  return (item) => (isPresent(item) ? full(item) : '');
}

/** Whether anything of an element is there to be written: any of its values, or an item of its lists. */
function presenceOf(plan: ElementPlan): (item: unknown) => boolean {
  if (!plan.optional) return () => true;
  const presences = presencesIn(plan);
  return (item) => presences.some((isPresent) => isPresent(item));
}

function presencesIn({ attributes, content }: ElementPlan): ((item: unknown) => boolean)[] {
  const values = attributes.map(({ value }) => value);
  const own = (content.is === 'text' ? [...values, content.value] : values).filter(
    (value) => typeof value !== 'string',
  );
  const inside = content.is === 'text' ? [] : content.children;
  return [
    ...own.map((hole) => (item: unknown) => hole.isPresent(item)),
    ...inside.flatMap((child) => {
      const { each } = child;
      return each === undefined ? presencesIn(child) : [(item: unknown) => each.get(item).length > 0];
    }),
  ];
}

function attributesWriter({ attributes }: ElementPlan): Writer {
  const writers = attributes.map(({ tag, value }): Writer => {
    const open = ` ${tag}="`;
    if (typeof value === 'string') {
      const fixed = `${open}${escapeAttribute(value)}"`;
      return () => fixed;
    }
    return (item) => {
      const text = value.write(item);
      return text === undefined ? '' : `${open}${escapeAttribute(text)}"`;
    };
  });
  return (item) => {
    let text = '';
    for (const write of writers) text += write(item);
    return text;
  };
}

function contentWriter(content: ElementContent): Writer {
  if (content.is === 'elements') {
    const children = content.children.map((child) =>
      child.each === undefined ? elementWriter(child) : eachWriter(child),
    );
    return (item) => {
      let text = '';
      for (const write of children) text += write(item);
      return text;
    };
  }
  const { value } = content;
  if (typeof value === 'string') {
    const fixed = escapeText(value);
    return () => fixed;
  }
  return (item) => {
    const text = value.write(item);
    return text === undefined ? '' : escapeText(text);
  };
}

/** A list inside a record: its places are counted like those of the records. */
function eachWriter(plan: ElementPlan): Writer {
  const write = elementWriter(plan);
  const { each } = plan;
  if (each === undefined) return write;
  return (item) => {
    const items = each.get(item);
    let text = '';
    for (let i = 0; i < items.length; i += 1) {
      try {
        text += write(items[i]);
      } catch (error) {
        throw placed(error, `/${each.path}/${i}`);
      }
    }
    return text;
  };
}
