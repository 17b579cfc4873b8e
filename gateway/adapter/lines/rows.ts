/** Splits lines into cells and writes them: with separators (CSV, RFC 4180) or in fixed columns. */

import { cellName } from '../../model/cell-name.ts';
import { bytesOf, type TextEncoding } from '../../model/text-encoding.ts';
import { invalid, invalidValue, withPlace } from '../faults.ts';
import type { Hole } from '../template/holes.ts';
import { countCharacters } from '../template/lossy-values.ts';

/** One cell of a line. An absent value is an empty text. */
export interface CellForm {
  /** The value with quotes or filling. Throws E_VALUE_INVALID for a value that does not fit. */
  write(text: string): string;
  read(raw: string): string;
}

export interface LineFormat {
  readonly cells: readonly CellForm[];
  /** `line 12`, or that of a cell: `line 12, cell 3`. */
  placeOf(line: number, cell?: number): string;
  readonly separator: string;
  /** Empty cells at the end of a line are not written. */
  readonly withoutEmptyEnd?: true;
  /** The cells of a line. Throws E_VALUE_INVALID for a wrong number of cells or a wrong length. */
  split(line: string): readonly string[];
  /** Whether a line begins with this tag. */
  isTagged(line: string, tag: string): boolean;
  /** Whether lines with these two tags cannot be distinguished. */
  confuses(tag: string, other: string): boolean;
}

// Characters that end a line or may be lost in transport.
const forbiddenInLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]/u;

/** Whether a line can contain the text. */
export function isEncodable(text: string): boolean {
  return !forbiddenInLine.test(text);
}

/** How the cells of a CSV line are separated; without quotes a value cannot contain the separator. */
export interface CsvCells {
  readonly separator: string;
  readonly quotes: boolean;
}

/** Lines of `count` cells; `anyCount`: lines of other counts are split as well. */
export function csvRow(form: CsvCells, count: number, anyCount: boolean): LineFormat {
  const { separator, quotes } = form;
  const cells = Array.from({ length: count }, () => ({
    write(text: string) {
      if (!text.includes(separator) && !(quotes && text.includes('"'))) return text;
      if (quotes) return quoted(text);
      throw invalidValue('the value contains the sign between the cells, and cells are not quoted');
    },
    read: (raw: string) => raw,
  }));
  return {
    cells,
    separator,
    placeOf: (line, cell) => `line ${line}${cell === undefined ? '' : `, cell ${cell + 1}`}`,
    split(line) {
      const found = splitCsv(line, form);
      if (found.length === count || anyCount) return found;
      throw invalidValue(`the line has ${found.length} cells, and ${count} were agreed`);
    },
    isTagged: (line, tag) => beginsWith(line, tag, separator) || (quotes && beginsWith(line, quoted(tag), separator)),
    confuses: (tag, other) => tag === other,
  };
}

/** Characters that a cell of a workbook may have. */
const mostInCell = 32_767;

/** Rows of a workbook, whose line ends may lack empty cells: texts in quotation marks, numbers and days without. */
export function sheetRow(holes: readonly (Hole | undefined)[], anyCount: boolean): LineFormat {
  const cells = holes.map((hole): CellForm => {
    return hole?.numeric === true ? { write: (text) => text, read: bareCell } : textCell;
  });
  return {
    cells,
    separator: ',',
    withoutEmptyEnd: true,
    placeOf: (row, cell) => (cell === undefined ? `row ${row}` : cellName(row, cell + 1)),
    split(line) {
      const found = line.match(/(?:^|(?<=,))(?:"(?:[^"]|"")*"|[^,"]*)(?=,|$)/gu) ?? [];
      const end = found.findLastIndex((cell) => cell !== '') + 1;
      if (anyCount) return found.slice(0, end).map(unquoted);
      if (end > cells.length) throw invalidValue(`the row has ${end} cells, and ${cells.length} were agreed`);
      return cells.map((_, i) => found[i] ?? '');
    },
    isTagged: (line, tag) => beginsWith(line, quoted(tag), ','),
    confuses: (tag, other) => tag === other,
  };
}

