/**
 * Writes packed records after the plan of an XML template, from bytes to bytes. A value that needs nothing done is copied; what
 * becomes of days, codes and words is worked out once. A record that is not plain is left to the writer of objects.
 */

import { byteMemo } from '../../model/byte-memo.ts';
import { makeRoom, putBytes, putText, type ByteWriter } from '../../model/byte-writer.ts';
import { cellText, isEmpty, type Cells } from '../../model/record/json-spans.ts';
import { recordFields, rolesFrom, type RecordField } from '../../model/record/packed-records.ts';
import { placed } from '../faults.ts';
import type { Hole } from '../template/holes.ts';
import type { ElementPlan } from './template.ts';
import { escapeAttribute, escapeText, openingOf } from './escaping.ts';

/** Writes one record; false when it is not plain, and then what was written of it is to be dropped. */
export type PackedWriter = (record: Cells, writer: ByteWriter) => boolean;

/** Undefined where the plan holds what only a writer of objects knows. */
export function packedWriter(plan: ElementPlan): PackedWriter | undefined {
  const parts: Part[] = [];
  return addTagged(plan, parts) ? inOrder(parts) : undefined;
}

/** A piece of a record: text that is always the same, or what writes a value. */
type Part = string | PackedWriter;

/** Adds what writes an element; false where that is not known. */
function addElement(plan: ElementPlan, parts: Part[]): boolean {
  if (plan.each !== undefined) {
    const write = plan.each.path === 'roles' ? rolesWriter(plan) : undefined;
    if (write !== undefined) parts.push(write);
    return write !== undefined;
  }
  if (!plan.optional) return addTagged(plan, parts);
  const inside: Part[] = [];
  const cells = cellsIn(plan);
  if (cells === undefined || !addTagged(plan, inside)) return false;
  const write = inOrder(inside);
  parts.push((record, writer) => !cells.some((cell) => isPresent(record, cell)) || write(record, writer));
  return true;
}

function addTagged(plan: ElementPlan, parts: Part[]): boolean {
  const { attributes, content, tag } = plan;
  parts.push(openingOf(plan));
  for (const { tag: name, value } of attributes) {
    const around = [` ${name}="`, '"'] as const;
    if (typeof value === 'string') parts.push(around[0] + escapeAttribute(value) + around[1]);
    else if (!addValue(value, inAttribute, around, parts)) return false;
  }
  parts.push('>');
  if (content.is === 'elements') {
    if (!content.children.every((child) => addElement(child, parts))) return false;
  } else if (typeof content.value === 'string') parts.push(escapeText(content.value));
  else if (!addValue(content.value, inText, ['', ''], parts)) return false;
  parts.push(`</${tag}>`);
  return true;
}

/** What stands one after the other, with fixed texts made into bytes as long as can be. */
function inOrder(parts: readonly Part[]): PackedWriter {
  const writers: PackedWriter[] = [];
  let fixed = '';
  const flush = (): void => {
    const bytes = Buffer.from(fixed);
    fixed = '';
    if (bytes.length > 0)
      writers.push((_, writer) => {
        putBytes(writer, bytes);
        return true;
      });
  };
  for (const part of parts) {
    if (typeof part === 'string') fixed += part;
    else {
      flush();
      writers.push(part);
    }
  }
  flush();
  return (record, writer) => {
    for (const write of writers) if (!write(record, writer)) return false;
    return true;
  };
}

/** The cells that an optional element is there for; undefined where one is of something else. */
function cellsIn({ attributes, content }: ElementPlan): number[] | undefined {
  const values = attributes.map(({ value }) => value);
  const holes = (content.is === 'text' ? [...values, content.value] : values).filter((one) => typeof one !== 'string');
  const cells = holes.map(cellOfHole);
  for (const child of content.is === 'text' ? [] : content.children) {
    const inside = child.each === undefined ? cellsIn(child) : child.each.path === 'roles' ? [rolesFrom] : undefined;
    if (inside === undefined) return undefined;
    cells.push(...inside);
  }
  return cells.includes(-1) ? undefined : cells;
}

function cellOfHole({ path }: Hole): number {
  return recordFields.indexOf(path as RecordField);
}

function isPresent(record: Cells, cell: number): boolean {
  return cell < record.count && !isEmpty(record, cell);
}

