/** Creates the tables in an empty database, and migrates an older store to the current schema. */

import { randomBytes } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { operatorText } from '../model/record/record-text.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { alarmTables } from './alarm-tables.ts';
import { changeTables, clientTables, searchTables, newsTables } from './border-tables.ts';
import type { Engine } from './engine.ts';
import { firstTables, guardsOf, typesOf, type Types } from './first-tables.ts';
import { monthNumberTables } from './month-number-tables.ts';
import { officeTables } from './office-tables.ts';
import { outcomeTables } from './outcome-tables.ts';
import { adapterDraftTables, draftTables, personTables } from './person-tables.ts';
import { openableGuards, retentionTables } from './retention-tables.ts';
import { logTables, offlineTables, spoolTables } from './log-tables.ts';
import { openMoment, openOrdinal, type Tables } from './tables.ts';

/** Mirrors in buckets, lists in parts, and revisions of operators. Every partner that has a list gets a full one next. */
function bucketTables({ text, big, clustered, plain }: Types): readonly string[] {
  return [
    'drop table mirror',
    `create table mirror_bucket (stream ${text} not null references stream (id), bucket integer not null,
      entries ${text} not null, primary key (stream, bucket)) ${plain}`,
    `create table list_part (stream ${text} not null references stream (id), part integer not null,
      digest ${text} not null references body (digest), primary key (stream, part)) ${clustered}`,
    `alter table stream add column digests ${text} not null default ''`,
    'alter table stream add column held integer not null default 0',
    'alter table stream add column active integer not null default 0',
    `alter table stream add column revision ${big} not null default 0`,
    `alter table stream add column terms ${text} not null default ''`,
    'update stream set resync_wanted = 1',
    `alter table operator add column revision ${big} not null default 0`,
    'create index operator_revision on operator (revision, code)',
    "insert into counter (name, value) values ('operator_revision', 0)",
  ];
}

/** Records of operators become canonical texts, whose values can be located without parsing, in the order of their codes. */
async function rewriteOperators(db: Kysely<unknown>, { text, big, clustered }: Types): Promise<void> {
  const created = `create table operator_text (code ${text} primary key, revision ${big} not null,
    revised_at ${text} not null, record ${text} not null) ${clustered}`;
  await runAll(db, [created]);
  let after = '';
  for (;;) {
    const { rows } = await sql<
      Omit<Tables['operator'], 'as_of'>
    >`select code, revision, revised_at, record from operator
      where code > ${after} order by code limit 1000`.execute(db);
    for (const { code, revision, revised_at, record } of rows) {
      const written = operatorText(JSON.parse(record) as DomesticRecord);
      await sql`insert into operator_text values (${code}, ${revision}, ${revised_at}, ${written})`.execute(db);
      after = code;
    }
    if (rows.length === 0) break;
  }
  await runAll(db, [
    'drop table operator',
    'alter table operator_text rename to operator',
    'create index operator_revision on operator (revision, code)',
  ]);
}

/** The order in which lists were committed, which clocks that were moved do not give. Earlier lists are in the order of their numbers. */
function orderOfLists(): readonly string[] {
  const appliedBy = (
    column: string,
  ): string => `coalesce((select ordinal from list where list.partner = ${column.split('.')[0]}.partner
    and direction = 'in' and applied_at <= ${column} order by applied_at desc, ordinal desc limit 1), 0)`;
  return [
    'alter table list add column ordinal integer not null default 0',
    `update list set ordinal = numbered.ordinal from (select partner, direction, message_id, row_number() over
      (partition by partner, direction order by epoch_no, sequence) as ordinal from list) as numbered
      where list.partner = numbered.partner and list.direction = numbered.direction
      and list.message_id = numbered.message_id`,
    'alter table register_version add column from_list integer not null default 0',
    `alter table register_version add column to_list integer not null default ${openOrdinal}`,
    `update register_version set from_list = ${appliedBy('register_version.known_from')}`,
    `update register_version set to_list = ${appliedBy('register_version.known_to')} where known_to < '${openMoment}'`,
    'alter table inbox add column held_after integer',
    `update inbox set held_after = ${appliedBy('inbox.held_at')} where held_at is not null`,
    'drop index list_newest',
    'create index list_order on list (partner, direction, ordinal, applied_at)',
  ];
}

/** Indexes for what waits to be sent, in which nothing stands that was delivered; and a number that proves that the store can be written. */
const deliveryIndexes = [
  'drop index message_open',
  'create index message_open on message (partner, created_at, sequence, id) where state_rank < 90',
  "create index message_sealed on message (partner, epoch_id, sequence, next_attempt_at) where state = 'SEALED'",
  "create index message_overdue on message (partner, receipt_due_at, sequence) where state = 'HANDED_OVER'",
  "insert into counter (name, value) values ('probe', 0)",
];

