/** A message at the exchange door whose answer may be no response. */

import { getPartner, type Gateway } from '../gateway.ts';
import type { RawMessage } from '../model/message.ts';
import { faultFields } from '../wire/log.ts';
import type { ReceiveResult } from './receive-message.ts';

/** An answer that is no response was queued with its verdict; only a repeated message gets it here, and again if it is lost. */
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
