/** Connecting to the broker: errors, waiting, and TLS. */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { openAmqp } from '../../gateway/wire/transport/amqp.ts';
import { openConnection, probeBroker } from '../../gateway/wire/transport/amqp-connection.ts';
import type { AmqpLink, AmqpOptions } from '../../gateway/wire/transport/amqp.ts';
import { deadLetterQueueName, ourQueue, ourTarget, queueName } from '../../gateway/wire/transport/amqp-topology.ts';
import { observableLog, sealed, silent } from '../support/deliveries.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';
import { forward, lineTo } from '../support/line.ts';
import { amqpUrl } from '../support/rabbitmq.ts';
import { freePort } from '../support/services.ts';
import { listen, tlsParty } from '../support/tls.ts';

describe('the connection to the broker', () => {
  const route = { from: 'XA', to: `X${randomBytes(6).toString('hex')}` };
  const [source, target] = [ourQueue(route), ourTarget(route)];
  let links: AmqpLink[] = [];

  const open = async (changes: Partial<AmqpOptions> = {}): Promise<AmqpLink> => {
    const link = await openAmqp({ url: amqpUrl(), log: silent, ...changes });
    links.push(link);
    return link;
  };

  afterEach(async () => {
    await Promise.all(links.map((link) => link.close()));
    links = [];
  });

  after(async () => {
    const model = await connect(amqpUrl());
    const channel = await model.createChannel();
    await channel.deleteQueue(queueName(route));
    await channel.deleteQueue(deadLetterQueueName(route));
    await model.close();
  });

  it('reports a broker that does not answer, and one that refuses the account, each with its fix', async () => {
    const away = await refusal(() => open({ url: 'amqp://127.0.0.1:1' }));
    const stranger = new URL(amqpUrl());
    stranger.password = 'wrong';
    const refused = await refusal(() => open({ url: stranger.toString() }));
    expect([away.code, refused.code]).to.deep.equal(['E_BROKER_UNREACHABLE', 'E_BROKER_UNREACHABLE']);
    expect(away.fix).to.not.equal(refused.fix);
  });

  it('refuses an address that is not amqp or amqps', async () => {
    expect(await refusalCode(() => open({ url: 'https://127.0.0.1' }))).to.equal('E_CONFIG_INVALID');
  });

  it('is made again where the broker goes while it is set up', async () => {
    const line = await lineTo(amqpUrl());
    const tried: string[] = [];
    const connection = await openConnection({ url: line.url, log: silent }, 'consume', async ({ model }) => {
      tried.push('set up');
      if (tried.length > 1) return;
      line.cut();
      await new Promise((resolve) => model.once('close', resolve));
    });
    expect(tried).to.deep.equal(['set up', 'set up']);
    await connection.close();
    await line.close();
  });

  it('can wait for an unreachable broker, and works when it answers', async () => {
    const port = await freePort();
    const { log, logged } = observableLog();
    const link = await open({ url: `amqp://guest:guest@127.0.0.1:${port}`, waitForBroker: true, log });
    expect((await link.send(target, sealed('m-1'))).kind).to.equal('refused');
    const there = Promise.all([logged('broker connected', 'publish'), logged('broker connected', 'consume')]);
    const late = createServer((near) => forward(near, amqpUrl())).listen(port, '127.0.0.1');
    await there;
    await link.consume(source, () => Promise.resolve());
    expect((await link.send(target, sealed('m-1'))).kind).to.equal('custody');
    late.close();
  });

  it('a message sent right after opening waits for the connection, as of a command', async () => {
    await (await open()).consume(source, () => Promise.resolve());
    const link = await open({ waitForBroker: true });
    expect((await link.send(target, sealed('m-1'))).kind).to.equal('custody');
  });

  it('refuses a broker over TLS whose authority is not trusted', async () => {
    const { cert, key } = await tlsParty('XB');
    const tlsEnd = createTlsServer({ cert, key }, (near) => forward(near, amqpUrl()));
    const address = new URL(amqpUrl());
    const url = `amqps://${address.username}:${address.password}@localhost:${await listen(tlsEnd)}${address.pathname}`;
    expect(await refusalCode(() => open({ url }))).to.equal('E_BROKER_UNREACHABLE');
    tlsEnd.close();
  });
  it('a probe reports whether there is a broker, also when another server accepts connections and does not answer', async () => {
    const mute = createServer();
    const port = await listen(mute);
    expect(await probeBroker(amqpUrl(), 3000)).to.equal(true);
    expect(await probeBroker('amqp://127.0.0.1:1', 3000)).to.equal(false);
    expect(await probeBroker(`amqp://127.0.0.1:${port}`, 50)).to.equal(false);
    mute.close();
  });
});
