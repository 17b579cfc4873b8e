/** Our answers to messages of a partner, as files and in our own terms. */

import { getPartner, type Gateway } from '../gateway.ts';
import { messageFrom } from '../inbound/brought-files.ts';
import type { Acknowledgement } from '../model/message.ts';
import { readAcknowledgement } from '../outbound/read-acknowledgement.ts';
import { intactBytes } from '../store/bodies.ts';
import { receiptFormat } from '../wire/signature/receipts.ts';

interface GivenAnswer {
  /** The name of its file; absent where none was agreed. */
  readonly file?: string | undefined;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** What it says, where it is no signed receipt. */
  readonly says?: Acknowledgement;
}

/** Our answer to a message; undefined where there is none yet, or none is kept. */
export async function answerTo(gateway: Gateway, code: string, digest: string): Promise<GivenAnswer | undefined> {
  const partner = getPartner(gateway, code);
  const { receiptDigest, hintedId } = await messageFrom(gateway, partner.code, digest);
  const bytes = receiptDigest && (await intactBytes(gateway.db.sql, receiptDigest));
  if (bytes === undefined || bytes === '') return undefined;
  const { receive } = partner.adapter.exchange;
  const file = hintedId === undefined ? undefined : receive?.answerFile?.of(hintedId);
  if (receive?.answer === undefined) return { file, contentType: receiptFormat.contentType, bytes };
  return {
    file,
    contentType: receive.answer.contentType,
    bytes,
    says: readAcknowledgement(partner, receive.answer, bytes),
  };
}
