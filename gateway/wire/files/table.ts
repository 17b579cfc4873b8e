/** Tables in files: CSV, or one sheet of a workbook, by their column titles. */

import { GatewayError } from '../../model/errors.ts';
import { cellValue, delimiterFix, parseCsv, type RawRow } from './csv.ts';
import { openContent, readError, type FileOptions, type FileSource } from './file-content.ts';
import { readSheet, type ChosenSheet } from './sheet.ts';

export interface TableRow {
  /** As in a spreadsheet: empty rows count. */
  readonly row: number;
  /** Values of cells by column title; missing cells are empty. */
  readonly fields: Readonly<Record<string, string>>;
  /** The numbers of cells in the row and of titles, which differ when cells are missing or shifted. */
  readonly titles: number;
  readonly cells: number;
  /** Titles of the cells that a workbook holds as numbers. */
  readonly numbers?: readonly string[];
}

interface TableOptions extends FileOptions {
  readonly columns: readonly string[];
  /** Columns that may be missing, and others that may be there. */
  readonly optional?: readonly string[];
  readonly extra?: readonly string[];
  /** A column that may stand for all those. */
  readonly instead?: string;
  /** The sheet of a workbook; absent: the first. */
  readonly sheet?: string | undefined;
  /** Called with the sheet that is read. */
  readonly onSheet?: (chosen: ChosenSheet) => void;
}

/**
 * The rows of a table with these columns in any order. Throws E_FILE_UNREADABLE (missing, damaged, or in another encoding) and, before the
 * first row, E_FILE_STRUCTURE with all columns that are missing, unknown or repeated, or where there is no such sheet.
 */
export async function* readTable(source: FileSource, options: TableOptions): AsyncIterable<TableRow> {
  let titles: readonly string[] | undefined;
  try {
    for await (const { row, cells, numbers } of readRows(source, options)) {
      const values = cells.map(cellValue);
      if (values.every((value) => value === '')) continue;
      if (titles === undefined) titles = checkTitles(values, row, options, numbers === undefined);
      else yield tableRow(titles, row, values, numbers);
    }
  } catch (error) {
    throw readError(error);
  }
  if (titles === undefined)
    throw structureError('the file is empty', 1, `Begin the file with the columns ${options.columns.join(', ')}.`);
}

async function* readRows(source: FileSource, options: TableOptions): AsyncIterable<RawRow> {
  const content = await openContent(source, options);
  if (content.kind === 'zip') yield* readSheet(content.bytes, options.sheet, options.onSheet);
  else if (options.sheet === undefined) yield* parseCsv(content.text);
  else throw structureError('a text file has no sheets', 1, 'Leave out --sheet.');
}

function tableRow(
  titles: readonly string[],
  row: number,
  values: readonly string[],
  numbers: readonly number[] | undefined,
): TableRow {
  const fields = Object.fromEntries(titles.map((title, i) => [title, values[i] ?? '']));
  const read = { row, fields, titles: titles.length };
  if (numbers === undefined) return { ...read, cells: values.length };
  // A workbook leaves out empty cells.
  const cells = Math.max(titles.length, values.findLastIndex((value) => value !== '') + 1);
  return { ...read, cells, numbers: numbers.flatMap((i) => titles[i] ?? []) };
}

function checkTitles(
  titles: readonly string[],
  row: number,
  options: TableOptions,
  isText: boolean,
): readonly string[] {
  const { instead = '', optional = [], extra = [] } = options;
  const columns = titles.includes(instead) ? [instead] : options.columns;
  const missing = columns.filter((column) => !titles.includes(column) && !optional.includes(column));
  const known = [...columns, ...extra];
  const unknown = titles.filter((title) => !known.includes(title));
  const repeated = titles.filter((title, i) => known.includes(title) && titles.indexOf(title) !== i);
  if (missing.length + unknown.length + repeated.length === 0) return titles;
  const named = { missing, unknown: unknown.map((title) => title.slice(0, 60) || '(no title)'), repeated };
  const faults = Object.entries(named).filter(([, found]) => found.length > 0);
  const hasOneColumn = isText && titles.length === 1 && columns.length > 1;
  throw structureError(
    faults.map(([fault, found]) => `${fault}: ${found.join(', ')}`).join('; '),
    row,
    hasOneColumn ? delimiterFix : `Title the columns ${columns.join(', ')}, in any order, and leave out all others.`,
  );
}

function structureError(detail: string, row: number, fix: string): GatewayError {
  return new GatewayError('E_FILE_STRUCTURE', detail, { at: `row ${row}`, fix });
}
