/**
 * The operators of one partner as the register holds them as of a list, packed into memory: under 100 bytes for an operator. The memory is
 * shared between threads, and what was packed once never changes: a later list has a table of its own, and adds its entries behind the others.
 *
 * An entry (packed-operator.ts) holds the versions of one operator. A hash table leads from the identifier to its entry.
 */

import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Day } from '../model/record/record.ts';
import { encodeEntry, identifierAt, openRoleSets, versionOf, type Cursor } from './packed-operator.ts';

/** What a register in memory consists of. */
export interface Packed {
  /** In shared memory. An entry never crosses from one to the next. Its place is the number of 4-byte words before it, plus 1. */
  readonly pieces: readonly Buffer[];
  /** Bytes used of the last piece. */
  readonly filled: number;
  /** Bytes of all entries, and of those that newer ones replaced. */
  readonly used: number;
  readonly replaced: number;
  /** The slots of the hash table, in shared memory, and how many of them are taken. */
  readonly places: Uint32Array;
  readonly count: number;
  readonly roleSets: readonly (readonly string[])[];
}

/** Room for so many operators; more are possible. */
export function emptyPacked(expected: number): Packed {
  const places = sharedTable(capacityFor(expected));
  return { pieces: [], filled: pieceBytes, used: 0, replaced: 0, places, count: 0, roleSets: [] };
}

interface PackedRegister {
  /** The newest version that began on or before the day; else the first that begins later. As findStatus of the store. */
  find(identifier: string, day: Day): RegisterFact | undefined;
}

export function openPackedRegister({ pieces, places, roleSets: known }: Packed): PackedRegister {
  const roleSets = openRoleSets(known);
  return {
    find(identifier, day) {
      const place = places[slotOf(places, pieces, Buffer.from(identifier))] ?? none;
      return place === none ? undefined : versionOf(at(pieces, place), identifier, day, roleSets);
    },
  };
}

interface Packing {
  /** Puts the versions of an operator, by their first days; none where it has no version any more. */
  put(identifier: string, versions: readonly RegisterFact[]): void;
  packed(): Packed;
}

/** Goes on from what is packed, which stays as it is. */
export function openPacking(from: Packed): Packing {
  const pieces = [...from.pieces];
  const roleSets = openRoleSets(from.roleSets);
  const places = sharedTable(from.places.length);
  places.set(from.places);
  const state = { ...from, places };

  function store(entry: Buffer): number {
    const rounded = (entry.length + 3) & ~3;
    if (state.filled + rounded > pieceBytes) {
      // A longer entry has a piece of its own.
      pieces.push(sharedBytes(Math.max(pieceBytes, rounded)));
      state.filled = 0;
    }
    const index = pieces.length - 1;
    const place = (index * pieceBytes + state.filled) / 4 + 1;
    pieces[index]?.set(entry, state.filled);
    state.filled += rounded;
    state.used += rounded;
    return place;
  }
  return {
    packed: () => ({ ...state, pieces: [...pieces], roleSets: [...roleSets.all()] }),
    put(identifier, versions) {
      if ((state.count + 1) * 4 > state.places.length * 3) state.places = grown(state.places, pieces);
      const key = Buffer.from(identifier);
      const entry = encodeEntry(key, versions, roleSets);
      const slot = slotOf(state.places, pieces, key);
      if (state.places[slot] === none) state.count += 1;
      else state.replaced += entry.length;
      state.places[slot] = store(entry);
    },
  };
}

const pieceBytes = 256 * 1024;

export function sharedBytes(length: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(length));
}

function sharedTable(slots: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(slots * Uint32Array.BYTES_PER_ELEMENT));
}

function at(pieces: readonly Buffer[], place: number): Cursor {
  const offset = (place - 1) * 4;
  return { piece: pieces[Math.floor(offset / pieceBytes)] ?? Buffer.alloc(0), at: offset % pieceBytes };
}

/** No place. */
const none = 0;

/** The slot of the identifier in a table with open addressing, or the empty one where it would stand. */
function slotOf(places: Uint32Array, pieces: readonly Buffer[], identifier: Buffer): number {
  const mask = places.length - 1;
  for (let slot = hashOf(identifier) & mask; ; slot = (slot + 1) & mask) {
    const place = places[slot] ?? none;
    if (place === none || identifierAt(at(pieces, place)).equals(identifier)) return slot;
  }
}

/** A table with twice as many slots. */
function grown(before: Uint32Array, pieces: readonly Buffer[]): Uint32Array {
  const places = sharedTable(before.length * 2);
  for (const place of before)
    if (place !== none) places[slotOf(places, pieces, identifierAt(at(pieces, place)))] = place;
  return places;
}

function capacityFor(expected: number): number {
  let capacity = 1024;
  while (capacity * 3 < expected * 4) capacity *= 2;
  return capacity;
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}