const textCell: CellForm = {
  write(text) {
    if (text.length > mostInCell) throw invalidValue(`the value has more than ${mostInCell} characters`);
    return text === '' ? '' : quoted(text);
  },
  read(raw) {
    if (raw !== '' && !raw.startsWith('"'))
      throw invalidValue('a number or day stands where a text was agreed: the spreadsheet may have changed it');
    return unquoted(raw);
  },
};

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function bareCell(raw: string): string {
  if (raw.startsWith('"')) throw invalidValue('a text stands where a number or a day of the spreadsheet was agreed');
  return raw;
}

function unquoted(raw: string): string {
  return raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
}

function beginsWith(line: string, cell: string, separator: string): boolean {
  return line.startsWith(cell) && (line.length === cell.length || line.startsWith(separator, cell.length));
}

/** The cells of a CSV line without their quotes. Throws E_VALUE_INVALID for an unclosed quote, or a quote in an unquoted cell. */
export function splitCsv(line: string, { separator, quotes }: CsvCells): string[] {
  if (!quotes || !line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  for (let at = 0; at <= line.length; at += 1) {
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1);
      const after = line[end + 1];
      if (after !== undefined && after !== separator)
        throw invalidValue(`cell ${cells.length + 1} has text after its closing quote`);
      cells.push(line.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
    } else {
      const found = line.indexOf(separator, at);
      const end = found < 0 ? line.length : found;
      const cell = line.slice(at, end);
      if (cell.includes('"')) throw invalidValue(`cell ${cells.length + 1} contains a quote and is not quoted`);
      cells.push(cell);
      at = end;
    }
  }
  return cells;
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) if (line[at + 1] !== '"') return at;
  throw invalidValue('a quote is not closed');
}

/** A piece of a fixed-width line in a template: `{name.latin?:40}` has the text `{name.latin?}` and the columns `40`. */
export interface Piece {
  readonly text: string;
  readonly columns: string | undefined;
}

/** The pieces of a fixed-width line in a template. Throws E_ADAPTER_INVALID for an unclosed brace. */
export function parsePieces(line: string, at: string): Piece[] {
  const pieces = line.match(/\{[^{}]*\}|[^{}]+/gu) ?? [];
  if (pieces.join('') !== line)
    throw invalid('a brace is not closed', at, 'Write each hole as {path:columns|transform}.');
  return pieces.map((piece) => {
    const [, path = '', columns = '', chain = ''] =
      /^\{((?:count:)?[^{}|:]+):([^{}|]+)((?:\|[^{}]*)?)\}$/u.exec(piece) ?? [];
    if (columns !== '') return { text: `{${path}${chain}}`, columns };
    if (!piece.startsWith('{')) return { text: piece, columns: undefined };
    const fix = 'Write {path:40}, or {path:0>8} to fill with 0 on the left.';
    throw invalid('a hole of a fixed-width line must state its columns', at, fix);
  });
}

/** What columns count; `sizeOf`: how many of them a text has. */
interface Unit {
  readonly unit: 'characters' | 'bytes';
  sizeOf(text: string): number;
}

interface FixedColumns extends Unit {
  readonly fill: string;
  readonly side: '<' | '>';
  readonly width: number;
  readonly place: string;
}

interface FixedPlace {
  readonly place: string;
  readonly encoding: TextEncoding;
  /** For errors of the template. */
  readonly at: string;
}

