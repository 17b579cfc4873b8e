/** What stands on the broker: one exchange, and for each direction between two administrations a queue and its dead letters. */

/** A direction: messages of `from` for `to`, both ISO 3166-1 alpha-2. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

/** Which exchange and queues on the broker. `passing` ones vanish by themselves once nobody uses them: for trials beside the real ones. */
export interface Realm {
  readonly name: string;
  readonly passing: boolean;
}

export const standing: Realm = { name: 'mra', passing: false };

export function exchangeName(realm: Realm): string {
  return `${realm.name}.exchange`;
}

/** Where messages go that were delivered too often without being taken. Nothing is thrown away. */
export function deadExchangeName(realm: Realm): string {
  return `${realm.name}.dead`;
}

export function exchangeSettings(realm: Realm): { readonly durable: true; readonly autoDelete: boolean } {
  return { durable: true, autoDelete: realm.passing };
}

export function queueName({ from, to }: Route, realm: Realm = standing): string {
  return `${realm.name}.${to}.from.${from}`;
}

export function deadQueueName(route: Route, realm: Realm = standing): string {
  return `${queueName(route, realm)}.dead`;
}

export function routingKey({ from, to }: Route): string {
  return `${to}.${from}`;
}

/** Deliveries without an acknowledgement before a message is laid aside. */
export const deliveryLimit = 50;

const passingMs = 10 * 60 * 1000;

const quorum = ({ passing }: Realm): Record<string, unknown> => ({
  'x-queue-type': 'quorum',
  ...(passing ? { 'x-expires': passingMs } : {}),
});

/**
 * A replicated queue that outlives the broker. One consumer at a time, even with several gateways on one store: lists
 * are numbered, and two consumers would take them out of order. Dead letters move with confirmation ('at-least-once',
 * which the broker grants only where a full queue refuses new messages).
 */
export function queueSettings(
  route: Route,
  realm: Realm,
): { readonly durable: true; readonly arguments: Record<string, unknown> } {
  return {
    durable: true,
    arguments: {
      ...quorum(realm),
      'x-delivery-limit': deliveryLimit,
      'x-single-active-consumer': true,
      'x-dead-letter-exchange': deadExchangeName(realm),
      'x-dead-letter-routing-key': routingKey(route),
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  };
}

export function deadQueueSettings(realm: Realm): {
  readonly durable: true;
  readonly arguments: Record<string, unknown>;
} {
  return { durable: true, arguments: quorum(realm) };
}
