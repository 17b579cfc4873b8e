/** A broker of the partner: its own names, an account that may declare nothing, and exchanges of ours by partner. */

import { randomBytes } from 'node:crypto';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { expect } from 'chai';
import { openAmqp, type AmqpLink } from '../../gateway/wire/transport/amqp.ts';
import { examineBroker } from '../../gateway/wire/transport/amqp-connection.ts';
import type { PublishTarget } from '../../gateway/wire/transport/amqp-publisher.ts';
import { ourQueue, ourTarget } from '../../gateway/wire/transport/amqp-topology.ts';
import { Inbox, observableLog, sealed, silent } from '../support/deliveries.ts';
import { amqpUrl, guestUrl } from '../support/rabbitmq.ts';

describe('a broker of the partner', () => {
  const name = randomBytes(6).toString('hex');
  const [exchange, queue] = [`to-${name}`, `from-${name}`];
  let model: ChannelModel;
  let channel: Channel;
  let link: AmqpLink;

  const target = (changes: Partial<PublishTarget> = {}): PublishTarget => ({
    exchange,
    key: () => 'aeo.list',
    properties: ({ id }) => ({ messageId: id, type: 'AEO_LIST', headers: { 'X-Sender': 'XA' } }),
    ...changes,
  });

  before(async () => {
    model = await connect(amqpUrl());
    channel = await model.createChannel();
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue(queue, { durable: true });
    link = await openAmqp({ url: guestUrl(), log: silent });
  });
  after(async () => {
    await link.close();
    await channel.deleteExchange(exchange);
    for (const each of [queue, `${queue}-in`, `${queue}-late`]) await channel.deleteQueue(each);
    await model.close();
  });

  it('takes messages with the partner’s names and properties from an account that may declare nothing', async () => {
    await channel.assertQueue(`${queue}-in`, { durable: true });
    await channel.bindQueue(`${queue}-in`, exchange, 'aeo.#');
    expect((await link.send(target(), sealed('m-1'))).kind).to.equal('custody');
    const taken = await channel.get(`${queue}-in`, { noAck: true });
    if (taken === false) throw new Error('nothing arrived');
    const { properties, fields } = taken as unknown as {
      properties: Record<string, unknown>;
      fields: { routingKey: string };
    };
    expect({ ...properties, key: fields.routingKey }).to.include({
      ...{ messageId: 'm-1', type: 'AEO_LIST', deliveryMode: 2, key: 'aeo.list' },
    });
    expect(properties['headers']).to.deep.equal({ 'X-Sender': 'XA' });
  });

  it('gives messages of its queue to that account, with type, key, correlation and headers', async () => {
    const inbox = new Inbox();
    const consumer = await link.consume({ queue }, inbox.take);
    channel.sendToQueue(queue, Buffer.from('status'), { type: 'STATUS', correlationId: 'm-1', headers: { k: 'v' } });
    const { bytes, type, correlationId, routingKey, headers } = await inbox.next();
    expect([Buffer.from(bytes).toString(), type, correlationId, routingKey, headers['k']]).to.deep.equal([
      ...['status', 'STATUS', 'm-1', queue, 'v'],
    ]);
    await consumer.stop();
  });

  it('tries a message again soon that no queue takes, that has no exchange, or whose exchange the account may not write to; others still go', async () => {
    const outcomes = [];
    for (const wrong of [
      { key: () => 'nowhere' },
      { exchange: `to-nothing-${name}` },
      { exchange: 'amq.direct' },
      { exchange: `to-mine-${name}`, declare: (at) => at.assertExchange(`to-mine-${name}`, 'direct') },
    ] satisfies Partial<PublishTarget>[])
      outcomes.push(await link.send(target(wrong), sealed('m-2')));
    expect(outcomes.map((each) => each.kind === 'refused' && each.unreachable)).to.deep.equal([true, true, true, true]);
    expect((await link.send(target(), sealed('m-3'))).kind).to.equal('custody');
  });

  it('consumes a queue of the partner that comes later, and meanwhile those that are there', async () => {
    const { log, logged } = observableLog();
    const waiting = await openAmqp({ url: guestUrl(), log, retryMs: 50 });
    const tried = logged('queue cannot be consumed; trying again');
    const [late, there] = [new Inbox(), new Inbox()];
    await waiting.consume({ queue: `${queue}-late` }, late.take);
    await waiting.consume({ queue }, there.take);
    await tried;
    channel.sendToQueue(queue, Buffer.from('at once'));
    await there.next();
    await channel.assertQueue(`${queue}-late`, { durable: true });
    channel.sendToQueue(`${queue}-late`, Buffer.from('later'));
    expect(Buffer.from((await late.next()).bytes).toString()).to.equal('later');
    await waiting.close();
  });

  it('says which names of the partner are missing, and sends nothing to find out', async () => {
    const names = {
      exchanges: [exchange, `to-nothing-${name}`],
      queues: [queue, `from-nothing-${name}`],
      deadLetterQueues: [],
    };
    const { missing } = await examineBroker({ url: guestUrl() }, names, 3000);
    expect(missing).to.deep.equal([`to-nothing-${name}`, `from-nothing-${name}`]);
  });
});

describe('exchanges of ours by partner', () => {
  it('let the rights of an account end at its own directions', async () => {
    const realm = { name: `to-${randomBytes(4).toString('hex')}`, temporary: true, ownExchanges: true };
    const route = { from: 'XA', to: 'XB' };
    const owner = await openAmqp({ url: amqpUrl(), log: silent });
    const inbox = new Inbox();
    await owner.consume(ourQueue(route, realm), inbox.take);
    expect((await owner.send(ourTarget(route, realm), sealed('m-1'))).kind).to.equal('custody');
    expect((await inbox.next()).messageId).to.equal('m-1');
    expect(ourTarget(route, realm).exchange).to.equal(`${realm.name}.XB.from.XA`);
    expect(ourTarget({ from: 'XC', to: 'XB' }, realm).exchange).to.equal(`${realm.name}.XB.from.XC`);
    await owner.close();
  });
});
