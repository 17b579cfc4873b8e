/** Reads and checks each row of a file of domestic records: CSV or a workbook by its columns, or JSON lines. */

import { fileURLToPath } from 'node:url';
import { dayAt } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { RowFault } from '../model/record/fault-rules.ts';
import { columnValues, optionalColumns, recordColumns } from '../model/record/record-text.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { faultOf, rowJudge, type FileRow, type JudgedRow } from '../model/record/row-faults.ts';
import { readJsonLines } from '../wire/files/csv.ts';
import type { FileSource, TableEncoding } from '../wire/files/file-content.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import type { ChosenSheet } from '../wire/files/sheet.ts';
import { readTable, type TableRow } from '../wire/files/table.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import { readMoment, type HomeMoment } from './import-moment.ts';

export interface ReadRow extends JudgedRow {
  readonly row: number;
  readonly fields: Readonly<Record<string, string>>;
  /** The time that a column of the file states. */
  readonly asOf?: HomeMoment;
  /** Set if a report of rejected rows says that the row has the code of a row that was imported. */
  readonly repeated?: boolean;
}

interface RowSource {
  readonly content: FileSource;
  readonly encoding: TableEncoding;
  /** `table`: columns with the titles of the home profile. `jsonl`: one record of schemas/record.schema.json per line. */
  readonly format: 'table' | 'jsonl';
  readonly sheet?: string | undefined;
  readonly onBytes: (piece: Uint8Array) => void;
  readonly onSheet: (chosen: ChosenSheet) => void;
}

/** Columns that a table may have besides those of records: the time of a row, and what a report of rejected rows adds. */
export const reportColumns = ['as_of', 'rule', 'detail', 'fix'] as const;
/** The column in which a report quotes a rejected JSON line. */
const lineColumn = 'line';

export function formatOf(name: string): RowSource['format'] {
  return /\.jsonl(\.gz)?$/u.test(name) ? 'jsonl' : 'table';
}

/** Throws E_FILE_UNREADABLE, E_FILE_STRUCTURE. */
export function readRows(home: HomeProfile, now: Date, source: RowSource): AsyncIterable<ReadRow> {
  return source.format === 'table' ? readTableRows(home, now, source) : readLines(home, now, source);
}

async function* readTableRows(home: HomeProfile, now: Date, source: RowSource): AsyncIterable<ReadRow> {
  const judge = rowJudge(home, dayAt(now, home.timeZone));
  const judgeLine = lineJudge(home, now);
  const columns = Object.values(home.columns);
  const optional = optionalColumns.flatMap((column) => home.columns[column] ?? []);
  const options = { ...source, columns, optional, extra: reportColumns, instead: lineColumn };
  for await (const read of readTable(source.content, options)) {
    const line = read.fields[lineColumn];
    const judged = line === undefined ? { ...judge(read), fields: ownFields(read) } : judgeLine(read.row, line);
    const repeated = read.fields['rule']?.split('; ').includes('code_repeated') === true;
    yield withMoment({ ...judged, row: read.row, repeated }, read, home, now);
  }
}

function ownFields({ fields }: TableRow): ReadRow['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([title]) => !reportColumns.some((own) => own === title)));
}

function withMoment(judged: ReadRow, { fields, row }: TableRow, home: HomeProfile, now: Date): ReadRow {
  const stated = fields['as_of'] ?? '';
  if (stated === '') return judged;
  const asOf = readMoment(stated, home, now);
  if (asOf !== undefined) return { ...judged, asOf };
  return { row, fields: judged.fields, faults: [...judged.faults, faultOf(row, 'as_of', stated, 'as_of_invalid')] };
}

async function* readLines(home: HomeProfile, now: Date, source: RowSource): AsyncIterable<ReadRow> {
  const judge = lineJudge(home, now);
  for await (const { row, text } of readJsonLines(source.content, source)) yield judge(row, text);
}

const recordSchema = fileURLToPath(new URL('../../schemas/record.schema.json', import.meta.url));

/** JSON lines have no titles: the paths of the record serve as columns. The shape is checked first, then the row like any other. */
function lineJudge(home: HomeProfile, now: Date): (row: number, text: string) => ReadRow {
  const columns = Object.fromEntries(recordColumns.map((name) => [name, name]));
  const judge = rowJudge({ ...home, columns }, dayAt(now, home.timeZone));
  const shape = jsonValidator<DomesticRecord>(recordSchema);
  return (row, text) => {
    const line = readLine(row, text, shape);
    const { record, faults } = line.faults.length > 0 ? { ...line, record: undefined } : judge(line);
    return { row, fields: { [lineColumn]: text.trim() }, faults, ...(record && { record }) };
  };
}

type Shape = ReturnType<typeof jsonValidator<DomesticRecord>>;

function readLine(row: number, text: string, shape: Shape): FileRow & { readonly faults: readonly RowFault[] } {
  try {
    const checked = shape(parseStrictJson(text));
    if (checked.ok) return { row, fields: columnValues(checked.value), faults: [] };
    const faults = checked.errors.map(({ pointer, detail }) =>
      faultOf(row, pointer.slice(1).replaceAll('/', '.'), '', 'shape_invalid', detail),
    );
    return { row, fields: {}, faults };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { row, fields: {}, faults: [faultOf(row, '', text, 'shape_invalid', error.detail)] };
  }
}
