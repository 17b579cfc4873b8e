/** Writes bytes into one growing buffer, without intermediate strings. */

export interface ByteWriter {
  bytes: Buffer;
  length: number;
}

/** `room`: initial size in bytes. Pages that are never written take no memory. */
export function openWriter(room: number): ByteWriter {
  return { bytes: Buffer.allocUnsafeSlow(room), length: 0 };
}

/** A writer after these bytes. The first addition copies them. */
export function writerOf({ buffer, byteOffset, byteLength }: Uint8Array): ByteWriter {
  return { bytes: Buffer.from(buffer, byteOffset, byteLength), length: byteLength };
}

/** Ensures that `more` bytes can be written. */
export function makeRoom(writer: ByteWriter, more: number): void {
  const { bytes, length } = writer;
  if (bytes.length - length >= more) return;
  writer.bytes = Buffer.allocUnsafeSlow((length + more) * 2);
  bytes.copy(writer.bytes, 0, 0, length);
}

/** A loop copies short values faster than a call of the engine. */
const loopedBytes = 96;

export function putBytes(writer: ByteWriter, source: Uint8Array, start = 0, end = source.length): void {
  const { length } = writer;
  if (writer.bytes.length - length < end - start) makeRoom(writer, end - start);
  const { bytes } = writer;
  if (end - start > loopedBytes) bytes.set(source.subarray(start, end), length);
  else for (let i = start, at = length; i < end; i += 1, at += 1) bytes[at] = source[i] ?? 0;
  writer.length = length + end - start;
}

/** As UTF-8. */
export function putText(writer: ByteWriter, text: string): void {
  makeRoom(writer, text.length * 3);
  writer.length += writer.bytes.write(text, writer.length);
}

export function insertBytes(writer: ByteWriter, at: number, source: Uint8Array): void {
  makeRoom(writer, source.length);
  writer.bytes.copyWithin(at + source.length, at, writer.length);
  writer.bytes.set(source, at);
  writer.length += source.length;
}

export function written({ bytes, length }: ByteWriter): Buffer {
  return bytes.subarray(0, length);
}
