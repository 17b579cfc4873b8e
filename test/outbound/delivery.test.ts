/** Delivery after an outage: to a partner that was away, by a gateway that failed in the middle, or whose clock was wrong. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { deliverAll, deliverDue, leaseSeconds } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { attemptsOf, findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';

describe('delivery after an outage', () => {
  let administrations: OpenAdministrations;
  let us: OpenGateway;
  beforeEach(async () => {
    administrations = await openAdministrations({ partners: ['HK'] });
    us = administrations.home.gateway;
    await administrations.home.save(...operators(3));
  });
  afterEach(() => administrations.close());

  async function queue(kind: 'full' | 'delta'): Promise<string> {
    if (kind === 'delta') await administrations.home.save(...operators(4).slice(-1));
    return (await sendList(us, 'HK', { kind }))?.list.id ?? '';
  }
  async function message(id: string): Promise<MessageRow> {
    const found = await findMessage(us.db.sql, id);
    if (found === undefined) throw new Error('no such message');
    return found;
  }
  /** The gateway with a clock that is some seconds ahead. */
  const ahead = (seconds: number): OpenGateway => ({ ...us, now: () => new Date(Date.now() + seconds * 1000) });
  const secondsUntil = ({ nextAttemptAt = '' }: MessageRow, clock: OpenGateway): number =>
    (Date.parse(nextAttemptAt) - clock.now().getTime()) / 1000;

  it('tries a partner that cannot be reached every 10 s at least, and one of its messages only', async () => {
    const [first, second] = [await queue('full'), await queue('delta')];
    for (let seconds = 0; seconds < 1000; seconds += 100) {
      expect(await deliverDue(ahead(seconds), 'HK')).to.equal(1);
      expect(secondsUntil(await message(first), ahead(seconds))).to.be.at.most(10);
    }
    expect((await message(second)).attempts).to.equal(0);
  });

  it('by a command waits for what the serving gateway is sending at that moment', async () => {
    const id = await queue('full');
    const [claimed, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const partner = getPartner(us, 'HK');
    const { transport } = partner;
    if (transport === undefined) throw new Error('lists go by HTTPS');
    const slow: typeof transport = {
      ...transport,
      async send(sealed) {
        claimed.resolve(undefined);
        await gate.promise;
        return await transport.send(sealed);
      },
    };
    await administrations.of('HK').openDoors();
    const serving = { ...us, owner: 'serving-1', partners: new Map([['HK', { ...partner, transport: slow }]]) };
    const served = deliverDue(serving, 'HK');
    await claimed.promise;
    let isDone = false;
    const command = deliverAll(us, 'HK').then(() => (isDone = true));
    // It has asked for what is due before this is answered.
    expect(await deliverDue(us, 'HK')).to.equal(0);
    expect([isDone, (await message(id)).state]).to.deep.equal([false, 'SEALED']);
    gate.resolve(undefined);
    await command;
    expect((await message(id)).state).not.to.equal('SEALED');
    await served; // it stores the receipt after the outcome
    expect((await message(id)).state).to.equal('ACCEPTED');
  });

  it('sends all that waits at the first success, whatever its back-off', async () => {
    const [first, second] = [await queue('full'), await queue('delta')];
    await deliverDue(us, 'HK');
    const inAnHour = ahead(3600).now().toISOString();
    await us.db.transaction((tx) =>
      tx.updateTable('message').set({ next_attempt_at: inAnHour }).where('id', '=', second).execute(),
    );
    await administrations.of('HK').openDoors();
    expect(await deliverDue(ahead(30), 'HK')).to.equal(2);
    expect([(await message(first)).state, (await message(second)).state]).to.deep.equal(['ACCEPTED', 'ACCEPTED']);
  });

  it('is not two days away after an attempt that failed while the clock was two days ahead', async () => {
    const id = await queue('full');
    expect(await deliverDue(ahead(2 * 24 * 3600), 'HK')).to.equal(1);
    await administrations.of('HK').openDoors();
    expect(await deliverDue(us, 'HK')).to.equal(1);
    expect((await message(id)).state).to.equal('ACCEPTED');
  });

  it('goes on at once after an error of this gateway, and 15 s after its end', async () => {
    const id = await queue('full');
    const partner = getPartner(us, 'HK');
    const close = (): Promise<void> => Promise.resolve();
    const failing = { send: () => Promise.reject(new RangeError('a defect')), close };
    const defective = { ...us, partners: new Map([['HK', { ...partner, transport: failing }]]) };
    const error: unknown = await deliverDue(defective, 'HK').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RangeError);
    await administrations.of('HK').openDoors();

    // Its process ends while it sends: nobody gives the lease back.
    const sending = Promise.withResolvers<never>();
    const endless = { send: () => sending.promise, close };
    const ended = { ...us, owner: 'ended', partners: new Map([['HK', { ...partner, transport: endless }]]) };
    const lost = deliverDue(ended, 'HK').catch((thrown: unknown) => thrown);
    while ((await message(id)).attempts < 2) await nextTurn();
    expect(await deliverDue(us, 'HK')).to.equal(0);
    expect(await deliverDue(ahead(leaseSeconds), 'HK')).to.equal(1);
    expect((await attemptsOf(us.db.sql, id)).map(({ no, owner }) => [no, owner])).to.deep.equal([
      [1, us.owner],
      [2, 'ended'],
      [3, us.owner],
    ]);
    expect(leaseSeconds).to.be.at.most(15);
    sending.reject(new RangeError('the end'));
    await lost;
  });
});
