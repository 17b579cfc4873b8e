/** What is asked of the outbox where messages travel as files. */

import type { Reader } from './database.ts';
import { messages, type MessageRow } from './outbox.ts';
import { fromRow } from './rows.ts';

/** Lists that were put as files, and whose verdict is still to come; the oldest first. */
export async function unansweredFiles(reader: Reader, partner: string): Promise<MessageRow[]> {
  const rows = await messages(reader)
    .where('partner', '=', partner)
    .where('state', '=', 'HANDED_OVER')
    .where('kind', '=', 'list')
    .where('file', 'is not', null)
    .where('hold_reason', 'is', null)
    .orderBy('created_at')
    .execute();
  return rows.map(fromRow);
}

/** The number of records of a full list of ours; undefined for changes. */
export async function sentCount(reader: Reader, id: string): Promise<number | undefined> {
  const list = reader.selectFrom('list').select('count').where('message_id', '=', id).where('direction', '=', 'out');
  return (await list.where('kind', '=', 'full').executeTakeFirst())?.count;
}
