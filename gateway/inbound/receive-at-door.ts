/** What the exchange door answers to a message, and which list of a partner is held. */

import { getPartner, type Gateway } from '../gateway.ts';
import type { Position } from '../model/list/list.ts';
import type { RawMessage } from '../model/message.ts';
import { findStream, positionHeld } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import type { ReceiveResult } from './receive-message.ts';

/**
 * If the answer does not travel in the response, it was queued with its verdict; here only a duplicate is answered, in case the answer was
 * lost.
 */
export async function receiveAtDoor(
  gateway: Gateway,
  raw: RawMessage,
  receive: (raw: RawMessage) => Promise<ReceiveResult>,
): Promise<ReceiveResult> {
  const result = await receive(raw);
  const { adapter, transport } = getPartner(gateway, raw.partner);
  const { receipt, duplicate } = result;
  if (
    duplicate &&
    receipt !== undefined &&
    adapter.exchange.receive?.mode === 'async' &&
    adapter.exchange.receive.answerRequest !== undefined
  )
    void transport
      ?.send(receipt)
      .then(({ kind: state, evidence }) => {
        gateway.log.info('receipt sent', { partner: raw.partner, messageId: receipt.id, state, evidence });
      })
      .catch((error: unknown) => {
        gateway.log.error('receipt not sent', { partner: raw.partner, ...faultFields(error) });
      });
  return result;
}

/** The position of the partner's list that is held here; undefined if there is none. */
export async function listHeld({ db, partners }: Gateway, code: string): Promise<Position | undefined> {
  return positionHeld(await findStream(db.sql, getPartner({ partners }, code).code, 'in'));
}
