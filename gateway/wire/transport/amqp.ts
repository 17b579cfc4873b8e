/** To and from partners over an AMQP 0-9-1 broker: confirmed publishing, acknowledged consuming, and recovery of both. */

import { connect } from 'amqplib';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import { GatewayError } from '../../model/errors.ts';
import * as names from './amqp-names.ts';
import type { Realm, Route } from './amqp-names.ts';
import { start, stop } from './amqp-consume.ts';
import type { Consumer, Delivery } from './amqp-consume.ts';
import { newPublishing, publish, startPublishing } from './amqp-publish.ts';
import type { Log, LogFields } from '../log.ts';
import type { TlsIdentity, Transport } from './transport.ts';

export type { Channel, ConfirmChannel, ConsumeMessage, Delivery, Realm, Route };

/** One connection as recovery made it. `lose` ends it, so that recovery sets up everything again in the one way there is. */
export interface Connection {
  readonly model: ChannelModel;
  readonly lose: () => void;
}

export interface AmqpConsumer {
  /** Takes no more, and waits until the message in hand is settled. */
  stop(): Promise<void>;
}

export interface AmqpLink {
  /** Sends along a route, from home to a partner. The partner's gateway declares the queue at its end. */
  transport(route: Route): Transport;
  /**
   * Takes messages one at a time, in order. The broker forgets a message only after the handler has stored it; when the
   * handler rejects, the message is delivered again. E_CONFIG_INVALID when the queue exists with other settings.
   */
  consume(route: Route, handler: (delivery: Delivery) => Promise<void>): Promise<AmqpConsumer>;
  close(): Promise<void>;
}

export interface AmqpOptions {
  /** `amqp://user:password@host:port/vhost`, or `amqps:` with `tls`. */
  readonly url: string;
  readonly tls?: TlsIdentity;
  readonly log: Log;
  /** Wait for a broker that is away at the start instead of refusing to open; sends are refused until it is there. */
  readonly mayBeAway?: boolean;
  /** Absent: the standing one, `mra`. */
  readonly realm?: Realm;
  readonly confirmMs?: number;
  /** Milliseconds before a message that was not taken is handed back, by how often it came before. */
  readonly redeliveryMs?: (deliveriesBefore: number) => number;
}

/** So that a store that is away for minutes does not use up the deliveries a message has. */
const slowly = (before: number): number => Math.min(30_000, 200 * 2 ** before);

/** Opens both connections to the broker and keeps them. Throws E_BROKER_UNREACHABLE or E_CONFIG_INVALID. */
export async function openAmqp(options: AmqpOptions): Promise<AmqpLink> {
  const { log, realm = names.standing, confirmMs = 30_000 } = options;
  // Apart, because a broker that holds back a busy publisher holds back its whole connection.
  const publishing = newPublishing(realm);
  const writing = await openConnection(options, 'publish', (connection) =>
    startPublishing(connection, publishing, log),
  );
  writing.events.on('blocked', () => (publishing.blocked = true));
  writing.events.on('unblocked', () => (publishing.blocked = false));
  const consuming: Consuming = { consumers: new Set(), current: undefined };
  const reading = await openConnection(options, 'consume', (connection) => startAll(connection, consuming, log)).catch(
    async (error: unknown) => {
      await writing.close();
      throw error;
    },
  );
  reading.events.on('disconnect', () => (consuming.current = undefined));
  return {
    transport: (route) => ({
      send: (message) => publish(publishing, route, message, confirmMs),
      close: () => Promise.resolve(), // the connection is shared; it ends with the link
    }),
    consume: (route, handler) => consume(options, consuming, route, handler),
    async close() {
      await Promise.all([...consuming.consumers].map(stop));
      await Promise.all([reading.close(), writing.close()]);
    },
  };
}

/** Everything that is to be consumed, and the connection it is consumed on just now. */
interface Consuming {
  readonly consumers: Set<Consumer>;
  current: Connection | undefined;
}

async function startAll(connection: Connection, consuming: Consuming, log: Log): Promise<void> {
  for (const consumer of consuming.consumers) await start(connection, consumer, log);
  consuming.current = connection;
}

