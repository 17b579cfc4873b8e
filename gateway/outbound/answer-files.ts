/** The end of the first story for a partner that answers in files: each is read once it no longer changes, and settles its message. */

import type { AnswerStage } from '../adapter/adapter.ts';
import type { Gateway, Partner } from '../gateway.ts';
import { isMessageFault } from '../model/errors.ts';
import type { Acknowledgement } from '../model/message.ts';
import { holdMessage, type MessageRow } from '../store/outbox.ts';
import { sentCount, unansweredFiles } from '../store/sent-files.ts';
import { faultFields } from '../wire/log.ts';
import type { FileExchange } from '../wire/transport/transport.ts';
import { readAcknowledgement, requireSubject, settleByStage } from './settle-by-answer.ts';

/** Reads the answers to the lists that were put. One that cannot be read, or says nothing yet, is left alone until it changes. */
export async function fetchAnswers(gateway: Gateway, partner: Partner, files: FileExchange): Promise<void> {
  const stages = partner.adapter.exchange.send?.stages ?? [];
  if (stages.every(({ answerFile }) => answerFile === undefined)) return;
  for (const message of await unansweredFiles(gateway.db.sql, partner.code)) {
    for (const stage of stages) {
      const { answerFile } = stage;
      if (answerFile === undefined || message.file === undefined) continue;
      const answer = await files.answer(answerFile.of(message.file));
      if (answer.kind === 'failed')
        gateway.log.warn('the answer could not be fetched', {
          ...{ partner: partner.code, messageId: message.id, evidence: answer.evidence },
        });
      if (answer.kind !== 'file') continue;
      if (!(await settleByFile(gateway, partner, message, stage, answer.bytes))) answer.leave();
      else await answer.finish();
    }
  }
}

/** False: it says nothing of the message, or cannot be read. */
async function settleByFile(
  gateway: Gateway,
  partner: Partner,
  message: MessageRow,
  stage: AnswerStage,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    const { format, readLog } = stage;
    const ack =
      format === undefined ? readLog?.(Buffer.from(bytes).toString()) : readAcknowledgement(partner, format, bytes);
    if (ack === undefined) return false;
    requireSubject(ack, message);
    if (stage.kind === 'log' && !(await agreesInCount(gateway, message, ack))) return false;
    await settleByStage(gateway, partner, message, { stage, ack, bytes });
    return true;
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    gateway.log.warn('answer refused', { partner: partner.code, messageId: message.id, ...faultFields(error) });
    return false;
  }
}

/** A log that states another number of records than were sent holds the message: nobody knows what the partner has. */
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
