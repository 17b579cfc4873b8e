/**
 * Messages that arrived: bytes kept before they are judged, known by (partner, digest), answered a second time by the
 * receipt they got the first time. A message id belongs to the first verified message that bears it, so bytes without a
 * good signature cannot use up a partner's ids.
 */

import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import { inboundStates } from '../model/message.ts';
import type { Digest, InboundState, RawMessage, Via } from '../model/message.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import { keepBytes } from './bodies.ts';
import type { Reader, Tx } from './database.ts';
import type { InboxTable } from './tables.ts';

export type Arrival =
  | { readonly known: false; readonly digest: Digest }
  | { readonly known: true; readonly digest: Digest; readonly state: InboundState; readonly receiptDigest?: Digest };

export interface InboxMessage {
  readonly partner: string;
  readonly digest: Digest;
  /** The signed id; absent while (or because) it could not be verified. */
  readonly messageId?: string;
  readonly hintedId?: string;
  readonly via: Via;
  readonly receivedAt: Moment;
  /** How often these bytes came. */
  readonly deliveries: number;
  readonly state: InboundState;
  readonly kind?: string;
  /** An error code, or the reason of a hold. */
  readonly reason?: string;
  readonly receiptDigest?: Digest;
  readonly settledAt?: Moment;
}

/** Keeps the bytes and counts the delivery. `id` is what the transport says: a hint that proves nothing. */
export async function receive(tx: Tx, raw: RawMessage, id: string | undefined): Promise<Arrival> {
  const digest = await keepBytes(tx, raw.bytes);
  const row = await tx
    .insertInto('inbox')
    .values({
      partner: raw.partner,
      digest,
      hinted_id: id ?? null,
      via: raw.via,
      received_at: raw.receivedAt,
      deliveries: 1,
      state: 'RECEIVED',
      state_rank: inboundStates.RECEIVED,
    })
    .onConflict((known) => known.columns(['partner', 'digest']).doUpdateSet({ deliveries: sql`inbox.deliveries + 1` }))
    .returning(['deliveries', 'state', 'receipt_digest'])
    .executeTakeFirstOrThrow();
  if (row.deliveries === 1) return { known: false, digest };
  const state = row.state as InboundState;
  return { known: true, digest, state, ...(row.receipt_digest === null ? {} : { receiptDigest: row.receipt_digest }) };
}

/**
 * Takes a message id for verified bytes. `free`: it is theirs from now on. `same`: it was theirs already. A conflict
 * names the bytes that have it, and nothing changes.
 */