async function consume(
  { log, realm = names.standing, redeliveryMs = slowly }: AmqpOptions,
  { consumers, current }: Consuming,
  route: Route,
  handler: Consumer['handler'],
): Promise<AmqpConsumer> {
  const consumer: Consumer = {
    route,
    realm,
    handler,
    redeliveryMs,
    stopping: new AbortController(),
    inHand: Promise.resolve(),
  };
  consumers.add(consumer);
  try {
    // While the connection is down there is nothing to start on; its return starts every consumer of the set.
    if (current !== undefined) await start(current, consumer, log);
  } catch (error) {
    consumers.delete(consumer);
    throw brokerTrouble(error, names.queueName(route, realm));
  }
  return {
    stop() {
      consumers.delete(consumer);
      return stop(consumer);
    },
  };
}

/** Whether a broker answers there and takes the credentials, within the time given. */
export async function probeBroker(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const model = await connect(url, { timeout: timeoutMs });
    await model.close();
    return true;
  } catch {
    return false; // every failure means the same here: no broker to work with
  }
}

/** A connection that comes back by itself until it is closed. */
interface Lasting {
  readonly events: RecoveringChannelModel;
  close(): Promise<void>;
}

async function openConnection(
  { url, tls, log, mayBeAway = false }: AmqpOptions,
  purpose: 'publish' | 'consume',
  setup: (connection: Connection) => Promise<void>,
): Promise<Lasting> {
  const address = brokerUrl(url);
  let ended: Promise<void> | undefined;
  const recovery = {
    initialDelay: 200,
    maxDelay: 30_000,
    initialMaxRetries: mayBeAway ? Infinity : 1,
    waitForConnect: false,
    setup(model: ChannelModel) {
      ended = new Promise((resolve) => model.once('close', () => resolve()));
      return setUp(model, setup);
    },
  };
  const events = await connect(address.href, {
    noDelay: true, // 1,000 confirms a second one at a time; 22 without
    timeout: 5_000,
    clientProperties: { connection_name: `mra ${purpose}` },
    ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key, ca: [...tls.ca], minVersion: 'TLSv1.2' }),
    recovery,
  });
  report(events, log, { host: address.host, kind: purpose });
  try {
    if (!mayBeAway) await events.waitForConnect();
  } catch (error) {
    await events.close();
    throw brokerTrouble(error, address.host);
  }
  // A farewell that the broker never answers would be waited for without end; the end of the socket is enough.
  return { events, close: () => Promise.race([events.close(), ...(ended === undefined ? [] : [ended])]) };
}

function report(events: RecoveringChannelModel, log: Log, fields: LogFields): void {
  events.on('connect', () => log.info('broker connected', fields));
  events.on('disconnect', () => log.warn('broker connection lost', fields));
  events.on('reconnect-scheduled', ({ attempt, delay, error }) => {
    log.warn('broker will be tried again', { ...fields, attempt, delayMs: delay, evidence: error.message });
  });
  events.on('error', (error) => log.warn('broker ended the connection', { ...fields, evidence: error.message }));
}

async function setUp(model: ChannelModel, setup: (connection: Connection) => Promise<void>): Promise<void> {
  const state = { lost: false };
  const lose = (): void => {
    state.lost = true;
    model.close().catch(() => undefined); // it was closing already
  };
  await setup({ model, lose });
  // Recovery watches a connection only from here on; one that ended before must not be taken for a good one.
  if (state.lost) throw new Error('the connection ended while it was set up');
}

function brokerUrl(url: string): URL {
  const address = URL.parse(url);
  if (address === null || !['amqp:', 'amqps:'].includes(address.protocol)) {
    throw new GatewayError('E_CONFIG_INVALID', 'the address of the broker is not an amqp or amqps address', {
      fix: 'Write amqp://user:password@host:port/vhost, or amqps:.',
    });
  }
  address.searchParams.set('heartbeat', '10');
  address.searchParams.set('maxFrameSize', String(1024 * 1024));
  return address;
}

/** A failure of the broker or of the way to it, with its remedy. `at` is the broker or the queue. */
function brokerTrouble(cause: unknown, at: string): GatewayError {
  const text = cause instanceof Error ? cause.message : '';
  if (text.includes('PRECONDITION_FAILED')) {
    const fix = 'Empty and delete what the broker holds under that name; it is then declared anew.';
    return new GatewayError('E_CONFIG_INVALID', 'the broker holds a queue with other settings', { at, fix, cause });
  }
  if (/ACCESS.REFUSED/.test(text)) {
    const fix = 'Correct user, password or vhost of the broker address, or the rights of that account.';
    return new GatewayError('E_BROKER_UNREACHABLE', 'the broker refuses the account', { at, fix, cause });
  }
  const fix = 'Start the broker, or correct its address.';
  return new GatewayError('E_BROKER_UNREACHABLE', 'no broker answers', { at, fix, cause });
}
