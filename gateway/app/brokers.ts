/** Brokers of the settings: connected on first use, with what is published and consumed there for each partner. */

import { deliveryKind, type PublishForm, type QueueBinding } from '../adapter/conversation/broker.ts';
import type { Adapter } from '../adapter/adapter.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import { receiveDelivered } from '../inbound/receive-acknowledgement.ts';
import type { ReceiveResult } from '../inbound/receive-message.ts';
import { addressesOf } from '../model/cluster-address.ts';
import { GatewayError } from '../model/errors.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import { momentOf } from '../model/day.ts';
import type { Log } from '../wire/log.ts';
import { openAmqp, type AmqpLink, type BrokerState } from '../wire/transport/amqp.ts';
import type { Delivery, QueueSource } from '../wire/transport/amqp-consumer.ts';
import type { PublishTarget } from '../wire/transport/amqp-publisher.ts';
import { sha256 } from '../model/canonical-json.ts';
import { detacher, joinedWhereSigned, signatureNameOf } from '../wire/signature/detached.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';
import { ourQueue, ourTarget, type Realm } from '../wire/transport/amqp-topology.ts';
import { filledText, holeValues, unroutable, type Transport } from '../wire/transport/transport.ts';
import type { BrokerConfig, Config } from './config.ts';

/** Connects when something is first sent or consumed: most commands never need a broker. */
export interface Broker {
  /** Of the names that gateways of this program use. */
  readonly realm: Realm;
  /** Ours at the broker. Without one anybody on its network could have written a queue. */
  readonly account: string;
  link(): Promise<AmqpLink>;
  /** As AmqpLink; none before the link was opened. */
  connections(): number;
  /** Undefined where nothing was sent or consumed yet. */
  state(): BrokerState | undefined;
  close(): Promise<void>;
}

/** By their names in the settings; the default one has an empty name. */
export type Brokers = ReadonlyMap<string, Broker>;

/** The brokers of the settings, by the same names. */
export function namedBrokers({ broker, brokers }: Pick<Config, 'broker' | 'brokers'>): Map<string, BrokerConfig> {
  return new Map(Object.entries({ ...(broker && { '': broker }), ...brokers }));
}

export function openBrokers(config: Pick<Config, 'broker' | 'brokers'>, log: Log): Brokers {
  return new Map([...namedBrokers(config)].map(([name, settings]) => [name, lazyBroker(settings, log)]));
}

/** While the broker is unreachable, sends are refused and tried again later; consumers start when it answers. */
function lazyBroker({ url, tls, realm: name, temporary, ownExchanges }: BrokerConfig, log: Log): Broker {
  let opened: Promise<AmqpLink> | undefined;
  let link: AmqpLink | undefined;
  return {
    realm: { name, temporary, ownExchanges },
    account: URL.parse(addressesOf(url)[0])?.username ?? '',
    async link() {
      return (link = await (opened ??= openAmqp({ url, ...(tls && { tls }), log, waitForBroker: true })));
    },
    connections: () => link?.connections() ?? 0,
    state: () => link?.state(),
    async close() {
      await (await opened)?.close();
    },
  };
}

/** `at`: the setting that names it. Throws E_CONFIG_INVALID where it is not set up. */
export function requireBroker<B>(brokers: ReadonlyMap<string, B>, name: string | undefined, at: string): B {
  const broker = brokers.get(name ?? '');
  if (broker !== undefined) return broker;
  const fix = 'Add it under brokers, or name one that is there.';
  throw new GatewayError('E_CONFIG_INVALID', 'there is no such broker', { at, fix });
}

interface Sides {
  readonly home: string;
  readonly code: string;
  readonly adapter: Adapter;
}

/** Lists go where the adapter says, and answers too; without that, by the names of this program. */
export function brokerTransport(broker: Broker, { home, code, adapter: { exchange, seal, list } }: Sides): Transport {
  const ours = ourTarget({ from: home, to: code }, broker.realm);
  const target = (form: PublishForm | undefined): PublishTarget =>
    form === undefined ? ours : agreedTarget(form, { from: home, to: code });
  const lists = target(exchange.send?.publish);
  const answers = target(exchange.receive?.publish);
  const name = signatureNameOf(seal) ?? '';
  const detach = detacher(seal, list.format === 'json' ? 'application/json' : list.type);
  return {
    async send(message) {
      const link = await broker.link();
      if (message.kind === 'receipt') return await link.send(answers, message);
      if (detach === undefined) return await link.send(lists, message);
      const { body, headers } = detach(message.bytes);
      const { 'content-type': contentType = message.contentType } = headers;
      const beside = withHeader(lists, name, headers[name.toLowerCase()] ?? '');
      return await link.send(beside, { ...message, contentType, bytes: body, digest: sha256(body) });
    },
    connections: () => broker.connections(),
    close: () => Promise.resolve(), // all partners share the link: Broker.close closes it
  };
}

/** The signature stands beside the message, as a header. */
function withHeader(target: PublishTarget, name: string, value: string): PublishTarget {
  const properties: PublishTarget['properties'] = (message) => {
    const own = target.properties(message);
    return { ...own, headers: { ...(own.headers as object), [name]: value } };
  };
  return { ...target, properties };
}

