/** The broker topology: one direct exchange, and a queue with its dead-letter queue for each direction between two administrations. */

/** One direction: messages from `from` to `to`, both ISO 3166-1 alpha-2. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

/** The name that all exchanges and queues begin with. Temporary ones expire when unused: for rehearsals on a production broker. */
export interface Realm {
  readonly name: string;
  readonly temporary: boolean;
}

export const defaultRealm: Realm = { name: 'mra', temporary: false };

export function exchangeName(realm: Realm): string {
  return `${realm.name}.exchange`;
}

/** Receives messages whose delivery limit is exhausted. No message is discarded. */
export function deadLetterExchangeName(realm: Realm): string {
  return `${realm.name}.dead`;
}

export function exchangeOptions(realm: Realm): { readonly durable: true; readonly autoDelete: boolean } {
  return { durable: true, autoDelete: realm.temporary };
}

export function queueName({ from, to }: Route, realm: Realm = defaultRealm): string {
  return `${realm.name}.${to}.from.${from}`;
}

export function deadLetterQueueName(route: Route, realm: Realm = defaultRealm): string {
  return `${queueName(route, realm)}.dead`;
}

export function routingKey({ from, to }: Route): string {
  return `${to}.${from}`;
}

/** Unacknowledged deliveries after which the broker moves a message to the dead-letter queue. */
export const deliveryLimit = 50;

const temporaryExpiryMs = 10 * 60 * 1000;

/**
 * Arguments of a replicated queue. A single active consumer, even with several gateways on one store: lists are sequenced,
 * and two consumers would apply them out of order. The broker confirms dead-lettering ('at-least-once') only where a full
 * queue rejects new messages.
 */
export function queueArguments(route: Route, realm: Realm): Record<string, unknown> {
  return {
    ...deadLetterQueueArguments(realm),
    'x-delivery-limit': deliveryLimit,
    'x-single-active-consumer': true,
    'x-dead-letter-exchange': deadLetterExchangeName(realm),
    'x-dead-letter-routing-key': routingKey(route),
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

export function deadLetterQueueArguments({ temporary }: Realm): Record<string, unknown> {
  return { 'x-queue-type': 'quorum', ...(temporary ? { 'x-expires': temporaryExpiryMs } : {}) };
}
