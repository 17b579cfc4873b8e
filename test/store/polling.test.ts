/** Messages for partners that poll: the oldest without a receipt, until it is settled, and always in order. */

import { expect } from 'chai';
import { keepBytes } from '../../gateway/store/bodies.ts';
import {
  addMessage,
  attemptsOf,
  claimDue,
  claimForPoll,
  finishAttempt,
  recordProgress,
  settleMessage,
} from '../../gateway/store/outbox.ts';
import type { AttemptResult, Claimed } from '../../gateway/store/outbox.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { onBothEngines } from './engines.ts';
import { bytesOf, hour, sealed } from './samples.ts';

onBothEngines('polling', (store) => {
  const add = (id: string, partner: string, at: number, sequence?: number, kind: SealedMessage['kind'] = 'list') =>
    store().write((tx) => {
      const meta = { at: hour(at), ...(sequence === undefined ? {} : { epochId: 'e1', sequence }) };
      return addMessage(tx, sealed(id, partner, { kind }), meta);
    });
  const ask = (partner: string, h = 2): Promise<Claimed | undefined> =>
    claimForPoll(store().db, {
      owner: 'us',
      now: hour(h),
      leaseUntil: hour(h + 1),
      partner,
      kinds: ['list', 'reply'],
    });
  const asked = async (partner: string, h = 2): Promise<Claimed> => {
    const claimed = await ask(partner, h);
    if (claimed === undefined) throw new Error('nothing waited');
    return claimed;
  };
  const finish = (claimed: Claimed, result: Omit<AttemptResult, 'evidence' | 'at'>) =>
    store().write((tx) => finishAttempt(tx, claimed, { evidence: 'noted', at: hour(2), ...result }));

  it('returns the oldest message until it is settled, with the same bytes, and records each attempt', async () => {
    await add('g1', 'FA', 1, 1);
    await add('g2', 'FA', 1, 2);
    await add('g3', 'FA', 2, undefined, 'reply');
    const first = await asked('FA');
    await finish(first, { outcome: 'handed_over', receiptDueAt: hour(3) });
    const again = await asked('FA');
    expect([first.id, again.id, again.attempt]).to.deep.equal(['g1', 'g1', 2]);
    expect(Buffer.compare(first.bytes, again.bytes)).to.equal(0);
    expect(await finish(again, { outcome: 'failed' })).to.equal(true);
    expect((await attemptsOf(store().db.sql, 'g1')).map(({ outcome }) => outcome)).to.deep.equal([
      'handed_over',
      'failed',
    ]);
    await store().write((tx) => settleMessage(tx, 'g1', { state: 'ACCEPTED', at: hour(2) }));
    expect((await asked('FA')).id).to.equal('g2');
  });

  it('returns the same message to two concurrent polls; only the later one records the outcome', async () => {
    await add('t1', 'FB', 1, 1);
    const [one, two] = [await asked('FB'), await asked('FB')];
    expect([one.id, two.id]).to.deep.equal(['t1', 't1']);
    expect(await finish(one, { outcome: 'handed_over' })).to.equal(false);
    expect(await finish(two, { outcome: 'handed_over' })).to.equal(true);
  });

  it('returns no message of another partner, no receipt, and no list after one on hold', async () => {
    await add('r1', 'FC', 1, undefined, 'receipt');
    expect(await ask('FC')).to.equal(undefined);
    await add('h1', 'FC', 1, 1);
    await add('h2', 'FC', 1, 2);
    await finish(await asked('FC'), { outcome: 'held', holdReason: 'route' });
    expect(await ask('FC')).to.equal(undefined);
    expect(await ask('FD')).to.equal(undefined);
  });

  it('returns later messages while the partner holds one, until its receipt is due', async () => {
    await add('p1', 'FE', 1, 1);
    await add('p2', 'FE', 1, 2, 'reply');
    await finish(await asked('FE'), { outcome: 'handed_over', receiptDueAt: hour(3) });
    await store().write(async (tx) => {
      const receiptDigest = await keepBytes(tx, bytesOf('held'));
      const said = { receiptDigest, detail: 'held', evidence: 'signed', receiptDueAt: hour(9) } as const;
      const held = { ...said, progress: 'held' } as const;
      return await recordProgress(tx, 'p1', held);
    });
    expect((await asked('FE', 8)).id).to.equal('p2');
    expect((await asked('FE', 9)).id).to.equal('p1');
  });

  it('leaves receipts, and only them, to be sent', async () => {
    await add('s1', 'FF', 1, 1);
    await add('s2', 'FF', 1, undefined, 'receipt');
    const claim = { owner: 'us', now: hour(2), leaseUntil: hour(3), limit: 10, partner: 'FF' };
    expect((await claimDue(store().db, { ...claim, kinds: ['receipt'] })).map(({ id }) => id)).to.deep.equal(['s2']);
  });
});
