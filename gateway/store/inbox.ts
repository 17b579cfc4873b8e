/**
 * The inbox: bytes are stored before they are judged, and identified by partner and digest; a repeated delivery gets the receipt of the
 * first one, unless that was refused for circumstances. A message id belongs to the first verified message that has it, so that unsigned bytes cannot use up a partner's ids.
 */

import { sql } from 'kysely';
import { GatewayError, isFinalRefusal } from '../model/errors.ts';
import { fileMessageId } from '../model/message-id.ts';
import {
  inboundStates,
  type Digest,
  type InboundState,
  type RawMessage,
  type SenderEvidence,
} from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { present } from '../model/present.ts';
import { sha256 } from '../model/canonical-json.ts';
import { withdrawApprovals } from './approvals.ts';
import { insertBodies, insertUnknownBody } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { dropBytes } from './refused-bytes.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import { preparedUpdate, type Places } from './prepared.ts';
import { newestOrdinal } from './streams.ts';
import type { Tables } from './tables.ts';
import { together } from './transaction.ts';

export type Arrival =
  | { readonly known: false; readonly digest: Digest }
  | ({ readonly known: true; readonly digest: Digest } & Pick<
      InboxMessage,
      'state' | 'reason' | 'messageId' | 'receiptDigest'
    >);

export const inboxColumns = [
  ...(['partner', 'digest', 'message_id', 'hinted_id', 'via', 'received_at', 'deliveries', 'state'] as const),
  ...(['kind', 'reason', 'receipt_digest', 'evidence', 'settled_at'] as const),
];

/** A message of the inbox without its bytes; tables.ts explains the members. */
export type InboxMessage = FromRow<Pick<Tables['inbox'], (typeof inboxColumns)[number]>>;

/** `keep`: false for a message that is too large. `named`: the same bytes in a file of another name are another message. */
interface ArrivalOptions {
  readonly keep?: boolean;
  readonly named?: boolean;
}

/**
 * Stores the bytes and counts the delivery. Bytes that were refused for circumstances (time, keys, a gap) are as if they arrived now:
 * their verdict is made anew, and what people decided before does not count. So is that of bytes in a file of another name, where names say what the bytes do not.
 */
export async function recordArrival(tx: Tx, raw: RawMessage, options: ArrivalOptions = {}): Promise<Arrival> {
  const { keep = true, named = false } = options;
  const digest = sha256(raw.bytes);
  const body = { digest, bytes: keep ? raw.bytes : Buffer.alloc(0) };
  const hint = raw.hintedId ?? raw.file;
  const [, earlier] = await together(insertUnknownBody(tx, raw.partner, body), countDelivery(tx, raw, digest, hint));
  const otherName = named && raw.file !== undefined && (await isNewName(tx, raw.partner, raw.file, digest));
  if (earlier === undefined) return { known: false, digest };
  const isSettled = earlier.state !== 'REJECTED' || isFinalRefusal(earlier.reason);
  if (isSettled && !otherName) return { known: true, digest, ...earlier };
  await insertBodies(tx, [body]);
  await tx
    .updateTable('inbox')
    .set({ ...{ state: 'RECEIVED', state_rank: inboundStates.RECEIVED, via: raw.via, received_at: raw.receivedAt } })
    .set({ reason: null, receipt_digest: null, settled_at: null, refused_upto: null })
    .$if(otherName, (update) => update.set({ hinted_id: hint ?? null }))
    .where('partner', '=', raw.partner)
    .where('digest', '=', digest)
    .execute();
  await withdrawApprovals(tx, { partner: raw.partner, digest });
  if (earlier.receiptDigest !== undefined) await dropBytes(tx, [earlier.receiptDigest]);
  return { known: true, digest, state: 'RECEIVED' };
}

/** Whether these bytes came in no file of this name before. */
async function isNewName(tx: Tx, partner: string, file: string, digest: Digest): Promise<boolean> {
  const insert = tx
    .insertInto('inbound_id')
    .values({ partner, message_id: fileMessageId(file, digest), digest })
    .onConflict((taken) => taken.columns(['partner', 'message_id']).doNothing());
  return await changesOne(insert);
}

/** What is known of these bytes; undefined: they did not arrive before, and are received now. */
async function countDelivery(
  tx: Tx,
  { partner, via, receivedAt }: RawMessage,
  digest: Digest,
  hint: string | undefined,
) {
  type Known = Pick<Tables['inbox'], 'deliveries' | 'state' | 'reason' | 'message_id' | 'receipt_digest'>;
  const { rows } = await sql<Known>`insert into inbox
      (partner, digest, hinted_id, via, received_at, deliveries, state, state_rank)
    values (${partner}, ${digest}, ${hint ?? null}, ${via}, ${receivedAt}, 1, 'RECEIVED', ${inboundStates.RECEIVED})
    on conflict (partner, digest) do update set deliveries = inbox.deliveries + 1
    returning deliveries, state, reason, message_id, receipt_digest`.execute(tx);
  const [row] = rows;
  if (row === undefined || row.deliveries === 1) return undefined;
  const { state, reason, message_id, receipt_digest } = row;
  return fromRow({ state, reason, message_id, receipt_digest });
}

