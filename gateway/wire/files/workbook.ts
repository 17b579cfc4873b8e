/** The parts of an XLSX workbook (ECMA-376, SpreadsheetML): its sheets, and the texts and formats that their cells refer to. */

import { posix } from 'node:path';
import { SaxesParser } from 'saxes';
import type { GatewayError } from '../../model/errors.ts';
import { fileError } from './file-content.ts';
import { openZip, type ZipParts } from './zip.ts';

export type Attributes = Readonly<Record<string, string>>;

export interface PartEvents {
  open(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

export interface Sheet {
  readonly name: string;
  readonly part: string;
  readonly hidden: boolean;
}

export interface Workbook {
  readonly parts: ZipParts;
  readonly sheets: readonly Sheet[];
  readonly strings: readonly string[];
  /** By the style of a cell. */
  readonly formats: readonly NumberFormat[];
  readonly from1904: boolean;
}

/** `day`: shown as a day or time. A number: digits shown, with zeros in front. */
type NumberFormat = 'day' | number | undefined;

/** Throws E_FILE_UNREADABLE for bytes that are no XLSX workbook. */
export function readWorkbook(bytes: Buffer): Workbook {
  const parts = openZip(bytes);
  const main = parts.names.find((name) => /^\/?xl\/workbook\d*\.xml$/iu.test(name));
  if (main === undefined) throw notXlsx(parts.names);
  const targets = readRelations(parts, main);
  const sheets: Sheet[] = [];
  let from1904 = false;
  readAll(parts, main, {
    open(name, { name: title = '', 'r:id': id = '', state = 'visible', date1904 = '' }) {
      if (name === 'workbookPr') from1904 = date1904 === '1' || date1904 === 'true';
      const target = targets.get(id);
      if (name === 'sheet' && target?.type === 'worksheet')
        sheets.push({ name: title, part: target.part, hidden: state !== 'visible' });
    },
  });
  const partOf = (type: string): string | undefined => targets.values().find((target) => target.type === type)?.part;
  return {
    parts,
    sheets,
    strings: readStrings(parts, partOf('sharedStrings')),
    formats: readFormats(parts, partOf('styles')),
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

function readRelations(parts: ZipParts, main: string) {
  const targets = new Map<string, { readonly type: string; readonly part: string }>();
  const folder = posix.dirname(main);
  readAll(parts, posix.join(folder, '_rels', `${posix.basename(main)}.rels`), {
    open(name, { Id = '', Type = '', Target = '' }) {
      if (name !== 'Relationship') return;
      const part = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
      targets.set(Id, { type: posix.basename(Type), part });
    },
  });
  return targets;
}

/** Texts of strings, without the reading that East Asian texts may have beside them. */
export function textCollector(): PartEvents & { take(): string } {
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

function readStrings(parts: ZipParts, part: string | undefined): readonly string[] {
  const strings: string[] = [];
  if (part === undefined) return strings;
  const collector = textCollector();
  readAll(parts, part, {
    ...collector,
    close(name) {
      collector.close?.(name);
      if (name === 'si') strings.push(withoutEscapes(collector.take()));
    },
  });
  return strings;
}

/** Characters that XML cannot hold are written as _x000D_ (ECMA-376, 22.9.2.19). */
export function withoutEscapes(text: string): string {
  return text.replaceAll(/_x([\da-f]{4})_/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function readFormats(parts: ZipParts, part: string | undefined): readonly NumberFormat[] {
  const formats: NumberFormat[] = [];
  if (part === undefined) return formats;
  const custom = new Map<string, string>();
  let inCells = false;
  readAll(parts, part, {
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

function readAll(parts: ZipParts, part: string, events: PartEvents): void {
  for (const _ of readPart(parts, part, events));
}

const pieceLength = 65_536;

/** Calls the events of a part, by local names; yields after each piece of it. */
export function* readPart(parts: ZipParts, part: string, events: PartEvents): Iterable<undefined> {
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
  const bytes = parts.read(part);
  for (let at = 0; at < bytes.length; at += pieceLength) {
    parser.write(decoder.decode(bytes.subarray(at, at + pieceLength), { stream: true }));
    yield undefined;
  }
  parser.write(decoder.decode()).close();
  yield undefined;
}
