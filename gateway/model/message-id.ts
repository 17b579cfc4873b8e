/** Ids of messages: ours are UUIDs of version 7 (RFC 9562), so that they sort by time, behind a letter, so that they can be XML ids. */

/** `m-0192f0c1-…`: 48 bits of milliseconds, 74 random bits. `random` gives that many random bytes. */
export function makeMessageId(now: Date, random: (bytes: number) => Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes.set(random(10), 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `m-${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
}

/** Of a message that the name of its file identifies: other bytes under this name are another message, and so are these under another one. */
export function fileMessageId(file: string, digest: string): string {
  return `${file}#${digest.slice(0, 12)}`;
}
