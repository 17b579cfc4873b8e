/**
 * What may go once it is older than agreed. Each rule reads a table in pages, from the oldest row on, and names of each page what is due;
 * held lists, messages without a verdict and the list in force never are.
 */

import { forgetSearchable } from './answer-search.ts';
import { forgetEntries } from './entry-outcomes.ts';
import { sql, type RawBuilder } from 'kysely';
import { outboundStates } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { oneOf } from './bulk.ts';
import { engineOf, type Reader, type Tx } from './database.ts';
import { dropBytes } from './refused-bytes.ts';
import { openOrdinal } from './tables.ts';

/** Published: the members of `retention` in the settings. */
export const retentionKinds = [
  'bytes',
  'refused',
  'receipts',
  'attempts',
  'answers',
  'repetitions',
  'history',
] as const;
export type RetentionKind = (typeof retentionKinds)[number];

/** A row that was read: its place in the order of the table, and whether it is due. */
export interface AgedRow {
  readonly key: readonly (string | number)[];
  readonly due: boolean;
  readonly bytes: number;
  readonly digests?: readonly string[];
}

export interface RetentionRule {
  readonly kind: RetentionKind;
  /** The next rows after a key, at most `limit`; due are some of those from before the moment. */
  page(reader: Reader, before: Moment, after: AgedRow['key'] | undefined, limit: number): Promise<readonly AgedRow[]>;
  drop(tx: Tx, due: readonly AgedRow[]): Promise<void>;
}

type Row = Readonly<Record<string, string | number | null>>;

interface Scan {
  readonly kind: RetentionKind;
  readonly table: string;
  /** The columns of the order, in which an index has the rows; `least`: before the first. */
  readonly key: readonly string[];
  readonly least: readonly (string | number)[];
  /** Ends the scan: rows after it are younger, or of no concern. */
  readonly within: (before: Moment) => RawBuilder<unknown>;
  readonly due: (before: Moment) => RawBuilder<unknown>;
  readonly bytes: string;
  readonly digests?: readonly string[];
  readonly drop: RetentionRule['drop'];
}

function scan({ kind, table, key, least, within, due, bytes, digests = [], drop }: Scan): RetentionRule {
  const columns = sql.raw(key.join(', '));
  return {
    kind,
    async page(reader, before, after = least, limit) {
      const { rows } = await sql<Row>`select ${columns}, ${sql.raw(bytes)} as bytes,
        case when ${due(before)} then 1 else 0 end as due ${sql.raw(digests.map((each) => `, ${each}`).join(''))}
        from (select * from ${sql.table(table)} where (${columns}) > (${sql.join(after)}) and ${within(before)}
          order by ${columns} limit ${limit}) as aged order by ${columns}`.execute(reader);
      return rows.map((row) => ({
        key: key.map((column) => row[column] ?? ''),
        due: row['due'] === 1,
        bytes: Number(row['bytes'] ?? 0),
        digests: digests.flatMap((column) => row[column] ?? []).map(String),
      }));
    },
    drop,
  };
}

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

/** When the newest full list that counts took effect, and of the received ones the list before it: its parts came after that. */
const fullOut = sql`coalesce((select list.applied_at from list join message on message.id = list.message_id
  where list.partner = aged.partner and list.direction = 'out' and list.kind = 'full'
    and message.state in ('ACCEPTED', 'PARTIAL', 'CLOSED') order by list.ordinal desc limit 1), '')`;
const fullIn = sql`coalesce((select earlier.applied_at from list as earlier
  where earlier.partner = aged.partner and earlier.direction = 'in' and earlier.ordinal < (select ordinal from list
    where list.partner = aged.partner and list.direction = 'in' and list.kind = 'full' order by ordinal desc limit 1)
  order by earlier.ordinal desc limit 1), '')`;

const isSettled = (before: Moment) =>
  sql`state_rank >= ${outboundStates.CLOSED} and settled_at < ${before} and answer_due_at is null`;
const isReceived = (before: Moment) => sql`state = 'APPLIED' and settled_at < ${before}`;

const ofMessages = { table: 'message', key: ['created_at', 'id'], least: ['', ''] } as const;
const ofInbox = { table: 'inbox', key: ['received_at', 'partner', 'digest'], least: ['', '', ''] } as const;
const createdBefore = (before: Moment) => sql`created_at < ${before}`;
const receivedBefore = (before: Moment) => sql`received_at < ${before}`;
const always = (): RawBuilder<unknown> => sql`true`;

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

/** Tables of evidence refuse deletions, but those of a transaction that says that it does what was agreed. */
async function allowing(tx: Tx, work: () => Promise<unknown>): Promise<void> {
  const open = (value: 0 | 1) =>
    tx.updateTable('counter').set({ value }).where('name', '=', 'retention_open').execute();
  await open(1);
  await work();
  await open(0);
}

function deletion({ table, key }: Pick<Scan, 'table' | 'key'>): RetentionRule['drop'] {
  return (tx, rows) =>
    allowing(tx, async () => {
      // PostgreSQL takes a number among parameters for a text.
      const literal = (value: string | number) => (typeof value === 'number' ? sql.lit(value) : value);
      const values = rows.map((row) => sql`(${sql.join(row.key.map(literal))})`);
      const columns = sql.raw(key.join(', '));
      await sql`delete from ${sql.table(table)} where (${columns}) in (values ${sql.join(values)})`.execute(tx);
    });
}

function aged(rule: Omit<Scan, 'drop'>): RetentionRule {
  return scan({ ...rule, drop: deletion(rule) });
}

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
      if (rule.table === 'border_answer') await forgetSearchable(tx, numbers);
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
    .select('n')
    .where('kind', '=', 'assessment')
    .where(oneOf(tx, 'ref', numbers));
  const places = (await events.execute()).map(({ n }) => n);
  await forgetSearchable(tx, places);
  await forgetEntries(tx, numbers);
  const entries = sql`from event where kind = 'assessment' and ${oneOf(tx, 'ref', numbers)}`;
  await sql`insert into log_retired (n, leaf_hash) select n, leaf_hash ${entries}`.execute(tx);
  await allowing(tx, () => sql`delete ${entries}`.execute(tx));
  await deletion(assessments)(tx, rows);
}

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
  aged({
    ...{ kind: 'history', table: 'register_version', key: ['partner', 'to_list', 'n'], least: ['', 0, 0] },
    within: () => sql`to_list < ${sql.lit(openOrdinal)}`,
    due: (before) => sql`known_to < ${before}`,
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

export const retentionRules = [...bodies, ...rows];
