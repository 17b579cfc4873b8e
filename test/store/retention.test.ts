/** What is older than agreed goes, in small transactions; what is still needed stays, whatever its age. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sql } from 'kysely';
import { keepBytes, storedBytes } from '../../gateway/store/bodies.ts';
import { recordAssessment, recordConsultations, saveIdempotent } from '../../gateway/store/consultations.ts';
import type { Tx } from '../../gateway/store/database.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { closeAlarm, listAlarms, openAlarm } from '../../gateway/store/alarms.ts';
import { claimMessageId, recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { changesAfter, recordChanges } from '../../gateway/store/register-changes.ts';
import { addMessage, recordResults, settleMessage } from '../../gateway/store/outbox.ts';
import { countRefused } from '../../gateway/store/refused-bytes.ts';
import { claimNight, retire, retentionKinds, type RetentionKind } from '../../gateway/store/retention.ts';
import { recordLists } from '../../gateway/store/streams.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { onBothEngines } from './engines.ts';
import { bytesOf, digestOf, hour, listed, operator, position, raw, sealed } from './samples.ts';

const page = new URL('../../docs/backup.md', import.meta.url);
const pause = (): Promise<void> => Promise.resolve();
const digestOfText = (text: string): string => digestOf(bytesOf(text));

async function listSent(tx: Tx, name: string, h: number, kind: 'full' | 'delta', state?: 'ACCEPTED'): Promise<void> {
  await addMessage(tx, sealed(name, 'AA'), { at: hour(h), epochId: 'e1', sequence: h });
  const list = { kind, position: position(h), issuedAt: hour(h), nextBy: hour(h + 24) };
  await recordLists(tx, { partner: 'AA', direction: 'out' }, [{ messageId: name, list, appliedAt: hour(h) }]);
  if (state === undefined) return;
  const receiptDigest = await keepBytes(tx, bytesOf(`receipt of ${name}`));
  await settleMessage(tx, name, { state, receiptDigest, evidence: 'signed', at: hour(h) });
}

async function listReceived(tx: Tx, name: string, h: number, kind: 'full' | 'delta'): Promise<void> {
  const { digest } = await recordArrival(tx, raw('AA', name, hour(h)));
  const receiptDigest = await keepBytes(tx, bytesOf(`our receipt of ${name}`));
  const list = { kind, position: position(h), issuedAt: hour(h), nextBy: hour(h + 24) };
  await recordLists(tx, { partner: 'AA', direction: 'in' }, [{ messageId: name, list, appliedAt: hour(h) }]);
  const settled = { partner: 'AA', digest, messageId: name, state: 'APPLIED', kind: 'list', receiptDigest } as const;
  await settleInbox(tx, { ...settled, at: hour(h) });
}

async function answersOf(tx: Tx, n: number, h: number): Promise<void> {
  const asked = { askedAt: hour(h), requester: 'desk', request: '{}', answer: '{}' };
  await recordConsultations(tx, [{ ...asked, n: 1_000 + n, leafHash: 'h', partner: 'AA' }]);
  await recordAssessment(tx, { ...asked, number: `E${n}`, request: {}, answer: {} });
  await saveIdempotent(tx, { requester: 'desk', key: `K${n}`, fingerprint: 'f', status: 200, body: '{}', at: hour(h) });
}

onBothEngines('retention', (store) => {
  const sizeOf = async (text: string): Promise<number> =>
    (await storedBytes(store().db.sql, digestOfText(text))).length;
  const kept = async (...texts: string[]): Promise<readonly string[]> =>
    (await Array.fromAsync(texts, async (text) => [text, await sizeOf(text)] as const)).flatMap(([text, size]) =>
      size > 0 ? [text] : [],
    );
  const count = async (table: string): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(store().db.sql);
    return Number(rows[0]?.n);
  };
  const run = async (kind: RetentionKind, dryRun = false) => {
    const found = await retire(store().db, { limits: { [kind]: hour(20) }, dryRun, pause });
    return found.map(({ kind: name, rows }) => [name, rows]);
  };

  it('drops the bytes of settled messages, but for the list in force and what waits; digests and receipts stay', async () => {
    await store().write(async (tx) => {
      await listSent(tx, 'full 1', 1, 'full', 'ACCEPTED');
      await listSent(tx, 'delta 2', 2, 'delta', 'ACCEPTED');
      await listSent(tx, 'full 3', 3, 'full', 'ACCEPTED');
      await listSent(tx, 'delta 4', 4, 'delta', 'ACCEPTED');
      await listSent(tx, 'full 5', 5, 'full');
      await listReceived(tx, 'their full 1', 1, 'full');
      await listReceived(tx, 'their delta 2', 2, 'delta');
      await recordArrival(tx, raw('AA', 'first part of their full 3', hour(3)));
      await listReceived(tx, 'their full 3', 4, 'full');
      const { digest } = await recordArrival(tx, raw('AA', 'their held list', hour(1)));
      await settleInbox(tx, { partner: 'AA', digest, state: 'HELD', kind: 'list', at: hour(1) });
    });
    const ours = ['full 1', 'delta 2', 'full 3', 'delta 4', 'full 5'].map((name) => `message ${name}`);
    const theirs = ['their full 1', 'their delta 2', 'first part of their full 3', 'their full 3', 'their held list'];
    expect(await run('bytes', true), 'shown').to.deep.equal([['bytes', 3]]);
    expect(await kept(...ours, ...theirs)).to.deep.equal([...ours, ...theirs]);
    expect(await run('bytes'), 'done').to.deep.equal([['bytes', 3]]);
    expect(await kept(...ours)).to.deep.equal(ours.slice(2));
    expect(await kept(...theirs)).to.deep.equal(theirs.slice(1));
    expect(await kept('receipt of full 1', 'our receipt of their full 1')).to.have.length(2);
    expect(await run('bytes'), 'nothing is left').to.deep.equal([['bytes', 0]]);
    expect(await run('receipts')).to.deep.equal([['receipts', 7]]);
    expect(await kept('receipt of full 1', 'our receipt of their full 1')).to.deep.equal([]);
    expect(await count('message')).to.equal(5);
  });

  it('drops the bytes of refused messages by their age, whatever the budget', async () => {
    await store().write(async (tx) => {
      for (const [text, h] of [
        ['garbage 1', 1],
        ['garbage 21', 21],
      ] as const) {
        const { digest } = await recordArrival(tx, raw('BB', text, hour(h)));
        await settleInbox(tx, { partner: 'BB', digest, state: 'REJECTED', reason: 'E_XML_MALFORMED', at: hour(h) });
        await countRefused(tx, 'BB', digest, 1_000_000);
      }
    });
    expect(await run('refused')).to.deep.equal([['refused', 1]]);
    expect(await kept('garbage 1', 'garbage 21')).to.deep.equal(['garbage 21']);
  });

  it('deletes answers and first replies, which nothing else can', async () => {
    await store().write(async (tx) => {
      for (let n = 1; n <= 250; n += 1) await answersOf(tx, n, 1);
      await answersOf(tx, 251, 21);
    });
    expect(await run('answers')).to.deep.equal([['answers', 500]]);
    expect(await run('repetitions')).to.deep.equal([['repetitions', 250]]);
    expect([await count('border_answer'), await count('assessment'), await count('idempotency')]).to.deep.equal([
      1, 1, 1,
    ]);
    for (const table of ['border_answer', 'assessment', 'event', 'attempt', 'operator_version']) {
      const emptied = (tx: Tx) => sql`delete from ${sql.table(table)}`.execute(tx);
      const refused = await store()
        .write(emptied)
        .catch((error: unknown) => error);
      if ((await count(table)) > 0 || store().engine === 'postgres') expect(refused, table).to.be.instanceOf(Error);
    }
  });

  it('deletes states that were replaced before, of partners’ operators and of our own', async () => {
    const { db } = store();
    const suspended = { status: 'suspended', statusSince: '2026-02-01' } as const;
    await fillList(db, { partner: 'CC', records: [listed('A'), listed('B')], sequence: 1, appliedAt: hour(1) });
    await fillList(db, { partner: 'CC', records: [listed('A', suspended)], sequence: 2, appliedAt: hour(2) });
    await fillList(db, { partner: 'CC', records: [listed('B', suspended)], sequence: 3, appliedAt: hour(21) });
    await store().write((tx) => saveOperators(tx, [operator('1'), operator('2')], hour(1)));
    await store().write((tx) => saveOperators(tx, [operator('1', { consent: false })], hour(2)));
    await store().write((tx) => saveOperators(tx, [operator('2', { consent: false })], hour(21)));
    expect(await count('operator_version')).to.equal(2);
    const partOfRegister = async (): Promise<readonly string[]> => {
      const versions = store().db.sql.selectFrom('register_version').select(['identifier', 'status', 'valid_to']);
      const rows = await versions.where('partner', '=', 'CC').orderBy('identifier').orderBy('valid_from').execute();
      return rows.map(({ identifier, status, valid_to: to }) => `${identifier} ${status} ${to.slice(0, 4)}`);
    };
    // Of A: what was replaced, and what was so until February. Of B, all that was learnt in the last hour stays.
    expect(await run('history')).to.deep.equal([['history', 3]]);
    expect((await partOfRegister()).filter((text) => text.startsWith('A'))).to.deep.equal(['A suspended 9999']);
    expect((await partOfRegister()).filter((text) => text.startsWith('B active'))).to.have.length(2);
    expect(await count('operator_version')).to.equal(1);
  });

  it('deletes attempts and their failures in the log, but for the last ones of a message that waits', async () => {
    await store().write(async (tx) => {
      await addMessage(tx, sealed('unreachable', 'DD'), { at: hour(1) });
      await tx.updateTable('message').set({ attempts: 40 }).where('id', '=', 'unreachable').execute();
      for (let no = 1; no <= 40; no += 1) {
        const attempt = { message_id: 'unreachable', no, at: hour(1), owner: null, evidence: 'ECONNREFUSED' };
        await tx
          .insertInto('attempt')
          .values([
            { ...attempt, event: 'started' },
            { ...attempt, event: 'failed' },
          ])
          .execute();
      }
      const failed = { kind: 'delivery_unknown', ref: 'unreachable', at: hour(1) };
      await appendEvents(tx, [failed, { ...failed, kind: 'delivery_custody' }, { ...failed, at: hour(21) }]);
    });
    expect(await run('attempts')).to.deep.equal([['attempts', 77]]);
    expect(await count('attempt')).to.equal(4);
  });

  it('deletes messages that are over, with what belongs to them; of received lists what recognises a repetition stays', async () => {
    await store().write(async (tx) => {
      await tx.deleteFrom('list').execute();
      await listSent(tx, 'E full 1', 11, 'full', 'ACCEPTED');
      await listSent(tx, 'E delta 2', 12, 'delta', 'ACCEPTED');
      await listSent(tx, 'E full 3', 13, 'full', 'ACCEPTED');
      await listSent(tx, 'E waits 4', 14, 'delta');
      await recordResults(tx, 'AA', 'E full 1', [{ identifier: 'A', code: 'E_X', detail: 'x' }]);
      for (const h of [11, 12, 13]) await listReceived(tx, `E theirs ${String(h)}`, h, 'full');
      await recordResults(tx, 'AA', 'E theirs 11', [{ identifier: 'A', code: 'E_X', detail: 'x' }]);
      for (const [text, kind] of [
        ['E their reply', 'reply'],
        ['E their key', 'key'],
      ] as const) {
        const { digest } = await recordArrival(tx, raw('AA', text, hour(1)));
        await claimMessageId(tx, 'AA', text, digest);
        await settleInbox(tx, { partner: 'AA', digest, messageId: text, state: 'APPLIED', kind, at: hour(1) });
      }
    });
    const dropped = await run('messages', true);
    expect(await run('messages')).to.deep.equal(dropped);
    const idsOf = async (table: 'message' | 'inbox', prefix: string): Promise<readonly string[]> => {
      const column = table === 'message' ? 'id' : 'message_id';
      const { rows } = await sql<{ id: string }>`select ${sql.ref(column)} as id from ${sql.table(table)}
        where ${sql.ref(column)} like ${`${prefix}%`} order by 1`.execute(store().db.sql);
      return rows.map(({ id }) => id);
    };
    expect(await idsOf('message', 'E ')).to.deep.equal(['E full 3', 'E waits 4']);
    expect(await idsOf('inbox', 'E ')).to.deep.equal(['E their key', 'E theirs 11', 'E theirs 12', 'E theirs 13']);
    expect(await count('record_result')).to.equal(0);
    const { db } = store();
    const repeated = await db.transaction((tx) => recordArrival(tx, raw('AA', 'E theirs 11', hour(21))));
    expect(repeated).to.include({ known: true, state: 'APPLIED' });
    const orphans = await sql`select digest from body where digest not in (select digest from message
      union select receipt_digest from message where receipt_digest is not null union select digest from inbox
      union select receipt_digest from inbox where receipt_digest is not null)`.execute(db.sql);
    expect(orphans.rows).to.deep.equal([]);
    expect((await run('messages'))[0]?.[1], 'nothing is left').to.equal(0);
  });

  it('empties entries of the log, but for what evidence and the numbers of the log rest on', async () => {
    await store().write((tx) => {
      const kinds = ['list_sealed', 'signed_in', 'list_applied', 'log_restarted', 'assessment', 'alarm_opened'];
      const events = kinds.map((kind) => ({ kind, ref: 'E events', at: hour(1) }));
      return appendEvents(tx, [...events, { kind: 'store_older', ref: 'store', at: hour(1) }]);
    });
    const retiredBefore = await count('log_retired');
    const [[, rows] = []] = await run('events');
    expect(await count('log_retired')).to.equal(retiredBefore + Number(rows));
    const { rows: left } = await sql<{ kind: string }>`select kind from event where ref in ('E events', 'store')
      order by n`.execute(store().db.sql);
    expect(left.map(({ kind }) => kind)).to.deep.equal(['list_applied', 'log_restarted', 'assessment', 'store_older']);
  });

  it('takes changes of the register away, and says to those who have not read them to read it anew', async () => {
    const { db } = store();
    await store().write(async (tx) => {
      await tx.deleteFrom('register_change').execute();
      const change = { before: 'active', after: 'suspended', from: '2026-02-01' } as const;
      for (const [partner, h] of [
        ['CC', 1],
        ['DD', 1],
        ['CC', 2],
        ['CC', 21],
      ] as const) {
        const changes = [{ ...change, identifier: `${partner} at ${h}` }];
        await recordChanges(tx, { partner, list: 1, knownAt: hour(h), today: '2026-02-01' }, changes);
      }
    });
    const asked = { after: 0, limit: 10 };
    const [first] = await changesAfter(db.sql, asked);
    expect(await run('changes')).to.deep.equal([['changes', 3]]);
    const left = (await changesAfter(db.sql, asked)).map(({ n, partner, kind }) => [
      n - (first?.n ?? 0),
      partner,
      kind,
    ]);
    const anew = [
      [1, 'DD', 'reloaded'],
      [2, 'CC', 'reloaded'],
    ];
    expect(left).to.deep.equal([...anew, [3, 'CC', 'suspended']]);
    expect(await run('changes'), 'nothing is left').to.deep.equal([['changes', 0]]);
  });

  it('deletes alarms that were closed, once nobody waits for their notice', async () => {
    const problem = { cause: 'x', severity: 'warn', detail: 'd', fix: 'f' } as const;
    await store().write(async (tx) => {
      for (const subject of ['closed', 'open', 'notice waits']) {
        const { n } = await openAlarm(tx, { ...problem, subject }, subject === 'notice waits' ? ['mail'] : [], hour(1));
        if (subject !== 'open') await closeAlarm(tx, n, [], hour(2));
      }
    });
    expect(await run('alarms')).to.deep.equal([['alarms', 1]]);
    const left = await listAlarms(store().db.sql, { all: true });
    expect(left.map(({ subject }) => subject)).to.deep.equal(['notice waits', 'open']);
  });

  it('bounds each table, as the page about backups says', async () => {
    const names =
      store().engine === 'sqlite'
        ? sql<{ name: string }>`select name from sqlite_master where type = 'table' and name not like 'sqlite%'`
        : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`;
    const { rows } = await names.execute(store().db.sql);
    const [, section = ''] = readFileSync(page, 'utf8').split('### What bounds each table');
    const firstCells = section.split('\n').flatMap((line) => line.match(/^\| (`.+?) \|/u)?.[1] ?? []);
    const bounded = firstCells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/gu), ([, name]) => name));
    const tables = rows.map(({ name }) => name).filter((name) => !name.startsWith('kysely'));
    expect(bounded.toSorted()).to.deep.equal(tables.toSorted());
  });

  it('is the work of one gateway a night', async () => {
    expect([await claimNight(store().db, 20_000), await claimNight(store().db, 20_000)]).to.deep.equal([true, false]);
    expect(await claimNight(store().db, 20_001)).to.equal(true);
  });

  it('lets everything stay that has no limit', async () => {
    expect(await retire(store().db, { limits: {}, dryRun: false, pause })).to.deep.equal([]);
    expect(retentionKinds).to.have.length(11);
  });
});
