/** What goes back to the sender of a message: our signed receipt, and the reply in the partner's own words. */

import type { Gateway, Partner } from './gateway.ts';
import { momentOf } from './model/day.ts';
import type { ListMessage } from './model/list.ts';
import type { ListPlan } from './model/list-plan.ts';
import type { Digest, RawMessage, Receipt, Reply, SealedMessage } from './model/message.ts';
import { receiptFormat, writeReceipt } from './wire/receipts.ts';
import { checkDraft, seal } from './wire/seal.ts';

/** A message on its way through the story. */
export interface Arrived {
  readonly gateway: Gateway;
  readonly partner: Partner;
  readonly raw: RawMessage;
  readonly digest: Digest;
  /** The message's own id once it is read; until then what the transport said, if anything. */
  readonly id?: string;
}

export interface ReceiptContent extends Pick<Receipt, 'verdict' | 'reason' | 'position' | 'records'> {
  readonly subject?: string;
}

export async function sealReceipt(arrived: Arrived, content: ReceiptContent): Promise<SealedMessage> {
  const { gateway, partner, digest } = arrived;
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

export async function sealReply(arrived: Arrived, list: ListMessage, plan: ListPlan): Promise<SealedMessage> {
  const { gateway, partner } = arrived;
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
  const { format, type, contentType } = partner.adapter.reply;
  using draft = checkDraft(partner.adapter.reply.encode(reply), { format, type, contentType }, partner.schemas.reply);
  return await seal(draft, partner.signer, { id: reply.id, partner: partner.code, kind: 'reply' });
}
