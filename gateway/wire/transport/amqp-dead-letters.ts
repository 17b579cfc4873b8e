/** Messages that were laid aside in a dead-letter queue of ours: looked at, put back into their queue, or taken away for good. */

import type { ConfirmChannel, GetMessage } from 'amqplib';
import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Digest } from '../../model/message.ts';
import { present } from '../../model/present.ts';
import { brokerError, brokerUrl, socketTls, type ConnectionOptions } from './amqp-connection.ts';

/** A message, as the partner sent it. Its id and type are hints. */
export interface DeadLetter {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly messageId?: string;
  readonly type?: string;
  /** Why the broker laid it aside: `rejected` by this gateway, or `delivery_limit`; and when. */
  readonly reason?: string;
  readonly since?: string;
}

/** `keep`: it stays. `return`: it goes to the end of its queue. `drop`: it is gone. */
export type DeadLetterFate = 'keep' | 'return' | 'drop';

/** A queue of ours, and the one to which the broker moves what that cannot deliver. */
interface DeadLetterQueue {
  readonly queue: string;
  readonly dead: string;
}

/**
 * Decides about each message that lies there now, in their order; returns how many there were. One that stays is written again behind the
 * others and then taken: a message that is handed back some times would be dropped by the broker. After an error, or where the connection
 * is lost, a message may be there twice, which the inbox recognises. Throws E_BROKER_UNREACHABLE.
 */
export async function passDeadLetters(
  { url, tls }: Pick<ConnectionOptions, 'url' | 'tls'>,
  { queue, dead }: DeadLetterQueue,
  decide: (letter: DeadLetter) => Promise<DeadLetterFate>,
): Promise<number> {
  const address = brokerUrl(url);
  const unreachable = (cause: unknown): GatewayError => brokerError(cause, address.host);
  const { connect } = await import('amqplib');
  const model = await connect(address.href, { ...socketTls(tls), noDelay: true, timeout: 5_000 }).catch(
    (cause: unknown) => {
      throw unreachable(cause);
    },
  );
  model.on('error', () => undefined); // the call in progress reports it
  try {
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    const { messageCount } = await channel.checkQueue(dead).catch((cause: unknown) => {
      if (cause instanceof Error && /NOT.FOUND/u.test(cause.message)) return { messageCount: 0 };
      throw unreachable(cause);
    });
    for (let n = 0; n < messageCount; n += 1) {
      const message = await channel.get(dead);
      if (message === false) return n; // somebody else took the rest
      const fate = await decide(letterOf(message));
      if (fate !== 'drop') await publishAgain(channel, fate === 'keep' ? dead : queue, message);
      channel.ack(message);
    }
    await channel.close();
    return messageCount;
  } finally {
    await model.close().catch(() => undefined); // it was lost already
  }
}

function letterOf({ content: bytes, properties }: GetMessage): DeadLetter {
  const [death] = (properties.headers?.['x-death'] ?? []) as readonly {
    readonly reason?: string;
    readonly time?: { readonly value: number };
  }[];
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const seconds = death?.time?.value;
  return {
    ...{ digest: sha256(bytes), bytes },
    ...present({ messageId: text(properties.messageId), type: text(properties.type), reason: text(death?.reason) }),
    ...(typeof seconds === 'number' && { since: new Date(seconds * 1000).toISOString() }),
  };
}

/** Through the default exchange, whose keys are the names of queues. Resolves once the broker keeps it there. */
async function publishAgain(
  channel: ConfirmChannel,
  queue: string,
  { content, properties }: GetMessage,
): Promise<void> {
  const returned: unknown[] = [];
  const notice = (message: unknown): unknown => returned.push(message);
  channel.on('return', notice);
  // Deliveries are counted anew.
  const headers = { ...properties.headers, 'x-delivery-count': undefined };
  channel.publish('', queue, content, { ...properties, headers, persistent: true, mandatory: true });
  await channel.waitForConfirms();
  channel.off('return', notice);
  if (returned.length === 0) return;
  const fix = 'Start mra serve, which declares its queues, and try again.';
  throw new GatewayError('E_BROKER_UNREACHABLE', 'the queue is not there', { at: queue, fix });
}