/** How values are escaped: what is written in place of a byte, and which bytes have to be looked at. */
interface Escaping {
  readonly escape: (text: string) => string;
  readonly written: readonly (Uint8Array | undefined)[];
  readonly looked: Uint8Array;
}

const inText = escapingBy(escapeText, '<>&');
const inAttribute = escapingBy(escapeAttribute, '<&"');

function escapingBy(escape: (text: string) => string, special: string): Escaping {
  const written = new Array<Uint8Array | undefined>(256).fill(undefined);
  for (const character of special) written[character.charCodeAt(0)] = Buffer.from(escape(character));
  // U+FFFE and U+FFFF begin with this one.
  return {
    escape,
    written,
    looked: Uint8Array.from(written, (bytes, byte) => (bytes === undefined && byte !== 0xef ? 0 : 1)),
  };
}

type Around = readonly [before: string, after: string];

function addValue(hole: Hole, escaping: Escaping, [before, after]: Around, parts: Part[]): boolean {
  const cell = cellOfHole(hole);
  if (cell < 0 || hole.isPart) return false;
  const write = inOrder([before, cellWriter(hole, () => cell, escaping), after]);
  // What must be there and is not is the writer of objects' to complain of.
  parts.push((record, writer) => (isEmpty(record, cell) ? hole.optional : write(record, writer)));
  return true;
}

/** Writes the value of one cell, which is there. */
function cellWriter(hole: Hole, cellIn: (record: Cells) => number, escaping: Escaping): PackedWriter {
  if (hole.isPlain) return (record, writer) => copyEscaped(record, cellIn(record), escaping, writer);
  const { escape } = escaping;
  if (hole.kind !== 'day' && hole.kind !== 'words' && hole.path !== 'grade') {
    return (record, writer) => {
      putText(writer, escape(hole.writeText(cellText(record, cellIn(record)))));
      return true;
    };
  }
  const written = byteMemo((cell) => Buffer.from(escape(hole.writeText(JSON.parse(`"${cell}"`) as string))));
  return (record, writer) => {
    const cell = cellIn(record);
    putBytes(writer, written(record.bytes, record.starts[cell] ?? 0, record.ends[cell] ?? 0));
    return true;
  };
}

function rolesWriter(plan: ElementPlan): PackedWriter | undefined {
  const parts: Part[] = [];
  let current = rolesFrom;
  if (!addRole(plan, () => current, parts)) return undefined;
  const write = inOrder(parts);
  return (record, writer) => {
    for (current = rolesFrom; current < record.count; current += 1) {
      try {
        if (!write(record, writer)) return false;
      } catch (error) {
        throw placed(error, `/roles/${current - rolesFrom}`);
      }
    }
    return true;
  };
}

/** The element of a role holds it as its text, or in one attribute. */
function addRole(plan: ElementPlan, cellIn: () => number, parts: Part[]): boolean {
  const { attributes, content, tag } = plan;
  if (content.is === 'elements') return false;
  parts.push(openingOf(plan));
  for (const { tag: name, value } of attributes) {
    if (typeof value === 'string') parts.push(` ${name}="${escapeAttribute(value)}"`);
    else parts.push(` ${name}="`, cellWriter(value, cellIn, inAttribute), '"');
  }
  const { value } = content;
  parts.push('>', typeof value === 'string' ? escapeText(value) : cellWriter(value, cellIn, inText), `</${tag}>`);
  return true;
}

/** Copies a value, escaped; false when it holds escapes of JSON, or a character that XML cannot carry. */
function copyEscaped(record: Cells, cell: number, { written, looked }: Escaping, writer: ByteWriter): boolean {
  const { bytes, starts, ends, escaped } = record;
  const [start, end] = [starts[cell] ?? 0, ends[cell] ?? 0];
  if (escaped[cell] === true) return false;
  // The longest escape is six bytes.
  makeRoom(writer, (end - start) * 6);
  const to = writer.bytes;
  let { length } = writer;
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (looked[byte] === 1) {
      const instead = written[byte];
      if (instead === undefined && isNoCharacter(bytes, i)) return false;
      if (instead !== undefined) {
        to.set(instead, length);
        length += instead.length;
        continue;
      }
    }
    to[length] = byte;
    length += 1;
  }
  writer.length = length;
  return true;
}

/** U+FFFE and U+FFFF; everything else beyond ASCII that UTF-8 can write is a character of XML 1.0. */
function isNoCharacter(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0xbf && (bytes[at + 2] ?? 0) >= 0xbe;
}
