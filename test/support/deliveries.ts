/** What tests of the broker need again and again: a sealed message, an inbox to wait on, a log to wait on. */

import { EventEmitter, once } from 'node:events';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import type { Delivery } from '../../gateway/wire/transport/amqp-consumer.ts';
import { makeLog } from '../../gateway/wire/log.ts';

export const silent = makeLog({ level: 'silent' });

export function sealed(id: string, bytes: Uint8Array = Buffer.from(`content of ${id}`)): SealedMessage {
  return { id, partner: 'XB', kind: 'list', contentType: 'application/xml', bytes, digest: sha256(bytes) };
}

/** Deliveries as they come, to be awaited in order. */
export class Inbox {
  readonly #arrived = new EventEmitter();
  readonly #taken: Delivery[] = [];
  readonly #waiting: Delivery[] = [];

  readonly take = (delivery: Delivery): Promise<void> => {
    this.#taken.push(delivery);
    this.#waiting.push(delivery);
    this.#arrived.emit('delivery');
    return Promise.resolve();
  };

  async next(): Promise<Delivery> {
    for (;;) {
      const delivery = this.#waiting.shift();
      if (delivery !== undefined) return delivery;
      await once(this.#arrived, 'delivery');
    }
  }

  get ids(): readonly (string | undefined)[] {
    return this.#taken.map(({ messageId }) => messageId);
  }
}

/** A log that a test can wait on. */
export function observableLog() {
  const lines = new EventEmitter();
  const log = makeLog({
    level: 'debug',
    destination: { write: (line) => lines.emit('line', JSON.parse(line) as { msg: string; kind?: string }) },
  });
  const logged = async (event: string, kind?: string): Promise<void> => {
    for await (const [line] of EventEmitter.on(lines, 'line') as AsyncIterable<[{ msg: string; kind?: string }]>) {
      if (line.msg === event && (kind === undefined || line.kind === kind)) return;
    }
  };
  return { log, logged };
}
