/** What every way to a partner offers: hand over sealed bytes, and say truthfully what became of them. */

import type { SealedMessage } from '../../model/message.ts';

/** Why a message waits for a person: nobody listens there, the certificates disagree, or the partner turns us away. */
export type Hold = 'route' | 'certificate' | 'refused';

/**
 * What one attempt showed. `evidence` is a short text for people; it never holds content of a message.
 * - receipt: the partner's answer, whose signature is still to be verified;
 * - custody: somebody took the bytes into safe keeping, which is not yet delivery;
 * - refused: they were not taken; a later attempt may succeed, unless `hold` says that a person must act first;
 * - unknown: bytes left, no word came back. The same bytes go out again under the same id.
 */
export type Custody =
  | { readonly kind: 'receipt'; readonly bytes: Uint8Array; readonly evidence: string }
  | { readonly kind: 'custody'; readonly evidence: string }
  | {
      readonly kind: 'refused';
      readonly evidence: string;
      readonly retryAfterSeconds?: number;
      readonly hold?: Hold;
    }
  | { readonly kind: 'unknown'; readonly evidence: string };

/** A way to one partner. Trouble on the way is a value, so `send` rejects only on a fault of our own. */
export interface Transport {
  send(message: SealedMessage): Promise<Custody>;
  close(): Promise<void>;
  /** Present where each side fetches what the other has for it; only receipts are then sent. */
  readonly pull?: Pull;
}

/** The other direction: asking the partner for its oldest message that we have not answered with a receipt. */
export interface Pull {
  /** Seconds between two questions while nothing comes. */
  readonly seconds: number;
  next(): Promise<Fetched>;
}

export type Fetched =
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly id?: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'trouble'; readonly evidence: string };

export const receiptContentType = 'application/vnd.mra.receipt+xml';

/** Client or server identity for TLS, all PEM. `ca` alone is trusted; the list of the system is never used. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly string[];
}

const bytesPerExtraSecond = 256 * 1024;

/** How long to wait for an answer, in milliseconds: a base, and a second more for each 256 KiB sent (2 Mbit/s). */
export function deadlineMs(baseMs: number, byteCount: number): number {
  return baseMs + Math.floor(byteCount / bytesPerExtraSecond) * 1000;
}
