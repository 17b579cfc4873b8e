/** Sheets of XLSX workbooks, as spreadsheets and other programs write them. */

import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readTable, type TableRow } from '../../gateway/wire/files/table.ts';
import type { ErrorCode, GatewayError } from '../../gateway/model/errors.ts';
import { refusal } from '../support/expect-code.ts';
import { textCell, workbookOf, workbookParts, zipOf } from '../support/workbooks.ts';

const columns = ['code', 'name'];
const titleRow = columns.map(textCell).join('');

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 97) yield await Promise.resolve(bytes.subarray(at, at + 97));
}

async function rowsOf(file: Uint8Array, sheet?: string): Promise<TableRow[]> {
  return await Array.fromAsync(readTable(pieces(file), { encoding: 'utf-8', columns, sheet }));
}

/** The names of the rows behind the title row. */
async function namesIn(
  cells: readonly string[],
  contents: Parameters<typeof workbookParts>[1] = {},
): Promise<readonly (string | undefined)[]> {
  const rows = [titleRow, ...cells.map((cell) => `<c t="str"><v>1</v></c>${cell}`)];
  const read = await rowsOf(zipOf(workbookParts([{ name: 'S', rows }], contents)));
  return read.map(({ fields }) => fields['name']);
}

async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<GatewayError> {
  const error = await refusal(() => work);
  expect(error.code).to.equal(code);
  return error;
}

