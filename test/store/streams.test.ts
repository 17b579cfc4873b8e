/** Streams: numbers without gaps, mirrors of what was published, and which list was in force when. */

import { expect } from 'chai';
import { firstMonth } from '../../gateway/store/month-numbers.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { claimMessageId, recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import { addMessage } from '../../gateway/store/outbox.ts';
import { bucketOf } from '../../gateway/model/list/digest.ts';
import { changeMirror, emptyMirror, entriesIn, mirrorOf, type Bucket } from '../../gateway/model/list/mirror.ts';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { clearParts, loadBuckets, saveBuckets, stagedParts, stagePart } from '../../gateway/store/mirrors.ts';
import {
  requireFullList,
  findStream,
  listInForce,
  moveStream,
  recordLists,
  saveWatermark,
} from '../../gateway/store/streams.ts';
import type { Tx } from '../../gateway/store/database.ts';
import { onBothEngines } from './engines.ts';
import { hour, position, raw, sealed } from './samples.ts';

onBothEngines('streams', (store) => {
  const find = (partner: string) => findStream(store().db.sql, partner, 'out');

  it('begin once, and move only from their current position', async () => {
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
      mirror: emptyMirror,
      watermark: { revision: 0, terms: '' },
      parts: 0,
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

  it('give concurrent transactions sequence numbers without gaps', async () => {
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

  it('use a number again when its transaction failed', async () => {
    const failing = store().write(async (tx) => {
      await moveStream(tx, { partner: 'AD', direction: 'out', from: undefined, to: position(1) });
      throw new RangeError('before the message was added');
    });
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await find('AD')).to.equal(undefined);
  });

  it('store that a partner needs a full list, until that list', async () => {
    const begin = (tx: Tx) => moveStream(tx, { partner: 'AE', direction: 'out', from: undefined, to: position(1) });
    expect(await store().write((tx) => requireFullList(tx, 'AE'))).to.equal(false);
    await store().write(begin);
    expect(await store().write((tx) => requireFullList(tx, 'AE'))).to.equal(true);
    await store().write((tx) =>
      moveStream(tx, { partner: 'AE', direction: 'out', from: position(1), to: position(2) }),
    );
    expect((await find('AE'))?.resyncWanted).to.equal(true);
    const next = position(1, { no: 2, id: 'e2' });
    const move = { partner: 'AE', direction: 'out', from: position(2), to: next, endsResync: true } as const;
    await store().write((tx) => moveStream(tx, move));
    expect(await find('AE')).to.deep.include({ position: next, resyncWanted: false });
  });
});

onBothEngines('mirrors', (store) => {
  const entry = (identifier: string, leaf: string) => ({
    identifier,
    leaf,
    active: leaf !== 'x',
  });
  const begin = (tx: Tx, partner: string) =>
    moveStream(tx, { partner, direction: 'in', from: undefined, to: position(1) }).then((id) => id ?? '');
  const identifiers = (buckets: ReadonlyMap<number, Bucket>) =>
    [...entriesIn(buckets)].map(({ identifier }) => identifier).sort();

  it('store what was published last, in buckets', async () => {
    const first = mirrorOf([entry('A', 'a1'), entry('B', 'b1'), entry('C', 'x')]);
    const stream = await store().write(async (tx) => {
      const id = await begin(tx, 'BA');
      await saveBuckets(tx, id, first.buckets);
      return id;
    });
    const held = await loadBuckets(store().db.sql, stream, 'all');
    expect([...entriesIn(held)]).to.have.deep.members([entry('A', 'a1'), entry('B', 'b1'), entry('C', 'x')]);
    const next = changeMirror(first.after, held, [entry('B', 'b2'), entry('D', 'd1')], ['A', 'absent']);
    await store().write((tx) => saveBuckets(tx, stream, next.buckets));
    const now = await loadBuckets(store().db.sql, stream, 'all');
    expect([...entriesIn(now)]).to.have.deep.members([entry('B', 'b2'), entry('C', 'x'), entry('D', 'd1')]);
    const some = await loadBuckets(store().db.sql, stream, [bucketOf('D')]);
    expect(identifiers(some)).to.deep.equal(['D']);
  });

  it('of one stream do not change another', async () => {
    const [one, other] = await store().write(async (tx) => {
      const ids = [await begin(tx, 'BB'), await begin(tx, 'BC')] as const;
      for (const id of ids) await saveBuckets(tx, id, mirrorOf([entry('A', id)]).buckets);
      return ids;
    });
    await store().write((tx) => saveBuckets(tx, one, mirrorOf([]).buckets));
    expect(identifiers(await loadBuckets(store().db.sql, one, 'all'))).to.deep.equal([]);
    expect(identifiers(await loadBuckets(store().db.sql, other, 'all'))).to.deep.equal(['A']);
  });

  it('have their digests and counts in the stream, and a part of a list does not change them', async () => {
    const { after } = mirrorOf([entry('A', 'a1'), entry('C', 'x')]);
    const move = (from: number | undefined, to: number, more = {}) =>
      store().write((tx) =>
        moveStream(tx, {
          partner: 'BD',
          direction: 'out',
          from: from === undefined ? undefined : position(from),
          to: position(to),
          ...more,
        }),
      );
    await move(undefined, 1, { mirror: after, watermark: { revision: 7, terms: 't' } });
    await move(1, 2);
    const stream = await findStream(store().db.sql, 'BD', 'out');
    expect(stream?.mirror).to.deep.equal(after);
    expect(stream?.watermark).to.deep.equal({ revision: 7, terms: 't' });
    await store().write((tx) => saveWatermark(tx, stream?.id ?? '', { revision: 9, terms: 't' }));
    await store().write((tx) => saveWatermark(tx, stream?.id ?? '', { revision: 8, terms: 't' }));
    expect((await findStream(store().db.sql, 'BD', 'out'))?.watermark.revision).to.equal(9);
  });

  it('keep the parts of a list in order until it is complete', async () => {
    const digests = await store().write(async (tx) => {
      const id = await begin(tx, 'BE');
      const kept = [await keepBytes(tx, Buffer.from('part two')), await keepBytes(tx, Buffer.from('part one'))];
      await stagePart(tx, id, 2, kept[0] ?? '');
      await stagePart(tx, id, 1, kept[1] ?? '');
      return { id, kept };
    });
    expect(await stagedParts(store().db.sql, digests.id)).to.deep.equal(digests.kept.toReversed());
    await store().write((tx) => clearParts(tx, digests.id));
    expect(await stagedParts(store().db.sql, digests.id)).to.deep.equal([]);
  });
});

onBothEngines('the list in force', (store) => {
  const apply = (messageId: string, sequence: number, receivedAt: string, appliedAt: string) =>
    store().write(async (tx) => {
      const { digest } = await recordArrival(tx, raw('CA', messageId, receivedAt), undefined);
      await claimMessageId(tx, 'CA', messageId, digest);
      await settleInbox(tx, { partner: 'CA', digest, messageId, state: 'APPLIED', kind: 'list', at: appliedAt });
      const list: Pick<ListMessage, 'kind' | 'issuedAt' | 'nextBy' | 'position'> = {
        kind: 'full',
        issuedAt: receivedAt,
        nextBy: hour(99),
        position: position(sequence, { no: 3, id: 'e3' }),
      };
      await recordLists(tx, { partner: 'CA', direction: 'in' }, [{ messageId, list, appliedAt }]);
    });
  const inForce = (h: number) => listInForce(store().db.sql, 'CA', hour(h));

  it('says whether it was signed', async () => {
    await store().write(async (tx) => {
      const { digest } = await recordArrival(tx, raw('CB', 'b1', hour(2)), undefined);
      await claimMessageId(tx, 'CB', 'b1', digest);
      const settled = { partner: 'CB', digest, messageId: 'b1', state: 'APPLIED', kind: 'list', at: hour(2) } as const;
      await settleInbox(tx, { ...settled, evidence: 'channel' });
      const list = { kind: 'full', issuedAt: hour(2), nextBy: hour(99), position: position(1) } as const;
      await recordLists(tx, { partner: 'CB', direction: 'in' }, [{ messageId: 'b1', list, appliedAt: hour(2) }]);
    });
    expect((await listInForce(store().db.sql, 'CB'))?.evidence).to.equal('channel');
  });

  it('begins the months of which numbers are compared', async () => {
    expect(await firstMonth(store().db.sql, 'CB')).to.equal(hour(2).slice(0, 7));
    expect(await firstMonth(store().db.sql, 'CC')).to.equal(undefined);
  });

  it('is the newest one applied by then, and states whether a newer one was on hold then', async () => {
    expect(await inForce(1)).to.equal(undefined);
    await apply('l1', 417, hour(2), hour(3));
    await apply('l2', 418, hour(4), hour(5));
    const hold = await store().write(async (tx) => {
      const { digest } = await recordArrival(tx, raw('CA', 'l3', hour(6)), undefined);
      await settleInbox(tx, { partner: 'CA', digest, messageId: 'l3', state: 'HELD', kind: 'list', at: hour(7) });
      return digest;
    });
    expect(await inForce(2)).to.equal(undefined);
    expect(await inForce(3)).to.deep.equal({
      number: 'CA/3/00417',
      ordinal: 1,
      issuedAt: hour(2),
      receivedAt: hour(2),
      evidence: 'signed',
      newerHeld: false,
    });
    expect(await inForce(6)).to.deep.include({ number: 'CA/3/00418', receivedAt: hour(4), newerHeld: false });
    expect(await inForce(7)).to.deep.include({ number: 'CA/3/00418', newerHeld: true });
    await store().write((tx) => settleInbox(tx, { partner: 'CA', digest: hold, state: 'REJECTED', at: hour(9) }));
    expect(await inForce(8)).to.deep.include({ newerHeld: true });
    expect(await inForce(9)).to.deep.include({ newerHeld: false });
  });

  it('is the one committed last, and a list held since counts as newer, whatever the clock showed', async () => {
    await apply('l4', 419, hour(20), hour(20));
    await apply('l5', 420, hour(10), hour(10));
    const now = () => listInForce(store().db.sql, 'CA');
    expect(await now()).to.deep.include({ number: 'CA/3/00420', newerHeld: false });
    expect(await inForce(9)).to.deep.include({ number: 'CA/3/00418' });
    expect(await inForce(11)).to.deep.include({ number: 'CA/3/00420' });
    expect(await inForce(21)).to.deep.include({ number: 'CA/3/00420' });
    await store().write(async (tx) => {
      const { digest } = await recordArrival(tx, raw('CA', 'l6', hour(8)), undefined);
      await settleInbox(tx, { partner: 'CA', digest, messageId: 'l6', state: 'HELD', kind: 'list', at: hour(8) });
    });
    expect((await now())?.newerHeld).to.equal(true);
    await apply('l7', 421, hour(7), hour(7));
    expect((await now())?.newerHeld).to.equal(false);
  });
});
