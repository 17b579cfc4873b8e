/**
 * The strings of a JSON text, found in its bytes. A list has tens of thousands of records with a dozen values each, and most of
 * them only pass from one place to another: making a text of each costs ten times as much as knowing where it stands.
 */

import { GatewayError } from '../errors.ts';

export interface Cells {
  bytes: Buffer;
  /** Where each string starts and ends, without its quotes. */
  readonly starts: number[];
  readonly ends: number[];
  /** Whether it holds escapes. */
  readonly escaped: boolean[];
  count: number;
}

const [quote, backslash, open, close] = [0x22, 0x5c, 0x5b, 0x5d];

export function openCells(): Cells {
  return { bytes: Buffer.of(), starts: [], ends: [], escaped: [], count: 0 };
}

/** Finds the strings of the array of strings and arrays that starts at `from`, and says where it ends. E_INTERNAL when it does not. */
export function readCells(cells: Cells, bytes: Buffer, from: number): number {
  cells.bytes = bytes;
  cells.count = 0;
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = readString(cells, bytes, at + 1);
    else if (byte === open) depth += 1;
    else if (byte === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new GatewayError('E_INTERNAL', 'a text of the store ends early');
}

/** Gives where the closing quote stands. */
function readString(cells: Cells, bytes: Uint8Array, start: number): number {
  let escaped = false;
  let at = start;
  for (let byte = bytes[at]; byte !== quote && at < bytes.length; byte = bytes[at]) {
    if (byte === backslash) {
      escaped = true;
      at += 1;
    }
    at += 1;
  }
  const { count } = cells;
  cells.starts[count] = start;
  cells.ends[count] = at;
  cells.escaped[count] = escaped;
  cells.count = count + 1;
  return at;
}

export function isEmpty({ starts, ends }: Cells, cell: number): boolean {
  return starts[cell] === ends[cell];
}

export function cellText({ bytes, starts, ends, escaped }: Cells, cell: number): string {
  const text = bytes.toString('utf8', starts[cell], ends[cell]);
  return escaped[cell] === true ? (JSON.parse(`"${text}"`) as string) : text;
}

/** The string as it stands inside its quotes. */
export function cellOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export function textOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString();
}
