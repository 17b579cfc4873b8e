/**
 * What may go once it is older than agreed. Each rule reads a table in pages, from the oldest row on, and names of each page what is due;
 * held lists, messages without a verdict and the list in force never are.
 */

import { deleteAlarms } from './alarms.ts';
import { forgetSearchable } from './answer-search.ts';
import { forgetEntries } from './entry-outcomes.ts';
import { sql } from 'kysely';
import type { Moment } from '../model/record/record.ts';
import { oneOf } from './bulk.ts';
import { engineOf, type Tx } from './database.ts';
import { dropBytes } from './refused-bytes.ts';
import { allowing } from './retention-guard.ts';
import { aged, deletion, scan, type AgedRow, type RetentionRule, type Scan } from './retention-scan.ts';
import {
  always,
  createdBefore,
  fullIn,
  fullOut,
  isReceived,
  isSettled,
  messageRules,
  ofInbox,
  ofMessages,
  receivedBefore,
} from './retention-messages.ts';
import { forgetChanges } from './register-changes.ts';
import { forgetSpooled } from './spooled-answers.ts';
import { olderStores } from './older-store.ts';
import { openOrdinal } from './tables.ts';

const digestsOf = (rows: readonly AgedRow[]): readonly string[] => rows.flatMap(({ digests = [] }) => digests);

const sizeOf = (column: string): string =>
  `coalesce((select length(bytes) from body where body.digest = aged.${column}), 0)`;

/** Who needs a body, but for a receipt that travels as a message: it is also that of the message it answers. */
const uses = sql`(select count(*) from inbox where inbox.digest = body.digest
    and coalesce(inbox.kind, '') not in ('receipt', 'acknowledgement'))
  + (select count(*) from inbox where inbox.receipt_digest = body.digest)
  + (select count(*) from message where message.digest = body.digest and message.kind <> 'receipt')
  + (select count(*) from message where message.receipt_digest = body.digest)`;

/** Of bodies that one message alone needs. Their digests stay. */
async function emptyBodies(tx: Tx, rows: readonly AgedRow[]): Promise<void> {
  await tx
    .updateTable('body')
    .set({ bytes: engineOf(tx) === 'sqlite' ? sql`x''` : sql`''` })
    .where(oneOf(tx, 'digest', digestsOf(rows)))
    .where(sql<boolean>`${uses} = 1`)
    .where(sql<boolean>`not exists (select 1 from list_part where list_part.digest = body.digest)`)
    .execute();
}

const bodies: readonly RetentionRule[] = [
  scan({
    ...{ ...ofMessages, kind: 'bytes', within: createdBefore, drop: emptyBodies, digests: ['digest'] },
    bytes: sizeOf('digest'),
    due: (before) => sql`${isSettled(before)} and kind <> 'receipt' and (kind <> 'list' or created_at < ${fullOut})`,
  }),
  scan({
    ...{ ...ofInbox, kind: 'bytes', within: receivedBefore, drop: emptyBodies, digests: ['digest'] },
    bytes: sizeOf('digest'),
    due: (before) => sql`${isReceived(before)} and (kind = 'reply' or (kind = 'list' and received_at < ${fullIn}))`,
  }),
  scan({
    ...{ ...ofMessages, kind: 'receipts', within: createdBefore, drop: emptyBodies, digests: ['receipt_digest'] },
    bytes: sizeOf('receipt_digest'),
    due: (before) => sql`${isSettled(before)} and receipt_digest is not null`,
  }),
  scan({
    ...{ ...ofInbox, kind: 'receipts', within: receivedBefore, drop: emptyBodies, digests: ['receipt_digest'] },
    bytes: sizeOf('receipt_digest'),
    due: (before) => sql`${isReceived(before)} and receipt_digest is not null`,
  }),
  scan({
    ...{ kind: 'refused', table: 'inbox', key: ['partner', 'refused_upto', 'digest'], least: ['', 0, ''] },
    within: () => sql`refused_upto > 0`,
    due: (before) => sql`settled_at < ${before}`,
    bytes: `${sizeOf('digest')} + ${sizeOf('receipt_digest')}`,
    digests: ['digest', 'receipt_digest'],
    async drop(tx, rows) {
      const digests = digestsOf(rows);
      const dropped = tx.updateTable('inbox').set({ refused_upto: 0 }).where('refused_upto', '>', 0);
      await dropped.where(oneOf(tx, 'digest', digests)).execute();
      await dropBytes(tx, digests);
    },
  }),
];

/** Of an entry of the log the leaf hash stays: without it, nothing after it could be proven. */
function agedEntries(
  rule: Omit<Scan, 'drop' | 'key' | 'least'> & { readonly table: 'event' | 'border_answer' },
): RetentionRule {
  const key = ['n'] as const;
  const deleteRows = deletion({ table: rule.table, key });
  return scan({
    ...{ ...rule, key, least: [0] },
    async drop(tx, rows) {
      const numbers = rows.map(({ key: [n] }) => Number(n));
      if (rule.table === 'border_answer') {
        await forgetSearchable(tx, numbers);
        await forgetSpooled(tx, numbers);
      }
      await sql`insert into log_retired (n, leaf_hash) select n, leaf_hash from ${sql.table(rule.table)}
        where ${oneOf(tx, 'n', numbers)}`.execute(tx);
      await deleteRows(tx, rows);
    },
  });
}