/** Earlier states of operators, the imports they came from, and the moment for which a file stated a record. */
function versionTables({ text, big, clustered }: Types): readonly string[] {
  return [
    `alter table operator add column as_of ${text} not null default ''`,
    `create table operator_version (code ${text} not null, revision ${big} not null, revised_at ${text} not null,
      as_of ${text} not null, record ${text} not null, primary key (code, revision)) ${clustered}`,
    `create table operator_import (revision ${big} primary key, file ${text} not null, digest ${text} not null,
      person ${text} not null, at ${text} not null) ${clustered}`,
  ];
}

/** What the state of a message rests on. Earlier programs had only receipts, and wrote the evidence of other answers beside the verdict. */
function evidenceColumns({ text }: Types): readonly string[] {
  const written = (level: string): string => `when verdict_detail like '% (evidence: ${level})' then '${level}'`;
  return [
    `alter table message add column evidence ${text}`,
    `update message set evidence = case ${written('channel')} ${written('transport')} else 'signed' end
      where receipt_digest is not null`,
    `update message set verdict_detail = replace(verdict_detail, ' (evidence: ' || evidence || ')', '')
      where evidence in ('channel', 'transport')`,
    `alter table inbox add column evidence ${text}`,
    "update inbox set evidence = 'signed' where message_id is not null",
  ];
}

/** How many bytes of refused messages are kept of each partner, and indexes to find who else needs them. */
function refusedBytes({ big }: Types): readonly string[] {
  const size = (column: string): string => `coalesce((select length(bytes) from body where digest = ${column}), 0)`;
  return [
    `alter table inbox add column refused_upto ${big}`,
    `update inbox set refused_upto = counted.upto from (select partner, digest, sum(${size('inbox.digest')} +
      ${size('inbox.receipt_digest')}) over (partition by partner order by settled_at, digest) as upto from inbox
      where state = 'REJECTED') as counted
      where inbox.partner = counted.partner and inbox.digest = counted.digest`,
    'create index inbox_refused on inbox (partner, refused_upto) where refused_upto is not null',
    'create index inbox_digest on inbox (digest)',
    'create index inbox_receipt on inbox (receipt_digest) where receipt_digest is not null',
    'create index message_digest on message (digest)',
    'create index message_receipt on message (receipt_digest) where receipt_digest is not null',
  ];
}

/** Answers in stages: when the next is due, and what the last one said; messages to which no answer is expected are not open. */
function answerColumns({ text }: Types): readonly string[] {
  return [
    `alter table message add column answer_due_at ${text}`,
    `alter table message add column progress ${text}`,
    "update message set progress = 'held' where state = 'HANDED_OVER' and receipt_digest is not null",
    'create index message_unanswered on message (partner, answer_due_at) where answer_due_at is not null',
    'drop index message_open',
    'create index message_open on message (partner, created_at, sequence, id) where state_rank < 85',
  ];
}

/** Why a person changed an operator, and whether partners must learn of the change at once. */
function reasonsOfChanges({ text }: Types): readonly string[] {
  return [
    `alter table operator_import add column reason ${text}`,
    'alter table operator_import add column restricts integer not null default 0',
  ];
}

/**
 * Answers keyed by their place in the log, and a number that moves with the register of each partner. Triggers move it, so that no
 * statement that changes the register can forget to.
 */
function borderTables({ text, big, clustered, plain }: Types, engine: Engine): readonly string[] {
  const created = [
    `create table border_answer (n ${big} primary key, leaf_hash ${text} not null, asked_at ${text} not null,
      requester ${text} not null, partner ${text} not null, request ${text} not null, answer ${text} not null) ${plain}`,
    ...guardsOf(engine, ['border_answer']),
    `create table store_key (name ${text} primary key, value ${text} not null) ${clustered}`,
    `insert into store_key (name, value) values ('consultation_number', '${randomBytes(16).toString('hex')}')`,
    `create table register_revision (partner ${text} primary key, revision ${big} not null) ${clustered}`,
    `create index register_superseded on register_version (partner, to_list) where to_list < ${openOrdinal}`,
  ];
  const move = `insert into register_revision (partner, revision) values (new.partner, 1)
    on conflict (partner) do update set revision = register_revision.revision + 1`;
  if (engine === 'sqlite') {
    const on = (name: string, event: string, when: string): string =>
      `create trigger ${name} after ${event} when ${when} begin ${move}; end`;
    return [
      ...created,
      on('list_moves_register', 'insert on list', "new.direction = 'in'"),
      on('held_list_moves_register', 'update of held_at, held_after, settled_at on inbox', 'new.held_at is not null'),
    ];
  }
  const on = (name: string, event: string, when: string): string =>
    `create trigger ${name} after ${event} for each row when (${when}) execute function move_register()`;
  return [
    ...created,
    `create or replace function move_register() returns trigger language plpgsql as $$ begin ${move}; return null; end $$`,
    on('list_moves_register', 'insert on list', "new.direction = 'in'"),
    on('held_list_moves_register', 'update of held_at, held_after, settled_at on inbox', 'new.held_at is not null'),
  ];
}

