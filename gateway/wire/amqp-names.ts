/** What stands on the broker: one exchange, and for each direction between two administrations a queue and its dead letters. */

/** A direction: messages of `from` for `to`, both ISO 3166-1 alpha-2. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

export const exchangeName = 'mra.exchange';
/** Where messages go that were delivered too often without being taken. Nothing is thrown away. */
export const deadExchangeName = 'mra.dead';

export function queueName({ from, to }: Route): string {
  return `mra.${to}.from.${from}`;
}

export function deadQueueName(route: Route): string {
  return `${queueName(route)}.dead`;
}

export function routingKey({ from, to }: Route): string {
  return `${to}.${from}`;
}

/** Deliveries without an acknowledgement before a message is laid aside. */
export const deliveryLimit = 50;

const quorum = { 'x-queue-type': 'quorum' };

/**
 * A replicated queue that outlives the broker. One consumer at a time, even with several gateways on one store: lists
 * are numbered, and two consumers would take them out of order. Dead letters move with confirmation ('at-least-once',
 * which the broker grants only where a full queue refuses new messages).
 */
export function queueSettings(route: Route): { readonly durable: true; readonly arguments: Record<string, unknown> } {
  return {
    durable: true,
    arguments: {
      ...quorum,
      'x-delivery-limit': deliveryLimit,
      'x-single-active-consumer': true,
      'x-dead-letter-exchange': deadExchangeName,
      'x-dead-letter-routing-key': routingKey(route),
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  };
}

export const deadQueueSettings = { durable: true, arguments: quorum } as const;
