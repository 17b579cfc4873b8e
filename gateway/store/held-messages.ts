/** Messages held for two people, and what one of them decides. */

import { GatewayError } from '../model/errors.ts';
import type { Digest } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { recordApproval, type Decider } from './approvals.ts';
import type { Reader, Tx } from './database.ts';
import { inboxColumns, type InboxMessage } from './inbox.ts';
import { changesOne, fromRow } from './rows.ts';

/** Messages held for two people, oldest first. */
export async function heldMessages(reader: Reader, partner?: string): Promise<InboxMessage[]> {
  const held = reader.selectFrom('inbox').select(inboxColumns).where('state', '=', 'HELD');
  const waiting = held.where('held_at', 'is not', null).orderBy('received_at').orderBy('digest');
  // There are few of all partners, and they have an index.
  const rows = (await waiting.execute()).filter((row) => partner === undefined || row.partner === partner);
  return rows.map(fromRow);
}

/**
 * The held message with this id or digest. Throws E_MESSAGE_UNKNOWN, and E_REQUEST_INVALID where two partners use the id: then its digest
 * names it.
 */
export async function findHeld(reader: Reader, idOrDigest: string): Promise<InboxMessage> {
  const named = (await heldMessages(reader)).filter(({ messageId, digest }) =>
    [messageId, digest].includes(idOrDigest),
  );
  const [held] = named;
  if (held === undefined)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no held message has this id, or two people have decided about it', {
      at: idOrDigest,
      fix: 'mra list show PARTNER names them.',
    });
  if (named.length === 1) return held;
  const fix = `Name the digest: ${named.map(({ partner, digest }) => `${digest} is of ${partner}`).join(', ')}.`;
  throw new GatewayError('E_REQUEST_INVALID', 'two partners use this message id', { fix });
}

export interface HoldDecision {
  readonly partner: string;
  readonly digest: Digest;
  readonly decision: 'release' | 'refuse';
  readonly at: Moment;
}

/**
 * Records one person's decision about a held message. Returns the people who have made the same decision so far, and count, in order of
 * time. It applies to these bytes only. Throws E_MESSAGE_UNKNOWN (not held), and as recordApproval.
 */
export async function recordDecision(tx: Tx, decided: HoldDecision, decider: Decider): Promise<readonly string[]> {
  const { partner, digest } = decided;
  // Of two people at the same time, the second waits here for the first, so that one of them sees both decisions.
  const held = tx
    .updateTable('inbox')
    .set({ state: 'HELD' })
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .where('state', '=', 'HELD');
  if (!(await changesOne(held)))
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no held message has this digest', { at: digest });
  return await recordApproval(tx, decided, decider);
}
