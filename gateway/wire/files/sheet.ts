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

/** Throws E_FILE_UNREADABLE, and E_FILE_STRUCTURE where the workbook has no such sheet. */
export async function* readSheet(bytes: AsyncIterable<Uint8Array>, wanted: string | undefined): AsyncIterable<RawRow> {
  const workbook = readWorkbook(Buffer.concat(await Array.fromAsync(bounded(bytes, 'the archive'))));
  const sheet = sheetNamed(workbook.sheets, wanted);
  let empty = true;
  for (const row of sheetRows(workbook, sheet, refuseMerged)) {
    empty = false;
    yield row;
  }
  if (empty) throw noSheet(workbook.sheets, 'the sheet is empty');
}

/** All cells but the first of a merged range are empty: which value they were to have, nobody can tell. */
function refuseMerged(what: string, at: string): void {
  if (what !== 'merged cells') return;
  const fix = 'Unmerge the cells, and write the value into each of them.';
  throw new GatewayError('E_FILE_STRUCTURE', 'the sheet has merged cells', { at, fix });
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
  return {
    ...collector,
    open(name, attributes) {
      collector.open(name, attributes);
      if (name === 'row') {
        row = Number(attributes['r'] ?? row + 1);
        [column, cells, numbers, shown] = [0, [], [], []];
      } else if (name === 'f') isFormula = true;
      else if (name === 'c') {
        cell = attributes;
        isFormula = false;
        column = columnOf(attributes['r']) ?? column + 1;
        if (!(column <= mostColumns))
          throw fileError('a row has more cells than a sheet can have', { at: `row ${row}` });
      }
      const odd = oddityOf(name, attributes);
      if (odd !== undefined) onOddity(odd.what, odd.at ?? (name === 'row' ? `row ${row}` : cellName(row, column)));
    },
    close(name) {
      collector.close?.(name);
      if (name === 'c') {
        const value = collector.take();
        // Programs that write formulas without computing them store no value; an empty text is one.
        const isOpen = isFormula && value === '' && cell['t'] !== 'str';
        const { text, is } = isOpen ? failedFormula : cellText(value, cell, workbook);
        while (cells.length < column - 1) cells.push('');
        cells[column - 1] = text;
        if (is === 'number') numbers.push(column - 1);
        if (is === 'shown') shown.push(column - 1);
      } else if (name === 'row' && cells.length > 0) rows.push({ row, cells, numbers, shown });
    },
  };
}

/** `at`: absent where the element is a row, or in a cell. */
function oddityOf(name: string, attributes: Attributes): { readonly what: string; readonly at?: string } | undefined {
  const { ref = '', min = '', t: type } = attributes;
  if (name === 'f') return { what: 'a formula' };
  if (name === 'c' && type === 'e') return { what: 'an error of a formula' };
  if (name === 'c' && type === 'b') return { what: 'a logical value' };
  if (name === 'mergeCell') return { what: 'merged cells', at: ref };
  if (name === 'hyperlink' && attributes['r:id'] !== undefined) return { what: 'a link', at: ref };
  const isHidden = isTrue(attributes['hidden']);
  if (name === 'row' && isHidden) return { what: 'a hidden row' };
  return name === 'col' && isHidden ? { what: 'a hidden column', at: `column ${min}` } : undefined;
}

/** As a spreadsheet shows a formula that was not computed. */
const failedFormula = { text: '#CALC!', is: 'text' } as const;

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

/** `AB12` is in column 28. */
function columnOf(reference = ''): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/u.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

/** `shown`: the text is what a spreadsheet shows of a number, a day or one with zeros in front. */
function cellText(
  value: string,
  { t: type = 'n', s: style = '0' }: Attributes,
  { strings, formats, from1904 }: Workbook,
): { readonly text: string; readonly is: 'text' | 'number' | 'shown' } {
  const text = (found: string) => ({ text: found, is: 'text' as const });
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
