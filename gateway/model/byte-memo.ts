/** A bounded cache by byte strings: a list has few different days, grades and roles, and each of them thousands of times. */

export type ByteMemo<T> = (bytes: Uint8Array, start: number, end: number) => T;

/** Limits of the cache, so that no sender can exhaust the memory. */
const maxKeyLength = 96;
const maxKeys = 4096;
const places = 2 * maxKeys;

/** Caches `compute`, which receives the bytes as UTF-8 text. */
export function byteMemo<T>(compute: (text: string) => T): ByteMemo<T> {
  const table = new Array<{ readonly key: Uint8Array; readonly value: T } | undefined>(places).fill(undefined);
  let used = 0;
  return (bytes, start, end) => {
    if (end - start > maxKeyLength) return compute(textIn(bytes, start, end));
    let place = slotOf(bytes, start, end);
    for (let known = table[place]; known !== undefined; known = table[place]) {
      if (isSame(known.key, bytes, start, end)) return known.value;
      place = (place + 1) % places;
    }
    const value = compute(textIn(bytes, start, end));
    if (used < maxKeys) {
      used += 1;
      // A slice of a Buffer would be a view, and keep the whole list in memory.
      table[place] = { key: new Uint8Array(bytes.subarray(start, end)), value };
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

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i += 1) if (key[i] !== bytes[start + i]) return false;
  return true;
}

export function textIn({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString();
}
