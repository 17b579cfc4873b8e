/** What is due is found without reading what was delivered, or what waits behind it. */

import { expect } from 'chai';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { insertMany } from '../../gateway/store/bulk.ts';
import { selectDue } from '../../gateway/store/delivery-leases.ts';
import { claimDue, finishAttempt, findMessage, makeDue, renewLease, resendNow } from '../../gateway/store/outbox.ts';
import type { Claimed, DeliveryClaim } from '../../gateway/store/outbox.ts';
import { outboundStates } from '../../gateway/model/message.ts';
import { later } from '../../gateway/model/day.ts';
import { onBothEngines, type TestStore } from './engines.ts';
import { bytesOf, hour } from './samples.ts';

type State = 'ACCEPTED' | 'HANDED_OVER' | 'SEALED';

/** Lists and replies of one partner in turn, all with the same bytes; the lists are one stream. */
async function fill({ write }: TestStore, partner: string, state: State, from: number, count: number): Promise<void> {
  const digest = await write((tx) => keepBytes(tx, bytesOf('the same for all')));
  // Outside the transaction: PostgreSQL ends one whose client does nothing for five seconds.
  const rows = Array.from({ length: count }, (_, i) => ({
    ...{ id: `${partner}-${from + i}`, partner, content_type: 'application/xml', digest, attempts: 0 },
    ...(i % 2 === 0
      ? { kind: 'list' as const, epoch_id: 'e1', sequence: from + i }
      : { kind: 'reply' as const, epoch_id: null, sequence: null }),
    ...{ state, state_rank: outboundStates[state], created_at: hour(1) },
    next_attempt_at: state === 'SEALED' ? hour(1) : null,
    receipt_due_at: state === 'HANDED_OVER' ? hour(2) : null,
  }));
  await write((tx) => insertMany(tx, 'message', rows));
}

const claimOf = (partner: string, changes: Partial<DeliveryClaim> = {}): DeliveryClaim => ({
  ...{ owner: 'us', partner, now: hour(1), leaseUntil: later(hour(1), 15), limit: 1 },
  ...changes,
});