type Filler = (text: string | undefined) => string | undefined;

function agreedTarget(
  { exchange, key, properties = {}, declare = false }: PublishForm,
  sides: { readonly from: string; readonly to: string },
): PublishTarget {
  const filler =
    (message: SealedMessage): Filler =>
    (text) =>
      text === undefined ? undefined : filledText(text, holeValues(message, sides));
  const { headers = {}, ...others } = properties;
  return {
    exchange,
    key: (message) => filler(message)(key) ?? '',
    properties(message) {
      const fill = filler(message);
      const filled = (texts: Readonly<Record<string, string>>): Record<string, string> =>
        Object.fromEntries(
          Object.entries(texts).flatMap(([name, text]) => {
            const value = fill(text);
            return value === undefined ? [] : [[name, value]];
          }),
        );
      return { contentType: message.contentType, ...filled(others), headers: filled(headers) };
    },
    ...(declare && { declare: (channel) => channel.assertExchange(exchange, 'direct', { durable: true }) }),
  };
}

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

interface Consuming extends Gateway {
  readonly brokers: Brokers;
}

/** One consumer for each partner that sends over a broker. */
export async function consumeAll(
  gateway: Consuming,
  partners: Config['partners'],
  receive: Receive,
): Promise<readonly { stop(): Promise<void> }[]> {
  const sending = [...gateway.partners.values()].flatMap(({ code, adapter }) => {
    const settings = partners[code];
    if ((settings?.transport ?? adapter.transport) !== 'amqp') return [];
    if (settings?.broker === undefined && !gateway.brokers.has('')) return [];
    const broker = requireBroker(gateway.brokers, settings?.broker, `partners.${code}.broker`);
    return [{ code, broker, source: sourceOf(gateway, adapter, broker, code) }];
  });
  return await Promise.all(
    sending.map(async ({ code, broker, source }) => {
      const link = await broker.link();
      return await link.consume(source, (delivery) =>
        takeDelivery(gateway, { code, broker, source, receive }, delivery),
      );
    }),
  );
}

function sourceOf({ home }: Gateway, { exchange }: Adapter, { realm }: Broker, code: string): QueueSource {
  const agreed = exchange.receive?.consume;
  if (agreed === undefined) return ourQueue({ from: code, to: home.country }, realm);
  const { queue, declare = false, bindings } = agreed;
  if (bindings !== undefined) return { queue, declare: (channel) => declareBound(channel, queue, bindings) };
  if (!declare) return { queue };
  return { queue, declare: (channel) => channel.assertQueue(queue, { durable: true }) };
}

/** For a simulated partner: they go when the rehearsal is over. Throws what the broker says where the partner has its own there. */
async function declareBound(
  channel: Parameters<NonNullable<QueueSource['declare']>>[0],
  own: string,
  bindings: readonly QueueBinding[],
): Promise<void> {
  for (const queue of new Set([own, ...bindings.map((each) => each.queue)]))
    await channel.assertQueue(queue, { durable: true, expires: playedExpiryMs });
  for (const { exchange, key, queue } of bindings) {
    if (exchange === '') continue; // the key is the name of a queue
    await channel.assertExchange(exchange, 'direct', { durable: true, autoDelete: true });
    await channel.bindQueue(queue, exchange, key);
  }
}

const playedExpiryMs = 60_000;

interface Taking {
  readonly code: string;
  readonly broker: Broker;
  readonly source: QueueSource;
  readonly receive: Receive;
}

/**
 * A receipt returns the same way at once; if it is lost, the partner sends again. An answer in the partner's own form was queued with its
 * verdict, and only a repeated message gets it here.
 */
async function takeDelivery(
  gateway: Gateway,
  { code, broker, source, receive }: Taking,
  delivery: Delivery,
): Promise<void> {
  const { account } = broker;
  const channel =
    account === '' ? undefined : authenticatedChannel('broker-account', `${account}, queue ${source.queue}`);
  const { adapter, transport } = getPartner(gateway, code);
  const { bytes, messageId: hintedId } = delivery;
  const receivedAt = momentOf(gateway.now());
  const raw: RawMessage = { partner: code, via: 'amqp', bytes, receivedAt, hintedId, ...(channel && { channel }) };
  const { consume, publish } = adapter.exchange.receive ?? {};
  if (consume !== undefined && deliveryKind(consume, delivery) === 'acknowledgement')
    return await receiveDelivered(gateway, raw, delivery);
  const signature = delivery.headers[signatureNameOf(adapter.seal) ?? ''];
  const { receipt, duplicate } = await receive({ ...raw, bytes: joinedWhereSigned(adapter.seal, bytes, signature) });
  if (receipt === undefined || transport === undefined || (publish !== undefined && !duplicate)) return;
  const { kind, evidence } = await transport.send(receipt);
  gateway.log.info('receipt sent', { partner: code, messageId: receipt.id, state: kind, evidence });
  // Acknowledged now, the message would not come again, and the partner would wait for the receipt until it is overdue.
  if (kind !== 'custody' && evidence !== unroutable)
    throw new GatewayError('E_BROKER_UNREACHABLE', `the receipt could not be sent: ${evidence}`, { at: code });
}
