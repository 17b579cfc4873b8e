/** A stream that keeps what is written to it. */

import { Writable } from 'node:stream';

export interface MemoryStream extends Writable {
  readonly isTTY?: boolean;
  readonly text: () => string;
}

/** `terminal`: looks like one, 80 columns wide. */
export function memoryStream({ terminal = false } = {}): MemoryStream {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const text = (): string => Buffer.concat(chunks).toString();
  return Object.assign(stream, { text }, terminal ? { isTTY: true, columns: 80 } : {});
}
