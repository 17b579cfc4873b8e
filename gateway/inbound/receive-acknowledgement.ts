/** An acknowledgement that arrives as a separate message, from a queue: its bytes are stored, and it settles a message of ours. */

import type { AnswerProperties, Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { asGatewayError, GatewayError, isMessageFault } from '../model/errors.ts';
import type { RawMessage } from '../model/message.ts';
import { takeAnswer } from '../outbound/take-answer.ts';
import { recordArrival, settleInbox } from '../store/inbox.ts';
import { faultFields } from '../wire/log.ts';

/**
 * A rejected acknowledgement is never answered. The same bytes may acknowledge several messages if only their properties tell which. Throws
 * only for errors of this gateway, so that the broker redelivers.
 */
export async function receiveDelivered(
  gateway: Gateway,
  raw: RawMessage,
  properties: AnswerProperties = {},
): Promise<void> {
  const { db, log, now } = gateway;
  const { partner, bytes } = raw;
  const { digest } = await db.transaction((tx) => recordArrival(tx, raw));
  const settled = { partner, digest, kind: 'acknowledgement', evidence: 'channel', at: momentOf(now()) } as const;
  try {
    if (raw.channel === undefined)
      throw new GatewayError('E_CHANNEL_OPEN', 'nothing shows who wrote the queue', {
        fix: 'Name our account in the address of the broker.',
      });
    await takeAnswer(gateway, { partner, bytes, came: { by: 'message', properties } });
    await db.transaction((tx) => settleInbox(tx, { ...settled, state: 'APPLIED' }));
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    const { code: reason } = asGatewayError(error);
    await db.transaction((tx) => settleInbox(tx, { ...settled, state: 'REJECTED', reason }));
    log.warn('acknowledgement refused', { partner, digest, ...faultFields(error) });
  }
}
