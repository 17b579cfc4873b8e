/** What the other side answered to the messages of a simulated partner: receipts, and answers of another form that say the same. */

import type { AnswerProperties, Gateway, Partner, PartnerAnswer } from '../gateway.ts';
import { readAcknowledgement } from '../outbound/read-acknowledgement.ts';
import { readHead, readLater } from '../outbound/settle-by-answer.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { namesMessage } from '../model/message-id.ts';
import { errorTable, isMessageFault, type ErrorCode } from '../model/errors.ts';
import {
  holdReasons,
  type Acknowledgement,
  type Digest,
  type HoldReason,
  type RawMessage,
  type Receipt,
  type SealedMessage,
} from '../model/message.ts';
import { present } from '../model/present.ts';
import { readReceipt, receiptType } from '../wire/signature/receipts.ts';
import { signerTrust } from '../wire/signature/trust.ts';
import { verify } from '../wire/signature/verify.ts';
import type { SendOutcome } from '../wire/transport/transport.ts';
import { validate } from '../wire/xsd/schema.ts';

export interface ReceivedReceipt {
  readonly receipt: Receipt;
  /** Of its bytes; empty where no answer came and the other side was looked into. */
  readonly receiptDigest: Digest;
}

/** What the tested gateway decided about a message, where it is in this process. */
type LookAt = (digest: Digest) => Promise<ReceivedReceipt | undefined>;

export interface ReceiptLog {
  /**
   * Keeps a receipt; ignores messages of another kind, and those that do not verify. `next` returns it once the function that is
   * returned was called: when the gateway has taken the message.
   */
  record(raw: RawMessage): Promise<() => void>;
  /** A message that was sent: answers are about it. */
  sent(message: SealedMessage): void;
  /** Keeps the answer in the response to a message; ignores what cannot be read. */
  recordResponse(message: SealedMessage, outcome: SendOutcome & { readonly kind: 'answered' }): void;
  /** Keeps an answer that came as a message of its own or in a file; ignores what cannot be read. */
  recordAnswer(answer: PartnerAnswer): void;
  /** Also those that the gateway is still taking. */
  over(subject: Digest): readonly ReceivedReceipt[];
  /** The receipt over a message that comes after so many; undefined if it does not come in time. */
  next(subject: Digest, after: number, withinMs: number): Promise<ReceivedReceipt | undefined>;
  /** Where an answer says no verdict or names no message, the other side is looked into. */
  look(at: LookAt): void;
}

/** Whether the other side says what became of a message. */
export function saysVerdict({ adapter: { exchange } }: Pick<Partner, 'adapter'>): boolean {
  const kinds = exchange.send?.stages.map(({ kind }) => kind) ?? ['receipt'];
  return kinds.some((kind) => kind === 'receipt' || kind === 'document' || kind === 'status');
}

const pollMs = 20;
/** An answer that names its message comes within this time after the verdict. */
const unnamedMs = 2_000;

export function openReceiptLog(gateway: Gateway, partner: Partner): ReceiptLog {
  const kept = openKept();
  const messages = new Map<string, SealedMessage>();
  const keepAnswer = ({ id, digest }: SealedMessage, ack: Acknowledgement | undefined, bytes: Uint8Array): void => {
    const receipt = ack && receiptOf(gateway, partner, { id, digest }, ack);
    if (receipt !== undefined) kept.keep({ receipt, receiptDigest: sha256(bytes) })();
  };
  let lookAt: LookAt | undefined;
  return {
    over: kept.over,
    sent: (message) => void messages.set(message.id, message),
    look: (at) => void (lookAt = at),
    async record(raw) {
      const receipt = await read(gateway, partner, raw);
      return receipt === undefined ? () => undefined : kept.keep({ receipt, receiptDigest: sha256(raw.bytes) });
    },
    recordResponse(message, outcome) {
      keepAnswer(
        message,
        readable(() => answerOf(partner, outcome)),
        outcome.bytes,
      );
    },
    recordAnswer({ bytes, came }) {
      if (came.by !== 'file' && came.by !== 'message') return;
      const ack = readable(() => answerIn(partner, bytes, came));
      const named =
        came.by === 'file' ? messages.get(came.id) : subjectOf([...messages.values()], ack, came.properties);
      if (named !== undefined) keepAnswer(named, ack, bytes);
    },
    async next(subject, after, withinMs) {
      return await awaitReceipt({ kept, says: saysVerdict(partner), lookAt }, subject, after, withinMs);
    },
  };
}

function answerOf(
  partner: Partner,
  { bytes, head }: SendOutcome & { readonly kind: 'answered' },
): Acknowledgement | undefined {
  const stage = partner.adapter.exchange.send?.stages.find(({ mode }) => mode === 'sync');
  if (stage === undefined) return undefined;
  return stage.format === undefined ? readHead(stage, head) : readAcknowledgement(partner, stage.format, bytes);
}

