/** Code tables: one of our words stands for exactly one code of the partner, and the other way round. */

import { invalid, type Place } from './faults.ts';

export interface CodeTable {
  readonly name: string;
  readonly toTheirs: ReadonlyMap<string, string>;
  readonly toOurs: ReadonlyMap<string, string>;
}

export type CodeTables = ReadonlyMap<string, CodeTable>;

/** Tables from data, `name: { ours: theirs }`. `place` says where a JSON Pointer stands in the file. */
export function codeTables(data: Readonly<Record<string, Readonly<Record<string, string>>>>, place: Place): CodeTables {
  const tables = new Map<string, CodeTable>();
  for (const [name, rows] of Object.entries(data)) {
    const toTheirs = new Map(Object.entries(rows));
    const toOurs = new Map<string, string>();
    for (const [ours, theirs] of toTheirs) {
      const other = toOurs.get(theirs);
      if (other !== undefined) {
        const detail = `in table ${name} the code ${theirs} stands for both ${other} and ${ours}`;
        throw invalid(detail, place(`/codes/${name}/${ours}`), 'Give each word a code of its own.');
      }
      toOurs.set(theirs, ours);
    }
    tables.set(name, { name, toTheirs, toOurs });
  }
  return tables;
}
