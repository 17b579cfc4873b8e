/** The connection of a simulated partner: it can pause its dispatcher, send messages that are in no outbox, and keeps all answers. */

import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Gateway, Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { contentDigest } from '../wire/transport/https-pull.ts';
import type { SendOutcome, Transport } from '../wire/transport/transport.ts';
import { openMailboxes, type Mailboxes } from './mailboxes.ts';
import { openReceiptLog, type ReceiptLog, type ReceivedReceipt } from './received-answers.ts';

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

/** Whether an answer of the simulator goes out now: `lost`, never; it may be late. */
export type Answering = (answer: SealedMessage) => Promise<'lost' | 'sent'>;

interface ChannelOptions {
  /** How long to wait for a receipt that does not come with the response. */
  readonly receiptMs: number;
  readonly answering: Answering;
}

export function openChannel(gateway: Gateway, connected: Partner, { receiptMs, answering }: ChannelOptions): Channel {
  const receipts = openReceiptLog(gateway, connected);
  const sides = { from: gateway.home.country, to: connected.code };
  const boxes = openMailboxes(connected.adapter.exchange.waiting ?? {}, sides);
  const { transport: own } = connected;
  const transport = own && { ...own, send: recording(gateway, connected, own, { receipts, boxes }) };
  const pending: SealedMessage[] = [];
  let pause: Promise<undefined> | undefined;
  const paused: Transport['send'] = async (message) => {
    // Receipts are never paused: a consumer waits until its receipt is sent, and takes no other message meanwhile.
    if (message.kind === 'list') await pause;
    if (message.kind === 'receipt' && (await answering(message)) === 'lost')
      return { kind: 'custody', evidence: 'lost on its way' };
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
    send: (message) =>
      sendAndWait(required(transport, connected.code), message, { connected, receipts, pending, receiptMs }),
    around: (door) => {
      const boxed = boxes.around(door);
      return (request, response) => {
        const next = request.method === 'GET' ? pending.shift() : undefined;
        if (next !== undefined) respond(response, next);
        else if (request.method === 'GET' && pause !== undefined) response.writeHead(204).end();
        else boxed(request, response);
      };
    },
  };
}

interface Sending {
  readonly connected: Partner;
  readonly receipts: ReceiptLog;
  /** Messages that the other side is to poll. */
  readonly pending: SealedMessage[];
  readonly receiptMs: number;
}

async function sendAndWait(
  { waits, send, files }: Transport,
  message: SealedMessage,
  { connected, receipts, pending, receiptMs }: Sending,
): Promise<ChannelDelivery> {
  const { id, digest } = message;
  const before = receipts.over(digest).length;
  if (waits === true) pending.push(message);
  const ready = { kind: 'custody', evidence: 'waits to be polled' } as const;
  const outcome = waits === true ? ready : await send(message);
  const { kind, evidence } = outcome;
  const fetching = kind === 'custody' && files !== undefined && fetchAnswers(connected, message, files, receipts);
  const receipt = await receipts.next(digest, before, kind === 'custody' || isLater(outcome) ? receiptMs : 0);
  if (fetching !== false) fetching.stop();
  return { id, digest, evidence, ...receipt };
}

/** The response was taken, and says nothing of the verdict. */
const isLater = ({ kind }: SendOutcome): boolean => kind === 'answered';

/** Of a message that is in no outbox: its answers are looked for until it is stopped. */
function fetchAnswers(
  { code, adapter }: Partner,
  { id, file = '' }: SealedMessage,
  files: NonNullable<Transport['files']>,
  receipts: ReceiptLog,
): { stop(): void } {
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    for (const [stage, { answerFile }] of (adapter.exchange.send?.stages ?? []).entries()) {
      const found = answerFile === undefined ? undefined : await files.answer(answerFile.of(file));
      if (found?.kind !== 'file') continue;
      receipts.recordAnswer({ partner: code, bytes: found.bytes, came: { by: 'file', id, stage } });
      await found.finish();
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await wait(pollMs);
    }
  };
  void run();
  return { stop: () => stopping.abort() };
}

const pollMs = 50;

/** Keeps what is sent and how it is answered. What the other side fetches from a mailbox is put there. */
function recording(
  gateway: Gateway,
  partner: Partner,
  transport: Transport,
  { receipts, boxes }: { readonly receipts: ReceiptLog; readonly boxes: Mailboxes },
): Transport['send'] {
  return async (message) => {
    receipts.sent(message);
    if (boxes.put(message)) return { kind: 'custody', evidence: 'waits in the mailbox' };
    const outcome = await transport.send(message);
    const receivedAt = momentOf(gateway.now());
    if (outcome.kind === 'receipt') {
      const { bytes } = outcome;
      const release = await receipts.record({ partner: partner.code, via: 'https', bytes, receivedAt });
      release();
    }
    if (outcome.kind === 'answered') receipts.recordResponse(message, outcome);
    return outcome;
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
  throw new GatewayError('E_CONFIG_INVALID', 'the other side cannot be reached', {
    at: `partners.${code}`,
    fix: 'Give its url, or a broker.',
  });
}
