/** CSV files as spreadsheets save them, and CSV written for spreadsheets. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ErrorCode, GatewayError } from '../../gateway/model/errors.ts';
import { readJsonLines, withoutFormula, writeCsv } from '../../gateway/wire/files/csv.ts';
import type { TableEncoding } from '../../gateway/wire/files/file-content.ts';
import { readTable, type TableRow } from '../../gateway/wire/files/table.ts';
import { rejectedBy } from '../support/thrown.ts';

const columns = ['code', 'name'];

async function* pieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function rowsOf(
  file: string | Uint8Array,
  { encoding = 'utf-8', size = 7 }: { encoding?: TableEncoding; size?: number } = {},
): Promise<TableRow[]> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  return await Array.fromAsync(readTable(pieces(bytes, size), { encoding, columns }));
}

const expectCode = async (work: Promise<unknown>, code: ErrorCode): Promise<GatewayError> => {
  const error = await rejectedBy(work);
  expect(error.code).to.equal(code);
  return error;
};

const daruiInGb18030 = [0xb4, 0xef, 0xc8, 0xf0]; // 达瑞, where UTF-8 has other bytes

describe('a table in a file', () => {
  it('is read by its column titles, in any order, with the row numbers of a spreadsheet', async () => {
    const rows = await rowsOf('name,code\r\nDARUI,1\r\n"RUI ""HENG"", LTD",2\r\n');
    expect(rows).to.deep.equal([
      { row: 2, fields: { name: 'DARUI', code: '1' }, cells: 2, titles: 2 },
      { row: 3, fields: { name: 'RUI "HENG", LTD', code: '2' }, cells: 2, titles: 2 },
    ]);
  });

  it('counts blank rows and rows with line ends inside a cell as one row each', async () => {
    const rows = await rowsOf('code,name\n\n,\n1,"A\nB"\n \n2,C');
    expect(rows.map(({ row, fields }) => [row, fields['code']])).to.deep.equal([
      [4, '1'],
      [6, '2'],
    ]);
  });

  it('is read below empty rows, whatever stands between the cells', async () => {
    for (const above of [1, 2, 4])
      for (const sign of [',', ';', '\t'])
        for (const empty of ['', ' ', `${sign}${sign}`]) {
          const rows = await rowsOf(`${`${empty}\r\n`.repeat(above)}code${sign}name\r\n1${sign}"A; B, C"\r\n`);
          expect(rows.map(({ row, fields }) => [row, fields['name']])).to.deep.equal([[above + 2, 'A; B, C']]);
        }
    expect((await expectCode(rowsOf('\n ,\n'), 'E_FILE_STRUCTURE')).at).to.equal('row 1');
  });

  it('trims cells and drops a byte order mark', async () => {
    const rows = await rowsOf('\ufeffcode , name\n 1 ,\u00a0A B\u3000\n');
    expect(rows.map(({ fields }) => fields)).to.deep.equal([{ code: '1', name: 'A B' }]);
  });

  it('is the same however the bytes are chunked, compressed or not', async () => {
    const file = Buffer.from('code,name\r\n1,达瑞\r\n2,"恒,达"\r\n');
    const expected = await rowsOf(file, { size: file.length });
    expect(expected).to.have.lengthOf(2);
    for (const bytes of [file, gzipSync(file)]) {
      for (let size = 1; size <= 12; size += 1) {
        // A first piece of one byte cannot show whether the file is packed.
        expect(await rowsOf(bytes, { size }), `${size}`).to.deep.equal(expected);
      }
    }
  });

  it('is read in GB18030 when that encoding is given', async () => {
    const bytes = Buffer.concat([Buffer.from('code,name\n1,'), Buffer.from(daruiInGb18030)]);
    const rows = await rowsOf(bytes, { encoding: 'gb18030' });
    expect(rows.map(({ fields }) => fields['name'])).to.deep.equal(['达瑞']);
  });

  it('that is not UTF-8 is refused, and the fix names GB18030', async () => {
    const bytes = Buffer.concat([Buffer.from('code,name\n1,'), Buffer.from(daruiInGb18030), Buffer.from('\n')]);
    const error = await expectCode(rowsOf(bytes), 'E_FILE_UNREADABLE');
    expect(error.fix).to.include('--encoding gb18030');
    // A letter cut off at the very end is seen too.
    await expectCode(rowsOf(Buffer.from('code,name\n1,达').subarray(0, -1)), 'E_FILE_UNREADABLE');
  });

  it('with missing, unknown or repeated columns is refused before any row, and all of them are named', async () => {
    const error = await expectCode(rowsOf('kode,name,name,extra\n1,A,B,C'), 'E_FILE_STRUCTURE');
    for (const title of ['code', 'kode', 'extra', 'repeated: name']) expect(error.detail).to.include(title);
    await expectCode(rowsOf('code,name,\n1,A,'), 'E_FILE_STRUCTURE');
    await expectCode(rowsOf(''), 'E_FILE_STRUCTURE');
  });

  it('whose rows end otherwise than its titles has no row swallowed', async () => {
    const ends = ['\r\n', '\n', '\r'];
    for (const first of ends) {
      for (const second of ends) {
        for (const third of ends) {
          const text = `code,name${first}1,"A\nB"${second}2,C${third}3,D`;
          for (const size of [1, 2, 3, 64]) {
            const rows = await rowsOf(text, { size });
            expect(rows.map(({ row, fields }) => [row, fields['code'], fields['name']])).to.deep.equal([
              [2, '1', 'A\nB'],
              [3, '2', 'C'],
              [4, '3', 'D'],
            ]);
          }
        }
      }
    }
  });

  it('with semicolons or tabs between its cells is read, with commas and quotation marks inside them', async () => {
    for (const sign of [';', '\t']) {
      const rows = await rowsOf(`code${sign}name\n1${sign}"A, B; ""C"" LTD"\n2${sign}D, E\n`, { size: 3 });
      expect(rows.map(({ fields }) => fields)).to.deep.equal([
        { code: '1', name: 'A, B; "C" LTD' },
        { code: '2', name: 'D, E' },
      ]);
    }
    const announced = await rowsOf('sep=;\r\ncode;name\r\n1;A\r\n');
    expect(announced).to.deep.equal([{ row: 2, fields: { code: '1', name: 'A' }, cells: 2, titles: 2 }]);
  });

  it('whose rows have another sign between their cells than its titles is refused for that, quotation marks or not', async () => {
    const files = [
      'code,name\n1;A\n2;B\n',
      'code,name\r\n1;"A; ""B"" Ltd"\r\n',
      'code;name\n1,A\n',
      'code\tname\n1;A\n',
      '"code","name"\n"1";"A"\n',
    ];
    for (const file of files) {
      const error = await expectCode(rowsOf(file), 'E_FILE_STRUCTURE');
      expect([error.at, error.fix?.includes('same sign')], file).to.deep.equal(['row 2', true]);
    }
    expect(await rowsOf('code,name\n1,A;B;C;D\n2,";"\n')).to.have.length(2);
  });

  it('has the text that ="…" stands for, with and without quotation marks around it', async () => {
    for (const size of [1, 5, 64]) {
      const rows = await rowsOf('code,name\n"=""0123""",A\n="0456",B\n"x, =""1"",y",="C D"', { size });
      expect(rows.map(({ fields }) => fields)).to.deep.equal([
        { code: '0123', name: 'A' },
        { code: '0456', name: 'B' },
        { code: 'x, ="1",y', name: 'C D' },
      ]);
    }
  });

  it('loses the apostrophe that keeps a formula from running, and no other', async () => {
    const rows = await rowsOf("code,name\n'=1,'@HOME\n''+1,'T ANKER\n");
    expect(rows.map(({ fields }) => fields)).to.deep.equal([
      { code: '=1', name: '@HOME' },
      { code: "'+1", name: "'T ANKER" },
    ]);
  });

  it('in UTF-16, as spreadsheets save “Unicode text”, is read by its byte order mark', async () => {
    const bytes = Buffer.from('\ufeffcode\tname\r\n1\t达瑞\r\n', 'utf16le');
    for (const file of [bytes, Buffer.from(bytes).swap16()])
      expect((await rowsOf(file, { size: 5 })).map(({ fields }) => fields)).to.deep.equal([
        { code: '1', name: '达瑞' },
      ]);
  });

  it('in UTF-16 without a byte order mark is read by its first letters', async () => {
    const little = Buffer.from('code,name\n1,达\n', 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()])
      expect((await rowsOf(bytes)).map(({ fields }) => fields)).to.deep.equal([{ code: '1', name: '达' }]);
  });

  it('with another sign between its cells is told which signs there may be, also where cells are quoted', async () => {
    const plain = await expectCode(rowsOf('code|name\n1|A'), 'E_FILE_STRUCTURE');
    const quoted = await expectCode(rowsOf('code|name\n1|"A|B"\n'), 'E_FILE_UNREADABLE');
    for (const { fix } of [plain, quoted]) expect(fix).to.include('semicolons or tabs');
  });

  it('that is another kind of file is refused by name, and not for its encoding', async () => {
    const kinds: readonly [string | Uint8Array, RegExp][] = [
      [Buffer.from('d0cf11e0a1b11ae10000', 'hex'), /\.xls/u],
      ['%PDF-1.7\n', /PDF/u],
      ['<html><table><tr><td>code', /HTML/u],
      ['\ufeff<?xml version="1.0"?><Workbook/>', /XML/u],
      [Buffer.from('377abcaf271c0004', 'hex'), /compressed/u],
      [Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(600)]), /workbook/u],
    ];
    for (const [file, what] of kinds) {
      const error = await expectCode(rowsOf(file), 'E_FILE_UNREADABLE');
      expect(error.detail).to.match(what);
      expect(error.fix).to.not.include('--encoding');
    }
  });

  it('keeps the number of cells of a shifted row', async () => {
    const rows = await rowsOf('code,name\n1\n1,A,B\n');
    expect(rows.map(({ cells, fields }) => [cells, fields])).to.deep.equal([
      [1, { code: '1', name: '' }],
      [3, { code: '1', name: 'A' }],
    ]);
  });

  it('with a quotation mark out of place or never closed is refused with its row', async () => {
    const stray = await expectCode(rowsOf('code,name\n1,A\n2,B"C\n'), 'E_FILE_UNREADABLE');
    expect(stray.at).to.match(/^row 3\b/u);
    await expectCode(rowsOf(`code,name\n1,"A\n${'2,B\n'.repeat(50_000)}`, { size: 65_536 }), 'E_FILE_UNREADABLE');
  });

  it('that is not a table, damaged or missing is refused', async () => {
    await expectCode(rowsOf(Buffer.from('PK\u0003\u0004rest')), 'E_FILE_UNREADABLE');
    await expectCode(rowsOf(gzipSync('code,name\n1,A').subarray(0, -6)), 'E_FILE_UNREADABLE');
    const nowhere = readTable(join(tmpdir(), 'no-such-folder', 'none.csv'), { encoding: 'utf-8', columns });
    await expectCode(Array.fromAsync(nowhere), 'E_FILE_UNREADABLE');
  });

  it('reports the bytes of the file before decompression', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'csv-'));
    try {
      const file = join(folder, 'a.csv.gz');
      const bytes = gzipSync('code,name\n1,A');
      writeFileSync(file, bytes);
      const seen: Uint8Array[] = [];
      const options = { encoding: 'utf-8', columns, onBytes: (piece: Uint8Array) => void seen.push(piece) } as const;
      expect(await Array.fromAsync(readTable(file, options))).to.have.lengthOf(1);
      expect(Buffer.concat(seen)).to.deep.equal(bytes);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('lines in a file', () => {
  it('are numbered including blank ones', async () => {
    const lines = await Array.fromAsync(
      readJsonLines(pieces(Buffer.from('\ufeff{"a":1}\r\n\n{"b":2}'), 3), { encoding: 'utf-8' }),
    );
    expect(lines.map(({ row, text }) => [row, text.trim()])).to.deep.equal([
      [1, '{"a":1}'],
      [3, '{"b":2}'],
    ]);
  });

  it('without an end are refused', async () => {
    const endless = readJsonLines(pieces(Buffer.alloc(200_000, 'x'), 65_536), { encoding: 'utf-8' });
    await expectCode(Array.fromAsync(endless), 'E_FILE_UNREADABLE');
  });
});

describe('a table written for a spreadsheet', () => {
  it('begins with a byte order mark, ends its rows with CRLF and quotes what needs it', () => {
    expect(
      writeCsv([
        ['code', 'name'],
        ['1', 'A, "B"\n'],
      ]),
    ).to.equal('\ufeffcode,name\r\n1,"A, ""B""\n"\r\n');
  });

  it('holds no cell that a spreadsheet would evaluate as a formula', () => {
    for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
      expect(withoutFormula(`${start}1`)).to.equal(`'${start}1`);
    }
    expect(withoutFormula('A=1')).to.equal('A=1');
    expect(writeCsv([["=cmd|'/c calc'!A1"]])).to.equal("\ufeff'=cmd|'/c calc'!A1\r\n");
  });

  it('reads back a cell with a line or a part that looks like a formula, also where the file is cut inside it', async () => {
    const rows = [
      ["'\n=", ','],
      ['', ',=";'],
      ['a\n="1"', 'b'],
    ];
    for (const size of [1, 8, 64]) {
      const read = await rowsOf(writeCsv([columns, ...rows]), { size });
      expect(read.map(({ fields }) => [fields['code'], fields['name']])).to.deep.equal(rows);
    }
  });

  it('reads back as it was written, formulas and apostrophes included', async () => {
    const signs = fc.constantFrom("'", '=', '"', '@', '+', 'a', ',', ';', '\n');
    const cell = fc
      .oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ unit: signs, maxLength: 6 }))
      .map((text) => text.trim());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), async (cells) => {
        const read = await rowsOf(writeCsv([columns, ...cells]), { size: 64 });
        const kept = cells.filter((row) => row.some((text) => text !== ''));
        expect(read.map(({ fields }) => [fields['code'], fields['name']])).to.deep.equal(kept);
      }),
    );
  });
});
