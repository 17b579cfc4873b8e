/**
 * One sheet of an XLSX workbook (ECMA-376, SpreadsheetML) as rows of text. What a spreadsheet shows as a day becomes YYYY-MM-DD; a
 * number that a spreadsheet cannot hold exactly is written with an exponent, so that nobody takes it for the number it was.
 */

import { posix } from 'node:path';
import { SaxesParser } from 'saxes';
import { GatewayError } from '../../model/errors.ts';
import type { RawRow } from './csv.ts';
import { fileError } from './file-content.ts';
import { openZip, type ZipParts } from './zip.ts';

type Attributes = Readonly<Record<string, string>>;

interface PartEvents {
  open(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

interface Sheet {
  readonly name: string;
  readonly part: string;
  readonly hidden: boolean;
}

interface Workbook {
  readonly sheets: readonly Sheet[];
  readonly strings: readonly string[];
  /** By the style of a cell. */
  readonly formats: readonly NumberFormat[];
  readonly from1904: boolean;
}

/** `day`: shown as a day or time. A number: digits shown, with zeros in front. */
type NumberFormat = 'day' | number | undefined;

/** Throws E_FILE_UNREADABLE, and E_FILE_STRUCTURE where the workbook has no such sheet. */
export async function* readSheet(bytes: AsyncIterable<Uint8Array>, wanted: string | undefined): AsyncIterable<RawRow> {
  const parts = await openZip(bytes);
  const workbook = await readWorkbook(parts);
  const { part } = sheetNamed(workbook.sheets, wanted);
  const rows: RawRow[] = [];
  for await (const _ of readPart(parts, part, sheetEvents(workbook, rows))) yield* rows.splice(0);
}

function sheetNamed(sheets: readonly Sheet[], wanted: string | undefined): Sheet {
  const found =
    wanted === undefined
      ? (sheets.find(({ hidden }) => !hidden) ?? sheets[0])
      : sheets.find(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (found !== undefined) return found;
  const names = sheets.map(({ name }) => name).join(', ');
  throw new GatewayError(
    'E_FILE_STRUCTURE',
    wanted === undefined ? 'the workbook has no sheet' : 'there is no such sheet',
    {
      fix: `Name one of the sheets with --sheet: ${names}.`,
    },
  );
}

async function readWorkbook(parts: ZipParts): Promise<Workbook> {
  const main = parts.names.find((name) => /^\/?xl\/workbook\d*\.xml$/iu.test(name));
  if (main === undefined) throw notXlsx(parts.names);
  const targets = await readRelations(parts, main);
  const sheets: Sheet[] = [];
  let from1904 = false;
  await readAll(parts, main, {
    open(name, { name: title = '', 'r:id': id = '', state = 'visible', date1904 = '' }) {
      if (name === 'workbookPr') from1904 = date1904 === '1' || date1904 === 'true';
      const target = targets.get(id);
      if (name === 'sheet' && target?.type === 'worksheet')
        sheets.push({ name: title, part: target.part, hidden: state !== 'visible' });
    },
  });
  const partOf = (type: string): string | undefined => targets.values().find((target) => target.type === type)?.part;
  return {
    sheets,
    strings: await readStrings(parts, partOf('sharedStrings')),
    formats: await readFormats(parts, partOf('styles')),
    from1904,
  };
}

function notXlsx(names: readonly string[]): GatewayError {
  const fix = 'Open it in a spreadsheet, and save it as .xlsx or as “CSV UTF-8”.';
  if (names.includes('xl/workbook.bin')) return fileError('this is a binary workbook (.xlsb)', { fix });
  if (names.includes('content.xml')) return fileError('this is an OpenDocument file (.ods)', { fix });
  return fileError('this is a ZIP archive without a workbook', {
    fix: 'Unpack the archive, and import the file in it.',
  });
}

async function readRelations(parts: ZipParts, main: string) {
  const targets = new Map<string, { readonly type: string; readonly part: string }>();
  const folder = posix.dirname(main);
  await readAll(parts, posix.join(folder, '_rels', `${posix.basename(main)}.rels`), {
    open(name, { Id = '', Type = '', Target = '' }) {
      if (name !== 'Relationship') return;
      const part = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
      targets.set(Id, { type: posix.basename(Type), part });
    },
  });
  return targets;
}

/** Texts of strings, without the reading that East Asian texts may have beside them. */
function textCollector(): PartEvents & { take(): string } {
  let [text, inText, inReading] = ['', false, false];
  return {
    open(name) {
      if (name === 'rPh') inReading = true;
      else if (name === 't' || name === 'v') inText = true;
    },
    close(name) {
      if (name === 'rPh') inReading = false;
      else if (name === 't' || name === 'v') inText = false;
    },
    text(piece) {
      if (inText && !inReading) text += piece;
    },
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

async function readStrings(parts: ZipParts, part: string | undefined): Promise<readonly string[]> {
  const strings: string[] = [];
  if (part === undefined) return strings;
  const collector = textCollector();
  await readAll(parts, part, {
    ...collector,
    close(name) {
      collector.close?.(name);
      if (name === 'si') strings.push(withoutEscapes(collector.take()));
    },
  });
  return strings;
}

/** Characters that XML cannot hold are written as _x000D_ (ECMA-376, 22.9.2.19). */
function withoutEscapes(text: string): string {
  return text.replaceAll(/_x([\da-f]{4})_/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function readFormats(parts: ZipParts, part: string | undefined): Promise<readonly NumberFormat[]> {
  const formats: NumberFormat[] = [];
  if (part === undefined) return formats;
  const custom = new Map<string, string>();
  let inCells = false;
  await readAll(parts, part, {
    open(name, { numFmtId = '0', formatCode = '' }) {
      if (name === 'numFmt') custom.set(numFmtId, formatCode);
      if (name === 'cellXfs') inCells = true;
      if (name === 'xf' && inCells) formats.push(formatOf(Number(numFmtId), custom.get(numFmtId)));
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return formats;
}

/** The numbers of built-in formats are those of ECMA-376, 18.8.30, East Asian ones included. */
function formatOf(id: number, code: string | undefined): NumberFormat {
  if (code === undefined) {
    const isDay = [
      [14, 22],
      [27, 36],
      [45, 47],
      [50, 58],
    ].some(([from = 0, to = 0]) => id >= from && id <= to);
    return isDay ? 'day' : undefined;
  }
  const signs = code.replaceAll(/"[^"]*"|\[[^\]]*\]|[\\_*]./gu, '').split(';', 1)[0] ?? '';
  if (/^0{2,}$/u.test(signs)) return signs.length;
  return /[ymdhs]/iu.test(signs.replace(/general/iu, '')) ? 'day' : undefined;
}

const mostColumns = 16_384;

function sheetEvents(workbook: Workbook, rows: RawRow[]): PartEvents {
  const collector = textCollector();
  let [row, column] = [0, 0];
  let cell: Attributes = {};
  let cells: string[] = [];
  let numbers: number[] = [];
  return {
    ...collector,
    open(name, attributes) {
      collector.open(name, attributes);
      if (name === 'row') {
        row = Number(attributes['r'] ?? row + 1);
        [column, cells, numbers] = [0, [], []];
      } else if (name === 'c') {
        cell = attributes;
        column = columnOf(attributes['r']) ?? column + 1;
        if (!(column <= mostColumns))
          throw fileError('a row has more cells than a sheet can have', { at: `row ${row}` });
      }
    },
    close(name) {
      collector.close?.(name);
      if (name === 'c') {
        const { text, isNumber } = cellText(collector.take(), cell, workbook);
        while (cells.length < column - 1) cells.push('');
        cells[column - 1] = text;
        if (isNumber) numbers.push(column - 1);
      } else if (name === 'row' && cells.length > 0) rows.push({ row, cells, numbers });
    },
  };
}

/** `AB12` is in column 28. */
function columnOf(reference = ''): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/u.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

function cellText(
  value: string,
  { t: type = 'n', s: style = '0' }: Attributes,
  { strings, formats, from1904 }: Workbook,
): { readonly text: string; readonly isNumber: boolean } {
  if (value === '') return { text: '', isNumber: false };
  if (type === 's') return { text: stringAt(strings, value), isNumber: false };
  if (type === 'b') return { text: value === '1' ? 'TRUE' : 'FALSE', isNumber: false };
  if (type === 'd') return { text: value.replace(/T00:00:00(?:\.0+)?Z?$/u, ''), isNumber: false };
  const number = Number(value);
  if (type !== 'n' || !Number.isFinite(number)) return { text: withoutEscapes(value), isNumber: false };
  const format = formats[Number(style)];
  if (format === 'day') return { text: dayText(number, from1904), isNumber: false };
  if (!Number.isInteger(number)) return { text: value, isNumber: true };
  // A spreadsheet keeps 15 digits.
  if (Math.abs(number) >= 1e15) return { text: number.toExponential(), isNumber: true };
  return { text: String(number).padStart(format ?? 0, '0'), isNumber: format === undefined };
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

async function readAll(parts: ZipParts, part: string, events: PartEvents): Promise<void> {
  await Array.fromAsync(readPart(parts, part, events));
}

/** Calls the events of a part, by local names; yields after each piece of it. */
async function* readPart(parts: ZipParts, part: string, events: PartEvents): AsyncIterable<undefined> {
  const parser = new SaxesParser({ position: false });
  const local = (name: string): string => name.slice(name.indexOf(':') + 1);
  parser.on('error', (cause) => {
    throw fileError(`part ${part} of the workbook is not well-formed`, { cause });
  });
  parser.on('doctype', () => {
    throw fileError(`part ${part} of the workbook has a document type`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    events.open(local(name), attributes as Attributes);
  });
  parser.on('closetag', ({ name }) => events.close?.(local(name)));
  parser.on('text', (text) => events.text?.(text));
  parser.on('cdata', (text) => events.text?.(text));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of parts.read(part)) {
    parser.write(decoder.decode(piece, { stream: true }));
    yield undefined;
  }
  parser.write(decoder.decode()).close();
  yield undefined;
}
