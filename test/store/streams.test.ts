/** Streams: numbers without gaps, mirrors of what was published, and which list was in force when. */

import { expect } from 'chai';
import type { ListMessage } from '../../gateway/model/list.ts';
import { claimId, receive, settleInbox } from '../../gateway/store/inbox.ts';
import { addMessage } from '../../gateway/store/outbox.ts';
import {
  askResync,
  changeMirror,
  clearMirror,
  findStream,
  listInForce,
  loadLeaves,
  loadMirror,
  moveStream,
  noteList,
} from '../../gateway/store/streams.ts';
import type { Tx } from '../../gateway/store/database.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed, position, raw, sealed } from './samples.ts';

onBothEngines('streams', (store) => {
  const find = (partner: string) => findStream(store().db.sql, partner, 'out');

  it('begin once, move only from where they stand, and say so otherwise', async () => {
    const move = (from: number | undefined, to: number) =>
      store().write((tx) =>
        moveStream(tx, {
          partner: 'AA',
          direction: 'out',
          from: from === undefined ? undefined : position(from),
          to: position(to),
        }),
      );
    expect(await find('AA')).to.equal(undefined);
    const id = await move(undefined, 1);
    expect(id).to.be.a('string');
    expect(await move(undefined, 1)).to.equal(undefined);
    expect(await move(1, 2)).to.equal(id);
    expect(await move(1, 2)).to.equal(undefined);
    expect(await find('AA')).to.deep.equal({
      id,
      partner: 'AA',
      direction: 'out',
      position: position(2),
      resyncWanted: false,
    });
  });

  it('do not move from the same number of another epoch', async () => {
    await store().write((tx) => moveStream(tx, { partner: 'AB', direction: 'out', from: undefined, to: position(4) }));
    const restored = position(4, { no: 1, id: 'other' });
    const moved = await store().write((tx) =>
      moveStream(tx, { partner: 'AB', direction: 'out', from: restored, to: position(5) }),
    );
    expect(moved).to.equal(undefined);
    expect((await find('AB'))?.position).to.deep.equal(position(4));
  });

  it('give out numbers without gaps to writers side by side', async () => {
    const send = (n: number) =>
      store().write(async (tx) => {
        const from = (await findStream(tx, 'AC', 'out'))?.position;
        const to = position((from?.sequence ?? 0) + 1);
        if ((await moveStream(tx, { partner: 'AC', direction: 'out', from, to })) === undefined) return false;
        await addMessage(tx, sealed(`gapless-${n}-${to.sequence}`, 'AC'), {
          epochId: 'e1',
          sequence: to.sequence,
          at: hour(1),
        });
        return true;
      });
    const sendUntilDone = async (n: number): Promise<number> => {
      for (let tries = 1; ; tries += 1) if (await send(n)) return tries;
    };
    const tries = await Promise.all(Array.from({ length: 24 }, (_, n) => sendUntilDone(n)));
    const rows = await store()
      .db.sql.selectFrom('message')
      .select('sequence')
      .where('partner', '=', 'AC')
      .orderBy('sequence')
      .execute();
    expect(rows.map(({ sequence }) => sequence)).to.deep.equal(Array.from({ length: 24 }, (_, i) => i + 1));
    expect((await find('AC'))?.position.sequence).to.equal(24);
    // On the server the writers do run into each other; were this not so, the test would show nothing.
    if (store().engine === 'postgres') expect(Math.max(...tries)).to.be.above(1);
  });

  it('give a number back when its transaction fails', async () => {
    const failing = store().write(async (tx) => {
      await moveStream(tx, { partner: 'AD', direction: 'out', from: undefined, to: position(1) });
      throw new RangeError('before the message was added');
    });
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await find('AD')).to.equal(undefined);
  });

  it('remember that a partner needs a full list, until a new epoch', async () => {
    const begin = (tx: Tx) => moveStream(tx, { partner: 'AE', direction: 'out', from: undefined, to: position(1) });
    expect(await store().write((tx) => askResync(tx, 'AE', true))).to.equal(false);
    await store().write(begin);
    expect(await store().write((tx) => askResync(tx, 'AE', true))).to.equal(true);
    await store().write((tx) =>
      moveStream(tx, { partner: 'AE', direction: 'out', from: position(1), to: position(2) }),
    );
    expect((await find('AE'))?.resyncWanted).to.equal(true);
    const next = position(1, { no: 2, id: 'e2' });
    await store().write((tx) => moveStream(tx, { partner: 'AE', direction: 'out', from: position(2), to: next }));
    expect(await find('AE')).to.deep.include({ position: next, resyncWanted: false });
  });
});

