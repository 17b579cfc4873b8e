/** The append-only log of what the gateway did: numbered without gaps, each event with its Merkle tree leaf hash (RFC 6962). */

import { sql } from 'kysely';
import type { SenderEvidence } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany } from './bulk.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import { advanceCounter } from './counters.ts';
import type { Tables } from './tables.ts';
import type { Reader, Tx } from './database.ts';

export interface NewEvent {
  readonly kind: string;
  /** The subject: a message id, a consultation number, a digest. */
  readonly ref: string;
  readonly detail?: object;
  readonly at: Moment;
}

/**
 * Appends events and returns the number of the last. Takes numbers of the log as `takeLogNumbers`: append at the end of a transaction.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<number> {
  const first = await takeLogNumbers(tx, events.length);
  const rows = events.map((event, i) => {
    const { kind, ref, detail, at } = event;
    const n = first + i;
    const text = detail === undefined ? null : canonicalJson(detail);
    return { n, leaf_hash: leafHash(n, event), kind, ref, detail: text, at };
  });
  await insertMany(tx, 'event', rows);
  return first + events.length - 1;
}

/**
 * Takes the next `count` numbers of the log and returns the first; the first of a store is 1. The counter stays locked until the
 * transaction ends, so that the log has the order of the commits: take them last, or other transactions wait for the rest of this one.
 */
export async function takeLogNumbers(tx: Tx, count: number): Promise<number> {
  return (await advanceCounter(tx, 'event', count)) - count + 1;
}

/** The leaf hash of an event (RFC 6962, 2.1) in hex: SHA-256 over the byte 0 and the canonical JSON (RFC 8785) of the event. */
export function leafHash(n: number, { kind, ref, detail, at }: NewEvent): string {
  const said = detail === undefined ? '' : `"detail":${canonicalJson(detail)},`;
  return sha256(`\u0000{"at":"${at}",${said}"kind":"${kind}","n":${n},"ref":${JSON.stringify(ref)}}`);
}

/** The kind of the newest event about a subject, of those whose kind begins so. */
export async function newestEvent(reader: Reader, ref: string, kindPrefix: string): Promise<string | undefined> {
  const newest = reader.selectFrom('event').select('kind').where('ref', '=', ref).orderBy('n', 'desc');
  return (await newest.where('kind', 'like', `${kindPrefix}%`).limit(1).executeTakeFirst())?.kind;
}

/** Kinds that come with the traffic at the border, and that no page of staff follows. */
const borderKinds = ['assessment', 'entry_reported'];
const mostLooked = 1_000;

/**
 * The number of the newest event after `n` but for those of the border; `n` itself where there is none. Of very many at once the newest
 * counts, whatever it is. `n` undefined: the newest of all.
 */
export async function staffEventAfter(reader: Reader, n: number | undefined): Promise<number> {
  if (n === undefined) return (await lastEvent(reader))?.n ?? 0;
  const after = reader.selectFrom('event').select(['n', 'kind']).where('n', '>', n).orderBy('n').limit(mostLooked);
  const rows = await after.execute();
  const own = rows.length === mostLooked ? rows : rows.filter(({ kind }) => !borderKinds.includes(kind));
  return own.at(-1)?.n ?? n;
}

/** What events about jumps of the clock refer to. */
export const clockJumps = 'clock';

/** The event appended last, or the last about one subject. */
export async function lastEvent(reader: Reader, ref?: string): Promise<Tables['event'] | undefined> {
  const newest = reader.selectFrom('event').selectAll().orderBy('n', 'desc').limit(1);
  return await (ref === undefined ? newest : newest.where('ref', '=', ref)).executeTakeFirst();
}

/** What became of a message that was exchanged with a partner. */
export interface LoggedEvent {
  readonly n: number;
  readonly kind: string;
  readonly partner: string;
  /** Of an event that settled a message of ours: seconds since that was sealed. */
  readonly seconds?: number;
}

const exchangeKinds = [
  ...['receipt', 'answered', 'custody', 'refused', 'unknown'].map((outcome) => `delivery_${outcome}`),
  ...['applied', 'held', 'rejected'].flatMap((verdict) => [
    `receipt_${verdict}`,
    `list_${verdict}`,
    `reply_${verdict}`,
  ]),
  ...['message_rejected', 'message_closed'],
];
const settling = /^(receipt_|message_closed$)/u;

