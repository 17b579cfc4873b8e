/** The thread of the partners in the bench of messages in: posts sealed messages over two connections of each partner, and times each. */

import { parentPort, workerData } from 'node:worker_threads';
import { httpsTransport, type HttpsOptions } from '../../gateway/wire/transport/https.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';

export interface PartnerLoad {
  readonly way: Pick<HttpsOptions, 'url' | 'from' | 'tls'>;
  /** In the order of their numbers. */
  readonly messages: readonly SealedMessage[];
}

export interface LoadOrder {
  /** Of each partner. */
  readonly count: number;
  /** Milliseconds from the start of one message of a partner to that of the next; absent: as soon as the one before was answered. */
  readonly everyMs?: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds of each message, from the moment it was due to the receipt. */
  readonly ms: readonly number[];
}

const connectionsOfOne = 2;

const partners = (workerData as readonly PartnerLoad[]).map(({ way, messages }) => ({
  ways: Array.from({ length: connectionsOfOne }, () => httpsTransport(way)),
  messages: messages.values(),
}));

/** Numbered lists follow each other: the connections of a partner take turns. */
async function load({ count, everyMs }: LoadOrder): Promise<LoadResult> {
  const started = performance.now();
  const times = await Promise.all(
    partners.map(async ({ ways, messages }, offset) => {
      const ms: number[] = [];
      for (let i = 0; i < count; i += 1) {
        const { value: message } = messages.next();
        const way = ways[i % ways.length];
        if (message === undefined || way === undefined) throw new Error('there are no more messages');
        const due = everyMs === undefined ? performance.now() : started + (i + offset / partners.length) * everyMs;
        await until(due);
        const answer = await way.send(message);
        if (answer.kind !== 'receipt') throw new Error(`no receipt came: ${answer.evidence}`);
        ms.push(performance.now() - due);
      }
      return ms;
    }),
  );
  return { perSecond: (count * partners.length * 1000) / (performance.now() - started), ms: times.flat() };
}

async function until(moment: number): Promise<void> {
  const left = moment - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}

parentPort?.on('message', (order: LoadOrder) => {
  void load(order).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => parentPort?.postMessage(error),
  );
});
