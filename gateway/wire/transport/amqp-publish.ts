/** Publishing to the broker: persistent, mandatory, confirmed, and each outcome as a value. */

import type { SealedMessage } from '../../model/message.ts';
import type { ConfirmChannel, Connection } from './amqp.ts';
import * as names from './amqp-names.ts';
import type { Realm, Route } from './amqp-names.ts';
import type { Log } from '../log.ts';
import { deadlineMs } from './transport.ts';
import type { Custody } from './transport.ts';

/** What is known of the publishing side just now. `returned` holds the numbers of sends that came back unrouted. */
export interface Publishing {
  channel: ConfirmChannel | undefined;
  blocked: boolean;
  sends: number;
  readonly realm: Realm;
  readonly returned: Set<string>;
}

export function newPublishing(realm: Realm): Publishing {
  return { channel: undefined, blocked: false, sends: 0, realm, returned: new Set() };
}

/** Makes a fresh connection ready to publish on. */
export async function startPublishing({ model, lose }: Connection, state: Publishing, log: Log): Promise<void> {
  const channel = await model.createConfirmChannel();
  channel.on('error', (error) => log.warn('broker ended the channel', { evidence: error.message }));
  await channel.assertExchange(names.exchangeName(state.realm), 'direct', names.exchangeSettings(state.realm));
  channel.on('return', ({ properties }) => state.returned.add(String(properties.correlationId)));
  channel.on('close', () => {
    state.channel = undefined;
    lose();
  });
  state.blocked = false;
  state.channel = channel;
}

/** One publish, mandatory and confirmed. A confirm alone says nothing about routing: an unroutable message is returned first, then confirmed. */
export function publish(state: Publishing, route: Route, message: SealedMessage, confirmMs: number): Promise<Custody> {
  const { channel, returned } = state;
  if (channel === undefined) return Promise.resolve({ kind: 'refused', evidence: 'no connection to the broker' });
  if (state.blocked)
    return Promise.resolve({ kind: 'refused', evidence: 'the broker takes nothing now', retryAfterSeconds: 30 });
  const send = String((state.sends += 1));
  const { promise, resolve } = Promise.withResolvers<Custody>();
  const milliseconds = deadlineMs(confirmMs, message.bytes.length);
  const tooLate = setTimeout(
    () => resolve({ kind: 'unknown', evidence: `no confirm within ${milliseconds} ms` }),
    milliseconds,
  );
  const { buffer, byteOffset, byteLength } = message.bytes;
  const content = Buffer.from(buffer, byteOffset, byteLength);
  const properties = {
    persistent: true,
    mandatory: true,
    messageId: message.id,
    type: message.kind,
    appId: route.from,
    contentType: message.contentType,
    correlationId: send,
  };
  channel.publish(names.exchangeName(state.realm), names.routingKey(route), content, properties, (error: unknown) => {
    clearTimeout(tooLate);
    const wasReturned = returned.delete(send);
    resolve(confirmed(error, wasReturned));
  });
  return promise;
}

function confirmed(error: unknown, wasReturned: boolean): Custody {
  if (wasReturned)
    return { kind: 'refused', evidence: 'returned by the broker: no queue of the partner', hold: 'route' };
  if (!(error instanceof Error)) return { kind: 'custody', evidence: 'confirmed by the broker' };
  if (error.message === 'message nacked') return { kind: 'refused', evidence: 'refused by the broker' };
  return { kind: 'unknown', evidence: 'the connection ended before the confirm' };
}
