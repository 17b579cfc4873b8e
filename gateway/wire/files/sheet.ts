/**
 * The rows of one sheet of a workbook as texts. What a spreadsheet shows as a day becomes YYYY-MM-DD; a number that a spreadsheet
 * cannot hold exactly is written with an exponent, so that nobody takes it for the number it was.
 */

import { cellName } from '../../model/cell-name.ts';
import { GatewayError } from '../../model/errors.ts';
import type { RawRow } from './csv.ts';
import { bounded, fileError } from './file-content.ts';
import {
  readPart,
  readWorkbook,
  textCollector,
  withoutEscapes,
  type Attributes,
  type PartEvents,
  type Sheet,
  type Workbook,
} from './workbook.ts';

/** What a sheet has that is no value: a formula, merged or hidden cells, an error. `cell`: `B7`, `row 7` or `column 2`. */
type OnOddity = (what: string, cell: string) => void;

/** The sheet of a workbook that is read, and those that are not. */
export interface ChosenSheet {
  readonly sheet: string;
  readonly others: readonly string[];
}

/** Throws E_FILE_UNREADABLE, and E_FILE_STRUCTURE where the workbook has no such sheet, or cells that nobody sees. */
export async function* readSheet(
  bytes: AsyncIterable<Uint8Array>,
  wanted: string | undefined,
  onSheet?: (chosen: ChosenSheet) => void,
): AsyncIterable<RawRow> {
  const workbook = readWorkbook(Buffer.concat(await Array.fromAsync(bounded(bytes, 'the archive'))));
  const sheet = sheetNamed(workbook.sheets, wanted);
  const others = workbook.sheets.filter((other) => other !== sheet).map(({ name }) => name);
  onSheet?.({ sheet: sheet.name, others });
  let empty = true;
  for (const row of sheetRows(workbook, sheet, refuseUnseen)) {
    empty = false;
    yield row;
  }
  if (empty) throw noSheet(workbook.sheets, 'the sheet is empty');
}

const fixes: Readonly<Record<string, string>> = {
  // All cells but the first of a merged range are empty: which value they were to have, nobody can tell.
  'merged cells': 'Unmerge the cells, and write the value into each of them.',
  // Who filtered a list may not know that the file still holds the rest.
  'a hidden row': 'Clear the filter and show all rows, or delete those that are not meant.',
  'a hidden column': 'Show the column, or empty its cells.',
};

function refuseUnseen(what: string, at: string): void {
  const fix = fixes[what];
  if (fix !== undefined) throw new GatewayError('E_FILE_STRUCTURE', `the sheet has ${what}`, { at, fix });
}

/** The rows of a sheet that have cells. Throws E_FILE_UNREADABLE, and what `onOddity` throws. */
export function* sheetRows(workbook: Workbook, { part }: Sheet, onOddity?: OnOddity): Iterable<RawRow> {
  const rows: RawRow[] = [];
  for (const _ of readPart(workbook.parts, part, sheetEvents(workbook, rows, onOddity))) yield* rows.splice(0);
}

