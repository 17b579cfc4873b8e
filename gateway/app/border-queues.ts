/**
 * Entries that border systems put into a queue of a broker: each is assessed as at the border door, and the reply goes to the queue that the
 * message names. The reply is published before the message is acknowledged; a message that comes again gets the same reply.
 */

import { randomUUID } from 'node:crypto';
import { sha256 } from '../model/canonical-json.ts';
import type { AnsweredRequest, PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { GatewayError } from '../model/errors.ts';
import type { Digest } from '../model/message.ts';
import { openClientIndex, type ClientIndex } from '../store/clients.ts';
import { NotTaken, type Delivery, type QueueSource } from '../wire/transport/amqp-consumer.ts';
import type { PublishTarget } from '../wire/transport/amqp-publisher.ts';
import { deadEntryQueueName, entryQueue } from '../wire/transport/amqp-topology.ts';
import { unroutable } from '../wire/transport/transport.ts';
import type { BorderConfig, BorderQueue } from './border-settings.ts';
import { requireBroker, type Broker } from './brokers.ts';
import type { OpenGateway } from './composition.ts';

interface Answering {
  /** Answers an entry of any size; an error is a reply too. */
  answer(posted: PostedRequest): Promise<PostedReply>;
  /** Is informed of each reply, for metrics. */
  answered(reply: AnsweredRequest): void;
}

interface Reply {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly status: number;
  readonly contentType: string;
  /** Absent: to the exchange and with the key of the settings. */
  readonly to: string | undefined;
  readonly correlation: string | undefined;
}

interface Consuming {
  readonly settings: BorderQueue;
  readonly broker: Pick<Broker, 'link'>;
  readonly clients: ClientIndex;
  readonly answering: Answering;
  mayReplyTo(queue: string): boolean;
  readonly byName: PublishTarget<Reply>;
  readonly agreed: PublishTarget<Reply>;
}

/** Consumes each queue of the settings. Throws E_CONFIG_INVALID for a broker that is not set up, or a queue of ours with other settings. */
export async function consumeEntries(
  gateway: Pick<OpenGateway, 'db'> & {
    readonly brokers: ReadonlyMap<string, Pick<Broker, 'link' | 'realm'>>;
    readonly config: { readonly border: Pick<BorderConfig, 'queues'> };
  },
  answering: Answering,
): Promise<{ stop(): Promise<void> }> {
  const clients = openClientIndex(gateway.db, () => performance.now());
  const consumers = await Promise.all(
    (gateway.config.border.queues ?? []).map(async (settings, i) => {
      const broker = requireBroker(gateway.brokers, settings.broker, `border.queues.${i}.broker`);
      const { exchange = '', key = '' } = settings.replies ?? {};
      const targets = { byName: target('', ({ to = '' }) => to), agreed: target(exchange, () => key) };
      const mayReplyTo = replyQueues(gateway.config.border.queues ?? [], settings, broker);
      const consuming: Consuming = { settings, broker, clients, answering, mayReplyTo, ...targets };
      return await (await broker.link()).consume(sourceOf(settings), (delivery) => takeEntry(consuming, delivery));
    }),
  );
  return {
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

/** A reply in a queue of entries would be read as an entry of somebody else, and one in a queue of lists as a message of a partner. */
function replyQueues(
  all: readonly BorderQueue[],
  { replyTo }: BorderQueue,
  { realm }: Pick<Broker, 'realm'>,
): (queue: string) => boolean {
  const taken = new Set(all.flatMap(({ queue }) => [queue, deadEntryQueueName(queue)]));
  return (queue) => !taken.has(queue) && !queue.startsWith(`${realm.name}.`) && queue.startsWith(replyTo ?? '');
}

const sourceOf = ({ queue, declare = false }: BorderQueue): QueueSource => (declare ? entryQueue(queue) : { queue });

function target(exchange: string, key: PublishTarget<Reply>['key']): PublishTarget<Reply> {
  return {
    exchange,
    key,
    properties: ({ contentType, correlation, status }) => ({
      contentType,
      ...(correlation !== undefined && { correlationId: correlation }),
      headers: { status },
    }),
  };
}

/**
 * Throws E_CALLER_UNKNOWN, E_SCOPE_MISSING, E_BUSY, E_BROKER_UNREACHABLE: then the message waits, and is taken again. Throws NotTaken of one
 * that nobody can get an answer to, and of one that was refused once its sender has the refusal.
 */
async function takeEntry(consuming: Consuming, delivery: Delivery): Promise<void> {
  const { replyTo: to, correlation = delivery.messageId } = delivery;
  if (to === undefined && consuming.settings.replies === undefined)
    throw new NotTaken('it names no queue for the reply (reply_to)');
  if (to !== undefined && !consuming.mayReplyTo(to))
    throw new NotTaken(`it names a queue for the reply that is none: ${to.slice(0, 100)}`);
  await requireClient(consuming);
  const posted = postedOf(consuming.settings, delivery);
  const { status, text, headers } = await answered(consuming.answering, posted);
  if (status >= 500)
    throw new GatewayError(status === 503 ? 'E_BUSY' : 'E_INTERNAL', 'the entry could not be assessed', {
      at: posted.requestId,
    });
  const bytes = Buffer.from(text);
  const contentType = headers['content-type'] ?? 'application/json';
  const way = to === undefined ? consuming.agreed : consuming.byName;
  const reply: Reply = { bytes, digest: sha256(bytes), status, contentType, to, correlation };
  const { kind, evidence } = await (await consuming.broker.link()).send(way, reply);
  if (evidence === unroutable) throw new NotTaken(`nobody takes the reply, which says ${text.slice(0, 200)}`);
  if (kind !== 'custody') throw new GatewayError('E_BROKER_UNREACHABLE', `the reply could not be sent: ${evidence}`);
  if (status >= 400) throw new NotTaken(`it was refused: ${text.slice(0, 500)}`);
}

async function answered({ answer, answered: count }: Answering, posted: PostedRequest): Promise<PostedReply> {
  const began = performance.now();
  const reply = await answer(posted);
  const { status, outcomes } = reply;
  count({ route: 'queue', status, seconds: (performance.now() - began) / 1000, outcomes });
  return reply;
}

/** What is in the queue comes from this client: the rights at the broker say who may write there. */
async function requireClient({ clients, settings: { client: name, queue } }: Consuming): Promise<void> {
  const client = (await clients.current()).clients.get(name);
  if (client?.state !== 'active')
    throw new GatewayError('E_CALLER_UNKNOWN', `the client ${name} of a queue is not there, or is revoked`, {
      at: queue,
      fix: `Add it: mra client add ${name} --scope assess.`,
    });
  if (!client.scopes.includes('assess'))
    throw new GatewayError('E_SCOPE_MISSING', `the client ${name} of a queue may not ask for assessments`, {
      at: queue,
      fix: 'Revoke it, and add one with the scope assess.',
    });
}

/** The id of a message stands for its entry; without one, its bytes do. */
function postedOf({ client, queue, profile }: BorderQueue, { bytes, messageId, contentType }: Delivery): PostedRequest {
  const path = '/v1/assessments';
  return {
    ...{ path, target: profile === undefined ? path : `${path}?profile=${profile}`, profile },
    contentType:
      contentType ??
      (/^\s*</u.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1')) ? 'application/xml' : 'application/json'),
    isMinimal: false,
    idempotencyKey: messageId ?? sha256(bytes),
    requester: client,
    requestId: randomUUID(),
    caller: queue,
    body: bytes,
  };
}
