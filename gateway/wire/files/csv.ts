/** CSV and JSON Lines: rows of text as spreadsheets and other programs save them, and CSV that is safe in a spreadsheet. */

import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { GatewayError } from '../../model/errors.ts';
import { startsFormula } from '../../model/shown-text.ts';
import { fileError, openContent, piped, readError, type FileOptions, type FileSource } from './file-content.ts';

/** A longer row comes from a quotation mark that is never closed. */
const maxCharactersInRow = 65_536;

/** Rows of a file before their titles are known. */
export interface RawRow {
  /** As in a spreadsheet: the first row is 1, and empty rows count. */
  readonly row: number;
  readonly cells: readonly string[];
  /** The cells that a workbook holds as numbers, by index. */
  readonly numbers?: readonly number[];
  /** Those whose text is what a spreadsheet shows of a number: days, and numbers with zeros in front. */
  readonly shown?: readonly number[];
}

/**
 * The rows of CSV (RFC 4180), with any line ends, and with commas, semicolons or tabs between the cells: the title row shows
 * which. Throws E_FILE_UNREADABLE.
 */
export async function* parseCsv(text: AsyncIterable<string>): AsyncIterable<RawRow> {
  const lines = wholeLines(text);
  const first = await firstLines(lines);
  if (first === '') return;
  // A spreadsheet reads a first line such as sep=; and does not show it.
  const [line = '', stated] = /^sep=(.)(?:\r\n?|\n)/iu.exec(first) ?? [];
  const begin = first.slice(line.length);
  const filled = withoutBlankRows(begin);
  const { delimiter, titles } = stated === undefined ? delimiterOf(filled) : { delimiter: stated, titles: 2 };
  checkSecondRow(filled, delimiter);
  const all = (async function* () {
    yield begin;
    yield* lines;
  })();
  let row = 0;
  try {
    for await (const cells of piped(Readable.from(all), csvParser(delimiter)) as AsyncIterable<readonly string[]>) {
      row += 1;
      yield { row, cells };
    }
  } catch (error) {
    throw error instanceof CsvError ? csvError(error, row + 1, titles) : readError(error);
  }
}

/** Enough to tell which sign stands between titles and cells, however the file is cut. */
async function firstLines(lines: AsyncGenerator<string>): Promise<string> {
  let first = '';
  while (withoutBlankRows(first).split(/\r\n?|\n/u, 4).length < 4) {
    const next = await lines.next();
    if (next.done === true) break;
    first += next.value;
  }
  return first;
}

function csvParser(delimiter: string): ReturnType<typeof parse> {
  return parse({
    bom: false,
    relax_column_count: true,
    max_record_size: maxCharactersInRow,
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter,
  });
}

/** What to do where no known sign stands between the titles. */
export const delimiterFix = 'Save the file with commas, semicolons or tabs between the columns.';

function csvError(error: CsvError, row: number, titles: number): ReturnType<typeof fileError> {
  // The parser is ahead of the consumer: its own count is the right one.
  const parsed: unknown = error['records'];
  return fileError('a quotation mark is out of place or never closed', {
    at: `row ${typeof parsed === 'number' ? parsed + 1 : row}`,
    fix:
      titles === 1
        ? delimiterFix
        : 'Write a quotation mark inside a quoted cell twice, and the same sign between all cells.',
    cause: error,
  });
}

// ="0123": how programs keep a spreadsheet from taking digits for a quantity. Without more quotation marks it is no CSV.
// Quoted cells are matched first, because one may hold a line that looks like this.
const bareTextFormula = /(?<=^|[,;\t\r\n])(?:"(?:[^"]|"")*"|="([^"\r\n]*)"(?=[,;\t\r\n]|$))/gu;

/** The text in pieces that end with a line end, as far as lines are not longer than a row may be. */
async function* wholeLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let [rest, inQuotes] = ['', false];
  const quoted = (lines: string): string => {
    const result = quoteTextFormulas(lines, inQuotes);
    if (lines.split('"').length % 2 === 0) inQuotes = !inQuotes;
    return result;
  };
  for await (const piece of text) {
    rest += piece;
    // A carriage return at the very end may be followed by the line feed of its line end.
    const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r', rest.length - 2)) + 1;
    if (end === 0 && rest.length <= maxCharactersInRow) continue;
    yield quoted(rest.slice(0, end === 0 ? undefined : end));
    rest = end === 0 ? '' : rest.slice(end);
  }
  if (rest !== '') yield quoted(rest);
}

