/**
 * Statements that every message needs, built and compiled once for an engine: that takes twice as long as to execute them. Their values
 * have names.
 */

import { sql, type Compilable, type CompiledQuery, type DialectAdapter, type Kysely, type QueryResult } from 'kysely';
import type { RawBuilder, Transaction, Updateable, UpdateQueryBuilder, UpdateResult } from 'kysely';
import type { Tables } from './tables.ts';

/** What stands for each value where the statement is built; each is taken by its name. */
export type Places<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/** Executes a statement with values. */
export type Prepared<Values, Row> = (reader: Kysely<Tables>, values: Values) => Promise<QueryResult<Row>>;

export function prepared<Values extends object, Row>(
  build: (reader: Kysely<Tables>, places: Places<Values>) => Compilable<Row>,
): Prepared<Values, Row> {
  const compiled = new WeakMap<DialectAdapter, Compiled<Row>>();
  return async (reader, values) => {
    const { adapter } = reader.getExecutor();
    const known = compiled.get(adapter) ?? compile(reader, build);
    compiled.set(adapter, known);
    const { query, names } = known;
    const value = (constant: unknown, i: number): unknown => {
      const name = names[i];
      return name === undefined ? constant : (values as Readonly<Record<string, unknown>>)[name];
    };
    return await reader.executeQuery({ ...query, parameters: query.parameters.map(value) });
  };
}

interface Compiled<Row> {
  readonly query: CompiledQuery<Row>;
  /** Of the value at each parameter; undefined: it is the same every time. */
  readonly names: readonly (string | undefined)[];
}

function compile<Values extends object, Row>(
  reader: Kysely<Tables>,
  build: (reader: Kysely<Tables>, places: Places<Values>) => Compilable<Row>,
): Compiled<Row> {
  const names = new Map<unknown, string>();
  const places = new Proxy({} as Places<Values>, {
    get(_, name) {
      const place = Symbol(String(name));
      names.set(place, String(name));
      return sql.val(place);
    },
  });
  const query = build(reader, places).compile();
  return { query, names: query.parameters.map((parameter) => names.get(parameter)) };
}

type Update<Table extends keyof Tables> = UpdateQueryBuilder<Tables, Table, Table, UpdateResult>;

/** An update of some columns of one row, which is prepared for each choice of columns. True: there was such a row. */
export function preparedUpdate<Table extends keyof Tables, Values extends object>(
  table: Table,
  where: (update: Update<Table>, places: Places<Values>) => Update<Table>,
): (tx: Transaction<Tables>, set: Updateable<Tables[Table]>, values: Values) => Promise<boolean> {
  const updates = new Map<string, Prepared<Readonly<Record<string, unknown>>, UpdateResult>>();
  return async (tx, set, values) => {
    const columns = Object.keys(set);
    const key = columns.join();
    const update =
      updates.get(key) ??
      prepared<Readonly<Record<string, unknown>>, UpdateResult>((reader, places) => {
        const row = Object.fromEntries(columns.map((column) => [column, places[`to ${column}`]]));
        const update = reader.updateTable(table) as unknown as Update<Table>;
        return where(update.set(row as never), places as unknown as Places<Values>);
      });
    updates.set(key, update);
    const to = Object.fromEntries(Object.entries(set).map(([column, value]) => [`to ${column}`, value]));
    return (await update(tx, { ...to, ...values })).numAffectedRows === 1n;
  };
}
