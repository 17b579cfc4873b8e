/** Consumes a queue one message at a time, and acknowledges each only after the handler has stored it. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { sha256 } from '../../model/canonical-json.ts';
import { asGatewayError } from '../../model/errors.ts';
import { faultFields } from '../log.ts';
import type { Log, LogFields } from '../log.ts';
import type { Connection } from './amqp-connection.ts';
import { messageIdPattern } from './transport.ts';

/** One message from a queue. Its properties are hints; only the queue determines the partner. */
export interface Delivery {
  readonly bytes: Uint8Array;
  readonly messageId?: string;
  readonly redelivered: boolean;
  readonly routingKey: string;
  readonly type?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
  /** The queue to which the sender wants the answer, and what it correlates the answer by, as it wrote them. */
  readonly replyTo?: string;
  readonly correlation?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What a handler throws of a message that it will never be able to take: it goes to the dead-letter queue at once. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/** A queue that is consumed. */
export interface QueueSource {
  readonly queue: string;
  /** Makes it. Absent: it is the partner's, and nothing is declared. */
  declare?(channel: Channel): Promise<unknown>;
}

/** A consumer outlives its connections; `active` is its channel on the present one. */
export interface Consumer {
  readonly source: QueueSource;
  readonly handler: (delivery: Delivery) => Promise<void>;
  /** Milliseconds before a message is handled again, by the number of failures before. */
  readonly redeliveryMs: (failuresBefore: number) => number;
  /** Milliseconds after which a queue of the partner is tried again that is missing or that the account may not read. */
  readonly retryMs: number;
  readonly stopping: AbortController;
  /**
   * The message that failed last, how often in a row, and how often of these by a defect: newer brokers do not count what is handed back
   * (basic.nack), and an outage is no fault of a message.
   */
  failed: { readonly digest: string; readonly times: number; readonly defects: number };
  /** Settles when the delivery that is being handled, and all before it, are settled. */
  inProgress: Promise<void>;
  active?: { readonly channel: Channel; readonly tag: string };
}

/**
 * Consumes a queue with a prefetch of one: order is kept, and a rejected message is redelivered alone. Throws what the broker says of a
 * queue of ours; one of the partner is tried again until it is there.
 */
export async function startConsumer(connection: Connection, consumer: Consumer, log: Log): Promise<void> {
  const { source, stopping } = consumer;
  try {
    await openChannel(connection, consumer, log);
  } catch (error) {
    if (source.declare !== undefined || connection.isClosed()) throw error;
    log.error('queue cannot be consumed; trying again', { queue: source.queue, ...faultFields(error) });
    const again = async (): Promise<void> => {
      await pause(consumer.retryMs, undefined, { signal: stopping.signal, ref: false });
      if (!connection.isClosed()) await startConsumer(connection, consumer, log);
    };
    // Stopping ends the pause; a connection that was lost starts its consumers itself.
    again().catch(() => undefined);
  }
}

async function openChannel({ model, close }: Connection, consumer: Consumer, log: Log): Promise<void> {
  const { queue, declare } = consumer.source;
  const channel = await model.createChannel();
  channel.on('error', (error) => log.warn('broker ended the channel', { queue, evidence: error.message }));
  await declare?.(channel);
  await channel.prefetch(1);
  const { consumerTag } = await channel.consume(queue, (message) => {
    // A null message is a consumer cancel: the queue was deleted. The next connection finds it, or declares it again.
    if (message === null) close();
    // The handler may still be at work on a delivery of an earlier connection.
    else consumer.inProgress = consumer.inProgress.then(() => handleDelivery(channel, consumer, message, log));
  });
  consumer.active = { channel, tag: consumerTag };
  channel.on('close', () => {
    if (!consumer.stopping.signal.aborted) close();
  });
}

/** Failures of this gateway after which a message goes to the dead-letter queue, so that the next one is taken. */
const failureLimit = 5;

/** `later`: by this consumer, which keeps the message; `again`: the broker delivers it again. */
type Settlement = 'stored' | 'later' | 'again' | 'dead';

/** Runs the handler until the delivery is stored, returned to the queue (basic.nack), or dead-lettered; then acknowledges it. Never rejects. */
async function handleDelivery(channel: Channel, consumer: Consumer, message: ConsumeMessage, log: Log): Promise<void> {
  const { queue } = consumer.source;
  const { content, fields, properties } = message;
  const hint = hintOf('messageId', properties.messageId);
  const delivery: Omit<Delivery, 'bytes'> = {
    ...{ redelivered: fields.redelivered, routingKey: fields.routingKey },
    ...{ ...hint, ...hintOf('type', properties.type), ...hintOf('correlationId', properties.correlationId) },
    ...{ ...textOf('contentType', properties.contentType), ...textOf('replyTo', properties.replyTo) },
    ...textOf('correlation', properties.correlationId),
    headers: properties.headers ?? {},
  };
  const attempt = async (): Promise<Settlement> =>
    // A copy: a handler that passes the bytes to another thread leaves none, and the next attempt needs them.
    await consumer.handler({ ...delivery, bytes: Uint8Array.from(content) }).then(
      () => 'stored',
      (error: unknown) => afterFailure(consumer, message, error, log, { queue, ...hint }),
    );
  let settlement = await attempt();
  // On a connection that was lost, it is no longer ours to keep.
  while (settlement === 'later') settlement = consumer.active?.channel === channel ? await attempt() : 'again';
  try {
    if (settlement === 'stored') channel.ack(message);
    else channel.nack(message, false, settlement === 'again');
  } catch (error) {
    // The channel closed meanwhile: the broker delivers the message again, and the inbox recognises what it has stored.
    log.warn('message could not be settled', { queue, ...hint, ...faultFields(error) });
  }
}

function textOf<K extends string>(name: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === 'string' && value !== '' ? ({ [name]: value } as Record<K, string>) : {};
}

/** A property that is a text of the signs and length that ids have. */
function hintOf<K extends string>(name: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === 'string' && messageIdPattern.test(value) ? ({ [name]: value } as Record<K, string>) : {};
}

/** Waits before the next attempt. A failure that will pass, as of the store, must not use up the deliveries that the broker counts. */
async function afterFailure(
  consumer: Consumer,
  { content, properties }: ConsumeMessage,
  error: unknown,
  log: Log,
  place: LogFields,
): Promise<Settlement> {
  const digest = sha256(content);
  if (error instanceof NotTaken) {
    log.warn('message moved to the dead-letter queue', { ...place, digest, evidence: error.message });
    return 'dead';
  }
  const isDefect = asGatewayError(error).code === 'E_INTERNAL';
  const returned = Number(properties.headers?.['x-delivery-count'] ?? 0);
  const before = consumer.failed.digest === digest ? consumer.failed : { times: 0, defects: 0 };
  const defects = Math.max(returned, before.defects) + (isDefect ? 1 : 0);
  const times = Math.max(defects, before.times + 1);
  consumer.failed = { digest, times, defects };
  if (defects >= failureLimit && isDefect) {
    log.error('message moved to the dead-letter queue', { ...place, count: defects, digest, ...faultFields(error) });
    return 'dead';
  }
  log.error('message not stored; trying again', { ...place, ...faultFields(error) });
  const delayMs = consumer.redeliveryMs(times - 1);
  // Stopping ends the delay and returns the message at once.
  await pause(delayMs, undefined, { signal: consumer.stopping.signal }).catch(() => undefined);
  return isDefect || consumer.stopping.signal.aborted ? 'again' : 'later';
}

/** Cancels the consumer and waits until the delivery in progress is settled. */
export async function stopConsumer(consumer: Consumer): Promise<void> {
  consumer.stopping.abort();
  const { active } = consumer;
  try {
    await active?.channel.cancel(active.tag);
    await consumer.inProgress;
    await active?.channel.close();
  } catch {
    await consumer.inProgress; // the channel had closed already
  }
}
