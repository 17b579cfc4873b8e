/** Transport over an AMQP 0-9-1 broker: publishing with confirms, consuming with acknowledgements, and recovery of both. */

import { setTimeout as pause } from 'node:timers/promises';
import {
  brokerError,
  openConnection,
  type Connection,
  type ConnectionOptions,
  type RecoveringConnection,
} from './amqp-connection.ts';
import { startConsumer, stopConsumer, type Consumer, type QueueSource } from './amqp-consumer.ts';
import { publish, startPublisher, type Publishable, type Publisher, type PublishTarget } from './amqp-publisher.ts';
import type { SendOutcome } from './transport.ts';

export interface AmqpLink {
  /** `target`: the same object for all messages of one partner; it has a channel of its own. */
  send<Message extends Publishable>(target: PublishTarget<Message>, message: Message): Promise<SendOutcome>;
  /**
   * Delivers messages one at a time, in order, and acknowledges each when the handler resolves; NotTaken dead-letters it; when the handler rejects,
   * the message is delivered again; the fifth time for a defect of this gateway (E_INTERNAL) it is dead-lettered. `stop` ends it and waits until the delivery in progress is settled.
   * Throws E_CONFIG_INVALID when a queue of ours exists with other settings. A queue of the partner may come later.
   */
  consume(source: QueueSource, handler: Consumer['handler']): Promise<{ stop(): Promise<void> }>;
  /** How many connections for sending were established so far. */
  connections(): number;
  state(): BrokerState;
  close(): Promise<void>;
}

/** Whether messages can be sent and received now; `blocked`: the broker is short of memory or disk. */
export type BrokerState = 'ready' | 'blocked' | 'disconnected';

export interface AmqpOptions extends ConnectionOptions {
  /** Milliseconds to wait for a confirm, before the allowance for the size of the message. */
  readonly confirmMs?: number;
  readonly redeliveryMs?: Consumer['redeliveryMs'];
  readonly retryMs?: number;
}

/** Exponential back-off, up to the seconds that a message waits at most once the store is back. */
const backOffMs = (failuresBefore: number): number => Math.min(5_000, 200 * 2 ** failuresBefore);

/** With `waitForBroker`, a message waits so many milliseconds for the first attempt to connect. */
const firstAttemptMs = 10_000;

/** Opens and keeps two connections to the broker. Throws E_BROKER_UNREACHABLE or E_CONFIG_INVALID. */
export async function openAmqp(options: AmqpOptions): Promise<AmqpLink> {
  const { log, confirmMs = 30_000 } = options;
  // Two, because a broker under memory or disk pressure blocks the whole connection of a publisher.
  const publisher: Publisher = { connection: undefined, connections: 0, blocked: false, channels: new Map() };
  const publishing = await openConnection(options, 'publish', (connection) => {
    startPublisher(connection, publisher);
    return Promise.resolve();
  });
  const attempts = [firstAttempt(publishing)];
  publishing.events.on('blocked', () => (publisher.blocked = true));
  publishing.events.on('unblocked', () => (publisher.blocked = false));
  const consumption: Consumption = { consumers: new Set(), current: undefined };
  const consuming = await openConnection(options, 'consume', async (connection) => {
    for (const consumer of consumption.consumers) await startConsumer(connection, consumer, log);
    consumption.current = connection;
  }).catch(async (error: unknown) => {
    await publishing.close();
    throw error;
  });
  consuming.events.on('disconnect', () => (consumption.current = undefined));
  attempts.push(firstAttempt(consuming));
  const ready = options.waitForBroker === true ? Promise.race([Promise.all(attempts), patience()]) : undefined;
  return {
    async send(target, message) {
      // A command sends right after it opened the link, before the broker has answered. The queue for the receipt must exist too.
      await ready;
      return await publish(publisher, target, message, { confirmMs, log });
    },
    connections: () => publisher.connections,
    state() {
      if (publisher.connection === undefined || consumption.current === undefined) return 'disconnected';
      return publisher.blocked ? 'blocked' : 'ready';
    },
    consume: (source, handler) => consume(options, consumption, source, handler),
    async close() {
      await Promise.all([...consumption.consumers].map(stopConsumer));
      await Promise.all([consuming.close(), publishing.close()]);
    },
  };
}

/** Settles when the first attempt to connect has ended, well or not. */
function firstAttempt({ events }: Pick<RecoveringConnection, 'events'>): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const event of ['connect', 'reconnect-scheduled'] as const) events.once(event, () => resolve(undefined));
  return promise;
}

const patience = (): Promise<undefined> => pause(firstAttemptMs, undefined, { ref: false });

interface Consumption {
  readonly consumers: Set<Consumer>;
  current: Connection | undefined;
}

async function consume(
  { log, redeliveryMs = backOffMs, retryMs = 10_000 }: AmqpOptions,
  { consumers, current }: Consumption,
  source: QueueSource,
  handler: Consumer['handler'],
): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  const failed = { digest: '', times: 0, defects: 0 };
  const consumer: Consumer = {
    source,
    handler,
    redeliveryMs,
    retryMs,
    stopping,
    failed,
    inProgress: Promise.resolve(),
  };
  consumers.add(consumer);
  try {
    // While disconnected there is no channel to open: the next connection starts every consumer of the set.
    if (current !== undefined) await startConsumer(current, consumer, log);
  } catch (error) {
    consumers.delete(consumer);
    throw brokerError(error, source.queue);
  }
  return {
    stop() {
      consumers.delete(consumer);
      return stopConsumer(consumer);
    },
  };
}
