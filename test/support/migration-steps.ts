/** What each migration leaves of the tables, on an engine: their columns, and what a row must fulfil. */

import { sql, type Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrationsFor } from '../../gateway/store/migrations.ts';
import type { Engine } from '../../gateway/store/engine.ts';

export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** A row may be inserted without a value for it. */
  readonly optional: boolean;
}

export interface Shape {
  readonly migration: string;
  readonly columns: readonly Column[];
  /** `table: columns` of each unique index. */
  readonly unique: readonly string[];
}

/** Runs one migration after the other on an empty database; `from`: the first that is looked at. */
export async function shapesOf(db: Kysely<unknown>, engine: Engine, from: string): Promise<readonly Shape[]> {
  const migrations = migrationsFor(engine);
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const shapes: Shape[] = [];
  for (const migration of Object.keys(migrations)) {
    const { error } = await migrator.migrateTo(migration);
    if (error !== undefined) throw new Error(`${migration} failed`, { cause: error });
    if (migration < from) continue;
    shapes.push({ migration, columns: await columnsOf(db), unique: await uniqueOf(db, engine) });
  }
  return shapes;
}

async function columnsOf(db: Kysely<unknown>): Promise<readonly Column[]> {
  const tables = await db.introspection.getTables();
  return tables.flatMap(({ name: table, columns }) =>
    columns.map(({ name, dataType: type, isNullable, hasDefaultValue, isAutoIncrementing }) => {
      return { table, name, type, optional: isNullable || hasDefaultValue || isAutoIncrementing };
    }),
  );
}

async function uniqueOf(db: Kysely<unknown>, engine: Engine): Promise<readonly string[]> {
  const indexes =
    engine === 'sqlite'
      ? sql<{ text: string }>`select m.name || ': ' || (select group_concat(i.name) from pragma_index_info(l.name) as i)
          || ' ' || l.partial as text from sqlite_master as m, pragma_index_list(m.name) as l
          where m.type = 'table' and l."unique" = 1`
      : sql<{ text: string }>`select tablename || ': ' || indexdef as text from pg_indexes
          where schemaname = current_schema() and indexdef like 'CREATE UNIQUE%'`;
  return (await indexes.execute(db)).rows.map(({ text }) => text).toSorted();
}

/** Undoes what pages of the office read by, but for the alarms. */
export const withoutOfficePages = [
  'drop table month_result',
  ...['inbound_id_message', 'message_partner', 'inbox_partner', 'inbox_hinted', 'inbox_waiting', 'event_kind'].map(
    (index) => `drop index ${index}`,
  ),
];
