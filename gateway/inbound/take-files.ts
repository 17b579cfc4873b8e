/**
 * Takes the files of a partner: first its answers to our messages, then its oldest message, whose file is removed once the verdict is
 * stored.
 */

import type { Gateway, Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage } from '../model/message.ts';
import { fetchAnswers } from '../outbound/answer-files.ts';
import type { FileExchange, FilePoll } from '../wire/transport/transport.ts';
import type { ReceiveResult } from './receive-message.ts';

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/** `onFailure` is called if the folders could not be read. Returns true to look again without a pause, because there may be more. */
export async function takeFiles(
  gateway: Gateway,
  partner: Partner,
  files: FileExchange,
  { receive, onFailure }: { readonly receive: Receive; onFailure(): void },
): Promise<boolean> {
  await fetchAnswers(gateway, partner, files);
  const { log } = gateway;
  const found = await files.next();
  switch (found.kind) {
    case 'none':
      return false;
    case 'failed':
      onFailure();
      log.warn('nothing could be fetched', { partner: partner.code, evidence: found.evidence });
      return false;
    case 'ignored':
      // A file name in no agreed form may contain the name of an operator, so it is not logged.
      log.warn('files with other names than agreed are left alone', { partner: partner.code, count: found.count });
      return true;
    case 'unsigned':
      log.warn('files wait for the signature beside them', { partner: partner.code, count: found.count });
      return false;
    case 'file':
      return await takeFile(gateway, partner, files, found, receive);
  }
}

/** A file that could not be removed is fetched again, as a duplicate. */
async function takeFile(
  { now, log }: Gateway,
  { code, transport }: Partner,
  { via, channel }: FileExchange,
  { name, bytes, finish }: FilePoll & { readonly kind: 'file' },
  receive: Receive,
): Promise<boolean> {
  const receivedAt = momentOf(now());
  const raw: RawMessage = { partner: code, via, bytes, receivedAt, channel, file: name, hintedId: name };
  const { receipt, duplicate } = await receive(raw);
  // The answer was queued with its verdict; here only a duplicate is answered.
  if (duplicate && receipt?.file !== undefined && transport !== undefined) {
    const { kind, evidence } = await transport.send(receipt);
    log.info('receipt sent', { partner: code, messageId: receipt.id, state: kind, evidence });
  }
  const failed = await finish();
  if (failed !== undefined)
    log.warn('a file that was received could not be taken away', { partner: code, evidence: failed });
  return failed === undefined;
}
