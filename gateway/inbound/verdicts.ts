/** What becomes of a message, and what goes back to its sender: our signed receipt, and the reply in the partner's own words. */

import type { Gateway, Partner } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import type { ListPlan } from '../model/list/list-plan.ts';
import { asGatewayError, GatewayError, type ErrorCode } from '../model/errors.ts';
import type { Digest, RawMessage, Receipt, Reply, SealedMessage, Verdict } from '../model/message.ts';
import type { PackedList } from '../model/record/packed-records.ts';
import { keepBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { claimId, settleInbox } from '../store/inbox.ts';
import { addMessage } from '../store/outbox.ts';
import { findStream } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import { receiptFormat, writeReceipt } from '../wire/signature/receipts.ts';
import { checkDraft, seal } from '../wire/signature/seal.ts';

/** A message on its way through the story. */
export interface InboundMessage {
  readonly gateway: Gateway;
  readonly partner: Partner;
  readonly raw: RawMessage;
  readonly digest: Digest;
  /** The message's own id once it is read; until then what the transport said, if anything. */
  readonly id?: string;
}

export interface ReceiveResult {
  readonly verdict: Verdict;
  /** The sealed receipt; absent only where a receipt itself was received, for receipts are not receipted. */
  readonly receipt?: SealedMessage;
  /** Why it was refused. */
  readonly reason?: ErrorCode;
  readonly duplicate: boolean;
}

export interface ReceiptContent extends Pick<Receipt, 'verdict' | 'reason' | 'position' | 'records'> {
  readonly subject?: string;
}

export async function sealReceipt(inbound: InboundMessage, content: ReceiptContent): Promise<SealedMessage> {
  const { gateway, partner, digest } = inbound;
  const { subject, ...rest } = content;
  const receipt: Receipt = {
    ...rest,
    id: gateway.newId(),
    from: gateway.home.country,
    to: partner.code,
    issuedAt: momentOf(gateway.now()),
    subject: subject === undefined ? { digest } : { id: subject, digest },
  };
  using draft = checkDraft([writeReceipt(receipt)], receiptFormat, gateway.receiptSchema);
  return await seal(draft, partner.signer, { id: receipt.id, partner: partner.code, kind: 'receipt' });
}

export async function sealReply(
  inbound: InboundMessage,
  list: Pick<PackedList, 'id'>,
  plan: ListPlan,
): Promise<SealedMessage> {
  const { gateway, partner } = inbound;
  const reply: Reply = {
    id: gateway.newId(),
    from: gateway.home.country,
    to: partner.code,
    issuedAt: momentOf(gateway.now()),
    subject: list.id,
    taken: plan.taken,
    refused: plan.refused.length,
    results: plan.refused,
  };
  const layout = partner.adapter.on(dayAt(reply.issuedAt, partner.adapter.timeZone)).reply;
  const { format, type, contentType } = layout;
  using draft = checkDraft(layout.encode(reply), { format, type, contentType }, partner.schemaOf(layout));
  return await seal(draft, partner.signer, {
    id: reply.id,
    partner: partner.code,
    kind: 'reply',
    at: reply.issuedAt,
  });
}

export interface Conclusion {
  readonly id: string;
  readonly kind: 'list' | 'reply';
  readonly verdict: Verdict;
  readonly receipt: SealedMessage;
  /** The channel the message came by is long closed: the receipt travels as a message of its own. */
  readonly sendReceipt?: boolean;
}

/** One transaction: the id is taken, the effect applied, the verdict and its receipt stored, the event written. */
export async function conclude(
  inbound: InboundMessage,
  conclusion: Conclusion,
  effect?: (tx: Tx) => Promise<void>,
): Promise<ReceiveResult> {
  const { gateway, partner, digest } = inbound;
  const { id, kind, verdict, receipt, sendReceipt = false } = conclusion;
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const claim = await claimId(tx, partner.code, id, digest);
    if (claim !== 'free' && claim !== 'same')
      throw new GatewayError('E_MESSAGE_CONFLICT', 'this id was used for other content before');
    await effect?.(tx);
    const state = verdict === 'applied' ? 'APPLIED' : 'HELD';
    const receiptDigest = await keepBytes(tx, receipt.bytes);
    await settleInbox(tx, { partner: partner.code, digest, messageId: id, state, kind, receiptDigest, at });
    if (sendReceipt) await addMessage(tx, receipt, { correlatesTo: id, at });
    await appendEvents(tx, [
      { kind: `${kind}_${verdict}`, ref: id, at, detail: { partner: partner.code, digest, receiptDigest } },
    ]);
  });
  gateway.log.info(`${kind} ${verdict}`, { partner: partner.code, messageId: id, digest });
  return { verdict, receipt, duplicate: false };
}

/** The message is refused: nothing was applied, the sender is told why. Our own troubles are not the sender's: they are thrown on. */
export async function refuse(inbound: InboundMessage, thrown: unknown, sendReceipt = false): Promise<ReceiveResult> {
  const error = asGatewayError(thrown);
  const { category } = error.kind;
  if (category !== 'content' && category !== 'security') throw error;
  const { gateway, partner, id, digest } = inbound;
  const reason = { code: error.code, detail: error.detail, ...(error.at === undefined ? {} : { at: error.at }) };
  const stream = await findStream(gateway.db.sql, partner.code, 'in');
  const receipt = await sealReceipt(inbound, {
    verdict: 'rejected',
    reason,
    ...(id === undefined ? {} : { subject: id }),
    ...(stream === undefined ? {} : { position: stream.position }),
  });
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, receipt.bytes);
    await settleInbox(tx, { partner: partner.code, digest, state: 'REJECTED', reason: error.code, receiptDigest, at });
    if (sendReceipt) await addMessage(tx, receipt, { at });
    await appendEvents(tx, [
      {
        kind: 'message_rejected',
        ref: id ?? digest,
        at,
        detail: { partner: partner.code, digest, code: error.code },
      },
    ]);
  });
  gateway.log.warn('message rejected', { partner: partner.code, digest, ...faultFields(error) });
  return { verdict: 'rejected', receipt, reason: error.code, duplicate: false };
}
