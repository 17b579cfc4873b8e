/** Code tables: on every day each of our words corresponds to exactly one code of the partner. */

import type { Day } from '../../model/record/record.ts';
import { addDays } from '../../model/day.ts';
import { invalid, type Place } from '../faults.ts';
import { otherWords, wordRows, type DatedCode, type Manifest, type OtherWords } from '../manifest.ts';

interface CodeTable {
  readonly name: string;
  readonly toTheirs: ReadonlyMap<string, string>;
  readonly toOurs: ReadonlyMap<string, string>;
  /** For the words that have no code: what is written is read as one word. */
  readonly other: OtherWords | undefined;
}

export type CodeTables = ReadonlyMap<string, CodeTable>;

/** The tables of each day. */
export interface DatedTables {
  /** First days of the periods in which no code changes; the first of them stands for all days before the second. */
  readonly periods: readonly Day[];
  /** All days of one period share the same object. */
  tablesOn(day: Day): CodeTables;
}

/** The beginning of the first period. */
export const firstDay: Day = '0001-01-01';

/** A code that ended is still accepted for two weeks, because messages that contain it may be delayed. */
const graceDays = 14;

interface Row extends DatedCode {
  readonly word: string;
}

/** Tables from data, `name: { ours: theirs }`. Throws E_ADAPTER_INVALID for two meanings on one day. */
export function codeTables(codes: Manifest['codes'], place: Place): DatedTables {
  const tables = Object.entries(codes).map(([name, words]) => ({
    name,
    rows: rowsOf(words),
    other: otherWords(words),
  }));
  const periods = periodStarts(tables.flatMap(({ rows }) => rows.flatMap(changeDays)));
  const built = periods.map(
    (day) =>
      new Map(
        tables.map(
          ({ name, rows, other }) => [name, withOther(tableOn(day, name, rows, place), other, place)] as const,
        ),
      ),
  );
  const whole = built[0] ?? new Map<string, CodeTable>();
  return { periods, tablesOn: (day) => built[periodIndex(periods, day)] ?? whole };
}

/** First days of the periods between changes. */
export function periodStarts(changes: readonly Day[]): Day[] {
  return [...new Set([firstDay, ...changes])].sort();
}

/** The index of the period that contains a day. */
export function periodIndex(periods: readonly Day[], day: Day): number {
  const index = periods.findLastIndex((first) => first <= day);
  return Math.max(0, index);
}

function rowsOf(words: Manifest['codes'][string]): Row[] {
  return wordRows(words).flatMap(([word, codes]) =>
    typeof codes === 'string' ? [{ word, code: codes }] : codes.map((code) => ({ word, ...code })),
  );
}

function changeDays({ from, until }: DatedCode): Day[] {
  const ends = until === undefined ? [] : [addDays(until, 1), addDays(until, graceDays + 1)];
  return from === undefined ? ends : [from, ...ends];
}

/** Throws E_ADAPTER_INVALID where the code of all other words means another word already. */
function withOther(table: Omit<CodeTable, 'other'>, other: OtherWords | undefined, place: Place): CodeTable {
  if (other === undefined) return { ...table, other };
  const meant = table.toOurs.get(other.write) ?? other.read;
  if (meant === other.read) return { ...table, toOurs: new Map(table.toOurs).set(other.write, other.read), other };
  const detail = `in table ${table.name} the code ${other.write} stands for both ${meant} and ${other.read}`;
  throw invalid(detail, place(`/codes/${table.name}/else`), `Read it as ${meant}, or write another code.`);
}

function tableOn(day: Day, name: string, rows: readonly Row[], place: Place): Omit<CodeTable, 'other'> {
  const toTheirs = new Map<string, string>();
  const toOurs = new Map<string, string>();
  for (const { word, code, from, until } of rows) {
    if ((from ?? day) > day || (until ?? day) < day) continue;
    const other = toOurs.get(code);
    const detail =
      other === undefined
        ? `in table ${name} ${word} has two codes, ${toTheirs.get(word) ?? ''} and ${code}`
        : `in table ${name} the code ${code} stands for both ${other} and ${word}`;
    if (other !== undefined || toTheirs.has(word)) {
      const when = day === firstDay ? '' : ` on ${day}`;
      throw invalid(detail + when, place(`/codes/${name}/${word}`), 'Give each word a code of its own on every day.');
    }
    toTheirs.set(word, code);
    toOurs.set(code, word);
  }
  // An ended code is accepted only if it has no new meaning on this day.
  for (const { word, code, until } of rows) {
    if (until !== undefined && until < day && addDays(until, graceDays) >= day && !toOurs.has(code))
      toOurs.set(code, word);
  }
  return { name, toTheirs, toOurs };
}
