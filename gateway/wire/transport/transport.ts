/** The contract of a transport: send sealed bytes to one partner, and report what is known of their delivery. */

import type { Position } from '../../model/list/list.ts';
import type { AuthenticatedChannel, SealedMessage, Via } from '../../model/message.ts';

/**
 * The outcome of one attempt. `evidence` is a short text for staff and never holds message content.
 * - receipt: the partner answered with a receipt, whose signature is not verified yet;
 * - answered: the partner answered in its own way over its authenticated connection; what that means is not judged yet;
 * - custody: a partner or broker accepted responsibility for the bytes, which is not yet delivery;
 * - refused: the bytes were not accepted. A retry may succeed, unless `hold` says that staff must act first: the partner answered with a
 *   status that was agreed to mean so, the bytes were altered in our store, or the message is too old;
 * - unknown: bytes were sent and no answer came. The same bytes are sent again under the same id.
 * `unreachable`: no message gets through now: there is no connection, no right or no queue, or a certificate is missing on one side.
 * Trying again soon shows when that has ended.
 */
export type SendOutcome =
  | { readonly kind: 'receipt'; readonly bytes: Uint8Array; readonly evidence: string }
  | { readonly kind: 'answered'; readonly bytes: Uint8Array; readonly evidence: string; readonly head: AnswerHead }
  | { readonly kind: 'custody'; readonly evidence: string }
  | {
      readonly kind: 'refused';
      readonly evidence: string;
      readonly retryAfterSeconds?: number;
      readonly hold?: 'refused' | 'altered' | 'expired' | 'outcome_unknown';
      readonly unreachable?: true;
    }
  | { readonly kind: 'unknown'; readonly evidence: string; readonly unreachable?: true };

/** The status of a response, and its headers by their names in lower case. */
interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Evidence of an attempt over a broker at which the partner has no queue yet. */
export const unroutable = 'unroutable: the partner has no queue';

/** A connection to one partner. Network failures are outcomes; `send` rejects only on a defect of the gateway itself. */
export interface Transport {
  send(message: SealedMessage): Promise<SendOutcome>;
  close(): Promise<void>;
  /** How many connections were established so far, where one is kept open: a higher number shows that it is back. */
  connections?(): number;
  /** By how many milliseconds the clock of the partner was ahead of ours at its last answer, where answers show it. */
  clockAhead?(): number | undefined;
  /** What the partner counts of a month (`2026-10`): whatever value its strict JSON has; undefined where it does not say. */
  numbers?(month: string): Promise<unknown>;
  /** Which list of ours the partner holds, where it can be asked; undefined where it holds none, or does not say. */
  held?(): Promise<Pick<Position, 'epoch' | 'sequence'> | undefined>;
  /** Our messages wait until the partner polls for them; only receipts are sent. */
  readonly waits?: true;
  /** Present where the partner's messages wait until we poll for them. */
  readonly pull?: {
    /** Seconds between two polls while there is no message. */
    readonly seconds: number;
    /** Asks the partner for its oldest message without a receipt. */
    next(): Promise<PollOutcome>;
  };
  /** Present where messages travel as files. */
  readonly files?: FileExchange;
}

/** The files that the partner puts for us. */
export interface FileExchange {
  readonly via: Via;
  /** Absent where anybody could have put them. */
  readonly channel?: AuthenticatedChannel | undefined;
  /** Seconds between two looks while there is none. */
  readonly seconds: number;
  /** The oldest message. */
  next(): Promise<FilePoll>;
  /** The partner's answer, in the file of that name. */
  answer(file: string): Promise<FilePoll>;
  /** What keeps the folders from being read; undefined for nothing. */
  examine(): Promise<string | undefined>;
}

/** `ignored`: files whose names have another form than agreed; `unsigned`: messages whose signature is not there. Each is counted once. */
export type FilePoll =
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly bytes: Uint8Array;
      /** Takes the file away once it was received. Returns what failed. */
      finish(): Promise<string | undefined>;
      /** Leaves it alone until it changes. */
      leave(): void;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'ignored' | 'unsigned'; readonly count: number }
  | { readonly kind: 'failed'; readonly evidence: string };

export type PollOutcome =
  | {
      readonly kind: 'message';
      readonly bytes: Uint8Array;
      readonly id?: string;
      readonly takes?: 'message' | 'acknowledgement';
      /** Removes it at the partner once it is stored. Returns what failed. */
      finish?(): Promise<string | undefined>;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly evidence: string };

export const receiptContentType = 'application/vnd.mra.receipt+xml';
export const receiptNamespace = 'urn:mra:receipt:1';

/** Whether bytes are a receipt, or pretend to be one: a proxy may have given them another label. They are not verified. */
export function isLikeReceipt(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4096)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?\s*</u.test(start) && start.includes(receiptNamespace);
}

/** Message ids that are accepted from transport headers; they are hints, for the signed id decides. */
export const messageIdPattern = /^[\w.:-]{1,128}$/;

/** Identity of a TLS client or server, all PEM. Only `ca` is trusted, not the trust store of the system. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly string[];
}

/** The values of holes in requests and in names at a broker. `from`, `to`: administrations. */
export function holeValues(
  { id, subject, number, period }: SealedMessage,
  { from, to }: { readonly from: string; readonly to: string },
): Readonly<Record<string, string | undefined>> {
  return {
    ...{ 'message.id': id, 'message.from': from, 'message.to': to },
    ...{ 'message.number': number?.toString(), 'message.period': period },
    ...{ 'ack.id': id, 'ack.subject': subject },
  };
}

/** A text whose holes `{name}` are filled with values by name; undefined where one has none. */
export function filledText(text: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  const holes = /\{([\w.]+)(?:\|(\w+):([^{}]+))?\}/gu;
  const names = Array.from(text.matchAll(holes), ([, name = '']) => name);
  if (names.some((name) => values[name] === undefined)) return undefined;
  return text.replaceAll(holes, (_, name: string, step = '', argument = '') => {
    const value = values[name] ?? '';
    if (step === 'pad') return value.padStart(Number(argument), '0');
    return step === 'date' ? periodText(value, String(argument)) : value;
  });
}

/** A year, a month or a day, `2026-04`, by a pattern of its parts. */
function periodText(period: string, pattern: string): string {
  const [yyyy = '', MM = '', dd = ''] = period.split('-');
  const parts: Readonly<Record<string, string>> = { yyyy, yy: yyyy.slice(2), MM, dd };
  return pattern.replaceAll(/yyyy|yy|MM|dd/gu, (part) => parts[part] ?? '');
}

const bytesPerExtraSecond = 256 * 1024;

/** Milliseconds to wait for an answer: `baseMs`, and a second more for each 256 KiB (2 Mbit/s). */
export function deadlineMs(baseMs: number, byteCount: number): number {
  return baseMs + Math.floor(byteCount / bytesPerExtraSecond) * 1000;
}
