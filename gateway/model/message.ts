/** Messages in their stages (as types, so that a wrong order does not compile), receipts and replies. */

import type { ErrorCode } from './errors.ts';
import type { KeyAnnouncement } from './partner-key.ts';
import type { Position } from './list/list.ts';
import type { StatedList } from './record/packed-records.ts';
import type { Moment } from './record/record.ts';
import type { SignatureForm } from './signature-form.ts';

export type SealKind = 'xml-signature' | 'jws' | 'cms-detached';
/** RSASSA-PKCS1-v1_5, RSASSA-PSS with 32 octets of salt, ECDSA with the hash of its curve, Ed25519. */
export type SignatureAlgorithm =
  'rsa-sha256' | 'rsa-sha512' | 'rsa-pss-sha256' | 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384' | 'eddsa-ed25519';

/** The key usages by which content is signed (RFC 5280, 4.2.1.3). */
export type KeyUsage = 'digitalSignature' | 'nonRepudiation';

/** How a partner seals its messages, and what its signing certificates must be for; trust.ts says what holds where nothing is named. */
export type SealTerms = SignatureTerms | UnsignedTerms;

export interface SignatureTerms extends SignatureForm {
  readonly kind: SealKind;
  readonly algorithm: SignatureAlgorithm;
  readonly keyUsages?: readonly KeyUsage[];
  /** Object identifiers of purposes. */
  readonly extendedKeyUsages?: readonly string[];
}

/** Messages without a signature: an authenticated channel alone says who sent them, and their sender can deny them. */
export interface UnsignedTerms {
  readonly kind: 'none';
  readonly reason: string;
}

export function isUnsigned(terms: object): terms is UnsignedTerms {
  return 'kind' in terms && terms.kind === 'none';
}

/** `file`: by hand of our staff. `office`: by a person of the partner who is signed in. `sftp`, `folder`: as a file that the partner put. */
export type Via = 'https' | 'amqp' | 'file' | 'office' | 'sftp' | 'folder';

declare const authenticated: unique symbol;

/** Who sent on a channel, and how that was established. Only `authenticatedChannel` of wire/signature/channel.ts makes one. */
export interface AuthenticatedChannel {
  readonly [authenticated]: true;
  readonly by:
    | 'client-certificate'
    | 'shared-secret'
    | 'server-certificate'
    | 'broker-account'
    | 'file-account'
    | 'person'
    | 'kept';
  /** The fingerprint of the certificate, the user or the begin of the token's digest, the account with its queue, the account with the server's host key, the person who is signed in, or how kept bytes came. */
  readonly identity: string;
}

/** Who brings or fetches a file at the office: a person of the partner, or one of our staff. */
export interface Bearer {
  readonly person: string;
  readonly isOfPartner: boolean;
}

/** Bytes as received on a channel of a partner. They are not trusted. */
export interface RawMessage {
  readonly partner: string;
  readonly via: Via;
  readonly bytes: Uint8Array;
  readonly receivedAt: Moment;
  /** The id the transport states; a hint until the signed id confirms it. */
  readonly hintedId?: string | undefined;
  /** Absent on a way that anybody can use, such as a file. */
  readonly channel?: AuthenticatedChannel | undefined;
  /** The name of the file in which they came. */
  readonly file?: string | undefined;
}

/** SHA-256 of bytes, lower-case hex. */
export type Digest = string;

declare const verified: unique symbol;
declare const channelVerified: unique symbol;
declare const valid: unique symbol;

/** Disposable: it may hold a parsed document outside the JavaScript heap. */
interface ReadableMessage extends Disposable {
  readonly format: 'xml' | 'json' | 'text';
  /** What kind of message: `{namespace}root` of XML, the `typ` of a JWS, the media type of a text. Absent where nothing states it. */
  readonly type?: string;
  /** The content in canonical form. */
  readonly content: Uint8Array;
}

/** What a partner's signature covers, and nothing around it. Only wire/signature/verify.ts makes one. */
export interface VerifiedMessage extends ReadableMessage {
  readonly [verified]: true;
  /** SHA-256 fingerprint of the signing certificate. */
  readonly signer: Digest;
}

/** Bytes without a signature, of a partner with whom that was agreed. Only wire/signature/channel.ts makes one. */
export interface ChannelVerified extends ReadableMessage {
  readonly [channelVerified]: true;
  readonly channel: AuthenticatedChannel;
}

/** A message whose sender is known, by its signature or by its channel. */
export type AttributedMessage = VerifiedMessage | ChannelVerified;

/** A message that also follows its schema. Only wire/xsd/schema.ts makes one. */
export type ValidMessage<Message extends AttributedMessage = VerifiedMessage> = Message & { readonly [valid]: true };

/** A message in our own terms. */
export type DecodedMessage =
  | { readonly kind: 'list'; readonly list: StatedList }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** `signer`: the fingerprint of the certificate that signed it. */
  | { readonly kind: 'key'; readonly announcement: KeyAnnouncement; readonly signer: Digest };

