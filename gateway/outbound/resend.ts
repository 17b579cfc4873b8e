/** Resends a message at once, with the same id and bytes, because a person asked for it. */

import type { Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { appendEvents } from '../store/events.ts';
import { findMessage, resendNow, type MessageRow } from '../store/outbox.ts';
import { deliverDue } from './delivery.ts';

/** Returns the message after the attempt. A settled message does not change. Throws E_MESSAGE_UNKNOWN. */
export async function resendMessage(gateway: Gateway, id: string, person: string): Promise<MessageRow> {
  const { partner } = await sentMessage(gateway, id);
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    if (await resendNow(tx, id, at))
      await appendEvents(tx, [{ kind: 'message_resent', ref: id, at, detail: { partner, person } }]);
  });
  await deliverDue(gateway, partner);
  return await sentMessage(gateway, id);
}

async function sentMessage({ db }: Pick<Gateway, 'db'>, id: string): Promise<MessageRow> {
  const message = await findMessage(db.sql, id);
  if (message !== undefined) return message;
  throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this id was sent', {
    fix: 'mra message list shows the newest.',
  });
}
