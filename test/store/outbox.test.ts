/** The outbox: bytes never change, leases exclude other senders, and states move only forward. */

import { expect } from 'chai';
import { getBytes, keepBytes } from '../../gateway/store/bodies.ts';
import {
  addMessage,
  attemptsOf,
  claimDue,
  findMessage,
  finishAttempt,
  listMessages,
  recordProgress,
  recordResults,
  resendNow,
  resultsOf,
  settleMessage,
  unanswered,
} from '../../gateway/store/outbox.ts';
import { supersedeOlder } from '../../gateway/store/superseding.ts';
import type { AttemptResult, Claimed } from '../../gateway/store/outbox.ts';
import { recordArrival } from '../../gateway/store/inbox.ts';
import { codeOf } from './codes.ts';
import { onBothEngines } from './engines.ts';
import type { TestStore } from './engines.ts';
import { bytesOf, hour, raw, sealed } from './samples.ts';

/** The few steps every test of the outbox takes, in its own words. */
function steps(store: () => TestStore) {
  return {
    add: (id: string, partner: string, sequence?: number, epochId = 'e1') =>
      store().write((tx) =>
        addMessage(tx, sealed(id, partner), { at: hour(1), ...(sequence === undefined ? {} : { epochId, sequence }) }),
      ),
    claim: (partner: string, h: number, owner = 'us', limit = 10) =>
      claimDue(store().db, { owner, now: hour(h), leaseUntil: hour(h + 1), limit, partner }),
    claimOne: async (partner: string, h: number, owner = 'us'): Promise<Claimed> => {
      const [claimed] = await claimDue(store().db, { owner, now: hour(h), leaseUntil: hour(h + 1), limit: 1, partner });
      if (claimed === undefined) throw new Error('nothing was due');
      return claimed;
    },
    finish: (claimed: Claimed, result: Omit<AttemptResult, 'evidence' | 'at'>, h = 2) =>
      store().write((tx) => finishAttempt(tx, claimed, { evidence: 'noted', at: hour(h), ...result })),
    settle: (id: string, state: 'ACCEPTED' | 'PARTIAL' | 'REJECTED' | 'CLOSED' | 'SUPERSEDED') =>
      store().write(async (tx) => {
        const receiptDigest = await keepBytes(tx, bytesOf(`receipt ${id} ${state}`));
        return await settleMessage(tx, id, { state, receiptDigest, verdictDetail: state, at: hour(5) });
      }),
    state: async (id: string) => (await findMessage(store().db.sql, id))?.state,
    ids: (claimed: readonly Claimed[]) => claimed.map(({ id }) => id),
  };
}

onBothEngines('a message to which no answer is expected any more', (store) => {
  const { add, claim, claimOne, finish, settle, state } = steps(store);

  it('is not sent again nor replaced, and a verdict that comes nevertheless counts once', async () => {
    await add('closed', 'AM', 1);
    const claimed = await claimOne('AM', 1);
    expect(await settle('closed', 'CLOSED')).to.equal(true);
    await finish(claimed, { outcome: 'handed_over', receiptDueAt: hour(2) });
    expect(await state('closed')).to.equal('CLOSED');
    expect(await claim('AM', 9)).to.deep.equal([]);
    expect(await store().write((tx) => supersedeOlder(tx, 'AM', 'other', hour(6)))).to.deep.equal([]);
    expect(await store().write((tx) => resendNow(tx, 'closed', hour(7)))).to.equal(false);
    expect(await settle('closed', 'CLOSED')).to.equal(false);
    expect([await settle('closed', 'REJECTED'), await settle('closed', 'ACCEPTED')]).to.deep.equal([true, false]);
    expect(await state('closed')).to.equal('REJECTED');
  });

  it('was due for an answer until then, and an answer that came before the attempt was recorded keeps its time', async () => {
    await add('due', 'AN', 1);
    const claimed = await claimOne('AN', 1);
    const receiptDigest = await store().write((tx) => keepBytes(tx, bytesOf('arrived')));
    const said = { receiptDigest, detail: 'applied', evidence: 'channel', answerDueAt: hour(8) } as const;
    await store().write((tx) => recordProgress(tx, 'due', { ...said, progress: 'received' }));
    await finish(claimed, { outcome: 'handed_over', answerDueAt: hour(3) });
    const due = async (h: number) => (await unanswered(store().db.sql, 'AN', hour(h))).map(({ id }) => id);
    expect([await due(7), await due(8)]).to.deep.equal([[], ['due']]);
    await settle('due', 'CLOSED');
    expect(await due(9)).to.deep.equal([]);
  });
});