type Came = PartnerAnswer['came'] & { readonly by: 'file' | 'message' };

function answerIn(partner: Partner, bytes: Uint8Array, came: Came): Acknowledgement | undefined {
  if (came.by === 'message') return readLater(partner, bytes).ack;
  const format = partner.adapter.exchange.send?.stages[came.stage]?.format;
  return format && readAcknowledgement(partner, format, bytes);
}

/** The message that an answer names by its id, its number, its file or a property. */
function subjectOf(
  messages: readonly SealedMessage[],
  ack: Acknowledgement | undefined,
  { correlationId, headers = {} }: AnswerProperties = {},
): SealedMessage | undefined {
  const named = [ack?.subject, correlationId, ...Object.values(headers)];
  return messages.findLast((each) => {
    const { number, period } = each;
    const byNumber = ack?.number !== undefined && ack.number === number && (ack.period ?? period) === period;
    return byNumber || named.some((name) => typeof name === 'string' && namesMessage(name, each));
  });
}

interface Awaiting {
  readonly kept: ReturnType<typeof openKept>;
  /** The answers say a verdict. */
  readonly says: boolean;
  readonly lookAt: LookAt | undefined;
}

async function awaitReceipt(
  { kept, says, lookAt }: Awaiting,
  subject: Digest,
  after: number,
  withinMs: number,
): Promise<ReceivedReceipt | undefined> {
  const begun = performance.now();
  let decidedAt: number | undefined;
  for (;;) {
    const now = performance.now();
    const answered = await kept.next(subject, after, Math.min(withinMs, pollMs));
    if (answered !== undefined || now - begun > withinMs) return answered;
    // An answer to a message that could not be read may name nothing by which it is found.
    const decided = says && after > 0 ? undefined : await lookAt?.(subject);
    if (decided !== undefined) decidedAt ??= now;
    if (decidedAt !== undefined && (!says || now - decidedAt > unnamedMs)) return decided;
  }
}

/** Receipts by the digest of the message that they are about. */
function openKept() {
  const bySubject = new Map<Digest, ReceivedReceipt[]>();
  const beingTaken = new Set<ReceivedReceipt>();
  const waiting = new Set<() => void>();
  const over = (subject: Digest): readonly ReceivedReceipt[] => bySubject.get(subject) ?? [];
  return {
    over,
    keep(received: ReceivedReceipt): () => void {
      const { digest } = received.receipt.subject;
      bySubject.set(digest, [...over(digest), received]);
      beingTaken.add(received);
      return () => {
        beingTaken.delete(received);
        for (const notify of waiting) notify();
      };
    },
    async next(subject: Digest, after: number, withinMs: number): Promise<ReceivedReceipt | undefined> {
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
      const received = over(subject)[after];
      return received !== undefined && beingTaken.has(received) ? undefined : received;
    },
  };
}

/** Undefined where nothing was decided: after `busy`, and where the message only arrived. */
function receiptOf(
  { home, now }: Gateway,
  { code, adapter }: Partner,
  subject: Receipt['subject'],
  ack: Acknowledgement,
): Receipt | undefined {
  const { verdict, reason, detail = '', taken, refused } = ack;
  if (verdict === 'busy' || verdict === 'received') return undefined;
  const technical = adapter.exchange.send?.stages.every(({ says }) => says === 'technical') === true;
  if (technical && verdict === 'applied') return undefined;
  const records = taken === undefined || refused === undefined ? undefined : { taken, refused };
  return present({
    ...{ id: ack.id ?? '', from: code, to: home.country, subject, records },
    issuedAt: ack.issuedAt ?? momentOf(now()),
    verdict: verdict === 'duplicate' ? 'applied' : verdict,
    reason: reason === undefined || !isReason(reason) ? undefined : { code: reason, detail },
  });
}

function isReason(text: string): text is ErrorCode | HoldReason {
  return Object.hasOwn(errorTable, text) || holdReasons.some((reason) => reason === text);
}

/** Undefined where the answer cannot be read: the gateway that sent the message logs it. */
function readable<T>(readAnswer: () => T): T | undefined {
  try {
    return readAnswer();
  } catch (error) {
    if (isMessageFault(error)) return undefined;
    throw error;
  }
}

async function read(gateway: Gateway, partner: Partner, raw: RawMessage): Promise<Receipt | undefined> {
  try {
    using verified = await verify(raw, signerTrust(partner.trust), new Date(raw.receivedAt));
    return verified.type === receiptType ? readReceipt(validate(verified, gateway.receiptSchema)) : undefined;
  } catch (error) {
    // The gateway that receives the message as well rejects and logs it.
    if (isMessageFault(error)) return undefined;
    throw error;
  }
}