interface PlanNode {
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that the steps of a plan read, also those they passed over. */
function rowsRead({ Plans = [], ...node }: PlanNode): number {
  const rows =
    (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return rows * (node['Actual Loops'] ?? 1) + Plans.reduce((sum, plan) => sum + rowsRead(plan), 0);
}

onBothEngines('finding what is due among 200,000 delivered and 10,000 waiting messages', (store) => {
  before(async () => {
    await fill(store(), 'QA', 'ACCEPTED', 1, 200_000);
    await fill(store(), 'QA', 'SEALED', 200_001, 10_000);
    await fill(store(), 'QB', 'HANDED_OVER', 1, 10_000);
  });
  const explain = async (text: string, partner: string) => {
    const query = selectDue(store().db.sql, claimOf(partner)).compile();
    const explained = { ...query, sql: `${text} ${query.sql}` };
    return (await store().db.sql.executeQuery<Record<string, unknown>>(explained)).rows;
  };

  it('reads a few rows, and no table or index from end to end', async () => {
    for (const partner of ['QA', 'QB', 'QC']) {
      if (store().engine === 'sqlite') {
        const steps = (await explain('explain query plan', partner)).map(({ detail }) => String(detail));
        expect(steps.filter((step) => /^SCAN (message|m|earlier)\b/.test(step))).to.deep.equal([]);
        const searches = steps.filter((step) => /^SEARCH (message|m|earlier)\b/.test(step));
        // By an index in which nothing stands that was delivered, or by a key of one row.
        const short = /\bmessage_(sealed|overdue)\b|\(id=\?\)|\(partner=\? AND epoch_id=\? AND sequence=\?\)/;
        expect(searches.filter((step) => !short.test(step))).to.deep.equal([]);
      } else {
        const [row] = await explain('explain (analyze, format json)', partner);
        const [{ Plan: plan }] = row?.['QUERY PLAN'] as [{ Plan: PlanNode }];
        expect(rowsRead(plan)).to.be.at.most(200);
      }
    }
  });

  /** Claims of one partner and their outcomes, one after the other; the ids of its messages. */
  async function claim(partner: string, count: number): Promise<string[]> {
    const claims: string[] = [];
    while (claims.length < count) {
      const [claimed] = await claimDue(store().db, claimOf(partner));
      if (claimed === undefined) throw new Error('nothing was due');
      claims.push(claimed.id);
      await store().write((tx) => finishAttempt(tx, claimed, { outcome: 'handed_over', evidence: 'e', at: hour(1) }));
    }
    return claims;
  }

  it('takes the first list of the stream and the first replies, as often as it is asked', async () => {
    const claims = await claim('QA', 40);
    const lists = claims.filter((id) => Number(id.slice(3)) % 2 === 1);
    expect(lists).to.deep.equal(lists.map((_, i) => `QA-${200_001 + 2 * i}`));
    expect(new Set(claims).size).to.equal(40);
  });
});

onBothEngines('leases and times of the next attempt', (store) => {
  const claimOne = async (partner: string, now: string): Promise<Claimed | undefined> =>
    (await claimDue(store().db, claimOf(partner, { now, leaseUntil: later(now, 15) })))[0];
  const finish = (claimed: Claimed | undefined, nextAttemptAt: string, at: string) =>
    store().write(async (tx) => {
      if (claimed === undefined) throw new Error('nothing was due');
      return await finishAttempt(tx, claimed, { outcome: 'failed', evidence: 'e', at, nextAttemptAt });
    });

  it('of a clock that was two days ahead do not count', async () => {
    await fill(store(), 'RA', 'SEALED', 1, 2);
    const ahead = later(hour(1), 2 * 24 * 3600);
    for (let i = 0; i < 2; i += 1) await finish(await claimOne('RA', ahead), later(ahead, 60), ahead);
    expect((await claimOne('RA', hour(2)))?.id).to.be.oneOf(['RA-1', 'RA-2']);
    expect((await claimOne('RA', hour(2)))?.id).to.be.oneOf(['RA-1', 'RA-2']);
    await fill(store(), 'RB', 'SEALED', 1, 1);
    await claimOne('RB', ahead);
    expect((await claimOne('RB', hour(2)))?.id).to.equal('RB-1');
    expect(await claimOne('RB', later(hour(2), 14))).to.equal(undefined);
    await fill(store(), 'RC', 'HANDED_OVER', 1, 1);
    await store().write((tx) =>
      tx.updateTable('message').set({ receipt_due_at: ahead }).where('partner', '=', 'RC').execute(),
    );
    expect((await claimOne('RC', hour(2)))?.id).to.equal('RC-1');
  });

  it('keep a message with its sender while the lease is renewed, and free it 15 s after the sender died', async () => {
    await fill(store(), 'RD', 'SEALED', 1, 1);
    const sending = await claimOne('RD', hour(1));
    if (sending === undefined) throw new Error('nothing was due');
    expect(await store().write((tx) => renewLease(tx, sending, later(hour(1), 25)))).to.equal(true);
    expect(await claimOne('RD', later(hour(1), 20))).to.equal(undefined);
    expect((await claimOne('RD', later(hour(1), 25)))?.attempt).to.equal(2);
    expect(await store().write((tx) => renewLease(tx, sending, later(hour(1), 60)))).to.equal(false);
  });

  it('do not keep a message from a person who asks to send it again', async () => {
    await fill(store(), 'RE', 'SEALED', 1, 1);
    await claimOne('RE', hour(1));
    await store().write((tx) => resendNow(tx, 'RE-1', later(hour(1), 1)));
    expect((await claimOne('RE', later(hour(1), 1)))?.attempt).to.equal(2);
  });

  it('are over at once when the partner takes messages again', async () => {
    await fill(store(), 'RF', 'SEALED', 1, 2);
    for (let i = 0; i < 2; i += 1) await finish(await claimOne('RF', hour(1)), later(hour(1), 3600), hour(1));
    expect(await claimOne('RF', hour(1))).to.equal(undefined);
    await store().write((tx) => makeDue(tx, 'RF', hour(1)));
    expect((await findMessage(store().db.sql, 'RF-1'))?.nextAttemptAt).to.equal(hour(1));
    expect([(await claimOne('RF', hour(1)))?.id, (await claimOne('RF', hour(1)))?.id].sort()).to.deep.equal([
      'RF-1',
      'RF-2',
    ]);
  });
});
