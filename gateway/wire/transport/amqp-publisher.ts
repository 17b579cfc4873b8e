/** Publishes messages as persistent and mandatory, with publisher confirms, and returns each outcome as a value. */

import { setTimeout as pause } from 'node:timers/promises';
import type { ConfirmChannel, Options } from 'amqplib';
import { sha256 } from '../../model/canonical-json.ts';
import type { Digest, SealedMessage } from '../../model/message.ts';
import type { Log } from '../log.ts';
import type { Connection } from './amqp-connection.ts';
import { deadlineMs, unroutable, type SendOutcome } from './transport.ts';

/** What is published: its bytes, known by their digest. */
export type Publishable = Pick<SealedMessage, 'bytes' | 'digest'>;

/** Where a message goes at a broker, and the properties it has there. */
export interface PublishTarget<Message extends Publishable = SealedMessage> {
  /** Empty: the default exchange, whose keys are the names of queues. */
  readonly exchange: string;
  key(message: Message): string;
  properties(message: Message): Options.Publish;
  /** Makes the exchange. Absent: it is the partner's, and nothing is declared. */
  declare?(channel: ConfirmChannel): Promise<unknown>;
}

/** `connection` is undefined while disconnected. Each target has a channel of its own: an error there ends no other. */
export interface Publisher {
  connection: Connection | undefined;
  /** Established so far. */
  connections: number;
  blocked: boolean;
  readonly channels: Map<unknown, Promise<PublishChannel>>;
}

interface PublishChannel {
  readonly channel: ConfirmChannel;
  /** Digests of messages that were returned as unroutable, and are not confirmed yet. */
  readonly returned: Set<Digest>;
  /** Why the broker ended the channel. */
  fault?: unknown;
}

export function startPublisher(connection: Connection, publisher: Publisher): void {
  connection.model.once('close', () => {
    if (publisher.connection === connection) publisher.connection = undefined;
  });
  publisher.channels.clear();
  publisher.blocked = false;
  publisher.connection = connection;
  publisher.connections += 1;
}

interface PublishTerms {
  readonly confirmMs: number;
  readonly log: Log;
}

/** Publishes one message. The broker confirms an unroutable message too, but returns it first (basic.return). */
export async function publish<Message extends Publishable>(
  publisher: Publisher,
  target: PublishTarget<Message>,
  message: Message,
  terms: PublishTerms,
): Promise<SendOutcome> {
  const { connection, channels } = publisher;
  if (connection === undefined) return { kind: 'refused', evidence: 'no connection to the broker', unreachable: true };
  if (publisher.blocked) return { kind: 'refused', evidence: 'the broker blocks publishers', retryAfterSeconds: 5 };
  try {
    const opened = channels.get(target) ?? inTime(openChannel(connection, channels, target, terms.log), terms);
    channels.set(target, opened);
    return await confirmed(await opened, target, message, terms.confirmMs);
  } catch (error) {
    channels.delete(target);
    return faultOutcome(error) ?? { kind: 'refused', evidence: 'no channel to the broker', unreachable: true };
  }
}

async function openChannel(
  { model }: Connection,
  channels: Publisher['channels'],
  target: Pick<PublishTarget, 'exchange' | 'declare'>,
  log: Log,
): Promise<PublishChannel> {
  const channel = await model.createConfirmChannel();
  const opened: PublishChannel = { channel, returned: new Set() };
  channel.on('error', (error) => {
    opened.fault = error;
    log.warn('broker ended the channel', { kind: target.exchange, evidence: error.message });
  });
  channel.on('return', ({ content }) => opened.returned.add(sha256(content)));
  channel.on('close', () => channels.delete(target));
  await target.declare?.(channel);
  return opened;
}

/** A broker that says nothing any more opens no channel. */
async function inTime<T>(work: Promise<T>, { confirmMs }: PublishTerms): Promise<T> {
  const deadline = new AbortController();
  const late = pause(confirmMs, undefined, { ref: false, signal: deadline.signal }).then(() => {
    throw new Error(`no channel within ${confirmMs} ms`);
  });
  late.catch(() => undefined); // the work was in time
  return await Promise.race([work, late]).finally(() => deadline.abort());
}

function confirmed<Message extends Publishable>(
  opened: PublishChannel,
  target: PublishTarget<Message>,
  message: Message,
  confirmMs: number,
): Promise<SendOutcome> {
  const { promise, resolve } = Promise.withResolvers<SendOutcome>();
  const milliseconds = deadlineMs(confirmMs, message.bytes.length);
  const deadline = setTimeout(
    () => resolve({ kind: 'unknown', evidence: `no confirm within ${milliseconds} ms` }),
    milliseconds,
  );
  const { buffer, byteOffset, byteLength } = message.bytes;
  const content = Buffer.from(buffer, byteOffset, byteLength);
  const properties = { ...target.properties(message), persistent: true, mandatory: true };
  opened.channel.publish(target.exchange, target.key(message), content, properties, (error: unknown) => {
    clearTimeout(deadline);
    resolve(outcomeOf(error, opened, opened.returned.delete(message.digest)));
  });
  return promise;
}

function outcomeOf(error: unknown, { fault }: PublishChannel, wasReturned: boolean): SendOutcome {
  if (wasReturned) return { kind: 'refused', evidence: unroutable, unreachable: true };
  if (!(error instanceof Error)) return { kind: 'custody', evidence: 'confirmed by the broker' };
  if (error.message === 'message nacked') return { kind: 'refused', evidence: 'nack from the broker' };
  const refused = faultOutcome(fault);
  return refused ?? { kind: 'unknown', evidence: 'the connection ended before the confirm', unreachable: true };
}

/** What the operator of the broker must settle: it has no such exchange, or the account may not write to it. */
function faultOutcome(fault: unknown): SendOutcome | undefined {
  const text = fault instanceof Error ? fault.message : '';
  if (/NOT.FOUND/u.test(text))
    return { kind: 'refused', evidence: 'the broker has no such exchange', unreachable: true };
  if (/ACCESS.REFUSED/u.test(text))
    return { kind: 'refused', evidence: 'the account may not write to the exchange', unreachable: true };
  if (/PRECONDITION.FAILED/u.test(text))
    return { kind: 'refused', evidence: 'the exchange has other settings', unreachable: true };
  return undefined;
}
