/** Verified receipts of the other side by the message they are over, also those over messages that no outbox knows. */

import type { Gateway, Partner } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { isGatewayError } from '../model/errors.ts';
import type { Digest, RawMessage, Receipt } from '../model/message.ts';
import { readReceipt, receiptType } from '../wire/signature/receipts.ts';
import { verify } from '../wire/signature/verify.ts';
import { validate } from '../wire/xsd/schema.ts';

export interface ReceivedReceipt {
  readonly receipt: Receipt;
  /** Of the receipt's own bytes. */
  readonly receiptDigest: Digest;
}

export interface ReceiptLog {
  /** Keeps a receipt; ignores messages of another kind, and those that do not verify. */
  record(raw: RawMessage): Promise<void>;
  /** The receipts over a message so far, oldest first. */
  over(subject: Digest): readonly ReceivedReceipt[];
  /** The receipt over a message that comes after so many; undefined if it does not come in time. */
  next(subject: Digest, after: number, withinMs: number): Promise<ReceivedReceipt | undefined>;
}

export function openReceiptLog(gateway: Gateway, partner: Partner): ReceiptLog {
  const bySubject = new Map<Digest, ReceivedReceipt[]>();
  const waiting = new Set<() => void>();
  const over = (subject: Digest): readonly ReceivedReceipt[] => bySubject.get(subject) ?? [];
  return {
    over,
    async record(raw) {
      const receipt = await read(gateway, partner, raw);
      if (receipt === undefined) return;
      const { digest } = receipt.subject;
      bySubject.set(digest, [...over(digest), { receipt, receiptDigest: sha256(raw.bytes) }]);
      for (const notify of waiting) notify();
    },
    async next(subject, after, withinMs) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const notify = (): void => {
        if (over(subject).length > after) resolve(undefined);
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

async function read(gateway: Gateway, partner: Partner, raw: RawMessage): Promise<Receipt | undefined> {
  try {
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    return verified.type === receiptType ? readReceipt(validate(verified, gateway.receiptSchema)) : undefined;
  } catch (error) {
    // The gateway that receives the message as well rejects and logs it.
    if (isGatewayError(error) && (error.kind.category === 'content' || error.kind.category === 'security'))
      return undefined;
    throw error;
  }
}
