/** A bounded cache by byte strings: a list has few different days, grades and roles, and each of them thousands of times. */

import { openWriter, putBytes } from './byte-writer.ts';

type ByteMemo<T> = (bytes: Uint8Array, start: number, end: number) => T;

/** Limits of the cache, so that no sender can exhaust the memory. */
const maxKeyLength = 96;
const maxKeys = 4096;
const places = 2 * maxKeys;

/** Caches `compute`, which receives the bytes as UTF-8 text. The keys stand in one buffer: objects would be far apart in memory. */
export function byteMemo<T>(compute: (text: string) => T): ByteMemo<T> {
  const keys = openWriter(1024);
  /** The end of each key, by its number from 1 on; and the number at each place, 0 for none. */
  const [ends, numbers] = [new Uint32Array(maxKeys + 1), new Uint16Array(places)];
  const values: T[] = [];
  return (bytes, start, end) => {
    if (end - start > maxKeyLength) return compute(textIn(bytes, start, end));
    let place = slotOf(bytes, start, end);
    for (let number = numbers[place] ?? 0; number !== 0; number = numbers[place] ?? 0) {
      const from = ends[number - 1] ?? 0;
      if ((ends[number] ?? 0) - from === end - start && isSame(keys.bytes, from, bytes, start, end))
        return values[number - 1] as T;
      place = (place + 1) % places;
    }
    const value = compute(textIn(bytes, start, end));
    if (values.length < maxKeys) {
      putBytes(keys, bytes, start, end);
      numbers[place] = values.push(value);
      ends[values.length] = keys.length;
    }
    return value;
  };
}

/** FNV-1a. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash >>> 8) % places;
}

function isSame(keys: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start, at = from; i < end; i += 1, at += 1) if (keys[at] !== bytes[i]) return false;
  return true;
}

export function textIn({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString();
}
