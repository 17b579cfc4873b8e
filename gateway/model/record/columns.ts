/**
 * The values of a record as spans of the bytes of its text. A list has tens of thousands of records with a dozen values each, and
 * most values only pass from one place to another: making a string of each costs ten times as much as knowing where it stands.
 */

import { GatewayError } from '../errors.ts';
import type { TextLayout } from './record-text.ts';

/** One record, read by `readColumns`. Made once and used again for each record. */
export interface Columns {
  bytes: Buffer;
  /** Where the JSON string of each column starts and ends, without its quotes; both 0 where an optional group is left out. */
  readonly starts: number[];
  readonly ends: number[];
  /** Whether it holds escapes of JSON. */
  readonly escaped: boolean[];
  /** Single values and roles together. */
  count: number;
}

const [quote, backslash, open, close] = [0x22, 0x5c, 0x5b, 0x5d];

export function openColumns(): Columns {
  return { bytes: Buffer.of(), starts: [], ends: [], escaped: [], count: 0 };
}

/** Finds the values of the record whose text (record-text.ts) starts at `from`; returns where it ends. Throws E_INTERNAL when it ends early. */
export function readColumns(columns: Columns, layout: TextLayout, bytes: Buffer, from: number): number {
  const { fixed, rolesFrom, groups } = layout;
  const { starts, ends } = columns;
  columns.bytes = bytes;
  columns.count = rolesFrom;
  for (let column = fixed; column < rolesFrom; column += 1) starts[column] = ends[column] = 0;
  let depth = 0;
  let column = 0;
  // Of the arrays behind the fixed values: the roles first, where they have one of their own.
  let group = layout.nested ? -2 : -1;
  const { length } = bytes;
  for (let at = from; at < length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) {
      at = readString(columns, column, at + 1);
      column += 1;
      if (column === fixed) column = rolesFrom;
      else if (column > rolesFrom && group < 0) columns.count = column;
    } else if (byte === open) {
      depth += 1;
      if (depth === 2 && column >= rolesFrom) {
        group += 1;
        column = groups[group]?.from ?? column;
      }
    } else if (byte === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (group >= 0) column = rolesFrom;
    }
  }
  throw early();
}

/** Reads a string whose first character is at `start`; returns where its closing quote stands. */
function readString({ bytes, starts, ends, escaped }: Columns, column: number, start: number): number {
  let hasEscapes = false;
  let at = start;
  for (let byte = bytes[at]; byte !== quote; byte = bytes[at]) {
    if (byte === backslash) {
      hasEscapes = true;
      at += 1;
    } else if (byte === undefined) throw early();
    at += 1;
  }
  starts[column] = start;
  ends[column] = at;
  escaped[column] = hasEscapes;
  return at;
}

function early(): GatewayError {
  return new GatewayError('E_INTERNAL', 'a text of the store ends early');
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

/** A text as it stands inside the quotes of a JSON string. */
export function insideQuotes(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
