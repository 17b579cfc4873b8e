/**
 * Messages that travel as XLSX workbooks: their lines are the rows of one sheet. In a line the cells are those of CSV, a text in
 * quotation marks, a number or a day (YYYY-MM-DD) without. What a spreadsheet computes, hides, merges or fetches is refused.
 */

import { openWriter, putText, written } from '../../model/byte-writer.ts';
import { cellName } from '../../model/cell-name.ts';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { mostRows, serialOf, sheetRows } from './sheet.ts';
import { readWorkbook, type Sheet, type Workbook } from './workbook.ts';
import { writeZip } from './zip.ts';
import { escapedMarkup } from '../../model/shown-text.ts';

/** Parts that run, or fetch from outside. */
const active = /vbaProject|macrosheets|dialogsheets|activeX|embeddings|externalLinks|connections\.xml|queryTables/iu;

/** The rows of the agreed sheet, the only one with cells; a row without cells is an empty line. Throws E_WORKBOOK_REFUSED with the cell. */
export function readWorkbookLines(bytes: Uint8Array, sheet: string): readonly string[] {
  return readAgreedSheet(bytes, sheet).lines;
}

/** Name and rows of the only sheet with cells. Throws E_WORKBOOK_REFUSED with the cell. */
export function readOnlySheet(bytes: Uint8Array): SheetLines {
  return readAgreedSheet(bytes);
}

interface SheetLines {
  readonly sheet: string;
  readonly lines: readonly string[];
}

