/** Verdicts: sealed as our receipt, with the reply to an applied list in the partner's own format, and recorded. */

import { answerTravels, type Exchange } from '../adapter/adapter.ts';
import type { Gateway, Partner } from '../gateway.ts';
import { written } from '../model/byte-writer.ts';
import { sha256 } from '../model/canonical-json.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { asGatewayError, GatewayError, isMessageFault, type ErrorCode } from '../model/errors.ts';
import type {
  Digest,
  HoldReason,
  RawMessage,
  Receipt,
  RecordResult,
  RecordAnswer,
  SenderEvidence,
} from '../model/message.ts';
import type { Reply, SealedMessage, Verdict } from '../model/message.ts';
import { fileMessageId } from '../model/message-id.ts';
import { present } from '../model/present.ts';
import { intactBytes, keepSealed } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { claimMessageId, settleInbox, type InboxMessage, type InboxSettlement } from '../store/inbox.ts';
import { countRefused } from '../store/refused-bytes.ts';
import { addMessage } from '../store/outbox.ts';
import { findStream, positionHeld } from '../store/streams.ts';
import { together } from '../store/transaction.ts';
import { faultFields } from '../wire/log.ts';
import { isUnsigned } from '../model/message.ts';
import { signerOf } from '../wire/signature/profile.ts';
import { faultyRows } from './row-results.ts';
import { receiptFormat, writeReceipt } from '../wire/signature/receipts.ts';
import { checkUnsigned, seal } from '../wire/signature/seal.ts';

/** A message whose bytes are stored. */
export interface InboundMessage {
  readonly gateway: Gateway;
  readonly partner: Partner;
  readonly raw: RawMessage;
  readonly digest: Digest;
  /** The id that the message states, once it is read; until then the id that the transport states, if any. */
  readonly id?: string | undefined;
  /** The sequence number that a list states. */
  readonly number?: number | undefined;
  /** The year, month or day in which the number counts. */
  readonly period?: string | undefined;
  /** How the sender was authenticated, once that was verified. */
  readonly evidence?: SenderEvidence;
  /** Two people decided: its size is not judged again, and the receipt is sent separately, because the connection is closed. */
  readonly decidedByPeople?: boolean;
}

export interface ReceiveResult {
  readonly verdict: Verdict;
  /** The sealed receipt; absent only if a receipt was received, because receipts get no receipts. */
  readonly receipt?: SealedMessage;
  /** Simulated partners: the content of the response, if the verdict follows as a separate message. */
  readonly arrived?: SealedMessage;
  /** Why it was rejected or is held. */
  readonly reason?: ErrorCode | HoldReason;
  readonly duplicate: boolean;
}

interface ReceiptContent extends Pick<Receipt, 'verdict' | 'reason' | 'position' | 'records'> {
  /** For an acknowledgement that lists rows. */
  readonly rows?: readonly RecordAnswer[] | undefined;
}

/** The verdict on a message that is not rejected. */
export interface Decision extends ReceiptContent {
  readonly id: string;
  readonly kind: 'list' | 'reply' | 'key';
  readonly verdict: 'applied' | 'held';
  /** The rejected records of an applied list, which gets a reply too. */
  readonly results?: readonly RecordResult[];
  /** Writes the changes that the message makes. */
  readonly apply?: (tx: Tx) => Promise<void>;
}

interface Answers {
  readonly receipt: SealedMessage;
  readonly reply?: SealedMessage | undefined;
}

/** Both at the same time: signatures are made on other threads. */
export async function sealAnswers(inbound: InboundMessage, decision: Decision): Promise<Answers> {
  const { id, verdict, reason, position, records, results, rows } = decision;
  // An acknowledgement states the number of rejected records; a separate reply exists only beside a receipt.
  const replies = inbound.partner.adapter.exchange.receive === undefined;
  const [receipt, reply] = await Promise.all([
    sealReceipt(inbound, { subject: id, verdict, reason, position, records, rows }),
    records === undefined || results === undefined || !replies
      ? undefined
      : sealReply(inbound, id, { ...records, results }),
  ]);
  return { receipt, reply };
}

/** On PostgreSQL, other messages would wait for the transaction of a longer one. */
const shortBytes = 32 * 1024;

export function termsOf({ bytes }: Pick<RawMessage, 'bytes'>): 'short' | undefined {
  return bytes.length < shortBytes ? 'short' : undefined;
}

