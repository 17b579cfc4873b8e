/** Partners and keys in the store, and the decisions of two people about them, on both engines. */

import { expect } from 'chai';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { recordApproval } from '../../gateway/store/approvals.ts';
import {
  addOwnKey,
  changePartners,
  moveOwnKey,
  openOwnKeys,
  partnerKeys,
  partnerRevision,
  savePartner,
  saveTheirKey,
  storedPartners,
} from '../../gateway/store/partner-keys.ts';
import { onBothEngines } from './engines.ts';
import { hour } from './samples.ts';

onBothEngines('partners and keys', (store) => {
  const key = (fingerprint: string) => ({ partner: 'NN', use: 'signing', fingerprint, certificate: 'PEM' }) as const;

  it('of a partner are kept with the days on which they count, and changed without being doubled', async () => {
    await store().write((tx) => saveTheirKey(tx, { ...key('a'), from: hour(1), at: hour(1) }));
    await store().write((tx) => saveTheirKey(tx, { ...key('a'), from: hour(1), until: hour(9), at: hour(2) }));
    await store().write((tx) => saveTheirKey(tx, { ...key('b'), revoked: 'lost', at: hour(3) }));
    const kept = await partnerKeys(store().db.sql, 'NN');
    expect(
      kept.map(({ fingerprint, state, fromAt, untilAt, reason }) => [fingerprint, state, fromAt, untilAt, reason]),
    ).to.deep.equal([
      ['a', 'accepted', hour(1), hour(9), undefined],
      ['b', 'revoked', undefined, undefined, 'lost'],
    ]);
  });

  it('of ours are announced one at a time to a partner, and move on once, whichever gateway is first', async () => {
    const { db, write } = store();
    const own = (fingerprint: string) =>
      write((tx) =>
        addOwnKey(tx, {
          ...{ ...key(fingerprint), state: 'announced', name: null, message_id: 'm-1', replaces: 'a' },
          ...{ from_at: hour(5), until_at: hour(9), at: hour(4) },
        }),
      );
    await own('c');
    expect(
      await own('d').then(
        () => 'stored',
        () => 'refused',
      ),
    ).to.equal('refused');
    const [open] = await openOwnKeys(db.sql);
    if (open === undefined) throw new Error('a key is open');
    const move = () => write((tx) => moveOwnKey(tx, open, { state: 'probed', message_id: 'm-2', at: hour(5) }));
    expect((await Promise.all([move(), move()])).sort()).to.deep.equal([false, true]);
    expect((await openOwnKeys(db.sql)).map(({ state, messageId }) => [state, messageId])).to.deep.equal([
      ['probed', 'm-2'],
    ]);
  });

  it('are decided by the second of two people, also where both decide at the same moment', async () => {
    const { db, write } = store();
    const before = await partnerRevision(db.sql);
    const decide = (person: string): Promise<readonly string[]> =>
      write(async (tx) => {
        await changePartners(tx);
        return await recordApproval(
          tx,
          { partner: 'NN', digest: sha256('x'), decision: 'added', at: hour(1) },
          { person },
        );
      });
    const people = await Promise.all([decide('Li'), decide('Wang')]);
    expect(people.map(({ length }) => length).sort()).to.deep.equal([1, 2]);
    expect(await partnerRevision(db.sql)).to.equal(before + 2);
  });

  it('have one row for each partner that was added or revoked', async () => {
    const row = { partner: 'NN', settings: '{}', reason: null, person: 'Li', at: hour(1) } as const;
    await store().write((tx) => savePartner(tx, { ...row, state: 'active' }));
    await store().write((tx) => savePartner(tx, { ...row, state: 'revoked', reason: 'stolen' }));
    const stored = await storedPartners(store().db.sql);
    expect(stored.map(({ partner, state, reason }) => [partner, state, reason])).to.deep.equal([
      ['NN', 'revoked', 'stolen'],
    ]);
  });
});
