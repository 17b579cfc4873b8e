/** Stores of earlier programs, brought to the present form. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { operatorText } from '../../gateway/model/record/record-text.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { canonicalJson, sha256 } from '../../gateway/model/canonical-json.ts';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { claimMessageId, findInbox, recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import { addMessage, findMessage, recordProgress, settleMessage } from '../../gateway/store/outbox.ts';
import { engineOf, openDatabase, type Tx } from '../../gateway/store/database.ts';
import { changedOperators, findOperator, operatorPages } from '../../gateway/store/operators.ts';
import { findStatuses } from '../../gateway/store/register.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { withoutOfficePages } from '../support/migration-steps.ts';
import { freshUrl } from './engines.ts';
import { hour, listed, operator, raw, sealed } from './samples.ts';

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store in which operators are objects (${engine})`, () => {
    it('holds them as texts afterwards, with their revisions', async () => {
      const fresh = await freshUrl(engine);
      const names = ['O"1', 'Ö\\2', '３', '4'];
      const operators = Array.from({ length: 2_500 }, (_, i) =>
        operator(`C${String(i).padStart(5, '0')}`, { name: { local: names[i % 4] ?? '' }, consent: i % 2 === 0 }),
      );
      try {
        const before = await openDatabase(fresh.url);
        await before.transaction((tx) => asBefore(tx, operators));
        await before.close();
        const db = await openDatabase(fresh.url);
        const pages = await Array.fromAsync(operatorPages(db.sql), (page) => Buffer.from(page).toString());
        expect(pages.join('\n').split('\n')).to.deep.equal(operators.map(operatorText));
        expect(await findOperator(db.sql, 'C00001')).to.deep.equal(operators[1]);
        const changed = await Array.fromAsync(changedOperators(db.sql, 2_498), (page) => Buffer.from(page).toString());
        expect(changed).to.deep.equal([operators.slice(-2).map(operatorText).join('\n')]);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store whose lists are in the order of the clock (${engine})`, () => {
    it('holds them in the order of their numbers afterwards, and the register as of each', async () => {
      const fresh = await freshUrl(engine);
      try {
        const before = await openDatabase(fresh.url);
        const suspended = listed('A', { status: 'suspended', statusSince: '2026-02-01' });
        await fillList(before, { partner: 'NN', records: [listed('A'), listed('B')], sequence: 1, appliedAt: hour(1) });
        // The clock was ahead when the second was applied.
        await fillList(before, { partner: 'NN', records: [suspended], sequence: 2, appliedAt: hour(9) });
        await fillList(before, { partner: 'NN', records: [listed('C')], sequence: 3, appliedAt: hour(3) });
        await before.transaction((tx) => run(tx, withoutOrderOfLists));
        await before.close();
        const db = await openDatabase(fresh.url);
        const inForce = async (past?: string) => {
          const list = await listInForce(db.sql, 'NN', past);
          const facts = await findStatuses(db.sql, 'NN', ['A', 'B', 'C'], '2026-03-01', list?.ordinal ?? 0);
          return [list?.number, ...facts.values().map(({ identifier, status }) => `${identifier} ${status}`)].sort();
        };
        expect(await inForce()).to.deep.equal(['A suspended', 'B active', 'C active', 'NN/1/00003']);
        expect(await inForce(hour(1))).to.deep.equal(['A active', 'B active', 'NN/1/00001']);
        await fillList(db, { partner: 'NN', records: [listed('D')], sequence: 4, appliedAt: hour(4) });
        expect((await listInForce(db.sql, 'NN'))?.ordinal).to.equal(4);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store in which evidence is part of a text (${engine})`, () => {
    it('holds it beside the verdict afterwards, and every receipt and verified message as signed', async () => {
      const fresh = await freshUrl(engine);
      try {
        const before = await openDatabase(fresh.url);
        const details = {
          a: 'applied (evidence: channel)',
          b: 'applied (evidence: transport)',
          c: 'E_LIST_ROOT: x',
          d: undefined,
        };
        await before.transaction(async (tx) => {
          const receiptDigest = await keepBytes(tx, Buffer.from('answer'));
          for (const [id, verdictDetail] of Object.entries(details)) {
            const bytes = Buffer.from(id);
            const sealed = {
              id,
              partner: 'NN',
              kind: 'list',
              contentType: 'x',
              bytes,
              digest: sha256(bytes),
            } as const;
            await addMessage(tx, sealed, { at: hour(1) });
            if (verdictDetail !== undefined)
              await settleMessage(tx, id, { state: 'ACCEPTED', receiptDigest, verdictDetail, at: hour(2) });
          }
          const raw = { partner: 'NN', via: 'https', bytes: Buffer.from('theirs'), receivedAt: hour(1) } as const;
          const { digest } = await recordArrival(tx, raw, undefined);
          await claimMessageId(tx, 'NN', 'theirs', digest);
          await settleInbox(tx, { partner: 'NN', digest, messageId: 'theirs', state: 'APPLIED', at: hour(2) });
          await run(tx, withoutEvidence);
        });
        await before.close();
        const db = await openDatabase(fresh.url);
        const found = await Array.fromAsync(Object.keys(details), (id) => findMessage(db.sql, id));
        expect(found.map((each) => [each?.evidence, each?.verdictDetail])).to.deep.equal([
          ['channel', 'applied'],
          ['transport', 'applied'],
          ['signed', 'E_LIST_ROOT: x'],
          [undefined, undefined],
        ]);
        expect((await findInbox(db.sql, { messageId: 'theirs' }))?.evidence).to.equal('signed');
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store that kept the bytes of all refused messages (${engine})`, () => {
    it('counts those of each partner afterwards, the oldest first', async () => {
      const fresh = await freshUrl(engine);
      try {
        const before = await openDatabase(fresh.url);
        await before.transaction(async (tx) => {
          for (const [i, text] of ['first', 'second', 'kept'].entries()) {
            const { digest } = await recordArrival(tx, raw('AA', text), undefined);
            const state = text === 'kept' ? 'APPLIED' : 'REJECTED';
            await settleInbox(tx, { partner: 'AA', digest, state, at: hour(i) });
          }
          await run(tx, withoutRefusedBytes);
        });
        await before.close();
        const db = await openDatabase(fresh.url);
        const rows = await db.sql.selectFrom('inbox').select('refused_upto').orderBy('settled_at').execute();
        expect(rows.map((row) => row.refused_upto)).to.deep.equal([5, 11, null]);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store in which a receipt without a verdict was a hold (${engine})`, () => {
    it('names the progress of each message afterwards', async () => {
      const fresh = await freshUrl(engine);
      try {
        const before = await openDatabase(fresh.url);
        await before.transaction(async (tx) => {
          const receiptDigest = await keepBytes(tx, Buffer.from('held'));
          for (const id of ['held', 'open']) await addMessage(tx, sealed(id, 'NN'), { at: hour(1) });
          const said = { receiptDigest, detail: 'held', evidence: 'signed', receiptDueAt: hour(9) } as const;
          await recordProgress(tx, 'held', { ...said, progress: 'held' });
          await run(tx, withoutAnswers);
        });
        await before.close();
        const db = await openDatabase(fresh.url);
        const found = await Array.fromAsync(['held', 'open'], (id) => findMessage(db.sql, id));
        expect(found.map((each) => each?.progress)).to.deep.equal(['held', undefined]);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

const withoutReasons = [
  "delete from counter where name in ('lists_wait', 'retention_open', 'retention_night')",
  ...['consultation_asked', 'assessment_asked', 'idempotency_at', 'list_full'].map((index) => `drop index ${index}`),
  ...['reason', 'restricts'].map((column) => `alter table operator_import drop column ${column}`),
];

const withoutAnswers = [
  ...withoutReasons,
  'alter table message drop column file',
  'drop index message_unanswered',
  'drop index message_open',
  'create index message_open on message (partner, created_at, sequence, id) where state_rank < 90',
  'alter table message drop column answer_due_at',
  'alter table message drop column progress',
  "delete from kysely_migration where name >= '0010'",
];

const withoutRefusedBytes = [
  ...withoutAnswers,
  ...['inbox_refused', 'inbox_digest', 'inbox_receipt', 'message_digest', 'message_receipt'].map(
    (index) => `drop index ${index}`,
  ),
  'alter table inbox drop column refused_upto',
  "delete from kysely_migration where name >= '0009'",
];

const withoutEvidence = [
  ...withoutRefusedBytes,
  'alter table message drop column evidence',
  'alter table inbox drop column evidence',
  "delete from kysely_migration where name >= '0007'",
];

const withoutDeliveryIndexes = [
  'drop index message_sealed',
  'drop index message_overdue',
  "delete from counter where name = 'probe'",
];

const withoutVersions = [
  'drop table operator_version',
  'drop table operator_import',
  'alter table operator drop column as_of',
];

const withoutOrderOfLists = [
  ...withoutEvidence,
  ...withoutDeliveryIndexes,
  ...withoutVersions,
  'drop index list_order',
  'alter table list drop column ordinal',
  'alter table register_version drop column from_list',
  'alter table register_version drop column to_list',
  'alter table inbox drop column held_after',
  'create index list_newest on list (partner, direction, applied_at)',
  "delete from kysely_migration where name >= '0004'",
];

const withoutClients = [
  ...['client_credential', 'client'].map((table) => `drop table ${table}`),
  "delete from counter where name in ('client_revision', 'searchable')",
];
const withoutAlarms = [
  ...withoutClients,
  ...withoutOfficePages,
  ...[
    ...['month_number', 'entry_result', 'entry_event', 'border_entry'],
    'news_reader',
    'search_term',
    'register_change',
    'spooled_answer',
    'offline_answer',
    'import_draft',
    'adapter_draft',
    'session',
    'person',
    'alarm_notice',
    'alarm',
    'duty',
  ].map((table) => `drop table ${table}`),
  'drop index inbox_rejected',
  "delete from counter where name in ('alarm', 'spool_range', 'register_change', 'entry_event')",
];
const withoutKeys = [
  ...withoutAlarms,
  ...['partner_setting', 'partner_key', 'revocation_list'].map((table) => `drop table ${table}`),
  "delete from counter where name = 'partner_revision'",
];
const withoutBorderAnswers = [
  ...withoutKeys,
  ...['log_node', 'log_retired', 'border_answer', 'store_key', 'register_revision'].map(
    (table) => `drop table ${table}`,
  ),
  'drop index register_superseded',
  "delete from kysely_migration where name >= '0013'",
];

async function run(tx: Tx, statements: readonly string[]): Promise<void> {
  const triggers = { list_moves_register: 'list', held_list_moves_register: 'inbox' };
  for (const [trigger, table] of Object.entries(triggers))
    await sql.raw(`drop trigger ${trigger}${engineOf(tx) === 'postgres' ? ` on ${table}` : ''}`).execute(tx);
  for (const statement of [...withoutBorderAnswers, ...statements]) await sql.raw(statement).execute(tx);
}

/** The table as the first two steps made it, the operators numbered in their order. */
async function asBefore(tx: Tx, operators: readonly DomesticRecord[]): Promise<void> {
  const statements = [
    ...withoutOrderOfLists,
    'drop table operator',
    `create table operator (code text primary key, content_digest text not null, revised_at text not null,
      record text not null, revision bigint not null default 0)`,
    'create index operator_revision_before on operator (revision, code)',
    "delete from kysely_migration where name >= '0003'",
  ];
  await run(tx, statements);
  for (const [i, record] of operators.entries())
    await sql`insert into operator (code, content_digest, revised_at, record, revision)
      values (${record.code}, 'digest', ${hour(1)}, ${canonicalJson(record)}, ${i + 1})`.execute(tx);
}
