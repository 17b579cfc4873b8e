/**
 * The operators of one partner as the register holds them now, packed into memory: under 100 bytes for an operator. They can be read as of
 * the list that was applied last, and as of earlier ones since the operators were packed: nothing is overwritten.
 *
 * An entry (packed-operator.ts) holds the versions of one operator. A hash table leads from the identifier to the newest entry.
 */

import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Day } from '../model/record/record.ts';
import {
  encodeEntry,
  identifierAt,
  listOf,
  openRoleSets,
  placeBefore,
  versionOf,
  type Cursor,
} from './packed-operator.ts';

export interface PackedRegister {
  /** Puts the versions of an operator, by their first days; none where it has no version any more. `list`: ordinal; 0 while packing. */
  put(identifier: string, versions: readonly RegisterFact[], list: number): void;
  /** The newest version that began on or before the day, as of a list; else the first that begins later. As findStatus of the store. */
  find(identifier: string, day: Day, list: number): RegisterFact | undefined;
  /** Of all bytes, the share that newer entries replaced; they are kept for readers of earlier lists. */
  readonly replacedShare: number;
  /** All that it consists of, to be written to a file before the next `put`. */
  packed(): Packed;
}

/** What a register in memory consists of. */
export interface Packed {
  readonly pieces: readonly Buffer[];
  /** Bytes used of the last piece. */
  readonly filled: number;
  readonly used: number;
  readonly replaced: number;
  /** The slots of the hash table, and how many of them are taken. */
  readonly places: Uint32Array;
  readonly count: number;
  readonly roleSets: readonly (readonly string[])[];
}

/** Room for so many operators; more are possible. */
export function emptyPacked(expected: number): Packed {
  const places = new Uint32Array(capacityFor(expected));
  return { pieces: [], filled: pieceBytes, used: 0, replaced: 0, places, count: 0, roleSets: [] };
}

export function openPackedRegister(from: Packed): PackedRegister {
  const memory = openMemory(from);
  const table = openTable(from, (place) => identifierAt(memory.at(place)));
  const roleSets = openRoleSets(from.roleSets);
  let { replaced } = from;
  return {
    packed: () => ({ ...memory.state(), ...table.state(), roleSets: roleSets.all(), replaced }),
    get replacedShare() {
      return memory.used() === 0 ? 0 : replaced / memory.used();
    },
    put(identifier, versions, list) {
      const key = Buffer.from(identifier);
      const before = table.find(key);
      const entry = encodeEntry(key, versions, { list, before, roleSets });
      table.set(key, memory.store(entry));
      if (before !== none) replaced += entry.length;
    },
    find(identifier, day, list) {
      let place = table.find(Buffer.from(identifier));
      while (place !== none) {
        const cursor = memory.at(place);
        if (listOf(cursor) <= list) return versionOf(cursor, identifier, day, roleSets);
        place = placeBefore(cursor);
      }
      return undefined;
    },
  };
}

/** Entries in pieces of memory; an entry never crosses from one to the next. Its place is the number of 4-byte words before it, plus 1. */
interface Memory {
  store(entry: Buffer): number;
  at(place: number): Cursor;
  /** Bytes of all entries. */
  used(): number;
  state(): Pick<Packed, 'pieces' | 'filled' | 'used'>;
}

const pieceBytes = 256 * 1024;

function openMemory(from: Packed): Memory {
  const pieces = [...from.pieces];
  let { filled, used } = from;
  return {
    state: () => ({ pieces, filled, used }),
    store(entry) {
      const rounded = (entry.length + 3) & ~3;
      if (filled + rounded > pieceBytes) {
        // A longer entry has a piece of its own.
        pieces.push(Buffer.alloc(Math.max(pieceBytes, rounded)));
        filled = 0;
      }
      const index = pieces.length - 1;
      const place = (index * pieceBytes + filled) / 4 + 1;
      pieces[index]?.set(entry, filled);
      filled += rounded;
      used += rounded;
      return place;
    },
    at(place) {
      const offset = (place - 1) * 4;
      return { piece: pieces[Math.floor(offset / pieceBytes)] ?? Buffer.alloc(0), at: offset % pieceBytes };
    },
    used: () => used,
  };
}

/** No place. */
const none = 0;

/** A hash table with open addressing, from identifiers to places. */
interface Table {
  find(identifier: Buffer): number;
  set(identifier: Buffer, place: number): void;
  state(): Pick<Packed, 'places' | 'count'>;
}

function openTable(from: Packed, identifierOf: (place: number) => Buffer): Table {
  let { places, count } = from;

  /** The slot of the identifier, or the empty one where it would stand. */
  function slotOf(identifier: Buffer): number {
    const mask = places.length - 1;
    for (let slot = hashOf(identifier) & mask; ; slot = (slot + 1) & mask) {
      const place = places[slot] ?? none;
      if (place === none || identifierOf(place).equals(identifier)) return slot;
    }
  }
  function grow(): void {
    const before = places;
    places = new Uint32Array(before.length * 2);
    for (const place of before) if (place !== none) places[slotOf(identifierOf(place))] = place;
  }
  return {
    state: () => ({ places, count }),
    find: (identifier) => places[slotOf(identifier)] ?? none,
    set(identifier, place) {
      if ((count + 1) * 4 > places.length * 3) grow();
      const slot = slotOf(identifier);
      if (places[slot] === none) count += 1;
      places[slot] = place;
    },
  };
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
