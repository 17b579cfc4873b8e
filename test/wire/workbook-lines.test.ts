/** Messages that are XLSX workbooks, written and read beside openpyxl. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readWorkbookLines, writeWorkbookLines } from '../../gateway/wire/files/workbook-lines.ts';
import { debianPython } from '../support/python.ts';
import { run } from '../support/services.ts';
import { thrownBy } from '../support/thrown.ts';
import { textCell, workbookParts, zipOf } from '../support/workbooks.ts';

/** Writes one workbook for each case, and shows the cells of the one it is given. */
const script = `
import datetime, json, sys, openpyxl
from openpyxl.styles import Font
folder = sys.argv[1]
book = openpyxl.load_workbook(folder + '/ours.xlsx')
sheet = book.worksheets[0]
print(json.dumps([sheet.title, [[[c.value.isoformat()[:10] if c.is_date else c.value, c.data_type, c.number_format] for c in row] for row in sheet.iter_rows()]]))
def case(name, change=lambda book, sheet: None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = 'AEO'
    sheet.append(['Code', 'Since', 'No'])
    sheet.append(['0012', datetime.date(2024, 5, 20), 7])
    change(book, sheet)
    book.save(folder + '/' + name + '.xlsx')
def put(cell, value): return lambda book, sheet: sheet.__setitem__(cell, value)
case('good')
def later(book, sheet): book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
case('good1904', later)
case('longRow', put('E4', 'x'))
case('formula', put('A3', '=1+1'))
case('error', put('A3', '#N/A'))
case('logical', put('A3', True))
case('lineEnd', put('A3', 'a\\nb'))
def merge(book, sheet): sheet.merge_cells('A3:B4')
case('merged', merge)
def hide_sheet(book, sheet): book.create_sheet('X').sheet_state = 'hidden'
case('hiddenSheet', hide_sheet)
def other(book, sheet): book.create_sheet('X')['C3'] = 'x'
case('otherSheet', other)
def empty(book, sheet): book.create_sheet('X')
case('emptySheet', empty)
def hide_row(book, sheet): sheet.row_dimensions[2].hidden = True
case('hiddenRow', hide_row)
def hide_column(book, sheet): sheet.column_dimensions['B'].hidden = True
case('hiddenColumn', hide_column)
def link(book, sheet): sheet['A2'].hyperlink = 'http://example.org/'
case('link', link)
def renamed(book, sheet): sheet.title = 'List'
case('renamed', renamed)
`;

