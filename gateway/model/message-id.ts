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

/** Of a message that nothing else identifies than its bytes. */
export function digestMessageId(digest: string): string {
  return `d-${digest.slice(0, 32)}`;
}

/** Whether an answer names a message of ours: by its id, by its file, or by the id that a gateway makes of its file or its bytes. */
export function namesMessage(
  subject: string,
  { id, file, digest }: { readonly id: string; readonly file?: string | undefined; readonly digest: string },
): boolean {
  const made = file === undefined ? [] : [file, fileMessageId(file, digest)];
  return [id, digestMessageId(digest), ...made].includes(subject);
}