/** Lines of fixed columns. `holes`: the hole of each piece, undefined for fixed or ignored text. */
export function fixedRow(
  pieces: readonly Piece[],
  holes: readonly (Hole | undefined)[],
  where: Omit<FixedPlace, 'place'>,
): LineFormat {
  let column = 1;
  // No system counts one line in two ways.
  const inBytes = pieces.some(({ columns }) => columns?.endsWith('b'));
  const unit: Unit = inBytes
    ? { unit: 'bytes', sizeOf: (text) => bytesOf(text, where.encoding) }
    : { unit: 'characters', sizeOf: countCharacters };
  const columns = pieces.map((piece): FixedColumns => {
    const found = parseColumns(piece, unit, { ...where, place: `column ${column}` });
    column += found.width;
    return found;
  });
  const total = column - 1;
  return {
    cells: columns.map((each, i) => fixedCell(each, holes[i], where.at)),
    placeOf: (line, cell) => `line ${line}${cell === undefined ? '' : `, ${columns[cell]?.place ?? ''}`}`,
    separator: '',
    split(line) {
      const length = unit.sizeOf(line);
      if (length !== total) throw invalidValue(`the line has ${length} ${unit.unit}, and ${total} were agreed`);
      const next = length === line.length ? cutUnits(line) : cutCharacters(line);
      return columns.map(next);
    },
    isTagged: (line, tag) => line.startsWith(tag),
    confuses: (tag, other) => tag.startsWith(other) || other.startsWith(tag),
  };
}

type Cut = (columns: FixedColumns) => string;

/** Takes the next columns of a line in which every character has one unit. */
function cutUnits(line: string): Cut {
  let from = 0;
  return ({ width }) => line.slice(from, (from += width));
}

function cutCharacters(line: string): Cut {
  const characters = Array.from(line);
  let at = 0;
  return ({ width, sizeOf, place }) => {
    let [cell, left] = ['', width];
    for (let next = characters[at]; left > 0 && next !== undefined; next = characters[at]) {
      cell += next;
      left -= sizeOf(next);
      at += 1;
    }
    if (left === 0) return cell;
    throw withPlace(invalidValue('a character stands across the end of its columns'), `, ${place}`);
  };
}

const columnsForm = /^(?:([^\p{C}\u{10000}-\u{10ffff}])?([<>]))?([1-9]\d{0,3})b?$/u;

function parseColumns({ text, columns }: Piece, unit: Unit, { place, at }: FixedPlace): FixedColumns {
  if (columns === undefined) return { fill: '', side: '<', width: unit.sizeOf(text), ...unit, place };
  const [, fill = ' ', side = '<', width] = columnsForm.exec(columns) ?? [];
  const fix = 'Write 40, >40 to fill on the left, 0>8 to fill with 0, or 40b for columns that are bytes.';
  if (width === undefined) throw invalid(`${columns} is not a number of columns`, at, fix);
  return { fill, side: side === '>' ? '>' : '<', width: Number(width), ...unit, place };
}

function fixedCell({ fill, side, width, unit, sizeOf }: FixedColumns, hole: Hole | undefined, at: string): CellForm {
  const counted = hole?.kind === 'count' && side === '>';
  if (counted && fill === '0' && hole.optional)
    throw invalid(
      `${hole.path} is optional, and filling with 0 would make an absent value look like 0`,
      at,
      'Fill with spaces: {path?:>8}.',
    );
  const strip = stripper(fill, side);
  const step = sizeOf(fill) || 1;
  return {
    write(text) {
      const room = width - sizeOf(text);
      if (room < 0) throw invalidValue(`the value has ${width - room} ${unit}, and its place ${width}`);
      if (!counted && fill !== '' && strip(text) !== text)
        throw invalidValue('the value has the sign at its end that its place is filled with');
      if (room % step > 0) throw invalidValue(`the value leaves ${room} ${unit}, which signs of ${step} do not fill`);
      const filling = fill.repeat(room / step);
      return side === '<' ? text + filling : filling + text;
    },
    read(raw) {
      if (fill === '') return raw;
      const text = strip(raw);
      // A count of 0 that is filled with 0.
      return text === '' && counted && fill === '0' ? '0' : text;
    },
  };
}

function stripper(fill: string, side: '<' | '>'): (text: string) => string {
  const unit = fill.charCodeAt(0);
  return (text) => {
    let [from, to] = [0, text.length];
    if (side === '<') while (to > 0 && text.charCodeAt(to - 1) === unit) to -= 1;
    else while (from < to && text.charCodeAt(from) === unit) from += 1;
    return text.slice(from, to);
  };
}
