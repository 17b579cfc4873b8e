/**
 * One operator in memory (packed-register.ts), as bytes.
 *
 *   the identifier, the number of versions
 *   each version: status (1), number of the set of roles (2), valid from (4), valid to (4), both names
 *
 * Texts begin with their length. Lengths and counts are in groups of seven bits, the lowest first (LEB128); other numbers are little-endian.
 * Days are numbers, 20261123. 0 stands for no day, and a text of no length for no name.
 */

import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Day } from '../model/record/record.ts';

const statuses: readonly RegisterFact['status'][] = ['active', 'suspended', 'revoked', 'withdrawn', 'left'];

/** Where an entry is read. */
export interface Cursor {
  readonly piece: Buffer;
  at: number;
}

function readCount(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = cursor.piece[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}

function readText(cursor: Cursor): string {
  const length = readCount(cursor);
  cursor.at += length;
  return cursor.piece.toString('utf8', cursor.at - length, cursor.at);
}

function skipText(cursor: Cursor): void {
  const length = readCount(cursor);
  cursor.at += length;
}

export function identifierAt(cursor: Cursor): Buffer {
  const length = readCount(cursor);
  return cursor.piece.subarray(cursor.at, cursor.at + length);
}

/** The combinations of roles, of which a register has few. */
interface RoleSets {
  numberOf(roles: readonly string[]): number;
  rolesOf(number: number): readonly string[];
  all(): readonly (readonly string[])[];
}

export function openRoleSets(known: readonly (readonly string[])[]): RoleSets {
  const sets = [...known];
  const keyOf = (roles: readonly string[]): string => roles.join('\n');
  const numbers = new Map(sets.map((roles, number) => [keyOf(roles), number]));
  return {
    all: () => sets,
    numberOf(roles) {
      const key = keyOf(roles);
      let number = numbers.get(key);
      if (number === undefined) {
        number = sets.push(roles) - 1;
        numbers.set(key, number);
      }
      return number;
    },
    rolesOf: (number) => sets[number] ?? [],
  };
}

/** Reused: an entry is copied out before the next one is written. */
let scratch = Buffer.alloc(4 * 1024);

export function encodeEntry(identifier: Buffer, versions: readonly RegisterFact[], roleSets: RoleSets): Buffer {
  reserve(identifier, versions);
  let at = writeCount(identifier.length, 0);
  at += identifier.copy(scratch, at);
  at = writeCount(versions.length, at);
  for (const { status, roles, validFrom, validTo, name = '', otherName = '' } of versions) {
    at = scratch.writeUInt8(statuses.indexOf(status), at);
    at = scratch.writeUInt16LE(roleSets.numberOf(roles), at);
    at = scratch.writeUInt32LE(numberOf(validFrom), at);
    at = scratch.writeUInt32LE(validTo === undefined ? 0 : numberOf(validTo), at);
    at = writeText(name, at);
    at = writeText(otherName, at);
  }
  return scratch.subarray(0, at);
}

/** Of fixed parts at most 24 bytes a version; of each UTF-16 unit at most 3. */
function reserve(identifier: Buffer, versions: readonly RegisterFact[]): void {
  const texts = versions.reduce((sum, { name = '', otherName = '' }) => sum + name.length + otherName.length, 0);
  const most = 32 + identifier.length + 24 * versions.length + 3 * texts;
  if (most > scratch.length) scratch = Buffer.alloc(most * 2);
}

function writeText(text: string, at: number): number {
  const from = writeCount(Buffer.byteLength(text), at);
  return from + scratch.write(text, from);
}

function writeCount(value: number, at: number): number {
  let [rest, next] = [value, at];
  for (; rest > 127; rest = Math.floor(rest / 128)) next = scratch.writeUInt8((rest % 128) | 128, next);
  return scratch.writeUInt8(rest, next);
}

/** The version for a day: the last that began by then, else the first. */
export function versionOf(cursor: Cursor, identifier: string, day: Day, roleSets: RoleSets): RegisterFact | undefined {
  const wanted = numberOf(day);
  skipText(cursor);
  const versions = readCount(cursor);
  let chosen = cursor.at;
  for (let version = 0; version < versions; version += 1) {
    if (version > 0 && cursor.piece.readUInt32LE(cursor.at + 3) <= wanted) chosen = cursor.at;
    cursor.at += 11;
    skipText(cursor);
    skipText(cursor);
  }
  return versions === 0 ? undefined : factAt({ piece: cursor.piece, at: chosen }, identifier, roleSets);
}

function factAt(cursor: Cursor, identifier: string, roleSets: RoleSets): RegisterFact {
  const { piece, at } = cursor;
  const validTo = piece.readUInt32LE(at + 7);
  cursor.at += 11;
  const [name, otherName] = [readText(cursor), readText(cursor)];
  return {
    identifier,
    status: statuses[piece[at] ?? 0] ?? 'left',
    validFrom: dayOf(piece.readUInt32LE(at + 3)),
    ...(validTo === 0 ? {} : { validTo: dayOf(validTo) }),
    ...(name === '' ? {} : { name }),
    ...(otherName === '' ? {} : { otherName }),
    roles: roleSets.rolesOf(piece.readUInt16LE(at + 1)),
  };
}

const numberOf = (day: Day): number => Number(day.slice(0, 4) + day.slice(5, 7) + day.slice(8, 10));

function dayOf(number: number): Day {
  const text = String(number).padStart(8, '0');
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
}