/** With its entry in the log, which has the digest of what goes. */
const assessments = { table: 'assessment', key: ['asked_at', 'number'] } as const;
async function dropAssessments(tx: Tx, rows: readonly AgedRow[]): Promise<void> {
  const numbers = rows.map(({ key: [, number] }) => String(number));
  const events = tx
    .selectFrom('event')
    .select(['n', 'kind'])
    .where(oneOf(tx, 'ref', numbers));
  const places = (await events.execute()).flatMap(({ n, kind }) => (kind === 'assessment' ? n : []));
  await forgetSearchable(tx, places);
  await forgetEntries(tx, numbers);
  if (places.length > 0) {
    const entries = sql`from event where ${oneOf(tx, 'n', places)}`;
    await sql`insert into log_retired (n, leaf_hash) select n, leaf_hash ${entries}`.execute(tx);
    await allowing(tx, () => sql`delete ${entries}`.execute(tx));
  }
  await deletion(assessments)(tx, rows);
}

/**
 * Assessments go with their answers. That a list was applied is part of the evidence for answers that rest on it; what happened to the store and
 * to the name of the log explains numbers that are missing.
 */
const isForgettable = sql`kind not in ('assessment', 'list_applied', 'log_restarted') and ref <> ${olderStores}`;

const askedAt = { within: (before: Moment) => sql`asked_at < ${before}`, due: always } as const;
const answer = 'length(request) + length(answer)';

const rows: readonly RetentionRule[] = [
  // The last two attempts of an open message say what to do next.
  aged({
    ...{ kind: 'attempts', table: 'attempt', key: ['message_id', 'no', 'event'], least: ['', 0, ''], within: always },
    bytes: 'length(message_id) + length(event) + length(at) + coalesce(length(evidence), 0)',
    due: (before) => sql`at < ${before} and exists (select 1 from message where message.id = aged.message_id
      and (settled_at < ${before} or aged.no < message.attempts - 1))`,
  }),
  agedEntries({
    ...{ kind: 'attempts', table: 'event', within: (before) => sql`at < ${before}` },
    bytes: 'length(leaf_hash) + length(kind) + length(ref) + coalesce(length(detail), 0)',
    due: () => sql`kind in ('delivery_unknown', 'delivery_refused')`,
  }),
  agedEntries({
    ...{ kind: 'events', table: 'event', within: (before) => sql`at < ${before}` },
    bytes: 'length(leaf_hash) + length(kind) + length(ref) + coalesce(length(detail), 0)',
    due: () => isForgettable,
  }),
  agedEntries({ kind: 'answers', table: 'border_answer', ...askedAt, bytes: answer }),
  aged({
    kind: 'answers',
    table: 'consultation',
    key: ['asked_at', 'number'],
    least: ['', ''],
    ...askedAt,
    bytes: answer,
  }),
  scan({ ...assessments, kind: 'answers', least: ['', ''], ...askedAt, bytes: answer, drop: dropAssessments }),
  aged({
    ...{ kind: 'repetitions', table: 'idempotency', key: ['at', 'requester', 'key'], least: ['', '', ''] },
    ...{ within: (before) => sql`at < ${before}`, due: always, bytes: 'length(body)' },
  }),
  scan({
    ...{
      kind: 'changes',
      table: 'register_change',
      key: ['n'],
      least: [0],
      within: (before) => sql`known_at < ${before}`,
    },
    due: () => sql`kind <> 'reloaded'`,
    bytes: 'length(partner) + length(identifier) + length(kind) + length(known_at)',
    drop: (tx, dropped) =>
      forgetChanges(
        tx,
        dropped.map(({ key: [n] }) => Number(n)),
      ),
  }),
  scan({
    ...{ kind: 'alarms', table: 'alarm', key: ['n'], least: [0], within: always },
    due: (before) => sql`closed_at < ${before} and not exists (select 1 from alarm_notice
      where alarm_notice.alarm = aged.n and alarm_notice.next_at is not null)`,
    bytes: 'length(cause) + length(subject) + length(detail) + length(fix)',
    drop: (tx, dropped) =>
      deleteAlarms(
        tx,
        dropped.map(({ key: [n] }) => Number(n)),
      ),
  }),
  aged({
    ...{ kind: 'history', table: 'register_version', key: ['partner', 'to_list', 'n'], least: ['', 0, 0] },
    within: () => sql`to_list < ${sql.lit(openOrdinal)}`,
    due: (before) => sql`known_to < ${before}`,
    bytes: 'length(details)',
  }),
  // What was so until a day long past, and has been known for as long.
  aged({
    ...{ kind: 'history', table: 'register_version', key: ['n'], least: [0], within: always },
    due: (before) =>
      sql`to_list = ${sql.lit(openOrdinal)} and valid_to < ${before.slice(0, 10)} and known_from < ${before}`,
    bytes: 'length(details)',
  }),
  aged({
    ...{ kind: 'history', table: 'operator_version', key: ['code', 'revision'], least: ['', 0], within: always },
    due: (before) => sql`coalesce((select min(later.revised_at) from operator_version as later
      where later.code = aged.code and later.revision > aged.revision),
      (select revised_at from operator where operator.code = aged.code)) < ${before}`,
    bytes: 'length(record)',
  }),
];

export const retentionRules = [...bodies, ...messageRules, ...rows];
