/** ZIP archives (APPNOTE 6.3) in memory. Parts are found by the central directory, and checked against their length and CRC. */

import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { fileError } from './file-content.ts';

/** The parts of an archive by name. */
export interface ZipParts {
  readonly names: readonly string[];
  read(name: string): Uint8Array;
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * A part may unpack to this, or to so many times its packed bytes: sheets of lists take 20 to 40 times as many. Nothing unpacks to more
 * than the last: a list of 300,000 operators takes a third of it, and reading it twice as much memory.
 */
const mostBytesOfPart = 64 * 1024 * 1024;
const mostTimes = 100;
const mostBytesOfAll = 512 * 1024 * 1024;

const mostFrom = (packed: number): number => Math.min(mostBytesOfAll, Math.max(mostBytesOfPart, mostTimes * packed));

const signatures = { end: 0x06054b50, central: 0x02014b50, local: 0x04034b50 } as const;
const endLength = 22;

/** Reads the directory. It and reading a part throw E_FILE_UNREADABLE. */
export function openZip(bytes: Buffer): ZipParts {
  const entries = readDirectory(bytes);
  let left = mostFrom(bytes.length);
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw fileError(`the workbook has no part ${name}`, { fix: copyAgain });
      const part = readPart(bytes, name, entry);
      left -= part.length;
      if (left < 0) throw fileError('the parts of the archive unpack to more than any list has', { fix: copyAgain });
      return part;
    },
  };
}

const copyAgain = 'Copy the file again from its source, or open it in a spreadsheet and save it anew.';

function damaged(): Error {
  return fileError('this is a workbook or another ZIP archive, cut off or damaged', { fix: copyAgain });
}

function readDirectory(bytes: Buffer): ReadonlyMap<string, Entry> {
  // The end record is the last thing in the file, before a comment of at most 65,535 bytes.
  const end = bytes.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  if (end < 0 || end + endLength > bytes.length) throw damaged();
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== signatures.central) throw damaged();
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    entries.set(bytes.toString('utf8', at + 46, nameEnd), {
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      at: bytes.readUInt32LE(at + 42),
    });
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function readPart(bytes: Buffer, name: string, { at, flags, method, packed, size, crc }: Entry): Uint8Array {
  if (at + 30 > bytes.length || bytes.readUInt32LE(at) !== signatures.local) throw damaged();
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8) || start + packed > bytes.length) throw damaged();
  if (size > mostFrom(packed))
    throw fileError(`part ${name} unpacks to ${size} bytes, ${Math.round(size / packed)} times what it is packed`, {
      fix: 'Open it in a spreadsheet, and save the sheet as “CSV UTF-8”.',
    });
  const stored = bytes.subarray(start, start + packed);
  const plain = method === 0 ? stored : inflated(stored, size);
  if (plain.length !== size || crc32(plain) !== crc) throw damaged();
  return plain;
}

/** Stops where the part would become longer than the directory says. */
function inflated(packed: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw damaged(); // zlib: not deflated, or longer
  }
}

/** The first day that ZIP can state: the same parts always give the same bytes. */
const noTime = 0x0021_0000;

/** An archive of these parts. */
export function writeZip(parts: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of parts) {
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(noTime, 6);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    central.push(signatureOf('central'), Buffer.of(20, 0), fields, place, Buffer.from(name));
    const entry = [signatureOf('local'), fields, Buffer.from(name), packed];
    local.push(...entry);
    at += entry.reduce((sum, { length }) => sum + length, 0);
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(endLength);
  end.writeUInt32LE(signatures.end, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, directory, end]);
}

function signatureOf(name: keyof typeof signatures): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signatures[name]);
  return bytes;
}