export async function claimId(
  tx: Tx,
  partner: string,
  messageId: string,
  digest: Digest,
): Promise<'free' | 'same' | { readonly conflict: Digest }> {
  // A second transaction with the same id waits here until the first has ended, and then sees its row.
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('inbound_id')
    .values({ partner, message_id: messageId, digest })
    .onConflict((taken) => taken.columns(['partner', 'message_id']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) {
    await tx
      .updateTable('inbox')
      .set({ message_id: messageId, state: 'VERIFIED', state_rank: inboundStates.VERIFIED })
      .where('partner', '=', partner)
      .where('digest', '=', digest)
      .where('state_rank', '<', inboundStates.VERIFIED)
      .execute();
    return 'free';
  }
  const holder = await tx
    .selectFrom('inbound_id')
    .select('digest')
    .where('partner', '=', partner)
    .where('message_id', '=', messageId)
    .executeTakeFirstOrThrow();
  return holder.digest === digest ? 'same' : { conflict: holder.digest };
}

export interface InboxSettlement {
  readonly partner: string;
  readonly digest: Digest;
  readonly messageId?: string;
  readonly state: 'HELD' | 'APPLIED' | 'REJECTED';
  readonly kind?: string;
  readonly reason?: string;
  /** Absent for receipts, which are not receipted. */
  readonly receiptDigest?: Digest;
  readonly at: Moment;
}

/** What became of a message, with the receipt every further delivery gets. False: that or more was settled before. */
export async function settleInbox(tx: Tx, settlement: InboxSettlement): Promise<boolean> {
  const { partner, digest, messageId, state, kind, reason, receiptDigest, at } = settlement;
  const { numUpdatedRows } = await tx
    .updateTable('inbox')
    .set({
      state,
      state_rank: inboundStates[state],
      ...(state === 'HELD' ? { held_at: at } : { settled_at: at }),
      ...(messageId === undefined ? {} : { message_id: messageId }),
      ...(kind === undefined ? {} : { kind }),
      ...(reason === undefined ? {} : { reason }),
      ...(receiptDigest === undefined ? {} : { receipt_digest: receiptDigest }),
    })
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .where('state_rank', '<', inboundStates[state])
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Bytes of a partner; or the verified message that has an id, which two partners may use: then name the partner. */
export type InboxKey =
  { readonly partner: string; readonly digest: Digest } | { readonly messageId: string; readonly partner?: string };

/** Throws E_REQUEST_INVALID when two partners use the id and none was named. */
export async function findInbox(reader: Reader, key: InboxKey): Promise<InboxMessage | undefined> {
  let found = reader.selectFrom('inbox').selectAll('inbox').limit(2);
  if ('digest' in key) {
    found = found.where('inbox.partner', '=', key.partner).where('inbox.digest', '=', key.digest);
  } else {
    const { messageId, partner } = key;
    found = found
      .innerJoin('inbound_id as owned', (join) =>
        join.onRef('owned.partner', '=', 'inbox.partner').onRef('owned.digest', '=', 'inbox.digest'),
      )
      .where('owned.message_id', '=', messageId);
    if (partner !== undefined) found = found.where('inbox.partner', '=', partner);
  }
  const [row, second] = await found.execute();
  if (second !== undefined) {
    const fix = 'Name the partner as well.';
    throw new GatewayError('E_REQUEST_INVALID', 'two partners use this message id', { fix });
  }
  return row === undefined ? undefined : inboxMessageOf(row);
}

/** Messages that wait for two people, oldest first. */
export async function heldMessages(reader: Reader, partner?: string): Promise<InboxMessage[]> {
  let held = reader.selectFrom('inbox').selectAll().where('state', '=', 'HELD').orderBy('received_at');
  if (partner !== undefined) held = held.where('partner', '=', partner);
  return (await held.execute()).map(inboxMessageOf);
}

function inboxMessageOf(row: Selectable<InboxTable>): InboxMessage {
  return {
    partner: row.partner,
    digest: row.digest,
    via: row.via as Via,
    receivedAt: row.received_at,
    deliveries: row.deliveries,
    state: row.state as InboundState,
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
    ...(row.hinted_id === null ? {} : { hintedId: row.hinted_id }),
    ...(row.kind === null ? {} : { kind: row.kind }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.receipt_digest === null ? {} : { receiptDigest: row.receipt_digest }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
  };
}

export interface Approval {
  readonly messageId: string;
  readonly partner?: string;
  readonly person: string;
  readonly decision: 'release' | 'refuse';
  readonly at: Moment;
}

/**
 * Notes one person's decision about a held message, and says who has decided the same so far, in order. It counts for
 * these very bytes only. Throws E_MESSAGE_UNKNOWN (not held), E_APPROVAL_REPEATED (this person has decided already).
 */
export async function approve(tx: Tx, approval: Approval): Promise<string[]> {
  const { messageId, partner: named, person, decision, at } = approval;
  const held = await findInbox(tx, named === undefined ? { messageId } : { messageId, partner: named });
  if (held?.state !== 'HELD')
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no held message has this id', { at: messageId });
  const { partner, digest } = held;
  // Two people at once: the second waits here for the first, so that one of them sees both.
  await tx
    .updateTable('inbox')
    .set({ state: 'HELD' })
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .where('state', '=', 'HELD')
    .execute();
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('approval')
    .values({ partner, digest, person, decision, at })
    .onConflict((decided) => decided.columns(['partner', 'digest', 'person']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows !== 1n) {
    throw new GatewayError('E_APPROVAL_REPEATED', 'this person has already decided about this message', {
      at: messageId,
    });
  }
  const rows = await tx
    .selectFrom('approval')
    .select('person')
    .where('partner', '=', partner)
    .where('digest', '=', digest)
    .where('decision', '=', decision)
    .orderBy('at')
    .orderBy('person')
    .execute();
  return rows.map((row) => row.person);
}