/** Partners and certificates that commands add and revoke, keys that roll over, and lists of revoked certificates. */
function keyTables({ text, clustered, plain }: Types): readonly string[] {
  return [
    `create table partner_setting (partner ${text} primary key, settings ${text} not null, state ${text} not null,
      reason ${text}, person ${text} not null, at ${text} not null) ${plain}`,
    `create table partner_key (partner ${text} not null, side ${text} not null, use ${text} not null,
      fingerprint ${text} not null, certificate ${text} not null, name ${text}, state ${text} not null, from_at ${text},
      until_at ${text}, replaces ${text}, reason ${text}, message_id ${text}, at ${text} not null,
      primary key (partner, side, use, fingerprint)) ${clustered}`,
    `create unique index partner_key_open on partner_key (partner, use)
      where side = 'ours' and state in ('announced', 'probed')`,
    `create table revocation_list (source ${text} primary key, list ${text}, asked_at ${text} not null,
      fetched_at ${text}, fault ${text}) ${plain}`,
    "insert into counter (name, value) values ('partner_revision', 0)",
  ];
}

async function runAll(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const running = (statements: readonly string[]): Migration => ({ up: (db: Kysely<unknown>) => runAll(db, statements) });

/** By name, in the order in which they run. Those from 0014 on only add: gateways of the version before go on beside this one. */
export function migrationsFor(engine: Engine): Record<string, Migration> {
  const types = typesOf[engine];
  return {
    '0001-first': running(firstTables(engine)),
    '0002-buckets': running(bucketTables(types)),
    '0003-operator-texts': { up: (db: Kysely<unknown>) => rewriteOperators(db, types) },
    '0004-order-of-lists': running(orderOfLists()),
    '0005-delivery-indexes': running(deliveryIndexes),
    '0006-operator-versions': running([
      ...versionTables(types),
      ...guardsOf(engine, ['operator_version', 'operator_import']),
    ]),
    '0007-evidence': running(evidenceColumns(types)),
    '0009-refused-bytes': running(refusedBytes(types)),
    '0010-answers': running(answerColumns(types)),
    '0011-reasons-of-changes': running(reasonsOfChanges(types)),
    '0012-files': running([`alter table message add column file ${types.text}`]),
    '0013-border-answers': running(borderTables(types, engine)),
    '0014-keys': running(keyTables(types)),
    '0015-older-stores': running(["insert into counter (name, value) values ('lists_wait', 0)"]),
    '0016-retention': running(retentionTables(engine)),
    '0017-alarms': running(alarmTables(types)),
    '0018-log-tree': running(logTables(types, engine)),
    '0019-people': running(personTables(types)),
    '0020-clients': running(clientTables(types)),
    '0021-spooled-answers': running(spoolTables(types, engine)),
    '0022-register-changes': running(changeTables(types)),
    '0023-searches': running(searchTables(types)),
    '0024-import-drafts': running(draftTables(types)),
    '0025-news': running(newsTables(types)),
    '0026-outcomes': running(outcomeTables(types)),
    '0027-folded-log': running(openableGuards(engine, ['log_retired', 'spooled_answer'])),
    '0028-offline-answers': running(offlineTables(types, engine)),
    '0029-month-numbers': running(monthNumberTables(types)),
    '0030-adapter-drafts': running(adapterDraftTables(types)),
    '0031-people-of-partners': running([`alter table person add column partner ${types.text}`]),
    '0032-office-pages': running(officeTables(types, engine)),
  };
}

/** Runs each missing migration in a transaction. Throws E_STORE_SCHEMA when a migration fails, or a newer program made the store. */
export async function migrate(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const migrations = migrationsFor(engine);
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const applied = await migrator.getMigrations().catch((cause: unknown) => {
    if (isGatewayError(cause)) throw cause;
    throw schemaError('the applied migrations could not be read', cause);
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (isGatewayError(error)) throw error;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const known = applied.filter((migration) => migration.executedAt !== undefined).length;
  throw schemaError(failed ?? `it has migrations that this program does not know (${known} applied)`, error);
}

/** Throws E_STORE_SCHEMA unless all migrations of this program, and no others, were run. Writes nothing. */
export async function requireCurrent(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const wanted = Object.keys(migrationsFor(engine)).length;
  const { rows } = await sql`select name from kysely_migration`.execute(db).catch((cause: unknown) => {
    if (isGatewayError(cause) && !isMissingTable(cause.cause)) throw cause;
    throw schemaError('it has no tables yet', cause, migrates);
  });
  if (rows.length < wanted) throw schemaError('it was made by an earlier version', undefined, migrates);
  if (rows.length > wanted) throw schemaError('it was made by a later version', undefined);
}

/** PostgreSQL, undefined_table. The embedded store throws a plain error. */
function isMissingTable(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === '42P01';
}

const migrates = 'mra serve, and every command that writes, brings it to this version.';
const restores = 'Run the program version that made this store, or restore the store from a backup of this version.';

function schemaError(detail: string, cause: unknown, fix = restores): GatewayError {
  return new GatewayError('E_STORE_SCHEMA', detail, { cause, fix });
}
