/**
 * The names that two gateways of this program use at a broker, and declare themselves: an exchange, and a queue with its dead-letter queue
 * for each direction between two administrations.
 */

import type { QueueSource } from './amqp-consumer.ts';
import type { PublishTarget } from './amqp-publisher.ts';

/** One direction: messages from `from` to `to`, both ISO 3166-1 alpha-2. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

/**
 * The name that all exchanges and queues begin with. Temporary ones expire when unused: for rehearsals on a production broker. With
 * `ownExchanges` each direction has an exchange of its own, so that the rights of an account can end at its own directions.
 */
export interface Realm {
  readonly name: string;
  readonly temporary: boolean;
  readonly ownExchanges?: boolean | undefined;
}

const defaultRealm: Realm = { name: 'mra', temporary: false };

export function exchangeName(realm: Realm, route: Route): string {
  return realm.ownExchanges === true ? queueName(route, realm) : `${realm.name}.exchange`;
}

/** Receives messages whose delivery limit is exhausted. No message is discarded. */
function deadLetterExchangeName(realm: Realm, route: Route): string {
  return realm.ownExchanges === true ? deadLetterQueueName(route, realm) : `${realm.name}.dead`;
}

function exchangeOptions(realm: Realm): { readonly durable: true; readonly autoDelete: boolean } {
  return { durable: true, autoDelete: realm.temporary };
}

export function queueName({ from, to }: Route, realm: Realm = defaultRealm): string {
  return `${realm.name}.${to}.from.${from}`;
}

export function deadLetterQueueName(route: Route, realm: Realm = defaultRealm): string {
  return `${queueName(route, realm)}.dead`;
}

function routingKey({ from, to }: Route): string {
  return `${to}.${from}`;
}

/** Unacknowledged deliveries after which the broker moves a message to the dead-letter queue. */
const deliveryLimit = 50;

const temporaryExpiryMs = 10 * 60 * 1000;

/**
 * Arguments of a replicated queue. A single active consumer, even with several gateways on one store: lists are sequenced,
 * and two consumers would apply them out of order. The broker confirms dead-lettering ('at-least-once') only where a full
 * queue rejects new messages.
 */
function queueArguments(route: Route, realm: Realm): Record<string, unknown> {
  return {
    ...deadLetterQueueArguments(realm),
    'x-delivery-limit': deliveryLimit,
    'x-single-active-consumer': true,
    'x-dead-letter-exchange': deadLetterExchangeName(realm, route),
    'x-dead-letter-routing-key': routingKey(route),
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

function deadLetterQueueArguments({ temporary }: Realm): Record<string, unknown> {
  return { 'x-queue-type': 'quorum', ...(temporary ? { 'x-expires': temporaryExpiryMs } : {}) };
}

/** Where messages of one direction are published. The exchange is declared; the receiver declares the queue. */
export function ourTarget(route: Route, realm: Realm = defaultRealm): PublishTarget {
  const exchange = exchangeName(realm, route);
  return {
    exchange,
    key: () => routingKey(route),
    properties: ({ id, kind, contentType }) => ({ messageId: id, type: kind, appId: route.from, contentType }),
    declare: (channel) => channel.assertExchange(exchange, 'direct', exchangeOptions(realm)),
  };
}

/** The queue of one direction, which its receiver declares. */
export function ourQueue(route: Route, realm: Realm = defaultRealm): QueueSource {
  const queue = queueName(route, realm);
  return {
    queue,
    async declare(channel) {
      const declareOne = async (exchange: string, name: string, args: Record<string, unknown>): Promise<void> => {
        await channel.assertExchange(exchange, 'direct', exchangeOptions(realm));
        await channel.assertQueue(name, { durable: true, arguments: args });
        await channel.bindQueue(name, exchange, routingKey(route));
      };
      const deadLetterQueue = deadLetterQueueName(route, realm);
      await declareOne(deadLetterExchangeName(realm, route), deadLetterQueue, deadLetterQueueArguments(realm));
      await declareOne(exchangeName(realm, route), queue, queueArguments(route, realm));
    },
  };
}

/** Where messages of a queue of entries are laid aside. */
export const deadEntryQueueName = (queue: string): string => `${queue}.dead`;

/** A queue of entries that the gateway makes, with its dead-letter queue. Several gateways may consume it at once: entries have no order. */
export function entryQueue(queue: string): QueueSource {
  const dead = deadEntryQueueName(queue);
  return {
    queue,
    async declare(channel) {
      const replicated = { 'x-queue-type': 'quorum' };
      await channel.assertQueue(dead, { durable: true, arguments: replicated });
      const laidAside = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead };
      const kept = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
      await channel.assertQueue(queue, { durable: true, arguments: { ...replicated, ...laidAside, ...kept } });
    },
  };
}