onBothEngines('mirrors', (store) => {
  const put = (identifier: string, leaf: string) => ({ identifier, leaf, record: listed(identifier, { grade: leaf }) });

  it('hold what was published last, by identifier', async () => {
    const stream = await store().write(async (tx) => {
      const id = await moveStream(tx, { partner: 'BA', direction: 'in', from: undefined, to: position(1) });
      await changeMirror(tx, id ?? '', [put('A', 'a1'), put('B', 'b1'), put('C', 'c1')], []);
      await changeMirror(tx, id ?? '', [put('B', 'b2'), put('D', 'd1')], ['A', 'absent']);
      return id ?? '';
    });
    const mirror = await loadMirror(store().db.sql, stream);
    expect([...mirror.keys()].sort()).to.deep.equal(['B', 'C', 'D']);
    expect(mirror.get('B')).to.deep.equal({ leaf: 'b2', record: listed('B', { grade: 'b2' }) });
    expect(Object.fromEntries(await loadLeaves(store().db.sql, stream))).to.deep.equal({ B: 'b2', C: 'c1', D: 'd1' });
  });

  it('of one stream do not touch another', async () => {
    const begin = (partner: string) =>
      store().write(async (tx) => {
        const id = (await moveStream(tx, { partner, direction: 'in', from: undefined, to: position(1) })) ?? '';
        await changeMirror(tx, id, [put('A', partner)], []);
        return id;
      });
    const [one, other] = [await begin('BB'), await begin('BC')];
    await store().write((tx) => clearMirror(tx, one));
    await store().write((tx) => changeMirror(tx, one, [], ['A']));
    expect((await loadLeaves(store().db.sql, one)).size).to.equal(0);
    expect((await loadLeaves(store().db.sql, other)).get('A')).to.equal('BC');
  });
});

onBothEngines('the list in force', (store) => {
  const apply = (messageId: string, sequence: number, receivedAt: string, appliedAt: string) =>
    store().write(async (tx) => {
      const { digest } = await receive(tx, raw('CA', messageId, receivedAt), undefined);
      await claimId(tx, 'CA', messageId, digest);
      await settleInbox(tx, { partner: 'CA', digest, messageId, state: 'APPLIED', kind: 'list', at: appliedAt });
      const list: Pick<ListMessage, 'kind' | 'issuedAt' | 'nextBy' | 'position'> = {
        kind: 'full',
        issuedAt: receivedAt,
        nextBy: hour(99),
        position: position(sequence, { no: 3, id: 'e3' }),
      };
      await noteList(tx, { partner: 'CA', direction: 'in', messageId, list, appliedAt });
    });
  const inForce = (h: number) => listInForce(store().db.sql, 'CA', hour(h));

  it('is the newest applied by then, and says whether a newer one waited then', async () => {
    expect(await inForce(1)).to.equal(undefined);
    await apply('l1', 417, hour(2), hour(3));
    await apply('l2', 418, hour(4), hour(5));
    const hold = await store().write(async (tx) => {
      const { digest } = await receive(tx, raw('CA', 'l3', hour(6)), undefined);
      await settleInbox(tx, { partner: 'CA', digest, messageId: 'l3', state: 'HELD', kind: 'list', at: hour(7) });
      return digest;
    });
    expect(await inForce(2)).to.equal(undefined);
    expect(await inForce(3)).to.deep.equal({
      number: 'CA/3/00417',
      issuedAt: hour(2),
      receivedAt: hour(2),
      newerHeld: false,
    });
    expect(await inForce(6)).to.deep.include({ number: 'CA/3/00418', receivedAt: hour(4), newerHeld: false });
    expect(await inForce(7)).to.deep.include({ number: 'CA/3/00418', newerHeld: true });
    await store().write((tx) => settleInbox(tx, { partner: 'CA', digest: hold, state: 'REJECTED', at: hour(9) }));
    expect(await inForce(8)).to.deep.include({ newerHeld: true });
    expect(await inForce(9)).to.deep.include({ newerHeld: false });
  });
});
