/**
 * The values of a record as ranges of the bytes of its text. A list has tens of thousands of records with a dozen values each, and
 * most values are only copied: making a string of each costs ten times as much as finding its range.
 */

import { GatewayError } from '../errors.ts';
import type { TextLayout } from './record-text.ts';

/** One record, read by `readColumns`. Reused for each record of a list. */
export interface Columns {
  bytes: Buffer;
  /** The range of each JSON string, without its quotes; both 0 when an optional group is left out. */
  readonly starts: number[];
  readonly ends: number[];
  /** Whether it contains JSON escapes. */
  readonly escaped: boolean[];
  /** Single values and roles together. */
  count: number;
}

const [quote, backslash, open, close] = [0x22, 0x5c, 0x5b, 0x5d];

export function openColumns(): Columns {
  return { bytes: Buffer.of(), starts: [], ends: [], escaped: [], count: 0 };
}

/** Finds the values of the record whose text starts at `from`; returns its end. Throws E_INTERNAL for an incomplete text. */
export function readColumns(columns: Columns, layout: TextLayout, bytes: Buffer, from: number): number {
  const { fixed, rolesFrom, groups, nested, before } = layout;
  columns.bytes = bytes;
  let at = from;
  // What stands between the fixed values is known, so that only their ends are searched.
  for (let column = 0; column < fixed; column += 1)
    at = readString(columns, column, at + (before[column]?.length ?? 0));
  for (let column = fixed; column < rolesFrom; column += 1) columns.starts[column] = columns.ends[column] = 0;
  let column = rolesFrom;
  let depth = 1;
  // The arrays that follow: first the roles, if they have an array of their own.
  let group = nested ? -2 : -1;
  columns.count = rolesFrom;
  for (at += 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) {
      at = readString(columns, column, at + 1);
      column += 1;
      if (group < 0) columns.count = column;
    } else if (byte === open) {
      depth += 1;
      group += 1;
      column = groups[group]?.from ?? column;
    } else if (byte === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (group >= 0) column = rolesFrom;
    }
  }
  throw incomplete();
}

/** Reads a string whose first character is at `start`; returns the position of its closing quote. */
function readString({ bytes, starts, ends, escaped }: Columns, column: number, start: number): number {
  if (bytes[start - 1] !== quote) throw incomplete();
  let hasEscapes = false;
  let at = start;
  for (let byte = bytes[at]; byte !== quote; byte = bytes[at]) {
    if (byte === backslash) {
      hasEscapes = true;
      at += 1;
    } else if (byte === undefined) throw incomplete();
    at += 1;
  }
  starts[column] = start;
  ends[column] = at;
  escaped[column] = hasEscapes;
  return at;
}

function incomplete(): GatewayError {
  return new GatewayError('E_INTERNAL', 'a record text of the store is incomplete');
}

export function isAbsent({ starts, ends }: Columns, column: number): boolean {
  return starts[column] === ends[column];
}

export function columnText({ bytes, starts, ends, escaped }: Columns, column: number): string {
  const text = bytes.toString('utf8', starts[column], ends[column]);
  return escaped[column] === true ? (JSON.parse(`"${text}"`) as string) : text;
}

/** The roles of the record. */
export function rolesIn(columns: Columns, { rolesFrom }: TextLayout): string[] {
  return Array.from({ length: columns.count - rolesFrom }, (_, i) => columnText(columns, rolesFrom + i));
}

/** A text escaped for a JSON string, without the quotes. */
export function insideQuotes(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