onBothEngines('sending', (store) => {
  const { add, claim, claimOne, finish, settle, state, ids } = steps(store);

  it('carries the same bytes under the same id at every attempt', async () => {
    await add('same', 'AA');
    const first = await claimOne('AA', 1);
    await finish(first, { outcome: 'failed', nextAttemptAt: hour(3) });
    expect(ids(await claim('AA', 2))).to.deep.equal([]);
    const second = await claimOne('AA', 3);
    expect(second).to.deep.include({ id: 'same', digest: first.digest, attempt: 2 });
    expect(Buffer.compare(second.bytes, sealed('same', 'AA').bytes)).to.equal(0);
    expect(second.attempt).to.be.above(first.attempt);
  });

  it('records every attempt with its owner and outcome', async () => {
    await add('evidence', 'AB');
    const first = await claimOne('AB', 1, 'gateway-1');
    await finish(first, { outcome: 'failed', nextAttemptAt: hour(2) }, 1);
    await claimOne('AB', 2, 'gateway-2');
    expect(await attemptsOf(store().db.sql, 'evidence')).to.deep.equal([
      { no: 1, at: hour(1), owner: 'gateway-1', outcome: 'failed', endedAt: hour(1), evidence: 'noted' },
      { no: 2, at: hour(2), owner: 'gateway-2' },
    ]);
  });

  it('is done by one sender at a time, and by another once the lease has expired', async () => {
    await add('leased', 'AC');
    const lost = await claimOne('AC', 1, 'died');
    expect(await claim('AC', 1)).to.deep.equal([]);
    const taken = await claimOne('AC', 2, 'other');
    expect(await finish(lost, { outcome: 'handed_over', receiptDueAt: hour(9) })).to.equal(false);
    expect(await state('leased')).to.equal('SEALED');
    expect(await finish(taken, { outcome: 'handed_over', receiptDueAt: hour(9) })).to.equal(true);
    expect(await state('leased')).to.equal('HANDED_OVER');
    expect(await finish(taken, { outcome: 'failed' })).to.equal(false);
    const attempts = await attemptsOf(store().db.sql, 'leased');
    expect(attempts.map(({ outcome }) => outcome)).to.deep.equal([undefined, 'handed_over']);
  });

  it('keeps the order of a stream: a list waits until every earlier one is handed over', async () => {
    await add('n2', 'AD', 2);
    await add('n1', 'AD', 1);
    await add('reply', 'AD');
    const first = await claim('AD', 1);
    expect(ids(first).sort()).to.deep.equal(['n1', 'reply']);
    for (const claimed of first) {
      await finish(
        claimed,
        claimed.id === 'n1' ? { outcome: 'held', holdReason: 'route' } : { outcome: 'handed_over' },
      );
    }
    expect(ids(await claim('AD', 4))).to.deep.equal([]);
    await store().write((tx) => resendNow(tx, 'n1', hour(5)));
    const again = await claimOne('AD', 5);
    expect(again.id).to.equal('n1');
    await finish(again, { outcome: 'handed_over', receiptDueAt: hour(6) });
    expect(ids(await claim('AD', 5))).to.deep.equal(['n2']);
  });

  it('is repeated when the receipt is overdue, and the message stays handed over', async () => {
    await add('overdue', 'AE');
    await finish(await claimOne('AE', 1), { outcome: 'handed_over', receiptDueAt: hour(4) });
    expect(await claim('AE', 3)).to.deep.equal([]);
    const again = await claimOne('AE', 4);
    await finish(again, { outcome: 'failed', nextAttemptAt: hour(6) });
    expect(await findMessage(store().db.sql, 'overdue')).to.deep.include({
      state: 'HANDED_OVER',
      receiptDueAt: hour(6),
    });
  });

  it('is not repeated for messages without a receipt', async () => {
    await add('unreceipted', 'AF');
    await finish(await claimOne('AF', 1), { outcome: 'handed_over' });
    expect(await claim('AF', 99)).to.deep.equal([]);
  });

  it('ends with a verdict, which later results do not change', async () => {
    await add('settled', 'AG');
    const slow = await claimOne('AG', 1);
    expect(await settle('settled', 'PARTIAL')).to.equal(true);
    expect(await finish(slow, { outcome: 'handed_over', receiptDueAt: hour(3) })).to.equal(true);
    expect(await settle('settled', 'REJECTED')).to.equal(false);
    expect(await settle('settled', 'SUPERSEDED')).to.equal(false);
    expect(await store().write((tx) => resendNow(tx, 'settled', hour(4)))).to.equal(false);
    expect(await claim('AG', 99)).to.deep.equal([]);
    const message = await findMessage(store().db.sql, 'settled');
    expect(message).to.deep.include({ state: 'PARTIAL', verdictDetail: 'PARTIAL', settledAt: hour(5) });
    expect(message).to.not.have.any.keys('receiptDueAt', 'nextAttemptAt');
    const receipt = await getBytes(store().db.sql, message?.receiptDigest ?? '');
    expect(Buffer.from(receipt).toString()).to.equal('receipt settled PARTIAL');
  });

  it('waits longer while the partner holds the message', async () => {
    await add('theirs', 'AH');
    const receiptDigest = await store().write((tx) => keepBytes(tx, bytesOf('held')));
    const said = { receiptDigest, detail: 'list_shrinks', evidence: 'channel', receiptDueAt: hour(30) } as const;
    const note = { ...said, progress: 'held' } as const;
    expect(await store().write((tx) => recordProgress(tx, 'theirs', note))).to.equal(true);
    expect(await findMessage(store().db.sql, 'theirs')).to.deep.include({
      state: 'HANDED_OVER',
      receiptDueAt: hour(30),
      verdictDetail: 'list_shrinks',
      evidence: 'channel',
    });
    expect(await claim('AH', 29)).to.deep.equal([]);
    expect(await settle('theirs', 'ACCEPTED')).to.equal(true);
    expect(await store().write((tx) => recordProgress(tx, 'theirs', note))).to.equal(false);
    expect(await state('theirs')).to.equal('ACCEPTED');
  });

  it('stops for lists that a new epoch replaces', async () => {
    await add('old-done', 'AI', 1, 'old');
    await settle('old-done', 'ACCEPTED');
    await add('old-open', 'AI', 2, 'old');
    await add('new', 'AI', 1, 'new');
    await add('plain', 'AI');
    expect(await store().write((tx) => supersedeOlder(tx, 'AI', 'new', hour(6)))).to.deep.equal(['old-open']);
    expect([await state('old-done'), await state('old-open')]).to.deep.equal(['ACCEPTED', 'SUPERSEDED']);
    expect(await settle('old-open', 'ACCEPTED')).to.equal(false);
    expect(ids(await claim('AI', 7)).sort()).to.deep.equal(['new', 'plain']);
  });

  it('assigns every due message to exactly one of many senders', async () => {
    for (let i = 0; i < 40; i += 1) await add(`many-${i}`, 'AJ');
    const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => claim('AJ', 1, `sender-${i}`, 10)));
    const claimed = ids(claims.flat());
    expect(new Set(claimed).size).to.equal(claimed.length);
    const rest = ids(await claim('AJ', 1, 'last', 100));
    expect(new Set([...claimed, ...rest]).size).to.equal(40);
    expect(claimed.length + rest.length).to.equal(40);
  });
});

