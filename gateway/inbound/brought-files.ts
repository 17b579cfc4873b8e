/** Partner files that people upload in the office: they are received like any other message. */

import { getPartner, type Gateway } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Bearer, Digest } from '../model/message.ts';
import { appendEvents } from '../store/events.ts';
import { findInbox, type InboxMessage } from '../store/inbox.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';
import { joinedWhereSigned } from '../wire/signature/detached.ts';
import { receiveMessage, type ReceiveResult } from './receive-message.ts';

/** `signature`: the separate signature file, if one was agreed. */
export interface BroughtFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly signature?: Uint8Array | undefined;
}

/**
 * Receives the file with the current time. An unsigned file counts if a person of the partner uploads it; if our staff upload it, it is
 * held for two people.
 */
export async function receiveBrought(
  gateway: Gateway,
  code: string,
  { name, bytes, signature }: BroughtFile,
  { person, isOfPartner }: Bearer,
): Promise<ReceiveResult & { readonly digest: Digest }> {
  const { code: partner, adapter } = getPartner(gateway, code);
  const given = signature === undefined ? bytes : joinedWhereSigned(adapter.seal, bytes, signature);
  const [digest, at] = [sha256(given), momentOf(gateway.now())];
  const result = await receiveMessage(gateway, {
    ...{ partner, via: isOfPartner ? 'office' : 'file', receivedAt: at, file: name },
    ...{ bytes: given, channel: authenticatedChannel('person', person) },
  });
  const detail = { partner, person, name };
  await gateway.db.transaction((tx) => appendEvents(tx, [{ kind: 'file_given', ref: digest, at, detail }]));
  return { ...result, digest };
}

/** Finds a message of this partner by its digest. Throws E_MESSAGE_UNKNOWN. */
export async function messageFrom({ db }: Pick<Gateway, 'db'>, partner: string, digest: string): Promise<InboxMessage> {
  const message = await findInbox(db.sql, { partner, digest });
  if (message !== undefined) return message;
  throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this digest came from this partner');
}
