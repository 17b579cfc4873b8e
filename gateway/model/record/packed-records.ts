/**
 * The records of a list as canonical texts (record-text.ts), one after the other in one buffer. This form takes a tenth of the
 * memory of objects, and its bytes are those that leaves cover and the register stores.
 */

import { hash } from 'node:crypto';
import { openWriter, putBytes, putText, written, type ByteWriter } from '../byte-writer.ts';
import { byteMemo } from '../byte-memo.ts';
import type { Departure, ListMessage, StatedPosition } from '../list/list.ts';
import type { MirrorEntry } from '../list/mirror.ts';
import { columnText, openColumns, readColumns, type Columns } from './columns.ts';
import type { ListRecord } from './record.ts';
import { listLayout, recordOfText, recordText } from './record-text.ts';

export interface PackedRecords {
  readonly bytes: Buffer;
  /** The start of each record, and the end of the last. A record starts with the byte 0, which its leaf covers. */
  readonly starts: Uint32Array;
  readonly count: number;
}

export interface PackedList extends Omit<ListMessage, 'records' | 'departures'> {
  readonly records: PackedRecords;
  readonly departures: readonly Departure[];
}

/** A list as its message states it, completed by what the adapter fills in (model/list/stream-rules.ts). */
export interface StatedList extends Omit<PackedList, 'position' | 'previousChain'> {
  readonly position: StatedPosition;
  readonly previousChain?: string;
}

/** Appends records to one buffer. */
export interface RecordPacker {
  readonly writer: ByteWriter;
  readonly starts: number[];
}

/** Bytes that a record seldom exceeds. */
const recordBytes = 320;

export function openPacker(records = 0): RecordPacker {
  return { writer: openWriter(1024 + records * recordBytes), starts: [] };
}

const zero = Uint8Array.of(0);

/** Starts a record, whose text is then written to `packer.writer`. */
export function beginRecord({ writer, starts }: RecordPacker): void {
  starts.push(writer.length);
  putBytes(writer, zero);
}

/** Removes the record started last. */
export function dropRecord({ writer, starts }: RecordPacker): void {
  writer.length = starts.pop() ?? 0;
}

/** The leaf of the record packed last. */
export function lastLeaf({ writer, starts }: RecordPacker): string {
  return hash('sha256', writer.bytes.subarray(starts.at(-1), writer.length), 'hex');
}

function packRecord(packer: RecordPacker, record: ListRecord): void {
  beginRecord(packer);
  putText(packer.writer, recordText(record));
}

/** The records packed so far; the packer must not be used afterwards. */
export function closePacker({ writer, starts }: RecordPacker): PackedRecords {
  const places = new Uint32Array(starts.length + 1);
  places.set(starts);
  places[starts.length] = writer.length;
  return { bytes: written(writer), starts: places, count: starts.length };
}

export function packRecords(records: readonly ListRecord[]): PackedRecords {
  const packer = openPacker(records.length);
  for (const record of records) packRecord(packer, record);
  return closePacker(packer);
}

export function packList(list: ListMessage): PackedList {
  return { ...list, records: packRecords(list.records) };
}

/** The records from one index to before another; they share the bytes. */
export function sliceRecords({ bytes, starts, count }: PackedRecords, from: number, to: number): PackedRecords {
  const [first, last] = [Math.min(from, count), Math.min(to, count)];
  return { bytes, starts: starts.subarray(first, last + 1), count: last - first };
}

/** The records of these indices, in this order. */
export function pickRecords({ bytes, starts }: PackedRecords, indices: readonly number[]): PackedRecords {
  const packer = openPacker(indices.length);
  for (const index of indices) {
    packer.starts.push(packer.writer.length);
    putBytes(packer.writer, bytes, starts[index], starts[index + 1]);
  }
  return closePacker(packer);
}

/** Appends packed records. */
export function appendRecords(packer: RecordPacker, { bytes, starts, count }: PackedRecords): void {
  const [first = 0, before] = [starts[0], packer.writer.length];
  for (let i = 0; i < count; i += 1) packer.starts.push((starts[i] ?? 0) - first + before);
  putBytes(packer.writer, bytes, first, starts[count]);
}

export function readRecordAt(columns: Columns, { bytes, starts }: PackedRecords, index: number): void {
  readColumns(columns, listLayout, bytes, (starts[index] ?? 0) + 1);
}

export function recordTextAt({ bytes, starts }: PackedRecords, index: number): string {
  return bytes.toString('utf8', (starts[index] ?? 0) + 1, starts[index + 1]);
}

export function recordAt(records: PackedRecords, index: number): ListRecord {
  return recordOfText(recordTextAt(records, index));
}

export function unpackRecords(records: PackedRecords): ListRecord[] {
  return Array.from({ length: records.count }, (_, i) => recordAt(records, i));
}

export function unpackList(list: PackedList): ListMessage {
  return { ...list, records: unpackRecords(list.records) };
}

const isActive = byteMemo((status) => status === 'active');

/** The mirror entries of the records, in their order. `onEntry` receives each with the columns of its record. */
export function mirrorEntries(
  records: PackedRecords,
  onEntry?: (entry: MirrorEntry, columns: Columns) => void,
): MirrorEntry[] {
  const columns = openColumns();
  const { status, identifier } = listLayout.column;
  const entries: MirrorEntry[] = [];
  for (let i = 0; i < records.count; i += 1) {
    readRecordAt(columns, records, i);
    const active = isActive(columns.bytes, columns.starts[status] ?? 0, columns.ends[status] ?? 0);
    const leaf = hash('sha256', records.bytes.subarray(records.starts[i], records.starts[i + 1]), 'hex');
    const entry = { identifier: columnText(columns, identifier), leaf, active };
    entries.push(entry);
    onEntry?.(entry, columns);
  }
  return entries;
}
