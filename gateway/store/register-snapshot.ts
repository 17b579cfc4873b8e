/**
 * The register in memory as a file, with which the next start takes a moment: read at once, then brought up to date from the store.
 *
 *   HMAC-SHA-256 of the rest (32 bytes), length of the head (4), the head as JSON, and for each partner its hash table and its entries
 *
 * The key of the HMAC is in the store, so nobody can make such a file who cannot read the store. The head names the log and its last entry: a
 * store that does not have that entry is another one, or an older copy, and the file is not used.
 */

import { createHmac } from 'node:crypto';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { ListInForce } from '../model/clearance/answer.ts';
import { GatewayError, isGatewayError, isSystemError } from '../model/errors.ts';
import { numberKey } from './consultations.ts';
import type { Reader } from './database.ts';
import { logId, logSize, storedSubtrees } from './log.ts';
import { sharedBytes, type Packed } from './packed-register.ts';

/** One partner in memory, as of a count of changes. */
export interface PackedPartner {
  readonly partner: string;
  readonly revision: number;
  readonly list: ListInForce | undefined;
  /** The largest row number among the versions. */
  readonly newest: number;
  readonly packed: Packed;
}

/** The lengths of what follows the head stand in place of it. */
interface HeadOfPartner extends Omit<PackedPartner, 'packed'> {
  readonly packed: Omit<Packed, 'pieces' | 'places'>;
  readonly slots: number;
  readonly pieces: readonly number[];
}

interface Head {
  /** Of this layout, and the order of bytes in its numbers. */
  readonly version: string;
  readonly log: string;
  readonly size: number;
  readonly leaf: string;
  readonly partners: readonly HeadOfPartner[];
}

const version = `2 ${endianness()}`;
const macBytes = 32;
/** Bytes written or read between two turns of other work: a millisecond. */
const slice = 1024 * 1024;

/** A new file takes the place of the one before once it is whole. Throws as the store, and errors of the file system. */
export async function writeSnapshot(reader: Reader, file: string, partners: readonly PackedPartner[]): Promise<void> {
  const mac = await macOf(reader);
  const head = Buffer.from(JSON.stringify(await headOf(reader, partners)));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const fresh = await open(`${file}.new`, 'w', 0o600);
  try {
    await fresh.write(Buffer.alloc(macBytes));
    const parts = partners.flatMap(({ packed: { places, pieces } }) => [bytesOf(places), ...pieces]);
    for (const part of [length, head, ...parts]) {
      for (let from = 0; from < part.length; from += slice) {
        const some = part.subarray(from, from + slice);
        mac.update(some);
        await fresh.write(some);
      }
    }
    await fresh.write(mac.digest(), 0, macBytes, 0);
    await fresh.datasync();
  } finally {
    await fresh.close();
  }
  await rename(`${file}.new`, file);
}

/**
 * What a file holds of this store, as of then; undefined where there is no file. Throws as the store, and E_REGISTER_SNAPSHOT where the file is
 * damaged, of another version, or of another store.
 */
export async function readSnapshot(reader: Reader, file: string): Promise<readonly PackedPartner[] | undefined> {
  const opened = await open(file, 'r').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw unusable('it cannot be opened', error);
  });
  if (opened === undefined) return undefined;
  try {
    return await readOpened(reader, opened);
  } catch (error) {
    throw isGatewayError(error) ? error : unusable('it is damaged', error);
  } finally {
    await opened.close();
  }
}

function unusable(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('E_REGISTER_SNAPSHOT', detail, { cause });
}

async function readOpened(reader: Reader, file: FileHandle): Promise<readonly PackedPartner[]> {
  const mac = await macOf(reader);
  const next = async (length: number): Promise<Buffer> => {
    // Nobody has vouched for this length yet.
    if (length > (await file.stat()).size) throw unusable('it is cut');
    const bytes = sharedBytes(length);
    for (let from = 0; from < length; from += slice) {
      const some = bytes.subarray(from, from + slice);
      const { bytesRead } = await file.read(some);
      if (bytesRead < some.length) throw unusable('it is cut');
      mac.update(some);
    }
    return bytes;
  };
  const stated = Buffer.alloc(macBytes);
  await file.read(stated);
  const head = JSON.parse((await next((await next(4)).readUInt32LE())).toString()) as Head;
  if (head.version !== version) throw unusable('it is of another version');
  const partners: PackedPartner[] = [];
  for (const { slots, pieces: lengths, packed, ...rest } of head.partners) {
    const { buffer } = await next(slots * 4);
    const whole = await next(lengths.reduce((sum, length) => sum + length, 0));
    let from = 0;
    const pieces = lengths.map((length) => whole.subarray(from, (from += length)));
    partners.push({ ...rest, packed: { ...packed, pieces, places: new Uint32Array(buffer) } });
  }
  if (!mac.digest().equals(stated)) throw unusable('it is damaged');
  const { log, size, leaf } = head;
  if (log !== (await logId(reader)) || leaf !== (await leafAt(reader, size)))
    throw unusable('it is of another store, or of a later state of it');
  return partners;
}

async function headOf(reader: Reader, partners: readonly PackedPartner[]): Promise<Head> {
  const size = await logSize(reader);
  return {
    ...{ version, log: await logId(reader), size, leaf: await leafAt(reader, size) },
    partners: partners.map(({ packed: { pieces, places, ...packed }, ...rest }) => {
      return { ...rest, packed, slots: places.length, pieces: pieces.map(({ length }) => length) };
    }),
  };
}

/** Of the entry with this number; empty before the first. */
async function leafAt(reader: Reader, n: number): Promise<string> {
  return n === 0 ? '' : (await storedSubtrees(reader)(0, n - 1)).toString('hex');
}

async function macOf(reader: Reader): Promise<ReturnType<typeof createHmac>> {
  return createHmac('sha256', await numberKey(reader)).update('register snapshot');
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
