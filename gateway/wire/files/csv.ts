/** CSV and JSON Lines files: streams rows from plain or gzipped files in UTF-8 or GB18030, and writes CSV that is safe in a spreadsheet. */

import { createReadStream } from 'node:fs';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { GatewayError, isGatewayError, type ErrorPlace } from '../../model/errors.ts';
import { isFormula } from '../../model/shown-text.ts';

export const tableEncodings = ['utf-8', 'gb18030'] as const;
export type TableEncoding = (typeof tableEncodings)[number];

type FileSource = AsyncIterable<Uint8Array> | string;

interface FileOptions {
  readonly encoding: TableEncoding;
  /** Called with each chunk of the file before it is decompressed: for digests and progress. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

export interface TableRow {
  /** As in a spreadsheet: the column titles are row 1, and empty rows count. */
  readonly row: number;
  /** Trimmed cells by column title; missing cells are empty. */
  readonly fields: Readonly<Record<string, string>>;
  /** The numbers of cells in the row and of titles, which differ when cells are missing or shifted. */
  readonly titles: number;
  readonly cells: number;
}

/** A longer row comes from a quotation mark that is never closed. */
const maxCharactersInRow = 65_536;
/** Protects against decompression bombs; the list of a whole programme has less than 20 MB. */
const maxBytesDecompressed = 512 * 1024 * 1024;

/**
 * The rows of a CSV file (RFC 4180) with these columns in any order, where only `optional` ones may be missing. Throws E_FILE_UNREADABLE (missing, damaged, or in
 * another encoding) and, before the first row, E_FILE_STRUCTURE with all columns that are missing, unknown or repeated.
 */
export async function* readTable(
  source: FileSource,
  {
    columns,
    optional = [],
    ...options
  }: FileOptions & { readonly columns: readonly string[]; readonly optional?: readonly string[] },
): AsyncIterable<TableRow> {
  let row = 0;
  let titles: readonly string[] | undefined;
  try {
    for await (const untrimmed of parseCsv(readText(source, options))) {
      row += 1;
      const cells = untrimmed.map((cell) => cell.trim());
      if (titles === undefined) titles = checkTitles(cells, columns, optional);
      else if (cells.some((cell) => cell !== '')) {
        const fields = Object.fromEntries(titles.map((title, i) => [title, cells[i] ?? '']));
        yield { row, fields, cells: cells.length, titles: titles.length };
      }
    }
  } catch (error) {
    throw readError(error, row + 1);
  }
  if (titles === undefined)
    throw structureError('the file is empty', `Begin the file with the columns ${columns.join(', ')}.`);
}

/** The lines of a JSON Lines file, with their numbers; empty lines are omitted. Throws E_FILE_UNREADABLE. */
export async function* readJsonLines(
  source: FileSource,
  options: FileOptions,
): AsyncIterable<{ readonly row: number; readonly text: string }> {
  let row = 0;
  let rest = '';
  try {
    for await (const piece of readText(source, options)) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxCharactersInRow)
        throw fileError('a line is longer than 65,536 characters', { at: `row ${row + lines.length + 1}` });
      for (const text of lines) {
        row += 1;
        if (text.trim() !== '') yield { row, text };
      }
    }
  } catch (error) {
    throw readError(error, row + 1);
  }
  if (rest.trim() !== '') yield { row: row + 1, text: rest };
}

function parseCsv(text: AsyncIterable<string>): AsyncIterable<readonly string[]> {
  const parser = parse({ bom: false, relax_column_count: true, max_record_size: maxCharactersInRow });
  return piped(Readable.from(text), parser) as AsyncIterable<readonly string[]>;
}

/** Pipes one stream into another: an error of either destroys both, and is thrown to the consumer. */
function piped(from: Readable, into: Duplex): AsyncIterable<unknown> {
  return pipeline(from, into, () => undefined);
}