describe('a sheet of a workbook', () => {
  it('is a table like a CSV file, compressed once more or not', async () => {
    const book = workbookOf([columns, ['1', ' DARUI & SONS '], ['', ''], ['0123', '达瑞']]);
    for (const file of [book, gzipSync(book)])
      expect(await rowsOf(file)).to.deep.equal([
        { row: 2, fields: { code: '1', name: 'DARUI & SONS' }, cells: 2, titles: 2, numbers: [] },
        { row: 4, fields: { code: '0123', name: '达瑞' }, cells: 2, titles: 2, numbers: [] },
      ]);
  });

  it('has its rows and cells where their references say', async () => {
    const rows = [
      `<row r="3">${titleRow}</row>`,
      '<row r="7"><c r="B7" t="str"><v>A</v></c></row>',
      '<row><c><v>8</v></c><c r="C8"/></row>',
      '<row r="12"><c r="A12"><v>9</v></c><c r="D12" t="str"><v>beyond</v></c></row>',
    ];
    const read = await rowsOf(zipOf(workbookParts([{ name: 'S', rows }])));
    expect(read.map(({ row, fields, cells }) => [row, fields['code'], fields['name'], cells])).to.deep.equal([
      [7, '', 'A', 2],
      [8, '8', '', 2],
      [12, '9', '', 4],
    ]);
  });

  it('has texts in one piece or in several, without the reading beside East Asian names', async () => {
    const strings = [
      '<t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh>',
      '<r><rPr><b/></rPr><t xml:space="preserve">DARUI </t></r><r><t><![CDATA[& ]]>CO</t></r>',
      '<t>A_x0041_B &lt;LTD&gt;</t>',
    ];
    const cells = ['0', '1', '2'].map((index) => `<c t="s"><v>${index}</v></c>`);
    const formula = '<c t="str"><f>CONCATENATE("X","Y")</f><v>XY</v></c>';
    expect(await namesIn([...cells, formula], { strings })).to.deep.equal(['山田', 'DARUI & CO', 'AAB <LTD>', 'XY']);
  });

  it('has days as days, whatever the format, the calendar and the year', async () => {
    const formats = [14, 'yyyy/m/d', 'yyyy"年"m"月"d"日"', '[$-411]ggge"年"m"月"d"日";@', 58, '0.00'];
    const cells = formats.map((_, i) => `<c s="${i + 1}"><v>42769</v></c>`);
    const days = ['2017-02-03', '2017-02-03', '2017-02-03', '2017-02-03', '2017-02-03', '42769'];
    expect(await namesIn(cells, { formats })).to.deep.equal(days);
    const others = [
      '<c s="1"><v>42769.5</v></c>',
      '<c s="1"><v>59</v></c>',
      '<c s="1"><v>60</v></c>',
      '<c s="1"><v>61</v></c>',
    ];
    const old = ['2017-02-03T12:00:00', '1900-02-28', '1900-02-29', '1900-03-01'];
    expect(await namesIn([...others, '<c t="d"><v>2017-02-03T00:00:00Z</v></c>'], { formats })).to.deep.equal([
      ...old,
      '2017-02-03',
    ]);
    expect(await namesIn(['<c s="1"><v>41307</v></c>'], { formats, from1904: true })).to.deep.equal(['2017-02-03']);
  });

  it('shows numbers that lost digits as such, and names the cells that are numbers', async () => {
    const values = ['4403131697', '518057', '5.18057E5', '914403000000000000', '9.1440300123456794E+17', '1.5'];
    const names = await namesIn(values.map((value) => `<c><v>${value}</v></c>`));
    expect(names.slice(0, 3)).to.deep.equal(['4403131697', '518057', '518057']);
    expect([names[3], names[5]]).to.deep.equal(['9.14403e+17', '1.5']);
    expect(names[4]).to.match(/^9\.1440300123456\d+e\+17$/u);
    const padded = zipOf(
      workbookParts([{ name: 'S', rows: [titleRow, '<c s="1"><v>1067</v></c><c><v>1067</v></c>'] }], {
        formats: ['00000'],
      }),
    );
    const [row] = await rowsOf(padded);
    expect(row).to.deep.include({ fields: { code: '01067', name: '1067' }, numbers: ['name'] });
  });

  it('shows truth values and errors of formulas as a spreadsheet does', async () => {
    const cells = ['<c t="b"><v>1</v></c>', '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'];
    expect(await namesIn(cells)).to.deep.equal(['TRUE', '#DIV/0!']);
  });

  it('shows a formula that was never computed as failed, and one whose result is an empty text as empty', async () => {
    const cells = [
      '<c><f>A1</f></c>',
      '<c><f>A1</f><v/></c>',
      '<c t="str"><f>""</f><v></v></c>',
      '<c><f>1+1</f><v>2</v></c>',
    ];
    expect(await namesIn(cells)).to.deep.equal(['#CALC!', '#CALC!', '', '2']);
  });

  it('with merged cells is refused at them, because their values are missing in the other cells', async () => {
    const parts = workbookParts([{ name: 'S', rows: [titleRow, textCell('1') + textCell('A')] }]);
    const sheet = 'xl/worksheets/sheet1.xml';
    const merged = String(parts[sheet]).replace(
      '</sheetData>',
      '</sheetData><mergeCells><mergeCell ref="B2:B3"/></mergeCells>',
    );
    const error = await expectCode(rowsOf(zipOf({ ...parts, [sheet]: merged })), 'E_FILE_STRUCTURE');
    expect(error.at).to.equal('B2:B3');
  });

  it('with a hidden row or column that holds something is refused there: who filtered a list does not see the rest of it', async () => {
    const sheet = 'xl/worksheets/sheet1.xml';
    const cells = (n: number) => textCell(String(n)) + textCell('A');
    const book = (rows: readonly string[], columns = '') => {
      const parts = workbookParts([{ name: 'S', rows: [titleRow, ...rows] }]);
      return zipOf({ ...parts, [sheet]: String(parts[sheet]).replace('<sheetData>', `${columns}<sheetData>`) });
    };
    const hidden = [
      ['row 3', [cells(1), `<row r="3" hidden="1">${cells(2)}</row>`, cells(3)], ''],
      ['row 2', [`<row r="2" ht="0" customHeight="1">${cells(2)}</row>`], ''],
      ['column 2', [cells(1)], '<cols><col min="2" max="9" hidden="true"/></cols>'],
      ['column 1', [cells(1)], '<cols><col min="1" max="1" width="0"/></cols>'],
    ] as const;
    for (const [at, rows, columns] of hidden)
      expect((await expectCode(rowsOf(book(rows, columns)), 'E_FILE_STRUCTURE')).at).to.equal(at);
    const empty = [cells(1), `<row r="3" hidden="1">${textCell('')}</row>`, '<row r="4" hidden="1"></row>'];
    const unused = '<cols><col min="3" max="16384" hidden="1"/></cols>';
    expect(await rowsOf(book(empty, unused))).to.have.length(1);
  });

  it('that is empty, or has a title above its column titles, is refused with what to do in a workbook', async () => {
    const full = { name: 'AEO', rows: [titleRow, textCell('1') + textCell('A')] };
    const empty = await expectCode(rowsOf(zipOf(workbookParts([{ name: 'S', rows: [] }, full]))), 'E_FILE_STRUCTURE');
    expect(empty.fix).to.include('--sheet: S, AEO');
    const titled = workbookParts([{ name: 'S', rows: [textCell('AEO list'), titleRow] }]);
    expect((await expectCode(rowsOf(zipOf(titled)), 'E_FILE_STRUCTURE')).fix).to.not.include('semicolons');
  });

  it('is the first that is not hidden, or the one named', async () => {
    const sheet = (name: string, hidden: boolean) => ({
      name,
      hidden,
      rows: [titleRow, textCell('1') + textCell(name)],
    });
    const file = zipOf(workbookParts([sheet('Old', true), sheet('AEO', false), sheet('Notes', false)]));
    const nameIn = async (wanted?: string) => (await rowsOf(file, wanted))[0]?.fields['name'];
    expect([await nameIn(), await nameIn('notes'), await nameIn('Old')]).to.deep.equal(['AEO', 'Notes', 'Old']);
    let chosen: unknown;
    const onSheet = (found: unknown): void => void (chosen = found);
    await Array.fromAsync(readTable(pieces(file), { encoding: 'utf-8', columns, onSheet }));
    expect(chosen).to.deep.equal({ sheet: 'AEO', others: ['Old', 'Notes'] });
    const error = await expectCode(rowsOf(file, 'AEO 2018'), 'E_FILE_STRUCTURE');
    expect(error.fix).to.include('Old, AEO, Notes');
    const csv = readTable(pieces(Buffer.from('code,name\n1,A')), { encoding: 'utf-8', columns, sheet: 'AEO' });
    await expectCode(Array.fromAsync(csv), 'E_FILE_STRUCTURE');
  });
});

