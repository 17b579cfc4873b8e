/** `mra message dead`: what a broker laid aside is listed, shown, put back into its queue, or dropped with a reason that the log keeps. */

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { expect } from 'chai';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { ourQueue, ourTarget } from '../../gateway/wire/transport/amqp-topology.ts';
import { runCommand, type Ran } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';
import { amqpUrl } from '../support/rabbitmq.ts';

interface Row {
  readonly digest: string;
  readonly partner: string;
  readonly id?: string;
  readonly reason?: string;
}

describe('messages that the broker laid aside', () => {
  const realm = { name: `mra-${randomBytes(4).toString('hex')}`, temporary: false };
  const route = { from: 'KR', to: 'CN' };
  const [source, target] = [ourQueue(route, realm), ourTarget(route, realm)];
  const dead = `${source.queue}.dead`;
  let model: ChannelModel;
  let channel: ConfirmChannel;
  let folder: string;
  before(async () => {
    model = await connect(amqpUrl());
    channel = await model.createConfirmChannel();
    await source.declare?.(channel);
    folder = temporaryFolder();
    const broker = `broker: { url: '${amqpUrl()}', realm: ${realm.name} }`;
    writeFileSync(join(folder, 'mra.yaml'), `data: .\nlog: silent\n${broker}\npartners: { KR: { transport: amqp } }\n`);
  });
  after(async () => {
    for (const queue of [source.queue, dead]) await channel.deleteQueue(queue);
    for (const exchange of [target.exchange, `${realm.name}.dead`]) await channel.deleteExchange(exchange);
    await model.close();
  });

  const mra = (...args: readonly string[]): Promise<Ran> =>
    runCommand(['--config', join(folder, 'mra.yaml'), '-o', 'json', 'message', 'dead', ...args]);
  async function result(...args: readonly string[]): Promise<unknown> {
    const { exit, stdout, stderr } = await mra(...args);
    expect(exit, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  /** Takes as many messages from the queue as a gateway does, and stores them, or refuses them for good. */
  async function take(count: number, end: 'stored' | 'refused'): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const texts: string[] = [];
    const { consumerTag } = await channel.consume(source.queue, (message) => {
      if (message === null || texts.push(message.content.toString()) > count) return;
      if (end === 'stored') channel.ack(message);
      else channel.nack(message, false, false);
      if (texts.length === count) resolve(texts);
    });
    await promise;
    await channel.cancel(consumerTag);
    return texts;
  }
  async function layAside(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const key = `${route.to}.${route.from}`;
      channel.publish(target.exchange, key, Buffer.from(text), { messageId: `m-${text}`, persistent: true });
    }
    await channel.waitForConfirms();
    await take(texts.length, 'refused');
    while ((await channel.checkQueue(dead)).messageCount < texts.length);
  }
  const rows = async (): Promise<readonly Row[]> => (await result('list')) as readonly Row[];

  it('are listed in their order, as often as anybody looks, and shown with their bytes', async () => {
    expect(await rows()).to.deep.equal([]);
    await layAside('one', 'two', 'three');
    for (let look = 0; look < 2; look += 1) await rows();
    expect((await rows()).map(({ id, partner, reason }) => [id, partner, reason])).to.deep.equal(
      ['m-one', 'm-two', 'm-three'].map((id) => [id, 'KR', 'rejected']),
    );
    const file = join(folder, 'two');
    await result('show', sha256(Buffer.from('two')).slice(0, 12), '--bytes', file);
    expect(readFileSync(file, 'utf8')).to.equal('two');
  });

  it('go back into their queue one by one or all, and are dropped only with a reason, which the log keeps', async () => {
    const digest = (text: string): string => sha256(Buffer.from(text)).slice(0, 12);
    expect((await mra('show', 'ffff')).stdout).to.include('E_MESSAGE_UNKNOWN');
    expect((await mra('drop', digest('one'))).exit).to.equal(2);
    await result('drop', digest('one'), '--reason', 'a test message', '--as', 'Ann');
    expect((await rows()).map(({ id }) => id)).to.deep.equal(['m-two', 'm-three']);
    await result('return', digest('three'));
    await result('return');
    expect(await rows()).to.deep.equal([]);
    const back = await take(2, 'stored');
    expect(back).to.deep.equal(['three', 'two']);
    const db = await openDatabase(`sqlite:${join(folder, 'mra.db')}`);
    const events = await db.sql.selectFrom('event').select(['kind', 'ref', 'detail']).orderBy('n').execute();
    const bytes = await db.sql
      .selectFrom('body')
      .select('bytes')
      .where('digest', '=', sha256(Buffer.from('one')))
      .execute();
    await db.close();
    expect(events.map(({ kind }) => kind)).to.deep.equal([
      'dead_letter_dropped',
      'dead_letter_returned',
      'dead_letter_returned',
    ]);
    expect(events[0]?.detail).to.include('a test message').and.include('Ann');
    expect(Buffer.from(bytes[0]?.bytes ?? []).toString()).to.equal('one');
  });
});