/** One transaction: the id is claimed, the message is applied, its verdict, receipt and reply are stored, and the event is written. */
export async function recordVerdict(
  inbound: InboundMessage,
  { id, kind, verdict, reason, apply }: Decision,
  { receipt, reply }: Answers,
): Promise<ReceiveResult> {
  const { gateway, partner, digest, evidence } = inbound;
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const state = verdict === 'applied' ? 'APPLIED' : 'HELD';
    const settlement = { messageId: id, state, kind, at, evidence, ...present({ reason: reason?.code }) } as const;
    await together(
      claimId(tx, inbound, id),
      apply?.(tx),
      reply && addMessage(tx, reply, { correlatesTo: id, at }),
      storeReceipt(tx, inbound, receipt, settlement),
    );
    const { digest: receiptDigest } = receipt;
    const { channel } = inbound.raw;
    const sender =
      evidence !== 'signed' && channel !== undefined ? { channel: `${channel.by} ${channel.identity}` } : {};
    const detail = present({ partner: partner.code, digest, receiptDigest, evidence, ...sender });
    await appendEvents(tx, [{ kind: `${kind}_${verdict}`, ref: id, at, detail }]);
  }, termsOf(inbound.raw));
  gateway.log.info(`${kind} ${verdict}`, { partner: partner.code, messageId: id, digest });
  return { verdict, receipt, ...present({ reason: reason?.code }), duplicate: false };
}

async function claimId(tx: Tx, { partner, digest }: InboundMessage, id: string): Promise<void> {
  if ((await claimMessageId(tx, partner.code, id, digest)) !== digest)
    throw new GatewayError('E_MESSAGE_CONFLICT', 'this id was used for other content before');
}

/** Rejects the message: nothing is applied, and the receipt states why. Errors of this gateway are rethrown. */
export async function recordRejection(inbound: InboundMessage, thrown: unknown): Promise<ReceiveResult> {
  if (!isMessageFault(thrown)) throw asGatewayError(thrown);
  const { code, detail, at: place } = thrown;
  const { gateway, partner, id, digest } = inbound;
  const position = positionHeld(await findStream(gateway.db.sql, partner.code, 'in'));
  const reason = { code, detail, at: place };
  const rows = faultyRows(thrown);
  const receipt = await sealReceipt(inbound, { subject: id, verdict: 'rejected', reason, position, rows });
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    await storeReceipt(tx, inbound, receipt, { state: 'REJECTED', reason: code, at });
    const detail = { partner: partner.code, digest, code, receiptDigest: receipt.digest };
    await appendEvents(tx, [{ kind: 'message_rejected', ref: id ?? digest, at, detail }]);
    // What two people refused does not count toward the limit of refused bytes.
    if (inbound.decidedByPeople !== true) await countRefused(tx, partner.code, digest, gateway.refusedBytes);
  });
  gateway.log.warn('message rejected', { partner: partner.code, digest, ...faultFields(thrown) });
  return { verdict: 'rejected', receipt, reason: code, duplicate: false };
}

/** Stores the receipt that every duplicate of the message gets. */
async function storeReceipt(
  tx: Tx,
  { partner, digest, id, decidedByPeople = false }: InboundMessage,
  receipt: SealedMessage,
  settlement: Omit<InboxSettlement, 'partner' | 'digest' | 'receiptDigest'>,
): Promise<void> {
  const { messageId, at } = settlement;
  const travels = answerTravels(partner.adapter.exchange, decidedByPeople);
  const [, isSettled] = await together(
    keepSealed(tx, [receipt]),
    settleInbox(tx, { ...settlement, partner: partner.code, digest, receiptDigest: receipt.digest }),
    travels && addMessage(tx, receipt, { at, ...present({ correlatesTo: messageId ?? id }) }),
  );
  // Two people may release while two others refuse: the first transaction counts, and the second is rolled back.
  if (decidedByPeople && !isSettled)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'two other people decided about this message meanwhile', { at: id });
}

/**
 * The receipt that the message got the first time, byte for byte. If its bytes were dropped or altered: a new receipt with the same
 * verdict.
 */
export async function repeatReceipt(
  inbound: InboundMessage,
  { state, reason, receiptDigest: digest = '' }: Pick<InboxMessage, 'state' | 'reason' | 'receiptDigest'>,
): Promise<ReceiveResult> {
  const { gateway, partner, id: subject } = inbound;
  const verdict = state === 'APPLIED' ? 'applied' : state === 'HELD' ? 'held' : 'rejected';
  const bytes = await intactBytes(gateway.db.sql, digest);
  if (bytes === undefined) {
    const again =
      reason === undefined ? undefined : { code: reason as ErrorCode, detail: 'the same bytes were refused before' };
    return { verdict, receipt: await sealReceipt(inbound, { subject, verdict, reason: again }), duplicate: true };
  }
  const { contentType } = partner.adapter.exchange.receive?.answer ?? receiptFormat;
  const receipt = { id: `m-${digest.slice(0, 32)}`, partner: partner.code, kind: 'receipt', contentType } as const;
  const kept = { subject, bytes, digest };
  return { verdict, receipt: { ...receipt, ...kept, ...answerFile(inbound) }, duplicate: true };
}