/** Assigns a message id to verified bytes, unless other bytes have it. Returns the digest of those that have it then. */
export async function claimMessageId(tx: Tx, partner: string, messageId: string, digest: Digest): Promise<Digest> {
  // A second transaction with the same id waits here until the first has ended.
  const { rows } = await sql<Pick<Tables['inbound_id'], 'digest'>>`insert into inbound_id (partner, message_id, digest)
    values (${partner}, ${messageId}, ${digest})
    on conflict (partner, message_id) do update set digest = inbound_id.digest returning digest`.execute(tx);
  return rows[0]?.digest ?? digest;
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
  readonly evidence?: SenderEvidence | undefined;
  readonly at: Moment;
}

/** Of bytes that do not have this or a later state. */
const settleTo = (state: InboundState) =>
  preparedUpdate('inbox', (update, value: Places<Pick<InboxSettlement, 'partner' | 'digest'>>) => {
    const received = update.where('partner', '=', value.partner).where('digest', '=', value.digest);
    return received.where('state_rank', '<', inboundStates[state]);
  });
const settle = { HELD: settleTo('HELD'), APPLIED: settleTo('APPLIED'), REJECTED: settleTo('REJECTED') };

/** Stores the verdict, and the receipt that every further delivery gets. False: this or a later state was stored before. */
export async function settleInbox(tx: Tx, settlement: InboxSettlement): Promise<boolean> {
  const { partner, digest, messageId, state, kind, reason, receiptDigest, evidence, at } = settlement;
  const when =
    state === 'HELD' ? { held_at: at, held_after: await newestOrdinal(tx, partner, 'in') } : { settled_at: at };
  const known = present({ message_id: messageId, kind, reason, receipt_digest: receiptDigest, evidence });
  const set = { state, state_rank: inboundStates[state], ...when, ...known };
  return await settle[state](tx, set, { partner, digest });
}

/** Bytes of a partner, or the verified message with an id. Two partners may use the same id: then name the partner. */
type InboxKey =
  { readonly partner: string; readonly digest: Digest } | { readonly messageId: string; readonly partner?: string };

/** Throws E_REQUEST_INVALID when two partners use the id and none is named. */
export async function findInbox(reader: Reader, key: InboxKey): Promise<InboxMessage | undefined> {
  let found = reader
    .selectFrom('inbox')
    .select(inboxColumns.map((column) => `inbox.${column}` as const))
    .limit(2);
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
  return row && fromRow(row);
}

/**
 * Messages received with this digest; if there are none, the verified ones with this id; if there are none either, those of which only
 * unverified bytes or the transport state it. Newest first.
 */
export async function findReceived(reader: Reader, idOrDigest: string): Promise<InboxMessage[]> {
  const received = reader
    .selectFrom('inbox')
    .select(inboxColumns.map((column) => `inbox.${column}` as const))
    .orderBy('inbox.received_at', 'desc');
  const verified = received
    .innerJoin('inbound_id as owned', (join) =>
      join.onRef('owned.partner', '=', 'inbox.partner').onRef('owned.digest', '=', 'inbox.digest'),
    )
    .where('owned.message_id', '=', idOrDigest);
  const stated = received.where((eb) => eb.or([eb('message_id', '=', idOrDigest), eb('hinted_id', '=', idOrDigest)]));
  for (const found of [received.where('digest', '=', idOrDigest), verified, stated]) {
    const rows = await found.execute();
    if (rows.length > 0) return rows.map(fromRow);
  }
  return [];
}

/** How many messages of a partner were rejected since then, a thousand at most, and the newest of them. */
export async function rejectedSince(
  reader: Reader,
  partner: string,
  since: Moment,
): Promise<{ readonly count: number; readonly newest: InboxMessage | undefined }> {
  const rejected = reader
    .selectFrom('inbox')
    .where('partner', '=', partner)
    .where(sql<boolean>`state = 'REJECTED'`) // as the index has it
    .where('received_at', '>=', since);
  const newest = await rejected.select(inboxColumns).orderBy('received_at', 'desc').limit(1).executeTakeFirst();
  const counted = await rejected.select('digest').orderBy('received_at', 'desc').limit(1_000).execute();
  return { count: counted.length, newest: newest && fromRow(newest) };
}