/** Attempts and verdicts after the event of one number, up to that of another; oldest first. */
export async function exchangeEvents(
  reader: Reader,
  { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<readonly LoggedEvent[]> {
  const rows = await reader
    .selectFrom('event')
    .leftJoin('message', 'message.id', 'event.ref')
    .select(['event.n', 'event.kind', 'event.detail', 'event.at', 'message.created_at'])
    .where('event.n', '>', after)
    .where('event.n', '<=', upTo)
    .where('event.kind', 'in', exchangeKinds)
    .orderBy('event.n')
    .limit(limit)
    .execute();
  return rows.map(({ n, kind, detail, at, created_at: sealed }) => {
    const { partner = '' } = JSON.parse(detail ?? '{}') as { readonly partner?: string };
    if (sealed === null || !settling.test(kind)) return { n, kind, partner };
    return { n, kind, partner, seconds: Math.max(0, Date.parse(at) - Date.parse(sealed)) / 1000 };
  });
}

export interface EventQuery {
  /** Only events before this number. */
  readonly before?: number;
  readonly ref?: string;
  readonly kind?: string;
  readonly limit: number;
}

/** Newest first. */
export async function listEvents(reader: Reader, query: EventQuery): Promise<Tables['event'][]> {
  return await eventQuery(reader, query).execute();
}

function eventQuery(reader: Reader, { before, ref, kind, limit }: EventQuery) {
  let found = reader.selectFrom('event').selectAll().orderBy('n', 'desc').limit(limit);
  if (ref !== undefined) found = found.where('ref', '=', ref);
  if (before !== undefined) found = found.where('n', '<', before);
  if (kind !== undefined) found = found.where('kind', '=', kind);
  return found;
}

/** How the sender of a list was known when it was applied: its row of the inbox may have become that of the same bytes in a later file. */
export async function loggedEvidence(
  reader: Reader,
  partner: string,
  messageId: string,
): Promise<SenderEvidence | undefined> {
  const events = await listEvents(reader, { ref: messageId, kind: 'list_applied', limit: 10 });
  type Detail = { readonly partner?: string; readonly evidence?: SenderEvidence };
  const details = events.map(({ detail }) => JSON.parse(detail ?? '{}') as Detail);
  return details.find((each) => each.partner === partner)?.evidence;
}

/** How many events, of whatever kind, are read for those of one person. */
const mostReadForPerson = 20_000;

/**
 * Events about a person, and those that name it as who decided; newest first. Of very many events only so many are read: `next` is the
 * number before which the search goes on; null: all were read.
 */
export async function eventsOfPerson(
  reader: Reader,
  person: string,
  query: EventQuery,
): Promise<{ readonly events: Tables['event'][]; readonly next: number | null }> {
  const { before = Number.MAX_SAFE_INTEGER, limit } = query;
  const oldest = reader.selectFrom('event').select('n').where('n', '<', before).orderBy('n', 'desc');
  const low = (
    await oldest
      .offset(mostReadForPerson - 1)
      .limit(1)
      .executeTakeFirst()
  )?.n;
  const named = `%${JSON.stringify(person).replaceAll(/[\\%_]/gu, '\\$&')}%`;
  const found = await eventQuery(reader, query)
    .where('n', '>=', low ?? 0)
    .where(({ or, eb }) => or([eb('ref', '=', person), sql<boolean>`detail like ${named} escape '\\'`]))
    .execute();
  // A text that a person wrote may have the name in it.
  const isNamed = (detail: string | null): boolean =>
    Object.values(JSON.parse(detail ?? '{}') as object)
      .flat()
      .includes(person);
  const events = found.filter(({ ref, detail }) => ref === person || isNamed(detail));
  return { events, next: (found.length < limit ? low : found.at(-1)?.n) ?? null };
}

/**
 * How many events of each kind have a number above one, at most `most`. Goes from one kind to the next in the index: of the border there
 * may be millions.
 */
export async function countEvents(
  reader: Reader,
  after: number,
  most: number,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ kind: string; count: number }>`
    with recursive kinds(kind) as (select min(kind) from event union all
      select (select min(event.kind) from event where event.kind > kinds.kind) from kinds where kinds.kind is not null)
    select kind, (select count(*) from (select 1 from event where event.kind = kinds.kind and event.n > ${after}
      limit ${sql.lit(most)}) as counted) as count from kinds where kind is not null order by kind`.execute(reader);
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]));
}