onBothEngines('the outbox', (store) => {
  const { add } = steps(store);

  it('refuses a second message with the same id or number', async () => {
    await add('unique', 'BA', 7);
    for (const adding of [add('unique', 'BA', 8), add('other', 'BA', 7)]) {
      expect(await adding.catch((error: unknown) => error)).to.be.instanceOf(Error);
    }
    await add('other', 'BB', 7);
    expect((await findMessage(store().db.sql, 'other'))?.partner).to.equal('BB');
  });

  it('refuses bytes that do not match their digest', async () => {
    const forged = sealed('forged', 'BA', { bytes: bytesOf('other bytes') });
    expect(await codeOf(store().write((tx) => addMessage(tx, forged, { at: hour(1) })))).to.equal('E_INTERNAL');
    expect(await findMessage(store().db.sql, 'forged')).to.equal(undefined);
  });

  it('keeps the results of the latest reply to a message', async () => {
    const result = (identifier: string) =>
      ({ identifier, code: 'dates_contradict', detail: 'ends before it begins' }) as const;
    const record = (...identifiers: string[]) =>
      store().write((tx) => recordResults(tx, 'BC', 'm1', identifiers.map(result)));
    await record('X', 'Y');
    await record('Z', 'A');
    expect(await resultsOf(store().db.sql, 'BC', 'm1')).to.deep.equal([result('Z'), result('A')]);
    expect(await resultsOf(store().db.sql, 'BD', 'm1')).to.deep.equal([]);
  });

  it('and the inbox are listed together, newest first', async () => {
    await store().write(async (tx) => {
      await addMessage(tx, sealed('s1', 'BE', { kind: 'reply' }), { at: hour(2), correlatesTo: 'x' });
      await addMessage(tx, sealed('s2', 'BE'), { at: hour(4) });
      await recordArrival(tx, { ...raw('BE', 'received', hour(3)), hintedId: 'hint' });
    });
    const list = async (query: object) =>
      (await listMessages(store().db.sql, { partner: 'BE', limit: 10, ...query })).map(
        ({ id, direction, state, at }) => ({ id, direction, state, at }),
      );
    const [newest, received, oldest] = [
      { id: 's2', direction: 'out', state: 'SEALED', at: hour(4) },
      { id: 'hint', direction: 'in', state: 'RECEIVED', at: hour(3) },
      { id: 's1', direction: 'out', state: 'SEALED', at: hour(2) },
    ];
    expect(await list({})).to.deep.equal([newest, received, oldest]);
    expect(await list({ limit: 2 })).to.deep.equal([newest, received]);
    expect(await list({ direction: 'out' })).to.deep.equal([newest, oldest]);
    expect(await list({ direction: 'in' })).to.deep.equal([received]);
    expect(await list({ state: 'SEALED' })).to.deep.equal([newest, oldest]);
    expect(await findMessage(store().db.sql, 's1')).to.deep.include({
      kind: 'reply',
      correlatesTo: 'x',
      attempts: 0,
      nextAttemptAt: hour(2),
    });
  });
});
