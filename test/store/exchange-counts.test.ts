/** How the exchange of a month went, on both engines: messages by what became of them, and how long restrictions took. */

import { expect } from 'chai';
import { later } from '../../gateway/model/day.ts';
import { recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import { countReceived, countSent } from '../../gateway/store/exchange-counts.ts';
import { addMessage, settleMessage } from '../../gateway/store/outbox.ts';
import { restrictionDelays } from '../../gateway/store/register-changes.ts';
import { fillList, operator } from '../support/clearance-fixture.ts';
import { onBothEngines } from './engines.ts';
import { hour, raw, sealed } from './samples.ts';

onBothEngines('the exchange of a month', (store) => {
  const period = { partner: 'AA', from: hour(0), to: hour(24) };

  it('counts messages of ours by their state, without receipts and other months', async () => {
    await store().write(async (tx) => {
      for (const [name, h] of [
        ['one', 1],
        ['two', 2],
        ['late', 30],
      ] as const)
        await addMessage(tx, sealed(name, 'AA'), { at: hour(h), epochId: 'e1', sequence: h });
      await settleMessage(tx, 'one', { state: 'ACCEPTED', evidence: 'signed', at: hour(3) });
    });
    expect(await countSent(store().db.sql, period)).to.deep.equal({ ACCEPTED: 1, SEALED: 1 });
    expect(await countSent(store().db.sql, { ...period, partner: 'BB' })).to.deep.equal({});
  });

  it('counts lists that came, and what was refused before it was known what it is', async () => {
    await store().write(async (tx) => {
      for (const [name, h, kind] of [
        ['list', 1, 'list'],
        ['reply', 2, 'reply'],
        ['late', 30, 'list'],
      ] as const) {
        const { digest } = await recordArrival(tx, raw('AA', name, hour(h)));
        await settleInbox(tx, { partner: 'AA', digest, messageId: name, state: 'APPLIED', kind, at: hour(h) });
      }
      const { digest } = await recordArrival(tx, raw('AA', 'garbage', hour(4)));
      await settleInbox(tx, { partner: 'AA', digest, state: 'REJECTED', reason: 'E_XML_MALFORMED', at: hour(4) });
    });
    expect(await countReceived(store().db.sql, period)).to.deep.equal({ APPLIED: 1, REJECTED: 1 });
  });

  it('measures restrictions from the issue of their list until they took effect', async () => {
    const list = (sequence: number, status: 'active' | 'suspended', issuedAt: string, seconds: number) =>
      fillList(store().db, {
        partner: 'NN',
        records: ['NN0000001', 'NN0000002'].map((code) => operator(code, { status, statusSince: '2026-01-01' })),
        ...{ sequence, issuedAt, appliedAt: later(issuedAt, seconds) },
      });
    await list(1, 'active', hour(1), 5);
    await list(2, 'suspended', hour(2), 41);
    await list(3, 'active', hour(3), 7);
    const asked = { ...period, partner: 'NN' };
    expect(await restrictionDelays(store().db.sql, asked)).to.deep.equal([{ seconds: 41, operators: 2 }]);
    expect(await restrictionDelays(store().db.sql, { ...asked, to: hour(2) })).to.deep.equal([]);
  });
});
