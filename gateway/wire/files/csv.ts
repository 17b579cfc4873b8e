/** Tables in files: reads CSV, plain or gzipped, in UTF-8 or GB18030, row by row; writes CSV that a spreadsheet opens safely. */

import { createReadStream } from 'node:fs';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { isFormula } from '../../model/shown-text.ts';

export const tableEncodings = ['utf-8', 'gb18030'] as const;
export type TableEncoding = (typeof tableEncodings)[number];

export interface TableOptions {
  readonly encoding: TableEncoding;
  /** The column titles, all of them; their order in the file is free. */
  readonly columns: readonly string[];
  /** Sees each piece of the file as it is read, before anything is unpacked: for digests and progress. */
  readonly seen?: (bytes: Uint8Array) => void;
}

export interface TableRow {
  /** As a spreadsheet numbers it: the titles are row 1, blank rows count. */
  readonly row: number;
  /** Cells by column title, without blanks around them. A row too short has empty cells at its end. */
  readonly fields: Readonly<Record<string, string>>;
  /** Cells the row has: other than the number of columns when it is shifted or cut. */
  readonly cells: number;
}

/** A row longer than this is a quote that was never closed. */
const mostCharactersInRow = 65_536;
/** A packed file may claim to be anything; a programme's whole list is under 20 MB. */
const mostBytesUnpacked = 512 * 1024 * 1024;

/**
 * The rows of a table, streaming. Throws E_FILE_UNREADABLE (no such file, wrong encoding, damaged) and, before the first
 * row, E_FILE_STRUCTURE with every column that is missing, unknown or repeated.
 */
export async function* readTable(
  source: AsyncIterable<Uint8Array> | string,
  options: TableOptions,
): AsyncIterable<TableRow> {
  const { columns } = options;
  let row = 0;
  let titles: readonly string[] | undefined;
  try {
    for await (const cells of parsed(readText(source, options))) {
      row += 1;
      if (titles === undefined)
        titles = checkTitles(
          cells.map((cell) => cell.trim()),
          columns,
        );
      else if (cells.some((cell) => cell.trim() !== ''))
        yield { row, fields: fieldsOf(titles, cells), cells: cells.length };
    }
  } catch (error) {
    throw unreadable(error, row + 1);
  }
  if (titles === undefined)
    throw structure('the file is empty', `Begin the file with the columns ${columns.join(', ')}.`);
}

/** The lines of a text file, read in the same way: for one JSON object a line. Blank lines are left out but count. */
export async function* readLines(
  source: AsyncIterable<Uint8Array> | string,
  options: Omit<TableOptions, 'columns'>,
): AsyncIterable<{ readonly row: number; readonly text: string }> {
  let row = 0;
  let rest = '';
  try {
    for await (const piece of readText(source, options)) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > mostCharactersInRow)
        throw damaged('a line is longer than 65,536 characters', row + lines.length + 1);
      for (const text of lines) {
        row += 1;
        if (text.trim() !== '') yield { row, text };
      }
    }
  } catch (error) {
    throw unreadable(error, row + 1);
  }
  if (rest.trim() !== '') yield { row: row + 1, text: rest };
}

function parsed(text: AsyncIterable<string>): AsyncIterable<readonly string[]> {
  const parser = parse({ bom: false, relax_column_count: true, max_record_size: mostCharactersInRow });
  return chained(Readable.from(text), parser) as AsyncIterable<readonly string[]>;
}

/** Joins two streams: an error of either ends both, and is thrown where the result is read. */
function chained(from: Readable, into: Duplex): AsyncIterable<unknown> {
  return pipeline(from, into, () => undefined);
}

/** Bytes to text: unpacked when they are gzip, strictly decoded, the byte order mark left out. */
async function* readText(
  source: AsyncIterable<Uint8Array> | string,
  { encoding, seen }: Pick<TableOptions, 'encoding' | 'seen'>,
): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let place = 0;
  try {
    for await (const bytes of unpacked(watched(source, seen))) {
      place += bytes.length;
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw notThisEncoding(encoding, place);
    }
    throw error;
  }
}

function notThisEncoding(encoding: TableEncoding, place: number): GatewayError {
  const other = encoding === 'utf-8' ? 'gb18030' : 'utf-8';
  return new GatewayError('E_FILE_UNREADABLE', `the file is not ${encoding}`, {
    at: `within the first ${place} bytes`,
    fix: `Say --encoding ${other} if the file was saved by a program set to it, or save it as “CSV UTF-8”.`,
  });
}

