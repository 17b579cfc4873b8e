/** Connections to an AMQP 0-9-1 broker that are re-established, with the same setup, until they are closed. */

import type { ChannelModel, ConfirmChannel, Options, RecoveringChannelModel } from 'amqplib';
import { addressesOf } from '../../model/cluster-address.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Log, LogFields } from '../log.ts';

/** The broker gives the queues of a process that stands still to another after two of them; less is too short for a busy machine. */
const heartbeatSeconds = 5;

/** One established connection. `close` ends it; recovery then establishes the next one and runs the same setup on it. */
export interface Connection {
  readonly model: ChannelModel;
  readonly close: () => void;
  isClosed(): boolean;
}

export interface ConnectionOptions {
  /** `amqp://user:password@host:port/vhost`, or `amqps:`; several hosts of a cluster with commas between them. */
  readonly url: string;
  /** PEM, for `amqps:`; without `ca` the authorities of Node are trusted. */
  readonly tls?: { readonly ca?: readonly string[]; readonly cert?: string; readonly key?: string };
  readonly log: Log;
  /** Wait for an unreachable broker instead of failing to open; until it answers, messages are refused. */
  readonly waitForBroker?: boolean;
}

export interface RecoveringConnection {
  readonly events: RecoveringChannelModel;
  close(): Promise<void>;
}

/** Runs `setup` on each connection it establishes. Throws E_BROKER_UNREACHABLE, E_CONFIG_INVALID. */
export async function openConnection(
  { url, tls, log, waitForBroker = false }: ConnectionOptions,
  purpose: 'publish' | 'consume',
  setup: (connection: Connection) => Promise<void>,
): Promise<RecoveringConnection> {
  const nodes = nodesOf(url);
  let socketClosed: Promise<void> | undefined;
  // Loaded here: most gateways and commands have no broker.
  const { connect } = await import('amqplib');
  const events = await connect(nodes.address, {
    ...socketTls(tls),
    noDelay: true, // Nagle's algorithm limits single confirms to 22 a second; without it there are 1,000
    timeout: 5_000,
    clientProperties: { connection_name: `mra ${purpose}` },
    recovery: {
      initialDelay: 200,
      maxDelay: 3_000,
      initialMaxRetries: waitForBroker ? Infinity : 1,
      waitForConnect: false,
      setup(model: ChannelModel) {
        socketClosed = new Promise((resolve) => model.once('close', () => resolve()));
        return setUpConnection(model, setup);
      },
    },
  });
  logConnectionEvents(events, log, purpose, nodes);
  try {
    if (!waitForBroker) await events.waitForConnect();
  } catch (error) {
    await events.close();
    throw brokerError(error, nodes.host());
  }
  // A broker that never answers connection.close would delay this for ever; the end of the socket is enough.
  return { events, close: () => Promise.race([events.close(), ...(socketClosed === undefined ? [] : [socketClosed])]) };
}

/** The nodes of a cluster, one of which is connected to at a time. */
interface Nodes {
  /** Reads as the address of the present node whenever a connection is made. */
  readonly address: Options.Connect;
  host(): string;
  /** The one after it is the next to be tried. */
  next(): void;
}

function nodesOf(url: string): Nodes {
  const addresses = addressesOf(url).map(brokerUrl);
  let current = 0;
  const present = (): URL => addresses[current % addresses.length] ?? brokerUrl(url);
  const { protocol, username, password, pathname } = present();
  const account =
    username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const vhost = pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : '/';
  return {
    address: {
      ...{ protocol: protocol.slice(0, -1), ...account, vhost, heartbeat: heartbeatSeconds, maxFrameSize: 1024 * 1024 },
      get hostname() {
        return present().hostname;
      },
      get port() {
        return Number(present().port || (protocol === 'amqps:' ? 5671 : 5672));
      },
    },
    host: () => present().host,
    next: () => void (current += 1),
  };
}

function logConnectionEvents(
  events: RecoveringChannelModel,
  log: Log,
  kind: 'publish' | 'consume',
  { host, next }: Nodes,
): void {
  const fields = (): LogFields => ({ host: host(), kind });
  events.on('connect', () => log.info('broker connected', fields()));
  events.on('disconnect', () => log.warn('broker connection lost', fields()));
  events.on('reconnect-scheduled', ({ attempt, delay, error }) => {
    log.warn('broker will be tried again', { ...fields(), attempt, delayMs: delay, evidence: error.message });
    next();
  });
  events.on('error', (error) => log.warn('broker ended the connection', { ...fields(), evidence: error.message }));
}

export function socketTls({ ca, ...own }: NonNullable<ConnectionOptions['tls']> = {}) {
  return { ...own, ...(ca && { ca: [...ca] }) };
}

async function setUpConnection(model: ChannelModel, setup: (connection: Connection) => Promise<void>): Promise<void> {
  const state = { closed: false };
  const close = (): void => {
    state.closed = true;
    model.close().catch(() => undefined); // it was closing already
  };
  model.once('close', () => (state.closed = true));
  // Recovery listens only after the setup; an error that nobody listens to would end the process.
  model.on('error', () => undefined);
  await setup({ model, close, isClosed: () => state.closed });
  // Recovery watches a connection only after its setup: one that ended before must not count as established.
  if (state.closed) throw new Error('the connection ended during its setup');
}

/** Throws E_CONFIG_INVALID. */
export function brokerUrl(url: string): URL {
  const address = URL.parse(url);
  if (address === null || !['amqp:', 'amqps:'].includes(address.protocol)) {
    const fix = 'Write amqp://user:password@host:port/vhost, or amqps:.';
    throw new GatewayError('E_CONFIG_INVALID', 'the address of the broker is not an amqp or amqps address', { fix });
  }
  address.searchParams.set('heartbeat', String(heartbeatSeconds));
  address.searchParams.set('maxFrameSize', String(1024 * 1024));
  return address;
}

