/** Polling, for partners whose arrangement requires it: fetches the next message, receives it, and sends our receipt. */

import { getPartner, type Gateway } from '../gateway.ts';
import { receiveDelivered } from './receive-acknowledgement.ts';
import type { ReceiveResult } from './receive-message.ts';
import { takeFiles } from './take-files.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import { present } from '../model/present.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';
import { repeatForEach } from '../outbound/dispatcher.ts';
import type { PollOutcome } from '../wire/transport/transport.ts';

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/**
 * Fetches one message of a partner, receives it, and sends its receipt. Returns true to poll again without a pause, because there may be
 * more. `onFailure` is called if the partner did not answer as agreed.
 */
export async function pollPartner(
  gateway: Gateway,
  code: string,
  receive: Receive,
  onFailure: () => void = () => undefined,
): Promise<boolean> {
  const partner = getPartner(gateway, code);
  const { transport } = partner;
  if (transport?.files !== undefined) return await takeFiles(gateway, partner, transport.files, { receive, onFailure });
  if (transport?.pull === undefined) return false;
  const fetched = await transport.pull.next();
  switch (fetched.kind) {
    case 'none':
      return false;
    case 'failed':
      gateway.log.warn('nothing could be fetched', { partner: code, evidence: fetched.evidence });
      onFailure();
      return false;
    case 'message':
      return await takeFetched(gateway, code, fetched, receive);
  }
}

/** A message that could not be deleted is fetched again, as a duplicate; this must not cause a busy loop. */
async function takeFetched(
  gateway: Gateway,
  code: string,
  { bytes, id: hintedId, takes, finish }: PollOutcome & { readonly kind: 'message' },
  receive: Receive,
): Promise<boolean> {
  const { exchange } = getPartner(gateway, code).adapter;
  const receivedAt = momentOf(gateway.now());
  const channel = authenticatedChannel('server-certificate', code);
  const raw: RawMessage = { partner: code, via: 'https', bytes, receivedAt, channel, ...present({ hintedId }) };
  if (takes === 'acknowledgement') await receiveDelivered(gateway, raw);
  const { receipt, duplicate = false } = takes === 'acknowledgement' ? {} : await receive(raw);
  // An answer in the partner's own form was queued with its verdict; here only a duplicate is answered.
  const sends = exchange.receive === undefined || (exchange.receive.answerRequest !== undefined && duplicate);
  const custody = receipt !== undefined && sends && (await sendReceipt(gateway, code, receipt));
  const failed = await finish?.();
  if (failed !== undefined)
    gateway.log.warn('a message that was received could not be removed', { partner: code, evidence: failed });
  return !duplicate && (finish === undefined ? custody : failed === undefined);
}

/** Whether the partner has received it. */
async function sendReceipt(gateway: Gateway, code: string, receipt: SealedMessage): Promise<boolean> {
  const sent = await getPartner(gateway, code).transport?.send(receipt);
  if (sent === undefined) return false;
  gateway.log.info('receipt sent', { partner: code, messageId: receipt.id, state: sent.kind, evidence: sent.evidence });
  return sent.kind === 'custody';
}

/** Polls every partner whose messages wait at its own door, or as files, until `stop`. */
export async function runPolling(gateway: Gateway, receive: Receive, stop: AbortSignal): Promise<void> {
  const failed = new Set<string>();
  const poll = (code: string): Promise<boolean> => {
    failed.delete(code);
    return pollPartner(gateway, code, receive, () => failed.add(code));
  };
  const pauseSeconds = (code: string): number => {
    const { transport: { pull, files } = {}, adapter } = getPartner(gateway, code);
    const seconds = (pull ?? files)?.seconds ?? 60;
    return failed.has(code) ? Math.min(seconds, adapter.retry.away.everySeconds) : seconds;
  };
  await repeatForEach(gateway, stop, 'polling', poll, pauseSeconds);
}