/** Decompresses and strictly decodes a file; a byte order mark is dropped. */
async function* readText(source: FileSource, { encoding, onBytes }: FileOptions): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  try {
    for await (const bytes of decompressed(observed(source, onBytes))) {
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

function encodingError(encoding: TableEncoding, offset: number): GatewayError {
  const other = encoding === 'utf-8' ? 'gb18030' : 'utf-8';
  return fileError(`the file is not ${encoding}`, {
    at: `within the first ${offset} bytes`,
    fix: `Use --encoding ${other} if the file was saved in it, or save the file as “CSV UTF-8”.`,
  });
}

async function* observed(source: FileSource, onBytes: FileOptions['onBytes']): AsyncGenerator<Uint8Array> {
  const bytes = typeof source === 'string' ? (createReadStream(source) as AsyncIterable<Uint8Array>) : source;
  for await (const piece of bytes) {
    onBytes?.(piece);
    yield piece;
  }
}

/** Gzip (RFC 1952, 2.3.1) and ZIP are recognised by their magic numbers, not by the file name. */
async function* decompressed(pieces: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  let first = Buffer.alloc(0);
  while (first.length < 4) {
    const next = await pieces.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const all = (async function* () {
    yield first;
    yield* pieces;
  })();
  if (first.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    throw fileError('this is a workbook or another ZIP archive, not a table', {
      fix: 'Open it in a spreadsheet and save the sheet as “CSV UTF-8”.',
    });
  }
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* all;
    return;
  }
  let total = 0;
  for await (const piece of piped(Readable.from(all), createGunzip()) as AsyncIterable<Uint8Array>) {
    total += piece.length;
    if (total > maxBytesDecompressed) throw fileError('the file decompresses to more than 512 MB');
    yield piece;
  }
}

function checkTitles(
  titles: readonly string[],
  columns: readonly string[],
  optional: readonly string[],
): readonly string[] {
  const missing = columns.filter((column) => !titles.includes(column) && !optional.includes(column));
  const unknown = titles.filter((title) => !columns.includes(title));
  const repeated = titles.filter((title, i) => columns.includes(title) && titles.indexOf(title) !== i);
  if (missing.length + unknown.length + repeated.length === 0) return titles;
  const named = { missing, unknown: unknown.map((title) => title.slice(0, 60) || '(no title)'), repeated };
  const faults = Object.entries(named).filter(([, found]) => found.length > 0);
  const hasOneColumn = titles.length === 1 && columns.length > 1;
  throw structureError(
    faults.map(([fault, found]) => `${fault}: ${found.join(', ')}`).join('; '),
    hasOneColumn
      ? 'Save the file with commas between the columns.'
      : `Title the columns ${columns.join(', ')}, in any order, and leave out all others.`,
  );
}

function structureError(detail: string, fix: string): GatewayError {
  return new GatewayError('E_FILE_STRUCTURE', detail, { at: 'row 1', fix });
}

function fileError(detail: string, place: ErrorPlace = {}): GatewayError {
  return new GatewayError('E_FILE_UNREADABLE', detail, place);
}

function readError(error: unknown, row: number): GatewayError {
  if (isGatewayError(error)) return error;
  if (error instanceof CsvError) {
    // The parser is ahead of the consumer: its own count is the right one.
    const parsed: unknown = error['records'];
    return fileError('a quotation mark is out of place or never closed', {
      at: `row ${typeof parsed === 'number' ? parsed + 1 : row}`,
      fix: 'Write a quotation mark inside a quoted cell twice.',
      cause: error,
    });
  }
  const system = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return fileError(`reading failed (${system})`, {
    fix: system === 'ENOENT' ? 'Check the path of the file.' : 'Check that the file is complete and readable.',
    cause: error,
  });
}

/** Prevents CSV injection: a cell that a spreadsheet would evaluate as a formula is prefixed with an apostrophe. */
export function withoutFormula(cell: string): string {
  return isFormula(cell) ? `'${cell}` : cell;
}

/** The rows as CSV with CRLF, and with a byte order mark, without which a spreadsheet guesses the encoding. */
export function writeCsv(rows: Iterable<readonly string[]>): string {
  let text = '\ufeff';
  for (const row of rows) text += `${row.map((cell) => quoted(withoutFormula(cell))).join(',')}\r\n`;
  return text;
}

function quoted(cell: string): string {
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
