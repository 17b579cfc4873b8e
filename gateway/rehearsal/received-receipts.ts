/** Receipts as they come in, verified and kept by the bytes they are over: also those over messages no outbox knows. */

import { createHash } from 'node:crypto';
import type { Gateway, Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import type { Digest, RawMessage, Receipt, SealedMessage } from '../model/message.ts';
import { readReceipt, receiptType } from '../wire/signature/receipts.ts';
import { validate } from '../wire/xsd/schema.ts';
import type { SendOutcome, Transport } from '../wire/transport/transport.ts';
import { verify } from '../wire/signature/verify.ts';

export interface Heard {
  readonly receipt: Receipt;
  /** Of the receipt's own bytes: the very same receipt has the very same digest. */
  readonly receiptDigest: Digest;
}

export interface Listening {
  /** Takes note of a receipt; anything else, and what does not verify, is not one. */
  listen(raw: RawMessage): Promise<void>;
  /** Sends, and takes note of the receipt in the answer. */
  send(transport: Transport, message: SealedMessage): Promise<SendOutcome>;
  heard(subject: Digest): readonly Heard[];
  /** The receipt after so many over those bytes; waits so long if it is not there yet. */
  next(subject: Digest, after: number, waitMs: number): Promise<Heard | undefined>;
}

export function listeningFor(gateway: Gateway, partner: Partner): Listening {
  const bySubject = new Map<Digest, Heard[]>();
  const waiting = new Set<() => void>();
  const heard = (subject: Digest): readonly Heard[] => bySubject.get(subject) ?? [];
  async function listen(raw: RawMessage): Promise<void> {
    const receipt = await read(gateway, partner, raw);
    if (receipt === undefined) return;
    const receiptDigest = createHash('sha256').update(raw.bytes).digest('hex');
    const { digest } = receipt.subject;
    bySubject.set(digest, [...heard(digest), { receipt, receiptDigest }]);
    for (const look of waiting) look();
  }
  return {
    heard,
    listen,
    async send(transport, message) {
      const custody = await transport.send(message);
      if (custody.kind !== 'receipt') return custody;
      const receivedAt = momentOf(gateway.now());
      await listen({ partner: partner.code, via: 'https', bytes: custody.bytes, receivedAt });
      return custody;
    },
    async next(subject, after, waitMs) {
      if (waitMs === 0 || heard(subject)[after] !== undefined) return heard(subject)[after];
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const look = (): void => {
        if (heard(subject)[after] !== undefined) resolve(undefined);
      };
      const tooLate = setTimeout(() => resolve(undefined), waitMs);
      waiting.add(look);
      await promise;
      clearTimeout(tooLate);
      waiting.delete(look);
      return heard(subject)[after];
    },
  };
}

async function read(gateway: Gateway, partner: Partner, raw: RawMessage): Promise<Receipt | undefined> {
  try {
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    return verified.type === receiptType ? readReceipt(validate(verified, gateway.receiptSchema)) : undefined;
  } catch (error) {
    // The gateway behind judges and logs it; what is no receipt of theirs was simply not heard.
    if (isGatewayError(error) && (error.kind.category === 'content' || error.kind.category === 'security'))
      return undefined;
    throw error;
  }
}
