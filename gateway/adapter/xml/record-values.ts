/** Collects the values of a record while its element is read, and writes its canonical text from them. */

import { byteMemo } from '../../model/byte-memo.ts';
import { makeRoom, putBytes, putText, type ByteWriter } from '../../model/byte-writer.ts';
import { escapedValue, resolveReferences, valueText, type CanonicalXml } from '../../model/canonical-tokens.ts';
import { insideQuotes } from '../../model/record/columns.ts';
import type { ListPath } from '../../model/record/record.ts';
import { beginRecord, dropRecord, type RecordPacker } from '../../model/record/packed-records.ts';
import { endOfText, listLayout } from '../../model/record/record-text.ts';
import { readParts } from '../template/computed.ts';
import type { Hole, SlotFill, TemplateScope } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import { parseValue } from '../template/transforms.ts';

/** The source and range of the bytes of each column. Reused for each record of a document. */
export interface RecordValues {
  /** The document. Values in it are escaped for JSON when they are copied; values from other sources are escaped already. */
  readonly document: Uint8Array;
  readonly sources: Uint8Array[];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly roles: string[];
  /** Parts of split values, by slot. */
  slots: Slot[];
}

const noBytes = new Uint8Array();

export function openRecordValues(document: Uint8Array): RecordValues {
  const { length } = listLayout.paths;
  const [starts, ends] = [new Int32Array(length), new Int32Array(length)];
  return { document, sources: new Array<Uint8Array>(length).fill(noBytes), starts, ends, roles: [], slots: [] };
}

/** Reads a value of a record; `token`: -1 for an empty value, which has no token. */
type ReadColumn = (values: RecordValues, document: CanonicalXml, token: number) => void;

/** Reads the records of one layout. */
export interface RecordReader {
  readonly scope: TemplateScope;
  /** Begins a record; returns the slots for the parts of split values. */
  open(values: RecordValues): Slot[];
  columnReader(hole: Hole): ReadColumn;
  /** The end of a record's text, by its roles. */
  readonly ends: Map<string, Uint8Array>;
}

export function openRecordReader(scope: TemplateScope): RecordReader {
  return {
    scope,
    open(values) {
      for (let column = 0; column < values.starts.length; column += 1) values.starts[column] = values.ends[column] = 0;
      values.roles.length = 0;
      values.slots = scope.joins.length === 0 ? noSlots : new Array<Slot>(scope.slots).fill(undefined);
      return values.slots;
    },
    columnReader: columnReader,
    ends: new Map(),
  };
}

const noSlots: Slot[] = [];

function columnReader(hole: Hole): ReadColumn {
  const { parts } = hole;
  if (parts !== undefined)
    return (values, document, token) => {
      readParts(parts, tokenText(document, token), (part, text) => {
        const value = part.read(text);
        if (part.isPart) values.slots[part.slot] = value;
        else if (value !== undefined)
          setValue(values, listLayout.column[part.path as ListPath], Buffer.from(insideQuotes(value as string)));
      });
    };
  if (!hole.kept) return (_, document, token) => void hole.read(tokenText(document, token));
  if (hole.path === '.') return roleReader(hole);
  if (hole.writeList !== undefined)
    return (values, document, token) => {
      for (const role of hole.read(tokenText(document, token)) as readonly string[]) values.roles.push(role);
    };
  if (hole.isPart)
    return (values, document, token) => {
      values.slots[hole.slot] = hole.read(tokenText(document, token));
    };
  const column = listLayout.column[hole.path as ListPath];
  if (hole.isPlain && hole.kind === 'text') return plainColumnReader(hole, column);
  const compute = (text: string): Uint8Array => {
    const value = hole.read(text);
    return value === undefined ? noBytes : Buffer.from(insideQuotes(value as string));
  };
  if (hole.kind === 'text' && hole.path !== 'grade')
    return (values, document, token) => setValue(values, column, compute(tokenText(document, token)));
  const known = byteMemo((raw) => compute(resolveReferences(raw)));
  return (values, { bytes, tokens: { numbers } }, token) => {
    const value = token < 0 ? compute('') : known(bytes, numbers[token + 1] ?? 0, numbers[token + 2] ?? 0);
    setValue(values, column, value);
  };
}

function tokenText(document: CanonicalXml, token: number): string {
  return token < 0 ? '' : valueText(document, token);
}

function setValue({ sources, starts, ends }: RecordValues, column: number, inner: Uint8Array): void {
  sources[column] = inner;
  starts[column] = 0;
  ends[column] = inner.length;
}

