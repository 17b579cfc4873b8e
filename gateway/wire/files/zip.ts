/** The parts of a ZIP archive (APPNOTE 6.3) in memory, by its central directory. Each part is checked against its length and CRC. */

import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { bounded, fileError, piped } from './file-content.ts';

/** The parts of an archive by name. */
export interface ZipParts {
  readonly names: readonly string[];
  read(name: string): AsyncIterable<Uint8Array>;
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/** A part may unpack to this, or to so many times its packed bytes: sheets of lists take 20 to 40 times as many. */
const mostBytesOfPart = 64 * 1024 * 1024;
const mostTimes = 100;

const signatures = { end: 0x06054b50, central: 0x02014b50, local: 0x04034b50 } as const;
const endLength = 22;

/** Reads the directory. It and reading a part throw E_FILE_UNREADABLE. */
export async function openZip(pieces: AsyncIterable<Uint8Array>): Promise<ZipParts> {
  const bytes = Buffer.concat(await Array.fromAsync(bounded(pieces, 'the archive')));
  const entries = readDirectory(bytes);
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw fileError(`the workbook has no part ${name}`, { fix: copyAgain });
      return readPart(bytes, name, entry);
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

async function* readPart(bytes: Buffer, name: string, entry: Entry): AsyncIterable<Uint8Array> {
  const { at, flags, method, packed, size, crc } = entry;
  if (at + 30 > bytes.length || bytes.readUInt32LE(at) !== signatures.local) throw damaged();
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8) || start + packed > bytes.length) throw damaged();
  if (size > Math.max(mostBytesOfPart, mostTimes * packed))
    throw fileError(`part ${name} unpacks to ${size} bytes, ${Math.round(size / packed)} times what it is packed`, {
      fix: 'Open it in a spreadsheet, and save the sheet as “CSV UTF-8”.',
    });
  const stored = Readable.from([bytes.subarray(start, start + packed)]);
  const plain = method === 0 ? stored : piped(stored, createInflateRaw());
  let [length, sum] = [0, 0];
  for await (const piece of bounded(plain, `part ${name}`)) {
    length += piece.length;
    sum = crc32(piece, sum);
    if (length > size) throw damaged();
    yield piece;
  }
  if (length !== size || sum !== crc) throw damaged();
}
