/** Workbooks for tests: XLSX with the parts that a test writes. */

import { crc32, deflateRawSync } from 'node:zlib';

/** A ZIP archive of these parts, compressed. `sizes`: what the directory states instead of the length of a part. */
export function zipOf(
  parts: Readonly<Record<string, string | Uint8Array>>,
  sizes: Record<string, number> = {},
): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(parts)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(sizes[name] ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    central.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, place, Buffer.from(name));
    const entry = [Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), packed];
    local.push(...entry);
    at += entry.reduce((sum, { length }) => sum + length, 0);
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, directory, end]);
}

interface Sheet {
  readonly name: string;
  /** Cells as XML: `<c t="inlineStr"><is><t>A</t></is></c>`. */
  readonly rows: readonly string[];
  readonly hidden?: boolean;
}

interface Contents {
  readonly strings?: readonly string[];
  /** Format codes of the styles 1, 2, …; a number is the id of a built-in format. */
  readonly formats?: readonly (string | number)[];
  readonly from1904?: boolean;
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageRelations = 'http://schemas.openxmlformats.org/package/2006/relationships';

/** The parts of a workbook. Rows without `<row` get one. */
export function workbookParts(sheets: readonly Sheet[], contents: Contents = {}): Record<string, string> {
  const { strings = [], formats = [], from1904 = false } = contents;
  const sheetParts = sheets.map(({ rows }, i) => {
    const data = rows.map((row) => (row.startsWith('<row') ? row : `<row>${row}</row>`)).join('');
    return [`xl/worksheets/sheet${i + 1}.xml`, `<worksheet xmlns="${main}"><sheetData>${data}</sheetData></worksheet>`];
  });
  const listed = sheets.map(
    ({ name, hidden }, i) =>
      `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"${hidden === true ? ' state="hidden"' : ''}/>`,
  );
  const targets = [...sheets.map((_, i) => [`rId${i + 1}`, 'worksheet', `worksheets/sheet${i + 1}.xml`])];
  targets.push(['rIdS', 'sharedStrings', '/xl/sharedStrings.xml'], ['rIdF', 'styles', 'styles.xml']);
  const custom = formats
    .map((code, i) => `<numFmt numFmtId="${200 + i}" formatCode="${String(code).replaceAll(`"`, '&quot;')}"/>`)
    .join('');
  const styles = formats.map((code, i) => `<xf numFmtId="${typeof code === 'number' ? code : 200 + i}"/>`).join('');
  return {
    'xl/workbook.xml': `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="${main}" xmlns:r="${relations}">
      <workbookPr${from1904 ? ' date1904="1"' : ''}/><sheets>${listed.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packageRelations}">${targets
      .map(([id, type, target]) => `<Relationship Id="${id}" Type="${relations}/${type}" Target="${target}"/>`)
      .join('')}</Relationships>`,
    'xl/sharedStrings.xml': `<sst xmlns="${main}">${strings.map((string) => `<si>${string}</si>`).join('')}</sst>`,
    'xl/styles.xml': `<styleSheet xmlns="${main}"><numFmts>${custom}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
      <cellXfs><xf numFmtId="0"/>${styles}</cellXfs></styleSheet>`,
    ...(Object.fromEntries(sheetParts) as Record<string, string>),
  };
}

/** A workbook whose sheet has these texts, each in its own cell. */
export function workbookOf(rows: readonly (readonly string[])[], name = 'Sheet1'): Buffer {
  const written = rows.map((row) => row.map(textCell).join(''));
  return zipOf(workbookParts([{ name, rows: written }]));
}

export function textCell(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped}</t></is></c>`;
}