function sheetNamed(sheets: readonly Sheet[], wanted: string | undefined): Sheet {
  const found =
    wanted === undefined
      ? (sheets.find(({ hidden }) => !hidden) ?? sheets[0])
      : sheets.find(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (found !== undefined) return found;
  throw noSheet(sheets, wanted === undefined ? 'the workbook has no sheet' : 'there is no such sheet');
}

function noSheet(sheets: readonly Sheet[], detail: string): GatewayError {
  const fix = `Name one of the sheets with --sheet: ${sheets.map(({ name }) => name).join(', ')}.`;
  return new GatewayError('E_FILE_STRUCTURE', detail, { fix });
}

export const mostRows = 1_048_576;
const mostColumns = 16_384;

function sheetEvents(workbook: Workbook, rows: RawRow[], onOddity: OnOddity = () => undefined): PartEvents {
  const collector = textCollector();
  let [row, column] = [0, 0];
  let cell: Attributes = {};
  let isFormula = false;
  let cells: string[] = [];
  let [numbers, shown]: [number[], number[]] = [[], []];
  const unseen = unseenCells(onOddity);
  return {
    ...collector,
    open(name, attributes) {
      collector.open(name, attributes);
      unseen.open(name, attributes);
      if (name === 'row') {
        row = Number(attributes['r'] ?? row + 1);
        [column, cells, numbers, shown] = [0, [], [], []];
      } else if (name === 'f') isFormula = true;
      else if (name === 'c') {
        cell = attributes;
        isFormula = false;
        column = columnOf(attributes['r'], { row, before: column });
      }
      const odd = oddityOf(name, attributes);
      if (odd !== undefined) onOddity(odd.what, odd.at ?? cellName(row, column));
    },
    close(name) {
      collector.close?.(name);
      if (name === 'c') {
        const { text, is } = cellText(collector.take(), { ...cell, isFormula }, workbook);
        while (cells.length < column - 1) cells.push('');
        cells[column - 1] = text;
        if (is === 'number') numbers.push(column - 1);
        if (is === 'shown') shown.push(column - 1);
      } else if (name === 'row' && cells.length > 0) {
        unseen.check(row, cells);
        rows.push({ row, cells, numbers, shown });
      }
    },
  };
}

/** Finds rows and columns that are hidden and hold something. */
function unseenCells(onOddity: OnOddity) {
  const columns: (readonly [first: number, last: number])[] = [];
  let isInHiddenRow = false;
  return {
    open(name: string, attributes: Attributes): void {
      const { min, max, ht, width } = attributes;
      if (name === 'row') isInHiddenRow = isHidden(attributes, ht);
      else if (name === 'col' && isHidden(attributes, width)) columns.push([Number(min), Number(max)]);
    },
    check(row: number, cells: readonly string[]): void {
      if (isInHiddenRow && cells.some((text) => text !== '')) onOddity('a hidden row', `row ${row}`);
      for (const [first, last] of columns) {
        const found = cells.slice(first - 1, last).findIndex((text) => text !== '');
        if (found >= 0) onOddity('a hidden column', `column ${first + found}`);
      }
    },
  };
}

/** A row without height, or a column without width, is not seen either. */
function isHidden({ hidden }: Attributes, size: string | undefined): boolean {
  return isTrue(hidden) || Number(size ?? 1) === 0;
}

/** `at`: absent where the element is in a cell. */
function oddityOf(name: string, attributes: Attributes): { readonly what: string; readonly at?: string } | undefined {
  const { ref = '', t: type } = attributes;
  if (name === 'f') return { what: 'a formula' };
  if (name === 'c' && type === 'e') return { what: 'an error of a formula' };
  if (name === 'c' && type === 'b') return { what: 'a logical value' };
  if (name === 'mergeCell') return { what: 'merged cells', at: ref };
  return name === 'hyperlink' && attributes['r:id'] !== undefined ? { what: 'a link', at: ref } : undefined;
}

/** As a spreadsheet shows a formula that was not computed. */
const failedFormula = '#CALC!';

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

/** `AB12` is in column 28; a cell without a reference follows the one before. */
function columnOf(reference = '', { row, before }: { readonly row: number; readonly before: number }): number {
  const letters = Array.from(/^[A-Z]{1,3}(?=\d)/u.exec(reference)?.[0] ?? '');
  const named = letters.reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  const column = letters.length === 0 ? before + 1 : named;
  if (column <= mostColumns) return column;
  throw fileError('a row has more cells than a sheet can have', { at: `row ${row}` });
}

/** `shown`: the text is what a spreadsheet shows of a number, a day or one with zeros in front. */
function cellText(
  value: string,
  {
    t: type = 'n',
    s: style = '0',
    isFormula,
  }: { readonly t?: string; readonly s?: string; readonly isFormula: boolean },
  { strings, formats, from1904 }: Workbook,
): { readonly text: string; readonly is: 'text' | 'number' | 'shown' } {
  const text = (found: string) => ({ text: found, is: 'text' as const });
  // Programs that write formulas without computing them store no value; an empty text is one.
  if (isFormula && value === '' && type !== 'str') return text(failedFormula);
  if (value === '') return text('');
  if (type === 's') return text(stringAt(strings, value));
  if (type === 'b') return text(value === '1' ? 'TRUE' : 'FALSE');
  if (type === 'd') return { text: value.replace(/T00:00:00(?:\.0+)?Z?$/u, ''), is: 'shown' };
  const number = Number(value);
  if (type !== 'n' || !Number.isFinite(number)) return text(withoutEscapes(value));
  const format = formats[Number(style)];
  if (format === 'day') return { text: dayText(number, from1904), is: 'shown' };
  if (!Number.isInteger(number)) return { text: value, is: 'number' };
  // A spreadsheet keeps 15 digits.
  if (Math.abs(number) >= 1e15) return { text: number.toExponential(), is: 'number' };
  return { text: String(number).padStart(format ?? 0, '0'), is: format === undefined ? 'number' : 'shown' };
}

function stringAt(strings: readonly string[], index: string): string {
  const text = strings[Number(index)];
  if (text === undefined) throw fileError('a cell of the workbook names a text that it does not hold');
  return text;
}

const dayMs = 24 * 3600 * 1000;

/** Days are counted from 1900-01-01, and after a 29 February of that year that never was (or from 1904-01-01). */
function dayText(number: number, from1904: boolean): string {
  if (!from1904 && Math.floor(number) === 60) return '1900-02-29';
  const start = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, number < 60 ? 31 : 30);
  const moment = new Date(start + Math.round(number * 86_400) * 1000);
  if (Number.isNaN(moment.valueOf())) return String(number);
  return moment.toISOString().slice(0, moment.valueOf() % dayMs === 0 ? 10 : 19);
}

/** The number of a day from 1900-01-01 on. */
export function serialOf(day: string): number {
  const days = (Date.parse(day) - Date.UTC(1899, 11, 30)) / dayMs;
  return days < 61 ? days - 1 : days;
}
