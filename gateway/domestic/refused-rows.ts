/** The report of refused rows: a table that staff correct and import as it is. */

import type { RowFault } from '../model/record/fault-rules.ts';
import { writeCsv } from '../wire/files/csv.ts';
import { reportColumns } from './file-rows.ts';
import type { ImportReport } from './import.ts';

/**
 * The refused rows as CSV, with the moment they speak of, the rules they break and what to do about it; safe to open in a
 * spreadsheet. An import takes the values as they were, and passes over what the report adds.
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
