/** Opens a file of rows: plain or gzipped, a workbook or text in a known encoding. What it is, its first bytes say, not its name. */

import { createReadStream } from 'node:fs';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GatewayError, isGatewayError, type ErrorPlace } from '../../model/errors.ts';

export const tableEncodings = ['utf-8', 'gb18030'] as const;
export type TableEncoding = (typeof tableEncodings)[number];

export type FileSource = AsyncIterable<Uint8Array> | string;

export interface FileOptions {
  readonly encoding: TableEncoding;
  /** Called with each chunk of the file before it is decompressed: for digests and progress. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

type FileContent =
  | { readonly kind: 'text'; readonly text: AsyncIterable<string> }
  | { readonly kind: 'zip'; readonly bytes: AsyncIterable<Uint8Array> };

/** Protects against decompression bombs; the list of a whole programme has less than 20 MB. */
const maxBytesDecompressed = 512 * 1024 * 1024;

/** Files that are no table of a known kind, by their first bytes in hex. */
const otherFiles: readonly { readonly starts: string; readonly what: string; readonly fix?: string }[] = [
  {
    starts: 'd0cf11e0a1b11ae1',
    what: 'this is a workbook of the old kind (.xls), or one with a password',
    fix: 'Open it in a spreadsheet, and save it without a password as .xlsx or as “CSV UTF-8”.',
  },
  { starts: '25504446', what: 'this is a PDF document' },
  { starts: '3c', what: 'this is HTML or XML, whatever the file is called' },
  ...['377abcaf271c', '52617221', '425a68', 'fd377a585a00', '28b52ffd'].map((starts) => {
    return { starts, what: 'it is compressed in another way than gzip', fix: 'Decompress the file first.' };
  }),
];

/** Throws E_FILE_UNREADABLE for a file that is neither text nor a ZIP archive; reading the content throws it as well. */
export async function openContent(source: FileSource, { encoding, onBytes }: FileOptions): Promise<FileContent> {
  const { first, bytes } = await peek(decompressed(observed(source, onBytes)), 8);
  const start = Buffer.from(first)
    .toString('hex')
    .replace(/^efbbbf/u, '');
  if (start.startsWith('504b0304')) return { kind: 'zip', bytes };
  const other = otherFiles.find(({ starts }) => start.startsWith(starts));
  if (other !== undefined) {
    const fix = other.fix ?? 'Open it in a spreadsheet, and save the sheet as .xlsx or as “CSV UTF-8”.';
    throw fileError(other.what, { fix });
  }
  // “Unicode text” of a spreadsheet is UTF-16.
  const found = utf16.find(({ starts }) => starts.test(start))?.encoding;
  return { kind: 'text', text: decoded(bytes, found ?? encoding) };
}

/** By the byte order mark, or by letters of ASCII at the beginning. */
const utf16 = [
  { encoding: 'utf-16le', starts: /^(?:fffe|(?:[2-7][0-9a-f]00){4})/u },
  { encoding: 'utf-16be', starts: /^(?:feff|(?:00[2-7][0-9a-f]){4})/u },
];

/** Strictly decodes; a byte order mark is dropped. */
async function* decoded(pieces: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  try {
    for await (const bytes of pieces) {
      offset += bytes.length;
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw encodingError(encoding, offset);
    }
    throw error;
  }
}

function encodingError(encoding: string, offset: number): GatewayError {
  const other = encoding === 'utf-8' ? 'gb18030' : 'utf-8';
  return fileError(`the file is not ${encoding}`, {
    at: `within the first ${offset} bytes`,
    fix: `Use --encoding ${other} if the file was saved in it, or save the file as “CSV UTF-8”.`,
  });
}

async function* observed(source: FileSource, onBytes: FileOptions['onBytes']): AsyncIterable<Uint8Array> {
  const bytes = typeof source === 'string' ? (createReadStream(source) as AsyncIterable<Uint8Array>) : source;
  for await (const piece of bytes) {
    onBytes?.(piece);
    yield piece;
  }
}

/** Gzip (RFC 1952, 2.3.1) is recognised by its magic number. */
async function* decompressed(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const { first, bytes } = await peek(pieces, 2);
  if (first[0] !== 0x1f || first[1] !== 0x8b) yield* bytes;
  else yield* bounded(piped(Readable.from(bytes), createGunzip()), 'the file');
}

/** Ends a stream that gives more bytes than any list has. */
export async function* bounded(pieces: AsyncIterable<unknown>, what: string): AsyncIterable<Uint8Array> {
  let total = 0;
  for await (const piece of pieces as AsyncIterable<Uint8Array>) {
    total += piece.length;
    if (total > maxBytesDecompressed) throw fileError(`${what} decompresses to more than 512 MB`);
    yield piece;
  }
}

/** Pipes one stream into another: an error of either destroys both, and is thrown to the consumer. */
export function piped(from: Readable, into: Duplex): AsyncIterable<unknown> {
  return pipeline(from, into, () => undefined);
}

/** The first bytes, as many as wanted where there are so many, and all bytes. */
async function peek(
  pieces: AsyncIterable<Uint8Array>,
  wanted: number,
): Promise<{ readonly first: Uint8Array; readonly bytes: AsyncIterable<Uint8Array> }> {
  const iterator = pieces[Symbol.asyncIterator]();
  let first: Uint8Array = Buffer.alloc(0);
  while (first.length < wanted) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const bytes = (async function* () {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  return { first, bytes };
}

export function fileError(detail: string, place: ErrorPlace = {}): GatewayError {
  return new GatewayError('E_FILE_UNREADABLE', detail, place);
}

/** An error of reading as one of ours. */
export function readError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  const system = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return fileError(`reading failed (${system})`, {
    fix: system === 'ENOENT' ? 'Check the path of the file.' : 'Check that the file is complete and readable.',
    cause: error,
  });
}
