/** Polling, for partners whose arrangement requires it: fetches the next message, receives it, and sends our receipt. */

import { getPartner, type Gateway } from '../gateway.ts';
import type { ReceiveResult } from './receive-message.ts';
import { momentOf } from '../model/day.ts';
import type { RawMessage } from '../model/message.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';
import { repeatForEach } from '../outbound/delivery.ts';

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/** Fetches one message of a partner, receives it, and sends its receipt. True: poll again without a pause, there may be more. */
export async function pollPartner(gateway: Gateway, code: string, receive: Receive): Promise<boolean> {
  const { transport } = getPartner(gateway, code);
  if (transport?.pull === undefined) return false;
  const fetched = await transport.pull.next();
  switch (fetched.kind) {
    case 'none':
      return false;
    case 'failed':
      gateway.log.warn('nothing could be fetched', { partner: code, evidence: fetched.evidence });
      return false;
    case 'message': {
      const { bytes, id } = fetched;
      const hint = id === undefined ? {} : { hintedId: id };
      const receivedAt = momentOf(gateway.now());
      const channel = authenticatedChannel('server-certificate', code);
      const raw = { partner: code, via: 'https', bytes, receivedAt, channel, ...hint } as const;
      const { receipt, duplicate } = await receive(raw);
      if (receipt === undefined) return false; // a receipt; it is accepted this way too
      const { kind, evidence } = await transport.send(receipt);
      gateway.log.info('receipt sent', { partner: code, messageId: receipt.id, state: kind, evidence });
      // A partner that repeats a message in spite of its receipt must not cause a busy loop.
      return kind === 'custody' && !duplicate;
    }
  }
}

/** Polls every partner whose messages wait at its own door until `stop`. */
export async function runPolling(gateway: Gateway, receive: Receive, stop: AbortSignal): Promise<void> {
  const poll = (code: string): Promise<boolean> => pollPartner(gateway, code, receive);
  const pauseSeconds = (code: string): number => gateway.partners.get(code)?.transport?.pull?.seconds ?? 60;
  await repeatForEach(gateway, stop, 'polling', poll, pauseSeconds);
}
