/** The newest messages of both directions in one shape, for people and status pages. */

import type { InboundState, OutboundState } from '../model/message.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import type { Reader } from './database.ts';
import type { StreamDirection } from './streams.ts';

export interface MessageQuery {
  readonly partner?: string;
  readonly direction?: StreamDirection;
  readonly state?: OutboundState | InboundState;
  readonly limit: number;
}

export interface MessageListRow {
  /** Of a message received: the signed id once it is verified, before that what the transport said, if anything. */
  readonly id?: string;
  readonly direction: StreamDirection;
  readonly partner: string;
  /** Of a message received: known once it was read. */
  readonly kind?: string;
  readonly state: OutboundState | InboundState;
  /** Made, or received. */
  readonly at: Moment;
  readonly digest: string;
  /** The partner's verdict, or why we refused or hold it. */
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
  let newest = reader
    .selectFrom('message')
    .select(['id', 'partner', 'kind', 'state', 'created_at', 'digest', 'verdict_detail', 'hold_reason'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (partner !== undefined) newest = newest.where('partner', '=', partner);
  if (state !== undefined) newest = newest.where('state', '=', state);
  const rows = await newest.execute();
  return rows.map((row) => {
    const detail = row.hold_reason ?? row.verdict_detail;
    return {
      id: row.id,
      direction: 'out',
      partner: row.partner,
      kind: row.kind,
      state: row.state as OutboundState,
      at: row.created_at,
      digest: row.digest,
      ...(detail === null ? {} : { detail }),
    };
  });
}

async function messagesReceived(reader: Reader, { partner, state, limit }: MessageQuery): Promise<MessageListRow[]> {
  let newest = reader
    .selectFrom('inbox')
    .select(['message_id', 'hinted_id', 'partner', 'kind', 'state', 'received_at', 'digest', 'reason'])
    .orderBy('received_at', 'desc')
    .orderBy('digest')
    .limit(limit);
  if (partner !== undefined) newest = newest.where('partner', '=', partner);
  if (state !== undefined) newest = newest.where('state', '=', state);
  const rows = await newest.execute();
  return rows.map((row) => {
    const id = row.message_id ?? row.hinted_id;
    return {
      ...(id === null ? {} : { id }),
      direction: 'in',
      partner: row.partner,
      ...(row.kind === null ? {} : { kind: row.kind }),
      state: row.state as InboundState,
      at: row.received_at,
      digest: row.digest,
      ...(row.reason === null ? {} : { detail: row.reason }),
    };
  });
}
