/** A store that has fewer numbers than were given from it: what is noticed, and where its streams go on. */

import { join } from 'node:path';
import { expect } from 'chai';
import { readCounter } from '../../gateway/store/counters.ts';
import type { Database } from '../../gateway/store/database.ts';
import { claimDue } from '../../gateway/store/delivery-leases.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { openNumbers, readNumbers } from '../../gateway/store/given-numbers.ts';
import { lastOlder, listsWait, noticeHeld, numbered, resumeLists } from '../../gateway/store/older-store.ts';
import { addMessage } from '../../gateway/store/outbox.ts';
import { reservePlaces } from '../../gateway/store/spooled-answers.ts';
import { findStream, moveStream } from '../../gateway/store/streams.ts';
import { temporaryFolder } from '../support/pki.ts';
import { onBothEngines } from './engines.ts';
import { hour, sealed } from './samples.ts';

const position = (epoch: number, sequence: number) => {
  const text = '0'.repeat(64);
  return { epoch: { no: epoch, id: `e${epoch}` }, sequence, chain: text, root: text, count: 0 };
};

/** A stream to a partner at this number, with the list that has it in the outbox. */
async function givenTo(db: Database, partner: string, epoch: number, sequence: number): Promise<void> {
  await db.transaction(async (tx) => {
    const before = (await findStream(tx, partner, 'out'))?.position;
    await moveStream(tx, { partner, direction: 'out', from: before, to: position(epoch, sequence), endsResync: true });
    const message = sealed(`${partner}-${epoch}-${sequence}`, partner);
    await addMessage(tx, message, { at: hour(1), epochId: `e${epoch}`, sequence });
  });
}

const claim = (partner: string) => ({ owner: 'us-1', now: hour(2), leaseUntil: hour(3), limit: 1, partner });

onBothEngines('a store that is older than what was sent from it', (store) => {
  let path: string;
  /** The store as it is opened with the file of numbers beside it; it stays open. */
  const open = async (at = hour(5)) => {
    const { db, older } = await numbered({ ...store().db, close: () => Promise.resolve() }, path, at);
    await db.close();
    return older;
  };
  beforeEach(() => {
    path = join(temporaryFolder(), 'numbers');
  });

  it('is as new as what was sent where each number was noted before its list was claimed', async () => {
    const { db } = await numbered({ ...store().db, close: () => Promise.resolve() }, path, hour(1));
    await givenTo(db, 'AA', 1, 1);
    const [claimed] = await claimDue(db, claim('AA'));
    expect(claimed?.number).to.equal(1);
    const given = readNumbers(path).filter(({ name }) => name.endsWith('/out'));
    expect(given).to.deep.equal([{ name: 'AA/out', epoch: 1, sequence: 1 }]);
    await db.close();
    expect(await open()).to.equal(undefined);
  });

  it('goes on beyond a number it does not know, and its waiting lists are not sent', async () => {
    await givenTo(store().db, 'BB', 2, 3);
    const numbers = openNumbers(path);
    numbers.note([{ name: 'BB/out', epoch: 2, sequence: 7 }]);
    numbers.close();
    const older = await open();
    expect(older).to.deep.include({ waits: false, lost: [{ name: 'BB/out', epoch: 2, sequence: 7 }] });
    const stream = await findStream(store().db.sql, 'BB', 'out');
    expect([stream?.position.epoch.no, stream?.position.sequence]).to.deep.equal([2, 7]);
    expect([stream?.resyncWanted, stream?.nextEpoch]).to.deep.equal([true, 3]);
    expect(await claimDue(store().db, claim('BB'))).to.deep.equal([]);
    expect((await lastOlder(store().db.sql))?.known).to.equal(true);
    expect(await open(), 'it is repaired once').to.equal(undefined);
  });

  it('knows a stream that it never had, and gives none of its numbers', async () => {
    const numbers = openNumbers(path);
    numbers.note([{ name: 'CC/out', epoch: 4, sequence: 2 }]);
    numbers.close();
    await open();
    const stream = await findStream(store().db.sql, 'CC', 'out');
    expect([stream?.position.epoch.no, stream?.position.sequence, stream?.nextEpoch]).to.deep.equal([4, 2, 5]);
  });

  it('keeps lists back where changes of our operators are lost, until a person has decided', async () => {
    await givenTo(store().db, 'DD', 1, 1);
    const numbers = openNumbers(path);
    numbers.note([{ name: 'operator_revision', epoch: 0, sequence: 50 }]);
    numbers.close();
    expect((await open())?.waits).to.equal(true);
    expect(await listsWait(store().db.sql)).to.equal(true);
    expect(await readCounter(store().db.sql, 'operator_revision')).to.equal(50);
    expect(await claimDue(store().db, claim('DD')), 'no list is claimed').to.deep.equal([]);
    const last = [{ name: 'DD/out', epoch: 1, sequence: 57 }];
    expect(await resumeLists(store().db, { person: 'Li', at: hour(6), last })).to.equal(true);
    expect(await listsWait(store().db.sql)).to.equal(false);
    expect((await findStream(store().db.sql, 'DD', 'out'))?.position.sequence).to.equal(57);
    expect(await resumeLists(store().db, { person: 'Li', at: hour(6), last }), 'once').to.equal(false);
  });

  it('gives no place in the log of events twice', async () => {
    const event = { kind: 'x', ref: 'x', at: hour(1) };
    const before = await store().write((tx) => appendEvents(tx, [event]));
    const numbers = openNumbers(path);
    numbers.note([{ name: 'event', epoch: 0, sequence: before + 4 }]);
    numbers.close();
    await open();
    expect(await store().write((tx) => appendEvents(tx, [event]))).to.be.greaterThan(
      before + 1_000_000 - (before % 1_000_000),
    );
  });

  it('reserves no consultation numbers twice for a time without the store', async () => {
    const numbers = openNumbers(path);
    const given = await store().write((tx) => appendEvents(tx, [{ kind: 'x', ref: 'x', at: hour(1) }]));
    numbers.note([{ name: 'event', epoch: 0, sequence: given + 4 }]);
    numbers.close();
    const before = await store().write(reservePlaces);
    await open();
    const after = await store().write(reservePlaces);
    expect(after.first).to.be.greaterThan(before.first + 1_000 * before.count);
  });

  it('is noticed by a partner that holds a number which was never given', async () => {
    await givenTo(store().db, 'EE', 1, 5);
    const held = (epoch: number, sequence: number) =>
      store().write((tx) => noticeHeld(tx, 'EE', position(epoch, sequence), hour(4)));
    expect([await held(1, 4), await held(1, 5), await held(2 ** 31 - 1, 1)]).to.deep.equal([false, false, false]);
    expect(await held(1, 8)).to.equal(true);
    const stream = await findStream(store().db.sql, 'EE', 'out');
    expect([stream?.position.sequence, stream?.nextEpoch]).to.deep.equal([8, 2]);
  });
});

describe('the file of numbers', () => {
  it('keeps the highest of each, whoever notes them and in which order', () => {
    const path = join(temporaryFolder(), 'numbers');
    const [first, second] = [openNumbers(path), openNumbers(path)];
    first.note([{ name: 'AA/out', epoch: 2, sequence: 1 }]);
    second.note([{ name: 'AA/out', epoch: 1, sequence: 9 }]);
    expect(first.all()).to.deep.equal([{ name: 'AA/out', epoch: 2, sequence: 1 }]);
    first.close();
    second.close();
  });
});
