/** The connection of a simulated partner: it can pause its dispatcher, and send messages that are in no outbox. */

import type { RequestListener, ServerResponse } from 'node:http';
import type { Gateway, Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { contentDigest } from '../wire/transport/https.ts';
import type { Transport } from '../wire/transport/transport.ts';
import { openReceiptLog, type ReceiptLog, type ReceivedReceipt } from './receipt-log.ts';

/** What became of a message: the receipt over it, if one came. */
export interface ChannelDelivery extends Partial<ReceivedReceipt> {
  readonly id: string;
  readonly digest: string;
  /** What the connection or the outbox reports, for people. */
  readonly evidence: string;
}

export interface Channel {
  /** The partner as the simulator's gateway is to use it. */
  readonly partner: Partner;
  readonly receipts: ReceiptLog;
  /** Pauses the lists that the dispatcher sends until the function that is returned is called. */
  pause(): () => void;
  send(message: SealedMessage): Promise<ChannelDelivery>;
  /** Where the other side polls: gives messages of `send` first, and nothing else during a pause. */
  around(door: RequestListener): RequestListener;
}

/** `receiptMs`: how long to wait for a receipt that does not come with the response. */
export function openChannel(gateway: Gateway, connected: Partner, receiptMs: number): Channel {
  const receipts = openReceiptLog(gateway, connected);
  const transport = connected.transport && recording(gateway, connected.code, connected.transport, receipts);
  const pending: SealedMessage[] = [];
  let pause: Promise<undefined> | undefined;
  const paused: Transport['send'] = async (message) => {
    // Receipts are never paused: a consumer waits until its receipt is sent, and takes no other message meanwhile.
    if (message.kind === 'list') await pause;
    return await required(transport, connected.code).send(message);
  };
  return {
    partner: transport === undefined ? connected : { ...connected, transport: { ...transport, send: paused } },
    receipts,
    pause() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      pause = promise;
      return () => {
        pause = undefined;
        resolve(undefined);
      };
    },
    async send(message) {
      const { pull, send } = required(transport, connected.code);
      const { id, digest } = message;
      const before = receipts.over(digest).length;
      if (pull !== undefined) pending.push(message);
      const waits = { kind: 'custody', evidence: 'waits to be polled' } as const;
      const { kind, evidence } = pull === undefined ? await send(message) : waits;
      const receipt = await receipts.next(digest, before, kind === 'custody' ? receiptMs : 0);
      return { id, digest, evidence, ...receipt };
    },
    around: (door) => (request, response) => {
      const next = request.method === 'GET' ? pending.shift() : undefined;
      if (next !== undefined) respond(response, next);
      else if (request.method === 'GET' && pause !== undefined) response.writeHead(204).end();
      else door(request, response);
    },
  };
}

/** The transport, with receipts in its responses recorded. */
function recording(gateway: Gateway, partner: string, transport: Transport, receipts: ReceiptLog): Transport {
  return {
    ...transport,
    async send(message) {
      const outcome = await transport.send(message);
      const receivedAt = momentOf(gateway.now());
      if (outcome.kind === 'receipt')
        await receipts.record({ partner, via: 'https', bytes: outcome.bytes, receivedAt });
      return outcome;
    },
  };
}

/** As the exchange door responds with a message from the outbox. */
function respond(response: ServerResponse, { id, kind, contentType, digest, bytes }: SealedMessage): void {
  response.writeHead(200, {
    'content-type': contentType,
    'mra-message-id': id,
    'mra-message-kind': kind,
    'content-digest': contentDigest(Buffer.from(digest, 'hex')),
  });
  response.end(bytes);
}

function required(transport: Transport | undefined, code: string): Transport {
  if (transport !== undefined) return transport;
  throw new GatewayError('E_CONFIG_INVALID', 'there is no connection to the other side', {
    at: `partners.${code}`,
    fix: 'Give its url, or a broker.',
  });
}
