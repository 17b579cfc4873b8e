/** From bytes to a message in our own terms: verified, validated, decoded. Bytes that arrive and bytes that were kept are read alike. */

import type { Gateway, Partner } from '../gateway.ts';
import { dayAt } from '../model/day.ts';
import { sha256 } from '../model/canonical-json.ts';
import { GatewayError } from '../model/errors.ts';
import type { DecodedMessage, RawMessage, Receipt, SenderEvidence, VerifiedMessage } from '../model/message.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { verify } from '../wire/signature/verify.ts';
import { readBody } from '../wire/xml/read-body.ts';
import { validate } from '../wire/xsd/schema.ts';

/** A receipt that cannot be read is a result, not an error: errors are answered, receipts are not. */
export type ReadMessage =
  | (DecodedMessage & { readonly evidence: SenderEvidence })
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'receipt'; readonly fault: unknown };

/** Judges keys and layouts as of receipt. Throws what verify throws, E_MESSAGE_KIND, E_SCHEMA_INVALID, and what the decoder throws. */
export async function readMessage(
  { receiptSchema, home }: Pick<Gateway, 'receiptSchema' | 'home'>,
  partner: Partner,
  raw: RawMessage,
): Promise<ReadMessage> {
  // 1. Signed by a key of this partner. From here on only the verified content is read.
  using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
  if (verified.type === receiptFormat.type) {
    try {
      return { kind: 'receipt', receipt: readReceipt(validate(verified, receiptSchema)) };
    } catch (fault) {
      return { kind: 'receipt', fault };
    }
  }
  return { ...decode(home.country, partner, verified, raw), evidence: 'signed' };
}

function decode(
  home: string,
  partner: Partner,
  verified: VerifiedMessage,
  { bytes, receivedAt }: RawMessage,
): DecodedMessage {
  // 2. In a layout that is accepted on that day, and as its schema says.
  const { accepted } = partner.adapter.formatsOn(dayAt(receivedAt, partner.adapter.timeZone));
  const layout = accepted.find(({ format }) => format.type === verified.type);
  if (layout === undefined) throw new GatewayError('E_MESSAGE_KIND', 'neither a list nor a reply of this partner');
  const valid = validate(verified, partner.schemaOf(layout.format), layout.format.lines);

  // 3. Decoded by the adapter, which fills in what the messages of this partner do not carry.
  if (layout.kind === 'reply') return { kind: 'reply', reply: readBody(valid, layout.format.decoder()) };
  const list = readBody(valid, layout.format.decoder());
  const context = { partner: partner.code, home, receivedAt, digest: sha256(bytes) };
  return { kind: 'list', list: partner.adapter.completeList(list, context) };
}
