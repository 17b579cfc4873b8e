/** Faults in how a simulated partner answers: receipts late, missing or wrong, and doors that do not answer as doors do. */

import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { sealReceipt, type ReceiveResult } from '../inbound/verdicts.ts';
import type { Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import { addMessage } from '../store/outbox.ts';
import { receiptContentType } from '../wire/transport/transport.ts';
import type { Simulator } from './simulator.ts';
import type { AnswerVice } from './fault.ts';

const noReceipt = ({ verdict, duplicate }: ReceiveResult): ReceiveResult => ({ verdict, duplicate });

/** The receipt replaced by another; what has none is left alone. */
function receiptVice(
  name: string,
  words: string,
  replace: (simulator: Simulator, raw: RawMessage, receipt: SealedMessage) => Promise<SealedMessage | undefined>,
): AnswerVice {
  return {
    acts: 'answers',
    name,
    words,
    needsDoor: false,
    manner: (simulator) => ({
      async receipt(raw, received) {
        if (received.receipt === undefined) return received;
        const receipt = await replace(simulator, raw, received.receipt);
        return receipt === undefined ? noReceipt(received) : { ...received, receipt };
      },
    }),
  };
}

function doorVice(
  name: string,
  words: string,
  answer: (request: IncomingMessage, response: ServerResponse, boundMs: number) => void,
): AnswerVice {
  return {
    acts: 'answers',
    name,
    words,
    needsDoor: true,
    manner: (_simulator, boundMs) => ({
      door(request, response, door: RequestListener) {
        // Reading is no message: only what is handed over meets the fault.
        if (request.method !== 'POST') door(request, response);
        else answer(request, response, boundMs);
      },
    }),
  };
}

/** A receipt of our own making: over other bytes, over another message, or under another key. */
function madeReceipt(
  { gateway, other }: Simulator,
  raw: RawMessage,
  made: { readonly digest: string; readonly subject: string; readonly partner?: Partner },
): Promise<SealedMessage> {
  const { digest, subject, partner = other } = made;
  return sealReceipt({ gateway, partner, raw, digest }, { verdict: 'applied', subject });
}

const unknownDigest = 'f'.repeat(64);

/** The other side has the receipt in hand only when the dispatcher brings it. */
async function sendLater({ gateway }: Simulator, receipt: SealedMessage, sent: Set<string>): Promise<undefined> {
  if (sent.has(receipt.id)) return;
  sent.add(receipt.id);
  await gateway.db.transaction((tx) => addMessage(tx, receipt, { at: momentOf(gateway.now()) }));
}

const page = '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';
const dripMs = 1000;

const drip = (_request: IncomingMessage, response: ServerResponse, boundMs: number): void => {
  response.writeHead(200, { 'content-type': receiptContentType });
  response.write('<');
  const dripping = setInterval(() => response.write(' '), dripMs);
  const cut = setTimeout(() => response.destroy(), boundMs);
  response.once('close', () => {
    clearInterval(dripping);
    clearTimeout(cut);
  });
};

const silence = (request: IncomingMessage, response: ServerResponse, boundMs: number): void => {
  request.resume();
  const cut = setTimeout(() => response.destroy(), boundMs);
  response.once('close', () => clearTimeout(cut));
};

export const answerVices: readonly AnswerVice[] = [
  {
    mendsItself: true,
    ...receiptVice('late-receipt', 'no receipt in the answer; it follows as a message of its own', () =>
      Promise.resolve(undefined),
    ),
    manner(simulator) {
      const sent = new Set<string>();
      return {
        async receipt(_raw, received) {
          if (received.receipt !== undefined) await sendLater(simulator, received.receipt, sent);
          return noReceipt(received);
        },
      };
    },
  },
  receiptVice('no-receipt', 'takes the list and never says so', () => Promise.resolve(undefined)),
  receiptVice('wrong-receipt-digest', 'the receipt is over other bytes than were sent', (simulator, raw, { id }) =>
    madeReceipt(simulator, raw, { digest: unknownDigest, subject: raw.hintedId ?? id }),
  ),
  receiptVice('receipt-for-unknown', 'the receipt is over a message that was never sent', (simulator, raw) =>
    madeReceipt(simulator, raw, { digest: unknownDigest, subject: simulator.gateway.newId() }),
  ),
  receiptVice('stranger-receipt', 'the receipt is under a key that nobody registered', (simulator, raw, receipt) => {
    const partner = { ...simulator.other, signer: simulator.keys.stranger };
    const digest = createHash('sha256').update(raw.bytes).digest('hex');
    const subject = raw.hintedId ?? receipt.id;
    return madeReceipt(simulator, raw, { digest, subject, partner });
  }),
  doorVice('http-500', 'the door answers 500 and nothing else', (request, response) => {
    request.resume();
    response.writeHead(500).end();
  }),
  doorVice('html-502', 'a proxy answers with a page in place of the door', (request, response) => {
    request.resume();
    response.writeHead(502, { 'content-type': 'text/html' }).end(page);
  }),
  doorVice('half-open', 'the door takes the message and never answers', silence),
  doorVice('slow-drip', 'the door answers one byte a second', (request, response, boundMs) => {
    request.resume();
    drip(request, response, boundMs);
  }),
];
