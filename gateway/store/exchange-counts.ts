/** How the exchange with a partner went in a period: what was sent and received, by what became of it. */

import { sql } from 'kysely';
import type { InboundState, OutboundState } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from './database.ts';

interface Period {
  readonly partner: string;
  /** From here to before there. */
  readonly from: Moment;
  readonly to: Moment;
}

type StateCounts<State extends string> = Readonly<Partial<Record<State, number>>>;

/** Messages of ours that were sealed in the period, but for receipts. */
export async function countSent(reader: Reader, { partner, from, to }: Period): Promise<StateCounts<OutboundState>> {
  const rows = await reader
    .selectFrom('message')
    .select(['state', sql<number>`count(*)`.as('messages')])
    .where('partner', '=', partner)
    .where('kind', '<>', 'receipt')
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map(({ state, messages }) => [state, messages]));
}

/** Lists that arrived in the period, and messages that were refused before it was known what they are. */
export async function countReceived(reader: Reader, { partner, from, to }: Period): Promise<StateCounts<InboundState>> {
  const rows = await reader
    .selectFrom('inbox')
    .select(['state', sql<number>`count(*)`.as('messages')])
    .where('partner', '=', partner)
    .where(sql<boolean>`coalesce(kind, 'list') = 'list'`)
    .where('received_at', '>=', from)
    .where('received_at', '<', to)
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map(({ state, messages }) => [state, messages]));
}
