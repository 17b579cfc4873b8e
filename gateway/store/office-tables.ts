/** What the pages of the office read by: indexes, and the entries of each month counted while they are recorded. */

import type { Engine } from './engine.ts';
import type { Types } from './first-tables.ts';

/**
 * Gateways of the version before write meanwhile: on PostgreSQL all tables are locked at once, in the order in which transactions write
 * them, so that none waits for another that waits for it.
 */
export function officeTables(types: Types, engine: Engine): readonly string[] {
  const lock = `lock table entry_result, inbound_id, message, inbox, alarm, event in share row exclusive mode`;
  return [
    ...(engine === 'postgres' ? [lock] : []),
    ...resultCounts(types, engine),
    'create index inbound_id_message on inbound_id (message_id)',
    'create index message_partner on message (partner, created_at, id)',
    'create index inbox_partner on inbox (partner, received_at)',
    'create index inbox_hinted on inbox (hinted_id) where hinted_id is not null',
    "create index inbox_waiting on inbox (received_at) where state = 'HELD'",
    'create index alarm_unclosed on alarm (n) where closed_at is null',
    'create index event_kind on event (kind, n)',
  ];
}

function resultCounts({ text, big, clustered }: Types, engine: Engine): readonly string[] {
  return [
    `create table month_result (partner ${text} not null, month ${text} not null, result ${text} not null,
      entries ${big} not null, primary key (partner, month, result)) ${clustered}`,
    `insert into month_result (partner, month, result, entries)
      select partner, month, result, count(*) from entry_result group by partner, month, result`,
    ...(engine === 'sqlite' ? countingRows() : countingStatements()),
  ];
}

const added = `on conflict (partner, month, result) do update set entries = month_result.entries + excluded.entries`;

function countingRows(): readonly string[] {
  const on = (name: string, event: string, row: string, entries: number): string =>
    `create trigger ${name} after ${event} on entry_result begin
      insert into month_result (partner, month, result, entries)
      values (${row}.partner, ${row}.month, ${row}.result, ${entries}) ${added}; end`;
  return [on('entry_result_counted', 'insert', 'new', 1), on('entry_result_uncounted', 'delete', 'old', -1)];
}

function countingStatements(): readonly string[] {
  const on = (name: string, event: string, rows: string): string =>
    `create trigger ${name} after ${event} on entry_result referencing ${rows} table as changed
      for each statement execute function count_results()`;
  return [
    `create or replace function count_results() returns trigger language plpgsql as $$ begin
      insert into month_result (partner, month, result, entries)
      select partner, month, result, case when tg_op = 'INSERT' then count(*) else -count(*) end from changed
      group by partner, month, result order by partner, month, result ${added};
      return null; end $$`,
    on('entry_result_counted', 'insert', 'new'),
    on('entry_result_uncounted', 'delete', 'old'),
  ];
}