/** `inQuotes`: the lines begin inside a quoted cell. */
function quoteTextFormulas(lines: string, inQuotes: boolean): string {
  if (!lines.includes('="')) return lines;
  const cell = inQuotes ? (/^(?:[^"]|"")*"?/u.exec(lines)?.[0] ?? '') : '';
  const rest = lines.slice(cell.length).replaceAll(bareTextFormula, (whole: string, text: string | undefined) => {
    return text === undefined ? whole : `"=""${text}"""`;
  });
  return cell + rest;
}

/** Spreadsheets keep the empty rows above the titles. */
function withoutBlankRows(lines: string): string {
  return lines.replace(/^[\s,;]*[\r\n]/u, '');
}

/** The sign that stands between the cells of the first row, or another one, most often, outside quotation marks. */
function delimiterOf(lines: string, row = 0): { readonly delimiter: string; readonly titles: number } {
  const titles = lines.replaceAll(/"[^"]*"/gu, '').split(/\r\n?|\n/u, row + 1)[row] ?? '';
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, titles: titles.split(delimiter).length }));
  return counts.reduce((most, each) => (each.titles > most.titles ? each : most));
}

/** Titles that were typed above rows of another program: read with their sign, its cells would run together. */
function checkSecondRow(lines: string, delimiter: string): void {
  const titles = delimiterOf(lines);
  const second = delimiterOf(lines, 1);
  if (second.delimiter === delimiter || titles.delimiter !== delimiter || second.titles !== titles.titles) return;
  const fix = 'Write the same sign between the titles as between the cells of the rows.';
  throw new GatewayError('E_FILE_STRUCTURE', 'another sign stands between the cells than between the titles', {
    at: 'row 2',
    fix,
  });
}

/** The lines of a JSON Lines file, with their numbers; empty lines are omitted. Throws E_FILE_UNREADABLE. */
export async function* readJsonLines(
  source: FileSource,
  options: FileOptions,
): AsyncIterable<{ readonly row: number; readonly text: string }> {
  let row = 0;
  let rest = '';
  try {
    const content = await openContent(source, options);
    if (content.kind === 'zip') throw fileError('this is a workbook or another ZIP archive, not JSON lines');
    for await (const piece of content.text) {
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
    throw readError(error);
  }
  if (rest.trim() !== '') yield { row: row + 1, text: rest };
}

// Also behind apostrophes, so that reading back takes off the one that writing put on.
const needsApostrophe = new RegExp(`^'*${startsFormula.source.slice(1)}`, 'u');

/** Prevents CSV injection: a cell that a spreadsheet would evaluate as a formula is prefixed with an apostrophe. */
export function withoutFormula(cell: string): string {
  return needsApostrophe.test(cell) ? `'${cell}` : cell;
}

const textFormula = /^="((?:[^"]|"")*)"$/u;

/** The value that a cell stands for: blanks around it, the apostrophe of `withoutFormula`, and ="…" around a text are not part of it. */
export function cellValue(cell: string): string {
  const trimmed = cell.trim();
  if (trimmed.startsWith("'") && needsApostrophe.test(trimmed)) return trimmed.slice(1);
  return textFormula.exec(trimmed)?.[1]?.replaceAll('""', '"').trim() ?? trimmed;
}

/** The rows as CSV with CRLF, and with a byte order mark, without which a spreadsheet guesses the encoding. A number is no formula. */
export function writeCsv(rows: Iterable<readonly (string | number)[]>): string {
  let text = '\ufeff';
  const written = (cell: string | number): string =>
    typeof cell === 'number' ? String(cell) : quoted(withoutFormula(cell));
  for (const row of rows) text += `${row.map(written).join(',')}\r\n`;
  return text;
}

function quoted(cell: string): string {
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
