/** Publishes messages as persistent and mandatory, with publisher confirms, and returns each outcome as a value. */

import type { ConfirmChannel } from 'amqplib';
import type { SealedMessage } from '../../model/message.ts';
import type { Log } from '../log.ts';
import type { Connection } from './amqp-connection.ts';
import * as topology from './amqp-topology.ts';
import type { Realm, Route } from './amqp-topology.ts';
import { deadlineMs, type SendOutcome } from './transport.ts';

/** `channel` is undefined while disconnected; `returned` holds the correlation ids of messages returned as unroutable. */
export interface Publisher {
  channel: ConfirmChannel | undefined;
  blocked: boolean;
  lastCorrelationId: number;
  readonly realm: Realm;
  readonly returned: Set<string>;
}

export async function startPublisher({ model, close }: Connection, publisher: Publisher, log: Log): Promise<void> {
  const { realm, returned } = publisher;
  const channel = await model.createConfirmChannel();
  channel.on('error', (error) => log.warn('broker ended the channel', { evidence: error.message }));
  await channel.assertExchange(topology.exchangeName(realm), 'direct', topology.exchangeOptions(realm));
  channel.on('return', ({ properties }) => returned.add(String(properties.correlationId)));
  channel.on('close', () => {
    publisher.channel = undefined;
    close();
  });
  publisher.blocked = false;
  publisher.channel = channel;
}

/** Publishes one message. The broker confirms an unroutable message too, but returns it first (basic.return). */
export function publish(
  publisher: Publisher,
  route: Route,
  message: SealedMessage,
  confirmMs: number,
): Promise<SendOutcome> {
  const { channel, returned, realm } = publisher;
  if (channel === undefined)
    return Promise.resolve({ kind: 'refused', evidence: 'no connection to the broker', unreachable: true });
  if (publisher.blocked)
    return Promise.resolve({ kind: 'refused', evidence: 'the broker blocks publishers', retryAfterSeconds: 30 });
  const correlationId = String((publisher.lastCorrelationId += 1));
  const { promise, resolve } = Promise.withResolvers<SendOutcome>();
  const milliseconds = deadlineMs(confirmMs, message.bytes.length);
  const deadline = setTimeout(
    () => resolve({ kind: 'unknown', evidence: `no confirm within ${milliseconds} ms` }),
    milliseconds,
  );
  const { buffer, byteOffset, byteLength } = message.bytes;
  const properties = {
    persistent: true,
    mandatory: true,
    messageId: message.id,
    type: message.kind,
    appId: route.from,
    contentType: message.contentType,
    correlationId,
  };
  const content = Buffer.from(buffer, byteOffset, byteLength);
  channel.publish(topology.exchangeName(realm), topology.routingKey(route), content, properties, (error: unknown) => {
    clearTimeout(deadline);
    resolve(outcomeOf(error, returned.delete(correlationId)));
  });
  return promise;
}

function outcomeOf(error: unknown, wasReturned: boolean): SendOutcome {
  if (wasReturned) return { kind: 'refused', evidence: 'unroutable: the partner has no queue', hold: 'route' };
  if (!(error instanceof Error)) return { kind: 'custody', evidence: 'confirmed by the broker' };
  if (error.message === 'message nacked') return { kind: 'refused', evidence: 'nack from the broker' };
  return { kind: 'unknown', evidence: 'the connection ended before the confirm', unreachable: true };
}
