/** Faults of the responses to our lists: receipts that are late, missing or wrong, and doors that do not respond properly. */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerTravels } from '../adapter/adapter.ts';
import { sealReceipt, type ReceiveResult } from '../inbound/verdicts.ts';
import type { Partner } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import { addMessage, findMessage } from '../store/outbox.ts';
import { receiptContentType } from '../wire/transport/transport.ts';
import { faultTexts, type AnswerFault } from './fault.ts';
import type { Simulator } from './simulator.ts';
import { present } from '../model/present.ts';

/** Replaces the receipt by another, or by none. */
function receiptFault(
  name: string,
  replace: (simulator: Simulator, raw: RawMessage, result: ReceiveResult) => Promise<SealedMessage | undefined>,
): AnswerFault {
  return {
    ...{ acts: 'answers', ...faultTexts(name), needs: 'receipts' },
    behaviour: (simulator) => ({
      async receipt(raw, result) {
        const { verdict, duplicate } = result;
        const receipt = await replace(simulator, raw, result);
        return present({ verdict, duplicate, receipt });
      },
    }),
  };
}

function doorFault(name: string, respond: (response: ServerResponse, maxMs: number) => void): AnswerFault {
  return {
    ...{ acts: 'answers', ...faultTexts(name), needs: 'door' },
    behaviour: (_simulator, maxMs) => ({
      door(request, response) {
        request.resume();
        respond(response, maxMs);
      },
    }),
  };
}

/** A receipt over other bytes, over another message, or under another key. */
function forgedReceipt(
  { gateway, other }: Simulator,
  raw: RawMessage,
  made: { readonly digest: string; readonly subject: string; readonly partner?: Partner },
): Promise<SealedMessage> {
  const { digest, subject, partner = other } = made;
  return sealReceipt({ gateway, partner, raw, digest }, { verdict: 'applied', subject });
}

const unknownDigest = 'f'.repeat(64);
const none = (): Promise<undefined> => Promise.resolve(undefined);
const html = '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';

function closeAfter(response: ServerResponse, maxMs: number): void {
  const timeout = setTimeout(() => response.destroy(), maxMs);
  response.once('close', () => clearTimeout(timeout));
}

/** The dispatcher of the simulator sends the receipt; once, however often the list comes. */
const lateReceipt: AnswerFault = {
  ...receiptFault('late-receipt', async ({ gateway: { db, now } }, _raw, { receipt }) => {
    if (receipt !== undefined && (await findMessage(db.sql, receipt.id)) === undefined)
      await db.transaction((tx) => addMessage(tx, receipt, { at: momentOf(now()) }));
    return undefined;
  }),
  receiptFollows: true,
};

const signedNone = receiptFault('no-receipt', none);

/** The answer is lost: the connection ends once the message was taken, or the message with the answer never goes out. */
const noAnswer: AnswerFault = {
  ...{ ...signedNone, needs: 'answers' },
  behaviour(simulator, maxMs) {
    const { exchange } = simulator.other.adapter;
    if (exchange.receive === undefined) return signedNone.behaviour(simulator, maxMs);
    if (answerTravels(exchange, false) || exchange.receive.written?.line !== undefined)
      return { answering: () => Promise.resolve('lost') };
    const sockets = new Set<Socket>();
    return {
      door(request, response, door) {
        sockets.add(request.socket);
        door(request, response);
      },
      receipt(_raw, result) {
        for (const socket of sockets) socket.destroy();
        return Promise.resolve(result);
      },
    };
  },
};

/** An answer of the partner's own form goes out once the fault has ended. */
const lateAnswer: AnswerFault = {
  ...{ ...lateReceipt, needs: 'later answers' },
  behaviour(simulator, maxMs) {
    if (simulator.other.adapter.exchange.receive === undefined) return lateReceipt.behaviour(simulator, maxMs);
    const { promise, resolve } = Promise.withResolvers<'sent'>();
    return { answering: () => promise, ended: () => resolve('sent') };
  },
};

export const answerFaults: readonly AnswerFault[] = [
  lateAnswer,
  noAnswer,
  receiptFault('wrong-receipt-digest', (simulator, raw, { receipt }) =>
    forgedReceipt(simulator, raw, { digest: unknownDigest, subject: raw.hintedId ?? receipt?.id ?? '' }),
  ),
  receiptFault('receipt-for-unknown', (simulator, raw) =>
    forgedReceipt(simulator, raw, { digest: unknownDigest, subject: simulator.gateway.newId() }),
  ),
  receiptFault('unregistered-receipt-key', (simulator, raw, { receipt }) =>
    forgedReceipt(simulator, raw, {
      digest: sha256(raw.bytes),
      subject: raw.hintedId ?? receipt?.id ?? '',
      partner: { ...simulator.other, signer: simulator.keys.unregistered },
    }),
  ),
  doorFault('http-500', (response) => {
    response.writeHead(500).end();
  }),
  doorFault('http-503', (response) => {
    response.writeHead(503, { 'retry-after': '1' }).end();
  }),
  doorFault('html-502', (response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end(html);
  }),
  doorFault('half-open', (response, maxMs) => closeAfter(response, maxMs)),
  doorFault('slow-response', (response, maxMs) => {
    response.writeHead(200, { 'content-type': receiptContentType });
    response.write('<');
    const writing = setInterval(() => response.write(' '), 1000);
    response.once('close', () => clearInterval(writing));
    closeAfter(response, maxMs);
  }),
];