/** Sealed once, stored, and only then sent: every retry carries these bytes under this id. */
export interface SealedMessage {
  readonly id: string;
  readonly partner: string;
  readonly kind: 'list' | 'reply' | 'receipt' | 'key';
  readonly contentType: string;
  /** Of an answer: the id of the message that it answers, as far as it is known. */
  readonly subject?: string | undefined;
  /** Of a list: its number, and the year, month or day (or the epoch) in which it counts. */
  readonly number?: number | undefined;
  readonly period?: string | undefined;
  /** The name of the file in which it travels, where messages are files. */
  readonly file?: string | undefined;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

export type Verdict = 'applied' | 'held' | 'rejected';

/** Confirms a message and states its verdict. One format for all partners (schemas/receipt.xsd). */
export interface Receipt {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly issuedAt: Moment;
  /** The message it answers, as far as it could be known, and the digest of the bytes that arrived. */
  readonly subject: { readonly id?: string | undefined; readonly digest: Digest };
  readonly verdict: Verdict;
  /** Why not applied: an error code, or the reason of a hold. */
  readonly reason?:
    { readonly code: ErrorCode | HoldReason; readonly detail: string; readonly at?: string | undefined } | undefined;
  /** The receiver's position in the sender's stream; absent before its first list. */
  readonly position?: Position | undefined;
  readonly records?: { readonly taken: number; readonly refused: number } | undefined;
  /** The newest of the log of its sender. */
  readonly checkpoint?: ReceiptCheckpoint | undefined;
}

/** A signed note (C2SP tlog-checkpoint), and the public key of the log as verifiers of notes take it. */
export interface ReceiptCheckpoint {
  readonly key: string;
  readonly note: string;
}

/** The result for each record of a list, in the partner's own format. */
export interface Reply {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly issuedAt: Moment;
  readonly subject: string;
  readonly taken: number;
  readonly refused: number;
  readonly results: readonly RecordResult[];
}

/** One refused record; the last good version of it stays in force. */
export interface RecordResult<Code extends string = RecordFault> {
  readonly identifier: string;
  readonly code: Code;
  readonly detail: string;
}

/**
 * What the answer to a message of ours proves, the strongest first: a signature over its digest; the partner's words over its
 * authenticated connection; a status of its endpoint; that a broker or file server keeps the message; nothing, as no refusal came.
 */
export const evidenceLevels = ['signed', 'channel', 'transport', 'custody', 'assumed'] as const;
export type Evidence = (typeof evidenceLevels)[number];

/** How the sender of a received message is known: by a signature, by its authenticated connection only, or by the word of our staff who brought it. */
export type SenderEvidence = Extract<Evidence, 'signed' | 'channel' | 'custody'>;

/**
 * `duplicate`: the same message was answered before. `busy`: nothing was decided. `received`: it arrived, and what becomes of it is
 * answered later.
 */
export const acknowledgedVerdicts = ['applied', 'held', 'rejected', 'duplicate', 'busy', 'received'] as const;
/** Not every partner has words for these, and we never write them. */
export const spareVerdicts: readonly string[] = ['duplicate', 'busy', 'received'];

/** The answer to a message where two sides do not exchange receipts: in the partner's own format, and not signed. */
export interface Acknowledgement {
  readonly verdict: (typeof acknowledgedVerdicts)[number];
  /** Id and number of the message that it answers, and the year, month or day in which that counts, as far as its format has them. */
  readonly subject?: string;
  readonly number?: number;
  readonly period?: string;
  readonly id?: string;
  readonly issuedAt?: Moment;
  readonly reason?: string;
  readonly detail?: string;
  /** Where in the message the reason is: `C7`, `line 12, cell 3`. */
  readonly place?: string;
  /** What verdict and reason mean, in the partner's language. */
  readonly text?: string;
  readonly taken?: number;
  readonly refused?: number;
  /** Results of single records, where its format has them: of an applied list all, of one that is refused for its rows the faulty ones. */
  readonly results?: readonly RecordAnswer[];
}

export const recordVerdicts = ['applied', 'rejected'] as const;

/** What is answered about one record. Without a verdict it is refused. */
export interface RecordAnswer extends Pick<Acknowledgement, 'detail' | 'place' | 'text'> {
  /** Its number in the list, from 1. */
  readonly row?: number;
  readonly identifier?: string;
  readonly verdict?: (typeof recordVerdicts)[number];
  readonly code?: string;
}

export const recordFaults = ['identifier_malformed', 'dates_contradict', 'text_forbidden'] as const;
export type RecordFault = (typeof recordFaults)[number];

export const holdReasons = [
  'list_outside_size',
  'list_shrinks',
  'list_grows',
  'epoch_ahead',
  'number_ahead',
  'key_announced',
  'by_hand',
] as const;
export type HoldReason = (typeof holdReasons)[number];

/**
 * Outbound states and their rank. The rank only grows, so a late result cannot move a message back. CLOSED: no answer is expected any
 * more; one that comes nevertheless counts.
 */
export const outboundStates = {
  SEALED: 20,
  HANDED_OVER: 40,
  CLOSED: 85,
  ACCEPTED: 90,
  PARTIAL: 90,
  REJECTED: 90,
  SUPERSEDED: 95,
} as const;
export type OutboundState = keyof typeof outboundStates;

/** Inbound states and their rank. HELD waits for two people. */
export const inboundStates = { RECEIVED: 10, VERIFIED: 20, HELD: 80, APPLIED: 90, REJECTED: 90 } as const;
export type InboundState = keyof typeof inboundStates;