/** A value without references is copied from the document; any other one is converted as text. */
function plainColumnReader(hole: Hole, column: number): ReadColumn {
  return (values, document, token) => {
    const { numbers } = document.tokens;
    if (token < 0 || numbers[token + 1] === numbers[token + 2] || ((numbers[token] ?? 0) & escapedValue) !== 0) {
      setValue(values, column, Buffer.from(insideQuotes(hole.read(tokenText(document, token)) as string)));
      return;
    }
    values.sources[column] = values.document;
    values.starts[column] = numbers[token + 1] ?? 0;
    values.ends[column] = numbers[token + 2] ?? 0;
  };
}

function roleReader(hole: Hole): ReadColumn {
  const known = byteMemo((raw) => hole.read(resolveReferences(raw)) as string);
  return (values, { bytes, tokens: { numbers } }, token) => {
    const role = token < 0 ? hole.read('') : known(bytes, numbers[token + 1] ?? 0, numbers[token + 2] ?? 0);
    values.roles.push(role as string);
  };
}

/** Joins split values, and packs the record's text (record-text.ts). */
export function closeRecord(reader: RecordReader, values: RecordValues, packer: RecordPacker): void {
  for (const { field, first, rest } of reader.scope.joins) {
    const text = `${values.slots[first] as string}${values.slots[rest] as string}`;
    const column = listLayout.column[field.path as ListPath];
    setValue(values, column, Buffer.from(insideQuotes(parseValue(text, field) as string)));
  }
  for (const { path, fill } of reader.scope.fills) fillColumn(values, listLayout.column[path as ListPath], fill);
  if (packer.starts.length === 0) makeRoom(packer.writer, values.document.length >>> 1);
  beginRecord(packer);
  try {
    writeRecordText(reader, values, packer.writer);
  } catch (error) {
    dropRecord(packer);
    throw error;
  }
}

function fillColumn({ sources, starts, ends }: RecordValues, column: number, fill: SlotFill['fill']): void {
  const constant = 'is' in fill ? Buffer.from(insideQuotes(fill.is)) : undefined;
  const from = 'is' in fill ? column : listLayout.column[fill.fromPath as ListPath];
  sources[column] = constant ?? sources[from] ?? noBytes;
  starts[column] = constant === undefined ? (starts[from] ?? 0) : 0;
  ends[column] = constant?.length ?? ends[from] ?? 0;
}

const literals = listLayout.before.map((text) => Buffer.from(text));

function writeRecordText(reader: RecordReader, values: RecordValues, writer: ByteWriter): void {
  for (let column = 0; column < literals.length; column += 1) {
    putBytes(writer, literals[column] ?? noBytes);
    putValue(writer, values, column);
  }
  for (let column = listLayout.fixed; column < listLayout.rolesFrom; column += 1)
    if (values.ends[column] !== values.starts[column]) {
      putText(
        writer,
        endOfText(listLayout, values.roles.sort(), (each) => quotedValue(values, each)),
      );
      return;
    }
  putBytes(writer, endFor(reader, values.roles));
}

function putValue(writer: ByteWriter, { document, sources, starts, ends }: RecordValues, column: number): void {
  const [source = noBytes, start = 0, end = 0] = [sources[column], starts[column], ends[column]];
  if (source === document) copyQuoted(writer, source, start, end);
  else putBytes(writer, source, start, end);
}

/** The end of a text without optional groups: few combinations of roles occur. */
function endFor({ ends }: RecordReader, roles: string[]): Uint8Array {
  const key = roles.join(' ');
  const known = ends.get(key);
  if (known !== undefined) return known;
  const end = Buffer.from(endOfText(listLayout, roles.sort(), () => '""'));
  if (ends.size < 1024) ends.set(key, end);
  return end;
}

function quotedValue({ document, sources, starts, ends }: RecordValues, column: number): string {
  const [source = noBytes, start = 0, end = 0] = [sources[column], starts[column], ends[column]];
  const text = Buffer.from(source.buffer, source.byteOffset + start, end - start).toString();
  return source === document ? JSON.stringify(text) : `"${text}"`;
}

const backslash = 0x5c;
/** What JSON writes after the backslash for the characters that it escapes and XML 1.0 allows; 0 for all others. */
const escapes = new Uint8Array(256);
for (const character of '\t\n\r"\\') escapes[character.charCodeAt(0)] = insideQuotes(character).charCodeAt(1);

/** Copies UTF-8 bytes of an XML document, escaped for a JSON string. */
function copyQuoted(writer: ByteWriter, source: Uint8Array, start: number, end: number): void {
  makeRoom(writer, 2 * (end - start));
  const { bytes } = writer;
  let { length } = writer;
  for (let i = start; i < end; i += 1) {
    const byte = source[i] ?? 0;
    const escape = escapes[byte] ?? 0;
    if (escape !== 0) {
      bytes[length] = backslash;
      length += 1;
    }
    bytes[length] = escape === 0 ? byte : escape;
    length += 1;
  }
  writer.length = length;
}