function readAgreedSheet(bytes: Uint8Array, sheet?: string): SheetLines {
  try {
    const workbook = readWorkbook(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return linesOf(workbook, sheet);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_WORKBOOK_REFUSED') throw error;
    const known = isGatewayError(error) && error.code === 'E_FILE_UNREADABLE';
    if (!known && !(error instanceof TypeError)) throw error; // TypeError: bytes that are not UTF-8
    throw new GatewayError('E_WORKBOOK_REFUSED', known ? error.detail : 'a part is not UTF-8', { cause: error });
  }
}

function linesOf(workbook: Workbook, wanted: string | undefined): SheetLines {
  const { parts, sheets } = workbook;
  const part = parts.names.find((name) => active.test(name));
  if (part !== undefined)
    throw refused('macros, links or objects', 'the workbook', 'Save it as .xlsx with values only.');
  const hidden = sheets.findIndex((sheet) => sheet.hidden);
  if (hidden >= 0) throw refused('a hidden sheet', `sheet ${hidden + 1}`, 'Show or delete it.');
  const isAgreed = (sheet: Sheet): boolean =>
    wanted === undefined ? rowsOf(workbook, sheet).length > 0 : sheet.name === wanted;
  const agreed = sheets.find(isAgreed);
  if (agreed === undefined) {
    const [what, fix] =
      wanted === undefined
        ? ['no cells', 'Give one with a list.']
        : [`no sheet ${wanted}`, `Name the sheet ${wanted}.`];
    throw refused(what, 'the workbook', fix);
  }
  const other = sheets.findIndex((sheet) => sheet !== agreed && rowsOf(workbook, sheet).length > 0);
  if (other >= 0) throw refused('cells on another sheet', `sheet ${other + 1}`, 'Delete that sheet.');
  return { sheet: agreed.name, lines: rowsOf(workbook, agreed) };
}

function rowsOf(workbook: Workbook, sheet: Sheet): readonly string[] {
  const lines: string[] = [];
  const refuse = (what: string, cell: string): never => {
    throw refused(what, cell, 'Write the value itself into a cell of its own that is shown.');
  };
  for (const { row, cells, numbers = [], shown = [] } of sheetRows(workbook, sheet, refuse)) {
    if (!(row > lines.length && row <= mostRows)) refuse('a row that is out of order', `row ${row}`);
    const control = cells.findIndex((cell) => /\p{Cc}/u.test(cell));
    if (control >= 0) refuse('a line end or another control character', cellName(row, control + 1));
    if (cells.every((cell) => cell === '')) continue;
    while (lines.length < row - 1) lines.push('');
    const isBare = (cell: string, i: number): boolean => cell === '' || numbers.includes(i) || shown.includes(i);
    lines.push(cells.map((cell, i) => (isBare(cell, i) ? cell : `"${cell.replaceAll('"', '""')}"`)).join(','));
  }
  return lines;
}

function refused(what: string, at: string, fix: string): GatewayError {
  return new GatewayError('E_WORKBOOK_REFUSED', `the workbook has ${what}`, { at, fix });
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packaged = 'http://schemas.openxmlformats.org/package/2006';
const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A workbook of one sheet with these lines, each ended by LF or CR LF. Cells of text stay texts when somebody edits them. */
export function writeWorkbookLines(lines: string, sheet: string): Buffer {
  const xml = (text: string): Buffer => Buffer.from(declaration + text);
  return writeZip([
    [
      '[Content_Types].xml',
      xml(
        `<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
          [
            ['workbook', 'sheet.main'],
            ['styles', 'styles'],
            ['worksheets/sheet1', 'worksheet'],
          ]
            .map(([part, type]) => `<Override PartName="/xl/${part}.xml" ContentType="${sheetType}.${type}+xml"/>`)
            .join('') +
          '</Types>',
      ),
    ],
    ['_rels/.rels', xml(relations(['officeDocument', 'xl/workbook.xml']))],
    [
      'xl/workbook.xml',
      xml(
        `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="${escapedMarkup(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
      ),
    ],
    ['xl/_rels/workbook.xml.rels', xml(relations(['worksheet', 'worksheets/sheet1.xml'], ['styles', 'styles.xml']))],
    ['xl/styles.xml', xml(styles)],
    ['xl/worksheets/sheet1.xml', sheetXml(lines)],
  ]);
}

function relations(...targets: readonly (readonly [type: string, target: string])[]): string {
  const each = targets.map(
    ([type, to], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${type}" Target="${to}"/>`,
  );
  return `<Relationships xmlns="${packaged}/relationships">${each.join('')}</Relationships>`;
}

/** Style 1 is text, style 2 a day. */
const styles =
  `<styleSheet xmlns="${main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>` +
  '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">' +
  [0, 49, 164]
    .map((id) => `<xf numFmtId="${id}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`)
    .join('') +
  '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>';

function sheetXml(lines: string): Buffer {
  const writer = openWriter(4 * lines.length + 1024);
  putText(writer, `${declaration}<worksheet xmlns="${main}"><sheetData>`);
  const rows = lines.split(/\r?\n/u).slice(0, -1);
  if (rows.length > mostRows) throw new GatewayError('E_VALUE_INVALID', `a sheet has at most ${mostRows} rows`);
  for (const [i, line] of rows.entries()) {
    putText(writer, `<row r="${i + 1}">`);
    for (const [at, [, text, bare = '']] of [...line.matchAll(cellPattern)].entries())
      putText(writer, cellXml(cellName(i + 1, at + 1), text, bare));
    putText(writer, '</row>');
  }
  putText(writer, '</sheetData></worksheet>');
  return Buffer.from(written(writer));
}

const cellPattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/gu;

function cellXml(name: string, text: string | undefined, bare: string): string {
  if (text !== undefined) {
    // What looks like an escape is escaped (ECMA-376, 22.9.2.19).
    const safe = escapedMarkup(text.replaceAll('""', '"')).replaceAll(/_(?=x[\da-f]{4}_)/giu, '_x005F_');
    return `<c r="${name}" s="1" t="inlineStr"><is><t xml:space="preserve">${safe}</t></is></c>`;
  }
  if (bare === '') return '';
  // A minus alone is that of a number.
  const isDay = /^\d{4}-/u.test(bare);
  return `<c r="${name}"${isDay ? ' s="2"' : ''}><v>${isDay ? serialOf(bare) : bare}</v></c>`;
}