describe('a workbook as a message', () => {
  const folder = mkdtempSync(join(tmpdir(), 'workbook-'));
  const texts = ['0012', '9E5', '=1+1', 'a "b" <c> & d', ' x ', '_x000D_ _x5F', '达瑞 ﹫ 𠮷', '4403131697123456789'];
  const ours = [
    '"Code","Name"',
    '',
    ...texts.map((text, i) => `${i + 1},"${text.replaceAll('"', '""')}",2024-05-20`),
    '"x",,,1900-01-01,1900-02-28,1900-03-01,9999-12-31',
    '"END",9',
  ];
  let shown: [string, [unknown, string, string][][]];

  before(() => {
    writeFileSync(join(folder, 'ours.xlsx'), writeWorkbookLines(`${ours.join('\r\n')}\r\n`, 'AEO & Co'));
    const { status, stdout, stderr } = run(debianPython, ['-c', script, folder]);
    expect(status, stderr).to.equal(0);
    shown = JSON.parse(stdout) as typeof shown;
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const theirs = (name: string): readonly string[] =>
    readWorkbookLines(readFileSync(join(folder, `${name}.xlsx`)), 'AEO');

  it('has a number below zero as a number, and no day', () => {
    const lines = ['"x",-0.5,2026-09-01'];
    expect(readWorkbookLines(writeWorkbookLines(`${lines.join()}\r\n`, 'AEO'), 'AEO')).to.deep.equal(lines);
  });

  it('is read as it was written, and is the same each time', () => {
    const bytes = readFileSync(join(folder, 'ours.xlsx'));
    expect(readWorkbookLines(bytes, 'AEO & Co')).to.deep.equal(ours);
    expect(writeWorkbookLines(`${ours.join('\n')}\n`, 'AEO & Co').equals(bytes)).to.equal(true);
  });

  it('is read by another program: text cells as texts, numbers as numbers, days as days', () => {
    const [title, rows] = shown;
    expect(title).to.equal('AEO & Co');
    for (const [i, text] of texts.entries()) {
      const [number, cell, day] = rows[i + 2] ?? [];
      // openpyxl shows the escape of an escape as it stands in the file.
      const [value, ...kind] = cell ?? [];
      expect(String(value).replaceAll('_x005F_', '_')).to.equal(text);
      expect(kind).to.deep.equal(['s', '@']);
      expect(number).to.deep.equal([i + 1, 'n', 'General']);
      expect(day).to.deep.equal(['2024-05-20', 'd', 'yyyy\\-mm\\-dd']);
    }
    expect(
      rows
        .at(-2)
        ?.slice(4)
        .map(([value]) => value),
    ).to.deep.equal(['1900-02-28', '1900-03-01', '9999-12-31']);
  });

  it('of another program is read with its days, in both calendars', () => {
    for (const name of ['good', 'good1904', 'emptySheet'])
      expect(theirs(name), name).to.deep.equal(['"Code","Since","No"', '"0012",2024-05-20,7']);
    expect(theirs('longRow').slice(2)).to.deep.equal(['', ',,,,"x"']);
  });

  for (const [name, at] of [
    ['formula', 'A3'],
    ['error', 'A3'],
    ['logical', 'A3'],
    ['lineEnd', 'A3'],
    ['merged', 'A3:B4'],
    ['hiddenSheet', 'sheet 2'],
    ['otherSheet', 'sheet 2'],
    ['hiddenRow', 'row 2'],
    ['hiddenColumn', 'column 2'],
    ['link', 'A2'],
    ['renamed', 'the workbook'],
  ] as const)
    it(`with what is no value (${name}) is refused at ${at}`, () => {
      const error = thrownBy(() => theirs(name));
      expect([error.code, error.at, error.fix !== undefined]).to.deep.equal(['E_WORKBOOK_REFUSED', at, true]);
    });

  const plain = workbookParts([{ name: 'AEO', rows: [textCell('x')] }]);
  const bytes = zipOf(plain);

  for (const [what, refused] of [
    ['macros', zipOf({ ...plain, 'xl/vbaProject.bin': 'x' })],
    ['links to other workbooks', zipOf({ ...plain, 'xl/externalLinks/externalLink1.xml': '<x/>' })],
    ['embedded objects', zipOf({ ...plain, 'xl/embeddings/oleObject1.bin': 'x' })],
    ['more in a part than is stated', zipOf(plain, { 'xl/worksheets/sheet1.xml': 10 })],
    ['a part that unpacks without end', zipOf({ ...plain, 'xl/sharedStrings.xml': Buffer.alloc(70 * 1024 * 1024) })],
    [
      'many parts that unpack to more than any list has',
      zipOf(
        workbookParts(
          Array.from({ length: 3 }, (_, i) => ({
            name: ['AEO', 'B', 'C'][i] ?? '',
            rows: [' '.repeat(40 * 1024 * 1024)],
          })),
        ),
      ),
    ],
    ['a document type', zipOf({ ...plain, 'xl/styles.xml': '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>' })],
    ['bytes that are not UTF-8', zipOf({ ...plain, 'xl/styles.xml': Buffer.from([0x3c, 0xff, 0x3e]) })],
    [
      'rows out of order',
      zipOf(
        workbookParts([
          {
            name: 'AEO',
            rows: ['<row r="2"><c t="str"><v>1</v></c></row>', '<row r="1"><c t="str"><v>2</v></c></row>'],
          },
        ]),
      ),
    ],
    [
      'a row beyond the last',
      zipOf(workbookParts([{ name: 'AEO', rows: ['<row r="9999999"><c t="str"><v>1</v></c></row>'] }])),
    ],
    ['half of its bytes', bytes.subarray(0, bytes.length / 2)],
    ['no archive', Buffer.from('Code,Since\r\n')],
    ['nothing', Buffer.alloc(0)],
  ] as const)
    it(`with ${what} is refused`, () => {
      expect(thrownBy(() => readWorkbookLines(refused, 'AEO')).code).to.equal('E_WORKBOOK_REFUSED');
    });
});
