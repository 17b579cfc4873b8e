/** The newest messages of both directions in one form, for people and status pages. */

import { type Evidence, type InboundState, type OutboundState } from '../model/message.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { openRank } from './delivery-leases.ts';
import { fromRow } from './rows.ts';
import type { StreamDirection } from './streams.ts';

export interface MessageQuery {
  readonly partner?: string;
  readonly direction?: StreamDirection;
  readonly state?: OutboundState | InboundState;
  /** Only those of an earlier moment. */
  readonly before?: Moment;
  readonly limit: number;
}

export interface MessageListRow {
  /** Of a received message: the signed id; before verification the id the transport stated, if any. */
  readonly id?: string;
  readonly direction: StreamDirection;
  readonly partner: string;
  /** Of a received message: absent before it is decoded. */
  readonly kind?: string;
  readonly state: OutboundState | InboundState;
  /** What the verdict rests on; of a received message, how its sender is known. */
  readonly evidence?: Evidence;
  /** When it was sealed or received. */
  readonly at: Moment;
  readonly digest: string;
  /** The partner's verdict, or why we rejected or hold it. */
  readonly detail?: string;
}

/** Newest first. */
export async function listMessages(reader: Reader, query: MessageQuery): Promise<MessageListRow[]> {
  const [sent, received] = await Promise.all([
    query.direction === 'in' ? [] : messagesSent(reader, query),
    query.direction === 'out' ? [] : messagesReceived(reader, query),
  ]);
  return [...sent, ...received].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, query.limit);
}

async function messagesSent(
  reader: Reader,
  { partner, state, before, limit }: MessageQuery,
): Promise<MessageListRow[]> {
  const rows = await reader
    .selectFrom('message')
    .select(['id', 'partner', 'kind', 'state', 'evidence', 'created_at as at', 'digest'])
    .select(({ fn }) => fn.coalesce('hold_reason', 'verdict_detail').as('detail'))
    .$if(partner !== undefined, (sent) => sent.where('partner', '=', partner ?? ''))
    .$if(state !== undefined, (sent) => sent.where('state', '=', state as OutboundState))
    .$if(before !== undefined, (sent) => sent.where('created_at', '<', before ?? ''))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ direction: 'out', ...fromRow(row) }));
}

async function messagesReceived(
  reader: Reader,
  { partner, state, before, limit }: MessageQuery,
): Promise<MessageListRow[]> {
  const rows = await reader
    .selectFrom('inbox')
    .select(['partner', 'kind', 'state', 'evidence', 'received_at as at', 'digest', 'reason as detail'])
    .select(({ fn }) => fn.coalesce('message_id', 'hinted_id').as('id'))
    .$if(partner !== undefined, (received) => received.where('partner', '=', partner ?? ''))
    .$if(state !== undefined, (received) => received.where('state', '=', state as InboundState))
    .$if(before !== undefined, (received) => received.where('received_at', '<', before ?? ''))
    .orderBy('received_at', 'desc')
    .orderBy('digest')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ direction: 'in', ...fromRow(row) }));
}

/** What waits for a partner, or for its receipt. */
export interface OpenMessages {
  /** Not handed over yet, and not held. */
  readonly waiting: number;
  readonly oldest?: Moment;
  /** Of these, tried at least once; and how the last attempt to send one of them ended. */
  readonly tried: number;
  readonly evidence?: string;
  /** Not sent until a person acts. */
  readonly held: number;
  readonly holdReason?: string;
  /** How the last attempt to send one of them ended. */
  readonly holdEvidence?: string;
  readonly handedOver: number;
  /** Handed over, without a receipt or another answer in time. */
  readonly overdue: number;
  /** Claimed by a sender whose lease has run out. */
  readonly abandoned: number;
  /** Claimed by a sender that is at work. */
  readonly leased: number;
}

