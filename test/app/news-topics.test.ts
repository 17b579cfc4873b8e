/** Changes of the register, published to a topic exchange of a real broker. */

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { expect } from 'chai';
import { loadConfig } from '../../gateway/app/config.ts';
import { sendNews, topicReceiver, type NewsReceiver } from '../../gateway/app/news.ts';
import { shownChange } from '../../gateway/clearance/change-feed.ts';
import { newsReaders } from '../../gateway/store/news.ts';
import { changesAfter } from '../../gateway/store/register-changes.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { openAmqp, type AmqpLink } from '../../gateway/wire/transport/amqp.ts';
import { testBroker } from '../support/administrations.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';
import { thrownBy } from '../support/thrown.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('news for topics of a broker', () => {
  const log = makeLog({ level: 'silent' });
  let clearance: TestClearance;
  let link: AmqpLink;
  let model: ChannelModel;
  let channel: Channel;
  let exchange: string;

  beforeEach(async () => {
    clearance = await openClearance();
    link = await openAmqp({ url: testBroker(), log });
    model = await connect(testBroker());
    channel = await model.createChannel();
    exchange = `changes-${randomBytes(6).toString('hex')}`;
  });
  afterEach(async () => {
    await channel.deleteExchange(exchange);
    await model.close();
    await link.close();
    await clearance.close();
  });

  const topic = (settings: object = { declare: true }): NewsReceiver =>
    topicReceiver(clearance, { exchange, ...settings }, { link: () => Promise.resolve(link) });
  const round = (receiver: NewsReceiver): Promise<void> =>
    sendNews({ ...clearance, owner: 'one', log, now: () => new Date(clearance.clock) }, 'inland', receiver);

  /** What comes with these keys, each message as soon as it is there. */
  async function bound(key: string): Promise<(count: number) => Promise<ConsumeMessage[]>> {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, key);
    const messages: ConsumeMessage[] = [];
    let came = Promise.withResolvers<undefined>();
    await channel.consume(
      queue,
      (message) => {
        if (message !== null) messages.push(message);
        came.resolve(undefined);
        came = Promise.withResolvers();
      },
      { noAck: true },
    );
    return async (count) => {
      while (messages.length < count) await came.promise;
      return messages.splice(0);
    };
  }
  async function suspend(): Promise<void> {
    const suspended = operator('NN0000001', { status: 'suspended', statusSince: '2026-11-23' });
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [operator('NN0000009'), suspended] });
  }

  it('have the changes that the door gives, with its numbers, by partner and kind', async () => {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const [all, suspensions] = [await bound('#'), await bound('*.suspended')];
    const receiver = topic();
    await round(receiver);
    await fillRegister(clearance.db);
    await suspend();
    await round(receiver);
    const changes = await changesAfter(clearance.db.sql, { after: 0, limit: 100 });
    const came = await all(changes.length);
    const data = came.map(({ content }) => (JSON.parse(content.toString()) as { data: { n: number } }).data);
    expect(data.toSorted((a, b) => a.n - b.n)).to.deep.equal(changes.map(shownChange));
    const [first] = await suspensions(2);
    expect(first?.fields.routingKey).to.equal('NN.suspended');
    expect(first?.properties).to.include({ messageId: 'change-CN-1', type: 'operator.suspended', deliveryMode: 2 });
  });

  it('have restrictions before what else is waiting', async () => {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const restrictions = await bound('*.suspended');
    await round(topic({ declare: true, only: 'restrictions' }));
    await fillRegister(clearance.db);
    await suspend();
    await round(topic({ declare: true, only: 'restrictions' }));
    expect((await restrictions(2)).map(({ properties }) => properties.messageId as unknown)).to.deep.equal([
      'change-CN-1',
      'change-CN-7',
    ]);
  });

  it('wait while the exchange is not there, and are lost to nobody where no queue wants them', async () => {
    await round(topic({}));
    await fillRegister(clearance.db);
    await round(topic({}));
    const states = async (): Promise<unknown> =>
      (await newsReaders(clearance.db.sql)).map(({ lane, n, attempts }) => [lane, n, attempts]);
    expect(await states()).to.deep.equal([
      ['others', 0, 1],
      ['restrictions', 0, 1],
    ]);
    await channel.assertExchange(exchange, 'topic', { durable: true });
    clearance.clock = '2026-11-23T12:05:00.000Z';
    await round(topic({}));
    expect(await states()).to.deep.equal([
      ['others', 6, 0],
      ['restrictions', 3, 0],
    ]);
  });

  it('have a name that no webhook has', () => {
    const webhook = '{ url: "https://a.example", secret: { file: s } }';
    const file = join(temporaryFolder(), 'gateway.yaml');
    writeFileSync(file, `border: { webhooks: { one: ${webhook} }, topics: { one: { exchange: x } } }\n`);
    expect(thrownBy(() => loadConfig({ config: file }, {}))).to.include({
      code: 'E_CONFIG_INVALID',
      at: '/border/topics/one',
    });
  });
});
