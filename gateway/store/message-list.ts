/** The newest messages of both directions in one form, for people and status pages. */

import type { InboundState, OutboundState } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { fromRow } from './rows.ts';
import type { StreamDirection } from './streams.ts';

export interface MessageQuery {
  readonly partner?: string;
  readonly direction?: StreamDirection;
  readonly state?: OutboundState | InboundState;
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

async function messagesSent(reader: Reader, { partner, state, limit }: MessageQuery): Promise<MessageListRow[]> {
  const rows = await reader
    .selectFrom('message')
    .select(['id', 'partner', 'kind', 'state', 'created_at as at', 'digest'])
    .select(({ fn }) => fn.coalesce('hold_reason', 'verdict_detail').as('detail'))
    .$if(partner !== undefined, (sent) => sent.where('partner', '=', partner ?? ''))
    .$if(state !== undefined, (sent) => sent.where('state', '=', state as OutboundState))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ direction: 'out', ...fromRow(row) }));
}

async function messagesReceived(reader: Reader, { partner, state, limit }: MessageQuery): Promise<MessageListRow[]> {
  const rows = await reader
    .selectFrom('inbox')
    .select(['partner', 'kind', 'state', 'received_at as at', 'digest', 'reason as detail'])
    .select(({ fn }) => fn.coalesce('message_id', 'hinted_id').as('id'))
    .$if(partner !== undefined, (received) => received.where('partner', '=', partner ?? ''))
    .$if(state !== undefined, (received) => received.where('state', '=', state as InboundState))
    .orderBy('received_at', 'desc')
    .orderBy('digest')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ direction: 'in', ...fromRow(row) }));
}
