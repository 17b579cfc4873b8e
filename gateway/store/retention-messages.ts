/** Rows of messages whose bytes are not needed any more: what was sent, what partners answered, and the results of records. */

import { sql, type RawBuilder } from 'kysely';
import { outboundStates } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { oneOf } from './bulk.ts';
import type { Tx } from './database.ts';
import { allowing } from './retention-guard.ts';
import { aged, deletion, isOneOfKeys, scan, type AgedRow, type RetentionRule } from './retention-scan.ts';

/** When the newest full list that counts took effect, and of the received ones the list before it: its parts came after that. */
export const fullOut = sql`coalesce((select list.applied_at from list join message on message.id = list.message_id
  where list.partner = aged.partner and list.direction = 'out' and list.kind = 'full'
    and message.state in ('ACCEPTED', 'PARTIAL', 'CLOSED') order by list.ordinal desc limit 1), '')`;
export const fullIn = sql`coalesce((select earlier.applied_at from list as earlier
  where earlier.partner = aged.partner and earlier.direction = 'in' and earlier.ordinal < (select ordinal from list
    where list.partner = aged.partner and list.direction = 'in' and list.kind = 'full' order by ordinal desc limit 1)
  order by earlier.ordinal desc limit 1), '')`;

export const isSettled = (before: Moment) =>
  sql`state_rank >= ${outboundStates.CLOSED} and settled_at < ${before} and answer_due_at is null`;
export const isReceived = (before: Moment) => sql`state = 'APPLIED' and settled_at < ${before}`;

export const ofMessages = { table: 'message', key: ['created_at', 'id'], least: ['', ''] } as const;
export const ofInbox = { table: 'inbox', key: ['received_at', 'partner', 'digest'], least: ['', '', ''] } as const;
export const createdBefore = (before: Moment) => sql`created_at < ${before}`;
export const receivedBefore = (before: Moment) => sql`received_at < ${before}`;
export const always = (): RawBuilder<unknown> => sql`true`;

/** A list of ours, or a message about a key that is still in use, is part of what holds now. */
const isOver = (before: Moment) => sql`${isSettled(before)} and (kind <> 'list' or created_at < ${fullOut})
  and not exists (select 1 from partner_key where partner_key.message_id = aged.id)`;

/** Of a list or key that came, the row stays: it recognises a repetition, which might otherwise be applied again. */
const isForgettable = (before: Moment) => sql`state in ('APPLIED', 'REJECTED') and settled_at < ${before}
  and coalesce(refused_upto, 0) = 0
  and (kind in ('receipt', 'acknowledgement', 'reply') or (state = 'REJECTED' and message_id is null))`;

export const messageRules: readonly RetentionRule[] = [
  scan({
    ...{ ...ofMessages, kind: 'messages', within: createdBefore, due: isOver, drop: dropMessages },
    bytes: 'length(id) + length(digest) + coalesce(length(verdict_detail), 0)',
    digests: ['digest', 'receipt_digest'],
  }),
  scan({
    ...{ ...ofInbox, kind: 'messages', within: receivedBefore, due: isForgettable, drop: dropReceived },
    bytes: 'length(digest) + coalesce(length(message_id), 0)',
    digests: ['digest', 'receipt_digest'],
  }),
  aged({
    ...{ kind: 'messages', table: 'record_result', key: ['partner', 'message_id', 'n'], least: ['', '', 0] },
    within: always,
    due: (before) => sql`exists (select 1 from inbox where inbox.message_id = aged.message_id
      and inbox.partner = aged.partner and ${isReceived(before)} and inbox.received_at < ${fullIn})`,
    bytes: 'length(identifier) + length(code) + length(detail)',
  }),
];

async function dropMessages(tx: Tx, rows: readonly AgedRow[]): Promise<void> {
  const ids = rows.map(({ key: [, id] }) => String(id));
  const attempts = tx.deleteFrom('attempt').where(oneOf(tx, 'message_id', ids));
  await allowing(tx, () => attempts.execute());
  const sent = tx
    .selectFrom('message')
    .select(['partner', 'id'])
    .where(oneOf(tx, 'id', ids));
  for (const table of ['record_result', 'list'] as const)
    await sql`delete from ${sql.table(table)} where (partner, message_id) in (${sent})
      ${table === 'list' ? sql`and direction = 'out'` : sql``}`.execute(tx);
  await tx
    .deleteFrom('message')
    .where(oneOf(tx, 'id', ids))
    .execute();
  await dropUnused(tx, rows);
}

async function dropReceived(tx: Tx, rows: readonly AgedRow[]): Promise<void> {
  await sql`delete from inbound_id where (partner, message_id) in (select partner, message_id from inbox
    where ${isOneOfKeys(ofInbox.key, rows)})`.execute(tx);
  await deletion(ofInbox)(tx, rows);
  await dropUnused(tx, rows);
}

/** Digests that no message has any more. */
async function dropUnused(tx: Tx, rows: readonly AgedRow[]): Promise<void> {
  const used = [
    ...(['inbox', 'message'] as const).flatMap((table) => [`${table}.digest`, `${table}.receipt_digest`]),
    ...['list_part.digest', 'import_draft.digest'],
  ].map((column) => `not exists (select 1 from ${column.split('.')[0]} where ${column} = body.digest)`);
  await tx
    .deleteFrom('body')
    .where(
      oneOf(
        tx,
        'digest',
        rows.flatMap(({ digests = [] }) => digests),
      ),
    )
    .where(sql<boolean>`${sql.raw(used.join(' and '))}`)
    .execute();
}