export async function openMessagesTo(reader: Reader, partner: string, now: Moment): Promise<OpenMessages> {
  const sent = reader.selectFrom('message').where('partner', '=', partner).where('state_rank', '<', openRank);
  const sealed = sent.where('state', '=', 'SEALED').where('hold_reason', 'is', null);
  const handedOver = sent.where('state', '=', 'HANDED_OVER');
  const count = async (query: typeof sent): Promise<number> =>
    Number((await query.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()).count);
  const oldest = await sealed.select('created_at').orderBy('created_at').limit(1).executeTakeFirst();
  const tried = sealed.where('attempts', '>', 0).where('lease_until', 'is', null);
  const lastAttempt = (event: 'failed' | 'held', messages: typeof sent) =>
    reader
      .selectFrom('attempt')
      .select('evidence')
      .where('event', '=', event)
      .where('message_id', '=', messages.select('id').orderBy('created_at').orderBy('sequence').limit(1))
      .orderBy('no', 'desc')
      .limit(1)
      .executeTakeFirst();
  const held = sent.where('hold_reason', 'is not', null);
  const hold = await held.select('hold_reason').orderBy('created_at').orderBy('sequence').limit(1).executeTakeFirst();
  return {
    waiting: await count(sealed),
    tried: await count(tried),
    held: await count(held),
    handedOver: await count(handedOver),
    overdue: await count(
      handedOver.where((eb) => eb.or([eb('receipt_due_at', '<=', now), eb('progress', '=', 'overdue')])),
    ),
    abandoned: await count(sent.where('lease_until', '<=', now)),
    leased: await count(sent.where('lease_until', '>', now)),
    ...present({ oldest: oldest?.created_at, holdReason: hold?.hold_reason ?? undefined }),
    ...present({ evidence: (await lastAttempt('failed', tried))?.evidence ?? undefined }),
    ...present({ holdEvidence: (await lastAttempt('held', held))?.evidence ?? undefined }),
  };
}

/** Whether a list of this epoch is held for staff. */
export async function holdsList(reader: Reader, partner: string, epochId: string): Promise<boolean> {
  // By what is open: an index of numbers would lead through all lists of the epoch.
  const held = await reader
    .selectFrom('message')
    .select('epoch_id')
    .where('partner', '=', partner)
    .where('state_rank', '<', openRank)
    .where('hold_reason', 'is not', null)
    .execute();
  return held.some((message) => message.epoch_id === epochId);
}

/** Whether a list to the partner was sent without success and waits for another attempt. */
export async function failsToDeliver(reader: Reader, partner: string): Promise<boolean> {
  const failed = await reader
    .selectFrom('message')
    .select('id')
    .where('partner', '=', partner)
    .where('state', '=', 'SEALED')
    .where('state_rank', '<', openRank)
    .where('kind', '=', 'list')
    .where('attempts', '>', 0)
    .where('lease_until', 'is', null)
    .where('hold_reason', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return failed !== undefined;
}

/** A message of ours that its partner has not answered for good. */
export interface OpenMessage {
  readonly id: string;
  readonly partner: string;
  readonly kind: string;
  /** `held`: sealed, and not sent until a person acts. */
  readonly state: 'SEALED' | 'HANDED_OVER' | 'held';
  /** When it was sealed. */
  readonly since: Moment;
  readonly hold?: string;
}

/** In the order in which they are sent. `since`: a moment, or the day that begins with it. */
export async function openMessages(
  reader: Reader,
  { partner, state, since }: Partial<Pick<OpenMessage, 'partner' | 'state' | 'since'>>,
): Promise<OpenMessage[]> {
  const rows = await reader
    .selectFrom('message')
    .select(['id', 'partner', 'kind', 'state', 'created_at as since', 'hold_reason as hold'])
    .where('state_rank', '<', openRank)
    .$if(partner !== undefined, (open) => open.where('partner', '=', partner ?? ''))
    .$if(since !== undefined, (open) => open.where('created_at', '>=', since ?? ''))
    .orderBy('created_at')
    .orderBy('sequence')
    .orderBy('id')
    .execute();
  return rows
    .map((row) => ({ ...fromRow(row), state: row.hold === null ? row.state : 'held' }) as OpenMessage)
    .filter((message) => state === undefined || message.state === state);
}

/** All attempts to send a message, oldest first. Without an outcome the attempt is in progress, or its sender crashed. */
export async function attemptsOf(reader: Reader, id: string) {
  const rows = await reader
    .selectFrom('attempt as started')
    .leftJoin('attempt as ended', (join) =>
      join
        .onRef('ended.message_id', '=', 'started.message_id')
        .onRef('ended.no', '=', 'started.no')
        .on('ended.event', '!=', 'started'),
    )
    .select(['started.no', 'started.at', 'started.owner'])
    .select(['ended.event as outcome', 'ended.at as ended_at', 'ended.evidence'])
    .where('started.message_id', '=', id)
    .where('started.event', '=', 'started')
    .orderBy('started.no')
    .execute();
  return rows.map(fromRow);
}

/** Whether somebody is sending a message to the partner now. */
export async function isLeased(reader: Reader, partner: string, now: Moment): Promise<boolean> {
  const leased = reader
    .selectFrom('message')
    .select('id')
    .where('partner', '=', partner)
    .where('lease_until', '>', now);
  return (await leased.where('state_rank', '<', openRank).limit(1).executeTakeFirst()) !== undefined;
}
