/** Reads verified messages of a partner in the layouts that are accepted. */

import type { Partner } from '../gateway.ts';
import { dayAt } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DecodedMessage, VerifiedMessage } from '../model/message.ts';
import { readBody } from '../wire/xml/read-body.ts';
import { validate } from '../wire/xsd/schema.ts';

/** In a layout that is accepted on the day the message came. Throws E_MESSAGE_KIND, E_SCHEMA_INVALID, and what the decoder does not understand. */
export function readMessage(partner: Partner, verified: VerifiedMessage, receivedAt: string): DecodedMessage {
  const { accepted } = partner.adapter.on(dayAt(receivedAt, partner.adapter.timeZone));
  const layout = accepted.find(({ format }) => format.type === verified.type);
  if (layout === undefined) throw new GatewayError('E_MESSAGE_KIND', 'neither a list nor a reply of this partner');
  const valid = validate(verified, partner.schemaOf(layout.format));
  return layout.kind === 'list'
    ? { kind: 'list', list: readBody(valid, layout.format.packedDecoder()) }
    : { kind: 'reply', reply: readBody(valid, layout.format.decoder()) };
}
