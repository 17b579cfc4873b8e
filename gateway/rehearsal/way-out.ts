/** The simulated side’s way to the other, whichever it is: messages of the outbox behind a gate, and messages that stand in no outbox past it. */

import type { RequestListener, ServerResponse } from 'node:http';
import type { Partner } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { contentDigest } from '../wire/transport/https.ts';
import type { Transport } from '../wire/transport/transport.ts';
import type { Heard, Listening } from './received-receipts.ts';

/** What became of bytes that were handed over past the outbox. */
export interface Answer extends Partial<Heard> {
  /** What the connection said, for people. */
  readonly evidence: string;
}

export interface WayOut {
  /** The partner with the gate before it; its gateway sends through this. */
  readonly partner: Partner;
  /** Closes the gate until the call that comes back. */
  hold(): () => void;
  hand(sealed: SealedMessage): Promise<Answer>;
  /** Where the other side fetches: gives what was handed over first, and nothing else while the gate is closed. */
  around(door: RequestListener): RequestListener;
}

/** `receiptMs`: how long to wait for a receipt that does not come with the answer. */
export function wayOut(joined: Partner, listening: Listening, receiptMs: number): WayOut {
  const gate: Gate = { open: Promise.resolve(), closed: false };
  const waiting: SealedMessage[] = [];
  const { transport } = joined;
  return {
    partner: transport === undefined ? joined : { ...joined, transport: gated(transport, gate, listening) },
    hold: () => close(gate),
    async hand(sealed) {
      if (transport === undefined) throw noWay(joined.code);
      const before = listening.heard(sealed.digest).length;
      if (transport.pull !== undefined) waiting.push(sealed);
      const { kind, evidence } =
        transport.pull === undefined
          ? await listening.send(transport, sealed)
          : ({ kind: 'custody', evidence: 'waits to be fetched' } as const);
      const heard = await listening.next(sealed.digest, before, kind === 'custody' ? receiptMs : 0);
      return heard === undefined ? { evidence } : { evidence, ...heard };
    },
    around: (door) => (request, response) => {
      const next = request.method === 'GET' ? waiting.shift() : undefined;
      if (next !== undefined) give(response, next);
      else if (request.method === 'GET' && gate.closed) response.writeHead(204).end();
      else door(request, response);
    },
  };
}

interface Gate {
  open: Promise<void>;
  closed: boolean;
}

function close(gate: Gate): () => void {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  gate.open = promise;
  gate.closed = true;
  return () => {
    gate.closed = false;
    resolve(undefined);
  };
}

/** With the gate before it and an ear behind it. */
function gated(transport: Transport, gate: Gate, listening: Listening): Transport {
  return {
    ...transport,
    async send(message) {
      await gate.open;
      return await listening.send(transport, message);
    },
  };
}

/** As the exchange door gives a message that waits; this one is in no store. */
function give(response: ServerResponse, { id, kind, contentType, digest, bytes }: SealedMessage): void {
  response.writeHead(200, {
    'content-type': contentType,
    'mra-message-id': id,
    'mra-message-kind': kind,
    'content-digest': contentDigest(Buffer.from(digest, 'hex')),
  });
  response.end(bytes);
}

function noWay(code: string): GatewayError {
  return new GatewayError('E_CONFIG_INVALID', 'there is no way to the other side', {
    at: `partners.${code}`,
    fix: 'Give its url, or a broker.',
  });
}
