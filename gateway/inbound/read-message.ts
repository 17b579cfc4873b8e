/** From bytes to a message in our own model: verified, validated, decoded. Arriving and stored bytes are read the same way. */

import type { AcceptedFormat } from '../adapter/adapter.ts';
import type { Gateway, Partner } from '../gateway.ts';
import { dayAt } from '../model/day.ts';
import { sha256 } from '../model/canonical-json.ts';
import { GatewayError, isMessageFault } from '../model/errors.ts';
import { isUnsigned, type AttributedMessage, type DecodedMessage, type RawMessage } from '../model/message.ts';
import type { Receipt, SenderEvidence, ValidMessage } from '../model/message.ts';
import type { InboxMessage } from '../store/inbox.ts';
import { authenticatedChannel, verifyChannel } from '../wire/signature/channel.ts';
import { announcementType, readAnnouncement } from '../wire/signature/key-announcement.ts';
import { readReceipt, receiptFormat } from '../wire/signature/receipts.ts';
import { verify } from '../wire/signature/verify.ts';
import { readBody } from '../wire/xml/read-body.ts';
import { validate } from '../wire/xsd/schema.ts';

/** A receipt that cannot be read is a result and not an error, because errors are answered and receipts are not. */
export type ReadMessage =
  | (DecodedMessage & { readonly evidence: SenderEvidence })
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'receipt'; readonly fault: unknown };

/** Stored bytes that have a verdict: they were admitted on arrival, and are read again. */
export function keptMessage(
  { partner, via, receivedAt, hintedId: file }: Pick<InboxMessage, 'partner' | 'via' | 'receivedAt' | 'hintedId'>,
  bytes: Uint8Array,
): RawMessage {
  return { partner, via, receivedAt, bytes, file, channel: authenticatedChannel('kept', via) };
}

/** Signed by a key of this partner or, if that was agreed, unsigned over its channel. Throws what verify and verifyChannel throw. */
export async function attributed({ trust }: Partner, raw: RawMessage): Promise<AttributedMessage> {
  return isUnsigned(trust) ? verifyChannel(raw, trust) : await verify(raw, trust, new Date(raw.receivedAt));
}

/**
 * Judges keys and layouts as of the time of receipt. Throws what attributed throws, E_MESSAGE_KIND, E_SCHEMA_INVALID, and what the decoder
 * throws.
 */
export async function readMessage(
  { receiptSchema, home }: Pick<Gateway, 'receiptSchema' | 'home'>,
  partner: Partner,
  raw: RawMessage,
): Promise<ReadMessage> {
  // 1. The message is this partner's. From here on, only the verified content of a signed message is read.
  using message = await attributed(partner, raw);
  if ('signer' in message && message.type === receiptFormat.type) {
    try {
      return { kind: 'receipt', receipt: readReceipt(validate(message, receiptSchema)) };
    } catch (fault) {
      return { kind: 'receipt', fault };
    }
  }
  if ('signer' in message && message.type === announcementType) {
    const announcement = readAnnouncement(validate(message, receiptSchema));
    return { kind: 'key', announcement, signer: message.signer, evidence: 'signed' };
  }
  const evidence = 'signer' in message ? 'signed' : raw.via === 'file' ? 'custody' : 'channel';
  return { ...decode(home.country, partner, message, raw), evidence };
}

function decode(
  home: string,
  partner: Partner,
  message: AttributedMessage,
  { bytes, receivedAt, file }: RawMessage,
): DecodedMessage {
  // 2. Its layout is accepted on that day, and it is valid by the schema.
  const { accepted } = partner.adapter.formatsOn(dayAt(receivedAt, partner.adapter.timeZone));
  const { layout, valid } = layoutOf(partner, message, accepted);

  // 3. The adapter decodes it, and fills in what this partner's messages do not carry.
  if (layout.kind === 'reply') return { kind: 'reply', reply: readBody(valid, layout.format.decoder()) };
  if (partner.adapter.memorandum !== undefined)
    throw new GatewayError('E_MESSAGE_KIND', 'under a memorandum no lists come');
  const list = readBody(valid, layout.format.decoder());
  const context = { partner: partner.code, home, receivedAt, digest: sha256(bytes), file };
  return { kind: 'list', list: partner.adapter.completeList(list, context) };
}

/**
 * Selected by the type that the message states, otherwise the first layout whose schema accepts it. Throws E_MESSAGE_KIND, and what
 * validate throws.
 */
function layoutOf(
  { schemaOf }: Partner,
  message: AttributedMessage,
  accepted: readonly AcceptedFormat[],
): { readonly layout: AcceptedFormat; readonly valid: ValidMessage<AttributedMessage> } {
  const { type, format: written } = message;
  const layouts = accepted.filter(({ format }) =>
    type === undefined ? format.format === written : format.type === type,
  );
  if (layouts.length === 0) throw new GatewayError('E_MESSAGE_KIND', 'neither a list nor a reply of this partner');
  let fault: unknown;
  for (const [i, layout] of layouts.entries()) {
    try {
      return { layout, valid: validate(message, schemaOf(layout.format), layout.format.lines) };
    } catch (error) {
      if (type !== undefined || !isMessageFault(error)) throw error;
      if (i === 0) fault = error;
    }
  }
  throw fault;
}
