/** Rows as the rest of the program reads them: members in camelCase, and no member where the column is null. */

import type { InsertResult, UpdateResult } from 'kysely';

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
type Nullable<Row> = { [Column in keyof Row]: null extends Row[Column] ? Column : never }[keyof Row];

export type FromRow<Row> = {
  readonly [Column in Exclude<keyof Row, Nullable<Row>> & string as Camel<Column>]: Row[Column];
} & { readonly [Column in Nullable<Row> & string as Camel<Column>]?: NonNullable<Row[Column]> };

export function fromRow<Row extends object>(row: Row): FromRow<Row> {
  const members = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([column, value]) => [camel(column), value as unknown])) as FromRow<Row>;
}

function camel(column: string): string {
  return column.replaceAll(/_(\w)/gu, (_, letter: string) => letter.toUpperCase());
}

/** Runs the statement. True: it inserted or updated one row. */
export async function changesOne(statement: {
  executeTakeFirstOrThrow(): Promise<InsertResult | UpdateResult>;
}): Promise<boolean> {
  const result = await statement.executeTakeFirstOrThrow();
  return ('numUpdatedRows' in result ? result.numUpdatedRows : result.numInsertedOrUpdatedRows) === 1n;
}
