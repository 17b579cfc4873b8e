/** A partner's answer to a message of ours settles the message, however it arrives; a large answer is read on a worker thread. */

import type { AnswerStage } from '../adapter/adapter.ts';
import { getPartner, type Gateway, type Partner, type PartnerAnswer } from '../gateway.ts';
import { isMessageFault } from '../model/errors.ts';
import type { Acknowledgement } from '../model/message.ts';
import { findMessage, holdMessage, type MessageRow } from '../store/outbox.ts';
import { sentCount } from '../store/sent-files.ts';
import { faultFields } from '../wire/log.ts';
import { settleByReturnedReceipt } from './settle.ts';
import { readAcknowledgement } from './read-acknowledgement.ts';
import { receiveAcknowledgement, requireSubject, settleByResponse, settleByStage } from './settle-by-answer.ts';

/**
 * Returns false if a file has no answer to the message, or cannot be read. Throws what is wrong with an acknowledgement that came as a
 * message.
 */
export async function takeAnswer(gateway: Gateway, answer: PartnerAnswer): Promise<boolean> {
  const elsewhere = gateway.elsewhere?.(answer);
  if (elsewhere !== undefined) return await elsewhere;
  const { bytes, came } = answer;
  const partner = getPartner(gateway, answer.partner);
  switch (came.by) {
    case 'receipt':
      await settleByReturnedReceipt(gateway, partner, bytes);
      return true;
    case 'response':
      await settleByResponse(gateway, partner, came.id, { bytes, head: came.head });
      return true;
    case 'message':
      await receiveAcknowledgement(gateway, partner, bytes, came.properties);
      return true;
    case 'file':
      return await settleByFile(gateway, partner, came, bytes);
  }
}

async function settleByFile(
  gateway: Gateway,
  partner: Partner,
  { id, stage: place }: { readonly id: string; readonly stage: number },
  bytes: Uint8Array,
): Promise<boolean> {
  const message = await findMessage(gateway.db.sql, id);
  const stage = partner.adapter.exchange.send?.stages[place];
  if (message === undefined || stage === undefined) return false;
  try {
    const ack = readFile(partner, stage, bytes);
    if (ack === undefined) return false;
    requireSubject(ack, message);
    if (stage.kind === 'log' && !(await agreesInCount(gateway, message, ack))) return false;
    await settleByStage(gateway, partner, message, { stage, ack, bytes });
    return true;
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    gateway.log.warn('answer refused', { partner: partner.code, messageId: id, ...faultFields(error) });
    return false;
  }
}

function readFile(partner: Partner, { format, readLog }: AnswerStage, bytes: Uint8Array): Acknowledgement | undefined {
  return format === undefined ? readLog?.(Buffer.from(bytes).toString()) : readAcknowledgement(partner, format, bytes);
}

/** If the answer states another number of records than we sent, the message is held: it is unknown what the partner has. */
async function agreesInCount(
  { db, log }: Gateway,
  { id, partner }: MessageRow,
  { verdict, taken, refused = 0 }: Acknowledgement,
): Promise<boolean> {
  const sent = await sentCount(db.sql, id);
  if (verdict !== 'applied' || taken === undefined || sent === undefined || taken + refused === sent) return true;
  await db.transaction((tx) => holdMessage(tx, id, 'count'));
  const detail = `the log of the partner states ${taken + refused} records, and ${sent} were sent`;
  log.error('message held until staff act', { partner, messageId: id, detail });
  return false;
}
