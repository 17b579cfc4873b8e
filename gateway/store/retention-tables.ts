/** What the store has for retention: guards that a transaction can open, and indexes by age. */

import type { Engine } from './engine.ts';

const isOpen = "(select value from counter where name = 'retention_open') = 1";

/** The embedded store has a guard for each table. */
const openable = (table: string): readonly string[] => [
  `drop trigger ${table}_no_delete`,
  `create trigger ${table}_no_delete before delete on ${table} when not ${isOpen}
    begin select raise(abort, '${table} is append only'); end`,
];

/** For tables that have guards: leaf hashes of which the hash of a subtree is left, and what led to answers that are gone. */
export function openableGuards(engine: Engine, tables: readonly string[]): readonly string[] {
  return engine === 'sqlite' ? tables.flatMap(openable) : [];
}

/** Evidence may be deleted by a transaction that says so (`retention_open`), when it is older than agreed; indexes by age. */
export function retentionTables(engine: Engine): readonly string[] {
  const tables = ['consultation', 'assessment', 'border_answer', 'operator_version', 'attempt', 'event'];
  const guarded =
    engine === 'sqlite'
      ? tables.flatMap(openable)
      : [
          `create or replace function append_only() returns trigger language plpgsql as $$ begin
            if tg_op = 'DELETE' and ${isOpen} then return null; end if;
            raise exception '% is append only', tg_table_name; end $$`,
        ];
  return [
    "insert into counter (name, value) values ('retention_open', 0), ('retention_night', 0)",
    ...guarded,
    'create index consultation_asked on consultation (asked_at, number)',
    'create index assessment_asked on assessment (asked_at, number)',
    'create index idempotency_at on idempotency (at, requester, key)',
    "create index list_full on list (partner, direction, ordinal) where kind = 'full'",
  ];
}
