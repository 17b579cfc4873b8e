/** How a rule of retention reads a table: in pages, from the oldest row on, and what of each page is due. */

import { sql, type RawBuilder } from 'kysely';
import type { Moment } from '../model/record/record.ts';
import type { Reader, Tx } from './database.ts';
import { allowing } from './retention-guard.ts';

/** Published: the members of `retention` in the settings. */
export const retentionKinds = [
  'bytes',
  'refused',
  'receipts',
  'messages',
  'attempts',
  'events',
  'answers',
  'repetitions',
  'changes',
  'alarms',
  'history',
] as const;
export type RetentionKind = (typeof retentionKinds)[number];

/** A row that was read: its place in the order of the table, and whether it is due. */
export interface AgedRow {
  readonly key: readonly (string | number)[];
  readonly due: boolean;
  readonly bytes: number;
  readonly digests?: readonly string[];
}

export interface RetentionRule {
  readonly kind: RetentionKind;
  /** The next rows after a key, at most `limit`; due are some of those from before the moment. */
  page(reader: Reader, before: Moment, after: AgedRow['key'] | undefined, limit: number): Promise<readonly AgedRow[]>;
  drop(tx: Tx, due: readonly AgedRow[]): Promise<void>;
}

type Row = Readonly<Record<string, string | number | null>>;

export interface Scan {
  readonly kind: RetentionKind;
  readonly table: string;
  /** The columns of the order, in which an index has the rows; `least`: before the first. */
  readonly key: readonly string[];
  readonly least: readonly (string | number)[];
  /** Ends the scan: rows after it are younger, or of no concern. */
  readonly within: (before: Moment) => RawBuilder<unknown>;
  readonly due: (before: Moment) => RawBuilder<unknown>;
  readonly bytes: string;
  readonly digests?: readonly string[];
  readonly drop: RetentionRule['drop'];
}

export function scan({ kind, table, key, least, within, due, bytes, digests = [], drop }: Scan): RetentionRule {
  const columns = sql.raw(key.join(', '));
  return {
    kind,
    async page(reader, before, after = least, limit) {
      const { rows } = await sql<Row>`select ${columns}, ${sql.raw(bytes)} as bytes,
        case when ${due(before)} then 1 else 0 end as due ${sql.raw(digests.map((each) => `, ${each}`).join(''))}
        from (select * from ${sql.table(table)} where (${columns}) > (${sql.join(after)}) and ${within(before)}
          order by ${columns} limit ${sql.lit(limit)}) as aged order by ${columns}`.execute(reader);
      return rows.map((row) => ({
        key: key.map((column) => row[column] ?? ''),
        due: row['due'] === 1,
        bytes: Number(row['bytes'] ?? 0),
        digests: digests.flatMap((column) => row[column] ?? []).map(String),
      }));
    },
    drop,
  };
}

/** Rows of a table by their keys. */
export function isOneOfKeys(key: readonly string[], rows: readonly AgedRow[]): RawBuilder<unknown> {
  // PostgreSQL takes a number among parameters for a text.
  const literal = (value: string | number) => (typeof value === 'number' ? sql.lit(value) : value);
  const values = rows.map((row) => sql`(${sql.join(row.key.map(literal))})`);
  return sql`(${sql.raw(key.join(', '))}) in (values ${sql.join(values)})`;
}

export function deletion({ table, key }: Pick<Scan, 'table' | 'key'>): RetentionRule['drop'] {
  return (tx, rows) =>
    allowing(tx, () => sql`delete from ${sql.table(table)} where ${isOneOfKeys(key, rows)}`.execute(tx));
}

export function aged(rule: Omit<Scan, 'drop'>): RetentionRule {
  return scan({ ...rule, drop: deletion(rule) });
}
