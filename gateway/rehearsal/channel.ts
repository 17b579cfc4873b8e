/** The connection of a simulated partner: it can pause its dispatcher, send messages that are in no outbox, and keeps all verified receipts. */

import type { RequestListener, ServerResponse } from 'node:http';
import type { Gateway, Partner } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { errorTable, GatewayError, isGatewayError, isMessageFault, type ErrorCode } from '../model/errors.ts';
import { holdReasons, type Digest, type HoldReason } from '../model/message.ts';
import type { RawMessage, Receipt, SealedMessage } from '../model/message.ts';
import { present } from '../model/present.ts';
import { readAcknowledgement } from '../outbound/settle-by-answer.ts';
import { readReceipt, receiptType } from '../wire/signature/receipts.ts';
import { signerTrust } from '../wire/signature/trust.ts';
import { verify } from '../wire/signature/verify.ts';
import { contentDigest } from '../wire/transport/https-pull.ts';
import type { Transport } from '../wire/transport/transport.ts';
import { validate } from '../wire/xsd/schema.ts';

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
  const transport = connected.transport && recording(gateway, connected, connected.transport, receipts);
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
      const { waits = false, send } = required(transport, connected.code);
      const { id, digest } = message;
      const before = receipts.over(digest).length;
      if (waits) pending.push(message);
      const ready = { kind: 'custody', evidence: 'waits to be polled' } as const;
      const { kind, evidence } = waits ? ready : await send(message);
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

function recording(gateway: Gateway, partner: Partner, transport: Transport, receipts: ReceiptLog): Transport {
  return {
    ...transport,
    async send(message) {
      const outcome = await transport.send(message);
      const receivedAt = momentOf(gateway.now());
      if (outcome.kind === 'receipt') {
        const release = await receipts.record({
          partner: partner.code,
          via: 'https',
          bytes: outcome.bytes,
          receivedAt,
        });
        release();
      }
      if (outcome.kind === 'answered') receipts.recordAnswer(message, outcome.bytes);
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

interface ReceivedReceipt {
  readonly receipt: Receipt;
  readonly receiptDigest: Digest;
}

export interface ReceiptLog {
  /**
   * Keeps a receipt; ignores messages of another kind, and those that do not verify. `next` returns it once the function that is
   * returned was called: when the gateway has taken the message.
   */
  record(raw: RawMessage): Promise<() => void>;
  /** Keeps an acknowledgement of the other side's own form as a receipt; ignores what cannot be read. */
  recordAnswer(message: SealedMessage, bytes: Uint8Array): void;
  /** Also those that the gateway is still taking. */
  over(subject: Digest): readonly ReceivedReceipt[];
  /** The receipt over a message that comes after so many; undefined if it does not come in time. */
  next(subject: Digest, after: number, withinMs: number): Promise<ReceivedReceipt | undefined>;
}

function openReceiptLog(gateway: Gateway, partner: Partner): ReceiptLog {
  const bySubject = new Map<Digest, ReceivedReceipt[]>();
  const beingTaken = new Set<ReceivedReceipt>();
  const waiting = new Set<() => void>();
  const over = (subject: Digest): readonly ReceivedReceipt[] => bySubject.get(subject) ?? [];
  const keep = (receipt: Receipt | undefined, bytes: Uint8Array): (() => void) => {
    if (receipt === undefined) return () => undefined;
    const { digest } = receipt.subject;
    const received = { receipt, receiptDigest: sha256(bytes) };
    bySubject.set(digest, [...over(digest), received]);
    beingTaken.add(received);
    return () => {
      beingTaken.delete(received);
      for (const notify of waiting) notify();
    };
  };
  return {
    over,
    record: async (raw) => keep(await read(gateway, partner, raw), raw.bytes),
    recordAnswer(message, bytes) {
      const release = keep(readAnswer(gateway, partner, message, bytes), bytes);
      release();
    },
    async next(subject, after, withinMs) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const notify = (): void => {
        const received = over(subject)[after];
        if (received !== undefined && !beingTaken.has(received)) resolve(undefined);
      };
      const timeout = setTimeout(() => resolve(undefined), withinMs);
      waiting.add(notify);
      notify();
      await promise;
      clearTimeout(timeout);
      waiting.delete(notify);
      return over(subject)[after];
    },
  };
}

/** Undefined after `busy`, for nothing was decided, and where the answer cannot be read: the gateway that sent the message logs it. */
function readAnswer(
  { home, now }: Gateway,
  partner: Partner,
  { id, digest }: SealedMessage,
  bytes: Uint8Array,
): Receipt | undefined {
  const format = partner.adapter.exchange.send?.stages.find(({ mode }) => mode === 'sync')?.format;
  try {
    const ack = format && readAcknowledgement(partner, format, bytes);
    if (ack === undefined || ack.verdict === 'busy' || ack.verdict === 'received') return undefined;
    const { verdict, reason: code, detail = '', taken, refused } = ack;
    const records = taken === undefined || refused === undefined ? undefined : { taken, refused };
    return present({
      ...{ id: ack.id ?? '', from: partner.code, to: home.country, subject: { id, digest }, records },
      issuedAt: ack.issuedAt ?? momentOf(now()),
      verdict: verdict === 'duplicate' ? 'applied' : verdict,
      reason: code === undefined || !isReason(code) ? undefined : { code, detail },
    });
  } catch (error) {
    if (isMessageFault(error)) return undefined;
    throw error;
  }
}

function isReason(text: string): text is ErrorCode | HoldReason {
  return Object.hasOwn(errorTable, text) || holdReasons.some((reason) => reason === text);
}

async function read(gateway: Gateway, partner: Partner, raw: RawMessage): Promise<Receipt | undefined> {
  try {
    using verified = await verify(raw, signerTrust(partner.trust), new Date(raw.receivedAt));
    return verified.type === receiptType ? readReceipt(validate(verified, gateway.receiptSchema)) : undefined;
  } catch (error) {
    // The gateway that receives the message as well rejects and logs it.
    if (isGatewayError(error) && (error.kind.category === 'content' || error.kind.category === 'security'))
      return undefined;
    throw error;
  }
}