/** `subject`: the id of the message, if it is known. */
export async function sealReceipt(
  inbound: InboundMessage,
  { subject: id, rows, ...content }: ReceiptContent & { readonly subject: string | undefined },
): Promise<SealedMessage> {
  const { gateway, partner, digest, number, period } = inbound;
  const { receive } = partner.adapter.exchange;
  if (receive?.answer !== undefined)
    return acknowledge(
      inbound,
      { ...receive, answer: receive.answer },
      { ...content, rows, subject: id, number, period },
    );
  const receipt: Receipt = {
    ...content,
    id: gateway.newId(),
    from: gateway.home.country,
    to: partner.code,
    issuedAt: momentOf(gateway.now()),
    subject: { id, digest },
    checkpoint: partner.takesCheckpoints === true ? await gateway.witness?.own() : undefined,
  };
  using draft = checkUnsigned([writeReceipt(receipt)], receiptFormat, gateway.receiptSchema);
  const meta = { id: receipt.id, partner: partner.code, kind: 'receipt' } as const;
  if (!isUnsigned(partner.signer))
    return await seal(draft, signerOf(partner.signer), { ...meta, at: receipt.issuedAt });
  // The partner gets an HTTP status or nothing; this text is kept here as the record of the decision.
  const bytes = Buffer.from(written(draft.content));
  return { ...meta, contentType: receiptFormat.contentType, bytes, digest: sha256(bytes) };
}

/** The file name of our answer, derived from that of the message. */
function answerFile({ partner, raw }: InboundMessage): Pick<SealedMessage, 'file'> {
  return present({ file: raw.file && partner.adapter.exchange.receive?.answerFile?.of(raw.file) });
}

/** What an answer is about, as far as it is known. */
interface Subject {
  readonly subject: string | undefined;
  readonly number: number | undefined;
  readonly period: string | undefined;
}

/** The answer in the partner's own format. It is unsigned: the partner's connection to us shows whose answer it is. */
function acknowledge(
  inbound: InboundMessage,
  { answer: format, textOf }: Pick<Required<NonNullable<Exchange['receive']>>, 'answer' | 'textOf'>,
  { subject, number, period, verdict, reason, records, rows }: ReceiptContent & Subject,
): SealedMessage {
  const { gateway, partner } = inbound;
  const id = gateway.newId();
  const { file } = inbound.raw;
  // The partner knows a list by its file name; our id adds the digest to it.
  const called = file !== undefined && subject === fileMessageId(file, inbound.digest) ? file : subject;
  const about = { id, issuedAt: momentOf(gateway.now()), subject: called, number, period };
  const why = {
    reason: reason?.code,
    detail: reason?.detail,
    place: reason?.at,
    text: textOf(reason?.code ?? verdict),
  };
  const results = rows?.map((row) => present({ ...row, text: row.code && textOf(row.code) }));
  const content = { verdict, ...why, ...records, results };
  const { contentType } = format;
  using checked = checkUnsigned(format.encode(present({ ...about, ...content })), format, partner.schemaOf(format));
  const bytes = Buffer.from(written(checked.content));
  const meta = { id, partner: partner.code, kind: 'receipt', subject, contentType, ...answerFile(inbound) } as const;
  return { ...meta, bytes, digest: sha256(bytes) };
}

/** Undefined if the partner gets no reply. */
async function sealReply(
  { gateway, partner }: InboundMessage,
  subject: string,
  outcome: Pick<Reply, 'taken' | 'refused' | 'results'>,
): Promise<SealedMessage | undefined> {
  const [id, at] = [gateway.newId(), momentOf(gateway.now())];
  const reply: Reply = { ...outcome, id, from: gateway.home.country, to: partner.code, issuedAt: at, subject };
  const layout = partner.adapter.formatsOn(dayAt(at, partner.adapter.timeZone)).reply;
  if (layout === undefined) return undefined;
  using draft = checkUnsigned(layout.encode(reply), layout, partner.schemaOf(layout));
  return await seal(draft, partner.signer, { id, partner: partner.code, kind: 'reply', at });
}