async function* watched(
  source: AsyncIterable<Uint8Array> | string,
  seen: ((bytes: Uint8Array) => void) | undefined,
): AsyncIterable<Uint8Array> {
  const bytes = typeof source === 'string' ? (createReadStream(source) as AsyncIterable<Uint8Array>) : source;
  for await (const piece of bytes) {
    seen?.(piece);
    yield piece;
  }
}

/** Gzip (RFC 1952, 2.3.1) and ZIP are known by their first bytes, whatever the file is called. */
async function* unpacked(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    first = Buffer.concat([first, next.value]);
    if (first.length >= 4) break;
  }
  const all = joined(first, pieces);
  if (first.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') throw workbook();
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* all;
    return;
  }
  let total = 0;
  for await (const piece of chained(Readable.from(all), createGunzip()) as AsyncIterable<Uint8Array>) {
    total += piece.length;
    if (total > mostBytesUnpacked) throw damaged('the file unpacks to more than 512 MB');
    yield piece;
  }
}

function workbook(): GatewayError {
  return new GatewayError('E_FILE_UNREADABLE', 'this is a workbook or another packed folder, not a table', {
    fix: 'Open it in a spreadsheet and save the sheet as “CSV UTF-8”.',
  });
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function checkTitles(titles: readonly string[], columns: readonly string[]): readonly string[] {
  const missing = columns.filter((column) => !titles.includes(column));
  const unknown = titles.filter((title) => !columns.includes(title));
  const repeated = titles.filter((title, i) => columns.includes(title) && titles.indexOf(title) !== i);
  if (missing.length + unknown.length + repeated.length === 0) return titles;
  const complaints = [
    listed('missing', missing),
    listed(
      'unknown',
      unknown.map((title) => title.slice(0, 60) || '(no title)'),
    ),
    listed('repeated', repeated),
  ];
  const oneCell = titles.length === 1 && columns.length > 1;
  throw structure(
    complaints.filter((complaint) => complaint !== '').join('; '),
    oneCell
      ? 'Save the file with commas between the columns.'
      : `Title the columns ${columns.join(', ')}, in any order, and leave out all others.`,
  );
}

function listed(what: string, titles: readonly string[]): string {
  return titles.length === 0 ? '' : `${what}: ${titles.join(', ')}`;
}

function fieldsOf(titles: readonly string[], cells: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  titles.forEach((title, i) => (fields[title] = (cells[i] ?? '').trim()));
  return fields;
}

function structure(detail: string, fix: string): GatewayError {
  return new GatewayError('E_FILE_STRUCTURE', detail, { at: 'row 1', fix });
}

function damaged(detail: string, row?: number): GatewayError {
  return new GatewayError('E_FILE_UNREADABLE', detail, row === undefined ? {} : { at: `row ${row}` });
}

function unreadable(error: unknown, row: number): GatewayError {
  if (isGatewayError(error)) return error;
  if (error instanceof CsvError) {
    // Rows already parsed may not have been taken yet: the parser's own count is the true one.
    const parsed: unknown = error['records'];
    return new GatewayError('E_FILE_UNREADABLE', 'a quotation mark is out of place or never closed', {
      at: `row ${typeof parsed === 'number' ? parsed + 1 : row}`,
      fix: 'Write a quotation mark inside a quoted cell twice.',
      cause: error,
    });
  }
  const system = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new GatewayError('E_FILE_UNREADABLE', `reading failed (${system})`, {
    fix: system === 'ENOENT' ? 'Check the path of the file.' : 'Check that the file is whole and may be read.',
    cause: error,
  });
}

/** A text as a spreadsheet must see it: never a formula. */
export function defused(cell: string): string {
  return isFormula(cell) ? `'${cell}` : cell;
}

/** The rows as CSV: byte order mark (without it a spreadsheet guesses the encoding), CRLF, formulas defused. */
export function writeCsv(rows: Iterable<readonly string[]>): string {
  let text = '\ufeff';
  for (const row of rows) text += `${row.map((cell) => quoted(defused(cell))).join(',')}\r\n`;
  return text;
}

function quoted(cell: string): string {
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