/** The error of a failed connection or declaration, with its fix. `at` is the host of the broker, or the queue. */
export function brokerError(cause: unknown, at: string): GatewayError {
  const text = cause instanceof Error ? cause.message : '';
  if (text.includes('PRECONDITION_FAILED')) {
    const fix = 'Empty and delete the exchange or queue of that name; the gateway declares it again.';
    return new GatewayError('E_CONFIG_INVALID', 'the broker holds a queue with other settings', { at, fix, cause });
  }
  if (/ACCESS.REFUSED/.test(text)) {
    const fix = 'Correct user, password or vhost of the broker address, or the rights of that account.';
    return new GatewayError('E_BROKER_UNREACHABLE', 'the broker refuses the account', { at, fix, cause });
  }
  const fix = 'Start the broker, or correct its address.';
  return new GatewayError('E_BROKER_UNREACHABLE', 'no broker answers', { at, fix, cause });
}

/** Whether a broker answers at the address and accepts the credentials within `timeoutMs`. */
export async function probeBroker(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const model = await connectAny(url, { timeout: timeoutMs });
    await model.close();
    return true;
  } catch {
    return false; // after any failure this broker cannot be used
  }
}

/** What an account needs at a broker. */
export interface BrokerNames {
  /** The exchange of ours, which is declared when something is sent. */
  readonly ours?: string | undefined;
  /** Names of the partner, which must be there. */
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
  /** Dead-letter queues of ours. */
  readonly deadLetterQueues: readonly string[];
}

interface ExaminedBroker {
  readonly declared: boolean;
  readonly blocked?: string | undefined;
  readonly missing: readonly string[];
  /** Dead-letter queues that are not empty. */
  readonly deadLetters: readonly { readonly queue: string; readonly count: number }[];
}

/**
 * Whether our exchange is there, whether the account may write to it, whether the broker has an alarm, and which names of the partner it
 * does not have; and what was laid aside in dead-letter queues. A message without a queue is published to our exchange, which the broker drops; nothing is sent to another. Throws
 * E_BROKER_UNREACHABLE, also for missing rights, and E_CONFIG_INVALID.
 */
export async function examineBroker(
  { url, tls }: Pick<ConnectionOptions, 'url' | 'tls'>,
  { ours, exchanges, queues, deadLetterQueues }: BrokerNames,
  timeoutMs: number,
): Promise<ExaminedBroker> {
  const model = await connectAny(url, { ...socketTls(tls), timeout: timeoutMs });
  const blocked = new Promise<string>((resolve) => model.once('blocked', resolve));
  const isThere: IsThere = (name, check) =>
    onChannel(model, check).then(
      () => true,
      (cause: unknown) => {
        if (cause instanceof Error && /NOT.FOUND/u.test(cause.message)) return false;
        throw brokerError(cause, name);
      },
    );
  try {
    const missing: string[] = [];
    for (const name of exchanges)
      if (name !== '' && !(await isThere(name, (channel) => channel.checkExchange(name)))) missing.push(name);
    for (const name of queues) if (!(await isThere(name, (channel) => channel.checkQueue(name)))) missing.push(name);
    const deadLetters = await deadLettersIn(deadLetterQueues, isThere);
    if (ours === undefined) return { declared: true, missing, deadLetters };
    let reason: string | undefined;
    const declared = await isThere(ours, async (channel) => {
      await channel.checkExchange(ours);
      channel.publish(ours, 'doctor', Buffer.alloc(0));
      const late = new Promise<string>((resolve) => setTimeout(resolve, timeoutMs, 'no confirm came in time').unref());
      reason = await Promise.race([channel.waitForConfirms().then(() => undefined), blocked, late]);
    });
    return { declared, blocked: reason, missing, deadLetters };
  } finally {
    await model.close().catch(() => undefined);
  }
}

/** The first node of a cluster that answers. Throws E_BROKER_UNREACHABLE with the failure of the last. */
async function connectAny(
  url: string,
  options: ReturnType<typeof socketTls> & { readonly timeout: number },
): Promise<ChannelModel> {
  const { connect } = await import('amqplib');
  const nodes = nodesOf(url);
  for (let others = addressesOf(url).length - 1; ; others -= 1)
    try {
      const model = await connect(nodes.address, options);
      model.on('error', () => undefined); // the call in progress reports it
      return model;
    } catch (cause) {
      if (others === 0) throw brokerError(cause, nodes.host());
      nodes.next();
    }
}

type IsThere = (name: string, check: (channel: ConfirmChannel) => Promise<unknown>) => Promise<boolean>;

async function deadLettersIn(queues: readonly string[], isThere: IsThere): Promise<ExaminedBroker['deadLetters']> {
  const found: ExaminedBroker['deadLetters'][number][] = [];
  for (const queue of queues)
    await isThere(queue, async (channel) => {
      const { messageCount: count } = await channel.checkQueue(queue);
      if (count > 0) found.push({ queue, count });
    });
  return found;
}

/** Rejects with what the broker says when it ends the channel. */
async function onChannel(model: ChannelModel, work: (channel: ConfirmChannel) => Promise<unknown>): Promise<void> {
  const channel = await model.createConfirmChannel();
  const ended = new Promise<never>((_, reject) => channel.once('error', reject));
  await Promise.race([work(channel), ended]);
  await channel.close();
}
