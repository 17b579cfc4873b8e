/** Messages over a real broker: the outcome of each send, and that no message is lost or duplicated unnoticed. */

import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { GatewayError } from '../../gateway/model/errors.ts';
import { openAmqp } from '../../gateway/wire/transport/amqp.ts';
import type { AmqpLink, AmqpOptions } from '../../gateway/wire/transport/amqp.ts';
import {
  deadLetterQueueName,
  ourQueue,
  ourTarget,
  queueName,
  type Route,
} from '../../gateway/wire/transport/amqp-topology.ts';
import type { QueueSource } from '../../gateway/wire/transport/amqp-consumer.ts';
import type { PublishTarget } from '../../gateway/wire/transport/amqp-publisher.ts';
import { Inbox, observableLog, sealed, silent } from '../support/deliveries.ts';
import { refusalCode } from '../support/expect-code.ts';
import { lineTo, type Line } from '../support/line.ts';
import { amqpUrl } from '../support/rabbitmq.ts';

describe('messages over the broker', () => {
  let route: Route;
  let source: QueueSource;
  let target: PublishTarget;
  let links: AmqpLink[];
  let lines: Line[];

  const open = async (changes: Partial<AmqpOptions> = {}): Promise<AmqpLink> => {
    const link = await openAmqp({ url: amqpUrl(), log: silent, redeliveryMs: () => 0, ...changes });
    links.push(link);
    return link;
  };
  const openLine = async (): Promise<Line> => {
    const line = await lineTo(amqpUrl());
    lines.push(line);
    return line;
  };

  beforeEach(() => {
    // A random code, so that no two tests share a queue.
    route = { from: 'XA', to: `X${randomBytes(6).toString('hex')}` };
    [source, target] = [ourQueue(route), ourTarget(route)];
    links = [];
    lines = [];
  });

  afterEach(async () => {
    await Promise.all(lines.map((line) => line.close()));
    await Promise.all(links.map((link) => link.close()));
    const model = await connect(amqpUrl());
    const channel = await model.createChannel();
    await channel.deleteQueue(queueName(route));
    await channel.deleteQueue(deadLetterQueueName(route));
    await model.close();
  });

  describe('sending', () => {
    it('is custody when the broker confirms; bytes and id arrive unchanged', async () => {
      const link = await open();
      const inbox = new Inbox();
      await link.consume(source, inbox.take);
      const custody = await link.send(target, sealed('m-1'));
      expect(custody.kind).to.equal('custody');
      const { bytes, messageId, redelivered } = await inbox.next();
      expect({ text: Buffer.from(bytes).toString(), messageId, redelivered }).to.deep.equal({
        text: 'content of m-1',
        messageId: 'm-1',
        redelivered: false,
      });
    });

    it('an unroutable message is refused and tried again soon, although the broker confirms it', async () => {
      const link = await open();
      const custody = await link.send(target, sealed('m-1'));
      expect(custody).to.include({ kind: 'refused', unreachable: true });
    });

    it('distinguishes two sends of one id: one returned, one confirmed', async () => {
      const link = await open();
      await link.consume(source, () => Promise.resolve());
      const nowhere = link.send(ourTarget({ from: 'XA', to: 'XNOWHERE' }), sealed('m-1'));
      const there = link.send(target, sealed('m-1'));
      expect((await Promise.all([nowhere, there])).map(({ kind }) => kind)).to.deep.equal(['refused', 'custody']);
    });

    it('carries 15 MB', async () => {
      const link = await open();
      const inbox = new Inbox();
      await link.consume(source, inbox.take);
      const bytes = randomBytes(15_000_000);
      expect((await link.send(target, sealed('m-big', bytes))).kind).to.equal('custody');
      expect(Buffer.compare((await inbox.next()).bytes, bytes)).to.equal(0);
    });

    it('is unknown when the connection ends before the confirm', async () => {
      const line = await openLine();
      const link = await open({ url: line.url });
      await link.send(target, sealed('m-0'));
      const sending = link.send(target, sealed('m-1'));
      line.cut();
      expect((await sending).kind).to.equal('unknown');
    });

    it('is unknown when no confirm comes in time', async () => {
      const line = await openLine();
      const link = await open({ url: line.url, confirmMs: 200 });
      await link.send(target, sealed('m-0'));
      line.freeze();
      expect((await link.send(target, sealed('m-1'))).kind).to.equal('unknown');
    });

    it('is refused when the broker opens no channel in time', async () => {
      const line = await openLine();
      const link = await open({ url: line.url, confirmMs: 20 });
      line.freeze();
      expect(await link.send(target, sealed('m-1'))).to.include({ kind: 'refused', unreachable: true });
    });

    it('is refused while the broker is unreachable', async () => {
      const line = await openLine();
      const { log, logged } = observableLog();
      const link = await open({ url: line.url, log });
      const lost = logged('broker connection lost', 'publish');
      await line.close();
      await lost;
      expect((await link.send(target, sealed('m-1'))).kind).to.equal('refused');
    });
  });

  describe('consuming', () => {
    it('delivers a message again, before the next one, when the handler could not store it', async () => {
      const link = await open();
      const inbox = new Inbox();
      let failures = 0;
      await link.consume(source, async (delivery) => {
        await inbox.take(delivery);
        if (delivery.messageId === 'm-1' && (failures += 1) === 1) throw new Error('the store is away');
      });
      for (const id of ['m-1', 'm-2', 'm-3']) await link.send(target, sealed(id));
      const deliveries = [await inbox.next(), await inbox.next(), await inbox.next(), await inbox.next()];
      expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal(['m-1', 'm-1', 'm-2', 'm-3']);
      expect(deliveries.map(({ redelivered }) => redelivered).slice(0, 2)).to.deep.equal([false, true]);
    });

    it('a message on which this gateway fails five times goes to the dead-letter queue with an alarm, and the next is taken', async () => {
      const { log, logged } = observableLog();
      const link = await open({ log });
      const alarm = logged('message moved to the dead-letter queue');
      const inbox = new Inbox();
      await link.consume(source, async (delivery) => {
        await inbox.take(delivery);
        if (delivery.messageId === 'm-bad') throw new Error('never');
      });
      for (const id of ['m-bad', 'm-good']) await link.send(target, sealed(id));
      while ((await inbox.next()).messageId !== 'm-good');
      expect(inbox.ids.filter((id) => id === 'm-bad')).to.have.length(5);
      await alarm;
      const model = await connect(amqpUrl());
      const channel = await model.createChannel();
      const laidAside = new Promise((resolve) => {
        void channel.consume(deadLetterQueueName(route), (message) => resolve(message?.properties.messageId));
      });
      expect(await laidAside).to.equal('m-bad');
      await model.close();
    });

    it('each attempt gets the whole message, also where the one before gave its bytes to another thread', async () => {
      const link = await open();
      const sizes: number[] = [];
      const { promise, resolve } = Promise.withResolvers<undefined>();
      await link.consume(source, ({ bytes }) => {
        sizes.push(bytes.length);
        if (sizes.length === 8) resolve(undefined);
        structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
        const code = sizes.length === 7 ? 'E_INTERNAL' : 'E_STORE_UNREACHABLE';
        return sizes.length === 8 ? Promise.resolve() : Promise.reject(new GatewayError(code, 'on purpose'));
      });
      // Of several frames; and after six outages one defect is no reason to lay it aside.
      await link.send(target, { ...sealed('m-1'), bytes: new Uint8Array(3 * 1024 * 1024) });
      await promise;
      expect(sizes).to.deep.equal(Array<number>(8).fill(3 * 1024 * 1024));
    });

    it('a message stays the first of its queue while the store is away, however often it is tried', async () => {
      const link = await open();
      const inbox = new Inbox();
      let failures = 0;
      await link.consume(source, async (delivery) => {
        await inbox.take(delivery);
        // More often than the broker delivers a message.
        if ((failures += 1) < 60) throw new GatewayError('E_STORE_UNREACHABLE', 'away');
      });
      for (const id of ['m-1', 'm-2']) await link.send(target, sealed(id));
      while ((await inbox.next()).messageId !== 'm-2');
      expect(inbox.ids).to.deep.equal([...Array.from({ length: 60 }, () => 'm-1'), 'm-2']);
    });

    it('acknowledges only what was stored: a message in progress is delivered again after the connection was lost', async () => {
      const line = await openLine();
      const link = await open({ url: line.url });
      const inbox = new Inbox();
      const stored = Promise.withResolvers<undefined>();
      await link.consume(source, async (delivery) => {
        await inbox.take(delivery);
        await stored.promise;
      });
      await link.send(target, sealed('m-1'));
      expect((await inbox.next()).redelivered).to.equal(false);
      line.cut();
      stored.resolve(undefined);
      expect(await inbox.next()).to.include({ messageId: 'm-1', redelivered: true });
    });

    it('continues after the connection was lost, and so does sending', async () => {
      const line = await openLine();
      const { log, logged } = observableLog();
      const link = await open({ url: line.url, log });
      const inbox = new Inbox();
      await link.consume(source, inbox.take);
      const back = Promise.all([logged('broker connected', 'publish'), logged('broker connected', 'consume')]);
      line.cut();
      await back;
      expect((await link.send(target, sealed('m-2'))).kind).to.equal('custody');
      expect((await inbox.next()).messageId).to.equal('m-2');
    });

    it('continues after the queue was deleted', async () => {
      const { log, logged } = observableLog();
      const link = await open({ log });
      const inbox = new Inbox();
      await link.consume(source, inbox.take);
      const back = logged('broker connected', 'consume');
      const model = await connect(amqpUrl());
      await (await model.createChannel()).deleteQueue(queueName(route));
      await model.close();
      await back;
      expect((await link.send(target, sealed('m-1'))).kind).to.equal('custody');
      expect((await inbox.next()).messageId).to.equal('m-1');
    });

    it('has a single active consumer; the next gateway takes over when that one closes', async () => {
      const [first, second] = [await open(), await open()];
      const [ofFirst, ofSecond] = [new Inbox(), new Inbox()];
      await first.consume(source, ofFirst.take);
      await second.consume(source, ofSecond.take);
      for (const id of ['m-1', 'm-2', 'm-3']) await second.send(target, sealed(id));
      for (const id of ['m-1', 'm-2', 'm-3']) expect((await ofFirst.next()).messageId).to.equal(id);
      await first.close();
      await second.send(target, sealed('m-4'));
      expect((await ofSecond.next()).messageId).to.equal('m-4');
      expect(ofSecond.ids).to.deep.equal(['m-4']);
    });

    it('stops after the message in progress is settled, and leaves the rest on the queue', async () => {
      const link = await open();
      const inbox = new Inbox();
      const stored = Promise.withResolvers<undefined>();
      const consumer = await link.consume(source, async (delivery) => {
        await inbox.take(delivery);
        await stored.promise;
      });
      for (const id of ['m-1', 'm-2']) await link.send(target, sealed(id));
      await inbox.next();
      const stopped = consumer.stop();
      stored.resolve(undefined);
      await stopped;
      const later = new Inbox();
      await link.consume(source, later.take);
      expect((await later.next()).messageId).to.equal('m-2');
      expect(inbox.ids).to.deep.equal(['m-1']);
    });

    it('refuses a queue that exists with other settings', async () => {
      const model = await connect(amqpUrl());
      await (await model.createChannel()).assertQueue(queueName(route), { durable: true });
      await model.close();
      const link = await open();
      expect(await refusalCode(() => link.consume(source, () => Promise.resolve()))).to.equal('E_CONFIG_INVALID');
    });
  });
});
