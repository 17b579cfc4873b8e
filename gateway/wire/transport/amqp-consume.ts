/** Taking messages from a queue of the broker, one at a time, and acknowledging each only after it was stored. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, Connection, ConsumeMessage } from './amqp.ts';
import * as names from './amqp-names.ts';
import type { Realm, Route } from './amqp-names.ts';
import { faultFields } from '../log.ts';
import type { Log } from '../log.ts';

/** One message from a queue. What the properties say is a hint; the queue alone says which partner it belongs to. */
export interface Delivery {
  readonly bytes: Uint8Array;
  readonly messageId?: string;
  readonly redelivered: boolean;
}

/** A consumer as it was asked for; what it stands on (`active`) changes with each connection. */
export interface Consumer {
  readonly route: Route;
  readonly realm: Realm;
  readonly handler: (delivery: Delivery) => Promise<void>;
  readonly redeliveryMs: (deliveriesBefore: number) => number;
  readonly stopping: AbortController;
  inHand: Promise<void>;
  active?: { readonly channel: Channel; readonly tag: string };
}

/** Declares a route's queue and consumes it. Prefetch is one: order is kept, and a bad message takes no other with it. */
export async function start(connection: Connection, consumer: Consumer, log: Log): Promise<void> {
  const queue = names.queueName(consumer.route, consumer.realm);
  const channel = await connection.model.createChannel();
  channel.on('error', (error) => log.warn('broker ended the channel', { queue, evidence: error.message }));
  await declare(channel, consumer);
  await channel.prefetch(1);
  const { consumerTag } = await channel.consume(queue, (message) => {
    // No message: the queue was deleted under us. Recovery declares it again.
    if (message === null) connection.lose();
    // After the one before, which may still be at work when its connection was lost.
    else consumer.inHand = consumer.inHand.then(() => take(channel, consumer, message, log));
  });
  consumer.active = { channel, tag: consumerTag };
  channel.on('close', () => {
    if (!consumer.stopping.signal.aborted) connection.lose();
  });
}

async function declare(channel: Channel, { route, realm }: Pick<Consumer, 'route' | 'realm'>): Promise<void> {
  const [queue, dead, key] = [
    names.queueName(route, realm),
    names.deadQueueName(route, realm),
    names.routingKey(route),
  ];
  const settings = names.exchangeSettings(realm);
  await channel.assertExchange(names.exchangeName(realm), 'direct', settings);
  await channel.assertExchange(names.deadExchangeName(realm), 'direct', settings);
  await channel.assertQueue(dead, names.deadQueueSettings(realm));
  await channel.bindQueue(dead, names.deadExchangeName(realm), key);
  await channel.assertQueue(queue, names.queueSettings(route, realm));
  await channel.bindQueue(queue, names.exchangeName(realm), key);
}

/** Runs the handler on one delivery and settles it. Never rejects. */
async function take(channel: Channel, consumer: Consumer, message: ConsumeMessage, log: Log): Promise<void> {
  const queue = names.queueName(consumer.route, consumer.realm);
  const { content, fields, properties } = message;
  const messageId: unknown = properties.messageId;
  const hint = typeof messageId === 'string' && /^[\w.:-]{1,128}$/.test(messageId) ? { messageId } : {};
  let taken = false;
  try {
    await consumer.handler({ bytes: content, redelivered: fields.redelivered, ...hint });
    taken = true;
  } catch (error) {
    log.error('message not taken; the broker delivers it again', { queue, ...hint, ...faultFields(error) });
    await patience(consumer, Number(properties.headers?.['x-delivery-count'] ?? 0));
  }
  try {
    if (taken) channel.ack(message);
    else channel.nack(message, false, true);
  } catch (error) {
    // The connection ended meanwhile, and with it the delivery: the broker delivers it again, and what was stored is known.
    log.warn('message could not be settled', { queue, ...hint, ...faultFields(error) });
  }
}

async function patience({ redeliveryMs, stopping }: Consumer, deliveriesBefore: number): Promise<void> {
  // Ended early only by stopping, which hands the message back at once.
  await pause(redeliveryMs(deliveriesBefore), undefined, { signal: stopping.signal }).catch(() => undefined);
}

export async function stop(consumer: Consumer): Promise<void> {
  consumer.stopping.abort();
  const { active } = consumer;
  try {
    await active?.channel.cancel(active.tag);
    await consumer.inHand;
    await active?.channel.close();
  } catch {
    await consumer.inHand; // the channel had ended already, which is all that was wanted
  }
}
