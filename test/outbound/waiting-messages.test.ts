/** Messages that wait for their next attempt, and what makes them due before it: a connection that is back, a start, a clock set back. */

import { expect } from 'chai';
import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { watchClock } from '../../gateway/app/clock-watch.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { deliverDue, leaseSeconds } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { lineTo, type Line } from '../support/line.ts';
import { amqpUrl } from '../support/rabbitmq.ts';
import { openAdministrations, operator, operators } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';

const inAnHour = (): string => new Date(Date.now() + 3600_000).toISOString();

describe('a message that waits for its next attempt', () => {
  let line: Line;
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  before(async () => {
    line = await lineTo(amqpUrl());
    administrations = await openAdministrations({ partners: ['KR', 'HK'], broker: line.url });
    us = administrations.home;
    await us.save(...operators(3));
    for (const country of ['KR', 'HK']) await administrations.of(country).openDoors();
  });
  afterEach(() => us.closeDoors());
  after(async () => {
    await administrations.close();
    await line.close();
  });

  async function queued(partner: string): Promise<string> {
    return (await sendList(us.gateway, partner, { kind: 'full' }))?.list.id ?? '';
  }
  async function message(id: string): Promise<MessageRow> {
    const found = await findMessage(us.gateway.db.sql, id);
    if (found === undefined) throw new Error('no such message');
    return found;
  }
  async function waitAnHour(id: string): Promise<void> {
    await us.gateway.db.transaction((tx) =>
      tx.updateTable('message').set({ next_attempt_at: inAnHour(), attempts: 5 }).where('id', '=', id).execute(),
    );
  }

  it('is sent when the gateway starts', async () => {
    const id = await queued('HK');
    await waitAnHour(id);
    expect(await deliverDue(us.gateway, 'HK')).to.equal(0);
    await us.openDoors();
    expect((await us.answered(id)).state).to.equal('ACCEPTED');
  });

  it('is sent by the gateway that starts after one on its data folder that ended while it sent', async () => {
    const id = await queued('HK');
    const transport = { send: () => Promise.withResolvers<never>().promise, close: () => Promise.resolve() };
    const partners = new Map([['HK', { ...getPartner(us.gateway, 'HK'), transport }]]);
    const owner = `${us.gateway.owner.split('-')[0] ?? ''}-ended`;
    void deliverDue({ ...us.gateway, owner, partners }, 'HK');
    while ((await message(id)).attempts === 0) await nextTurn();
    // A lease that would not end in time by itself.
    await us.gateway.db.transaction((tx) =>
      tx.updateTable('message').set({ lease_until: inAnHour() }).where('id', '=', id).execute(),
    );
    await us.openDoors();
    expect((await us.answered(id)).state).to.equal('ACCEPTED');
  });

  it('is sent again by the gateway that starts, where a crash or a broker lost its receipt', async () => {
    const id = await queued('HK');
    const custody = { kind: 'custody', evidence: 'confirmed' } as const;
    const transport = { send: () => Promise.resolve(custody), close: () => Promise.resolve() };
    const partners = new Map([['HK', { ...getPartner(us.gateway, 'HK'), transport }]]);
    await deliverDue({ ...us.gateway, partners }, 'HK');
    expect((await message(id)).state).to.equal('HANDED_OVER');
    expect(await deliverDue(us.gateway, 'HK')).to.equal(0);
    await us.openDoors();
    expect((await us.answered(id)).state).to.equal('ACCEPTED');
  });

  it('is sent when the connection to the broker is back', async () => {
    await us.openDoors();
    expect((await us.answered(await queued('KR'))).state).to.equal('ACCEPTED');
    await line.close();
    await us.save(operator(4));
    const id = await queued('KR');
    await us.until(async () => ((await message(id)).attempts > 0 ? true : undefined));
    await waitAnHour(id);
    await line.open();
    expect((await us.answered(id)).state).to.equal('ACCEPTED');
  });

  it('is due when the clock was set back', async () => {
    const id = await queued('HK');
    await waitAnHour(id);
    const stop = new AbortController();
    let [clock, monotonic] = [Date.now() + 1800_000, 0];
    const gateway = { ...us.gateway, now: () => new Date(clock) };
    const watching = watchClock(gateway, () => monotonic, stop.signal);
    [clock, monotonic] = [Date.now(), 1000];
    while (Date.parse((await message(id)).nextAttemptAt ?? '') > clock) await nextTurn();
    stop.abort();
    await watching;
    expect(await deliverDue(us.gateway, 'HK')).to.equal(1);
  });

  it('is kept from other senders by a lease that is renewed as long as it is sent', async () => {
    const id = await queued('HK');
    const sending = Promise.withResolvers<{ readonly kind: 'custody'; readonly evidence: string }>();
    const isSending = Promise.withResolvers<undefined>();
    const send = (): typeof sending.promise => {
      isSending.resolve(undefined);
      return sending.promise;
    };
    const transport = { send, close: () => Promise.resolve() };
    const partners = new Map([['HK', { ...getPartner(us.gateway, 'HK'), transport }]]);
    let clock = Date.now();
    const slow: Gateway = { ...us.gateway, partners, now: () => new Date(clock) };
    const leaseEnd = async (): Promise<number> => {
      await nextTurn();
      const query = us.gateway.db.sql.selectFrom('message').select('lease_until').where('id', '=', id);
      return Date.parse((await query.executeTakeFirst())?.lease_until ?? '1970-01-01');
    };
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const delivering = deliverDue(slow, 'HK');
      await isSending.promise;
      for (let seconds = 0; seconds < 60; seconds += 5) {
        clock += 5000;
        mock.timers.tick(5000);
        while ((await leaseEnd()) < clock + leaseSeconds * 1000) await nextTurn();
        const other = { ...us.gateway, owner: 'another', now: () => new Date(clock) };
        expect(await deliverDue(other, 'HK')).to.equal(0);
      }
      sending.resolve({ kind: 'custody', evidence: 'taken' });
      expect(await delivering).to.equal(1);
      expect(await leaseEnd()).to.equal(0);
    } finally {
      mock.timers.reset();
    }
  });
});