describe('a workbook that cannot be read', () => {
  const book = workbookOf([columns, ['1', 'A']]);

  it('is refused where it is cut off or changed', async () => {
    for (let length = 8; length < book.length; length += 61)
      await expectCode(rowsOf(book.subarray(0, length)), 'E_FILE_UNREADABLE');
    // The data of the sheet, the last part.
    const changed = Buffer.from(book);
    const at = book.indexOf('PK\u0001\u0002') - 20;
    changed.writeUInt8((changed[at] ?? 0) ^ 0xff, at);
    await expectCode(rowsOf(changed), 'E_FILE_UNREADABLE');
  });

  it('is refused by its kind where it is another one', async () => {
    const kinds = { 'xl/workbook.bin': /xlsb/u, 'content.xml': /ods/u, 'operators.csv': /without a workbook/u };
    for (const [part, kind] of Object.entries(kinds)) {
      const error = await expectCode(rowsOf(zipOf({ [part]: 'x' })), 'E_FILE_UNREADABLE');
      expect(error.detail).to.match(kind);
    }
  });

  it('is refused where it unpacks to more than it states, or to more than any list has', async () => {
    const parts = workbookParts([{ name: 'S', rows: [titleRow] }]);
    const sheet = 'xl/worksheets/sheet1.xml';
    await expectCode(rowsOf(zipOf(parts, { [sheet]: 100 })), 'E_FILE_UNREADABLE');
    const bomb = { ...parts, [sheet]: Buffer.alloc(70_000_000, '<row/>') };
    const error = await expectCode(rowsOf(zipOf(bomb)), 'E_FILE_UNREADABLE');
    expect(error.detail).to.include('70000000 bytes');
    const far = [titleRow, '<row r="1000000000"><c r="A1000000000" t="str"><v>1</v></c></row>'];
    expect(await rowsOf(zipOf(workbookParts([{ name: 'S', rows: far }])))).to.have.lengthOf(1);
    const wide = [titleRow, '<row><c r="ZZZ2" t="str"><v>1</v></c></row>'];
    await expectCode(rowsOf(zipOf(workbookParts([{ name: 'S', rows: wide }]))), 'E_FILE_UNREADABLE');
  });

  it('is refused where a part is no XML, has a document type, or names what is not there', async () => {
    const parts = workbookParts([{ name: 'S', rows: [titleRow] }]);
    const sheet = 'xl/worksheets/sheet1.xml';
    const bad = ['<worksheet><sheetData>', '<!DOCTYPE w [<!ENTITY a "b">]><worksheet/>', '<worksheet>&a;</worksheet>'];
    for (const content of bad) await expectCode(rowsOf(zipOf({ ...parts, [sheet]: content })), 'E_FILE_UNREADABLE');
    const { [sheet]: _, ...without } = parts;
    await expectCode(rowsOf(zipOf(without)), 'E_FILE_UNREADABLE');
    const lacking = workbookParts([{ name: 'S', rows: [titleRow, '<c t="s"><v>7</v></c>'] }]);
    await expectCode(rowsOf(zipOf(lacking)), 'E_FILE_UNREADABLE');
  });
});
