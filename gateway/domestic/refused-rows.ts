/** The report of rejected rows: a table that staff can correct and import again. */

import type { RowFault } from '../model/record/fault-rules.ts';
import { writeCsv } from '../wire/files/csv.ts';
import { reportColumns } from './file-rows.ts';
import type { ImportReport } from './import.ts';

/**
 * The rejected rows as CSV, with their reference time, the rules they break and the fix; safe to open in a spreadsheet. An import reads the
 * original values and ignores the added columns.
 */
export function refusedRowsCsv({ refused }: Pick<ImportReport, 'refused'>): string {
  const titles = [...new Set(refused.flatMap(({ fields }) => Object.keys(fields)))];
  const rows = refused.map(({ fields, asOf, faults }) => {
    const cells = titles.map((title) => fields[title] ?? '');
    const joined = (part: (fault: RowFault) => string): string => [...new Set(faults.map(part))].join('; ');
    const detail = joined(({ row, column, detail }) => `row ${row}${column === '' ? '' : `, ${column}`}: ${detail}`);
    return [...cells, asOf, joined(({ rule }) => rule), detail, joined(({ fix }) => fix)];
  });
  return writeCsv([[...titles, ...reportColumns], ...rows]);
}
