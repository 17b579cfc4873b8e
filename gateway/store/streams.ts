/**
 * Streams of lists: where each one stands, exactly what was published on it (the mirror), and which list was in force when.
 * A stream is one direction of one partner. Its row is the lock under which numbers are given out without gaps.
 */

import type { ListInForce } from '../model/answer.ts';
import type { ListMessage, ListRecord, Position } from '../model/list.ts';
import type { Moment } from '../model/record.ts';
import { deleteMany, insertMany } from './bulk.ts';
import type { Reader, Tx } from './database.ts';

export type StreamDirection = 'out' | 'in';

export interface Stream {
  readonly id: string;
  readonly partner: string;
  readonly direction: StreamDirection;
  readonly position: Position;
  /** The next list on it must be a full one. */
  readonly resyncWanted: boolean;
}

export interface MirrorRecord {
  readonly leaf: string;
  readonly record: ListRecord;
}

export interface StreamMove {
  readonly partner: string;
  readonly direction: StreamDirection;
  /** Where the caller saw the stream; undefined: there was none. */
  readonly from: Position | undefined;
  readonly to: Position;
}

const streamId = (partner: string, direction: StreamDirection): string => `${partner}/${direction}`;

export async function findStream(
  reader: Reader,
  partner: string,
  direction: StreamDirection,
): Promise<Stream | undefined> {
  const id = streamId(partner, direction);
  const row = await reader.selectFrom('stream').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { epoch_no, epoch_id, sequence, chain, root, count } = row;
  const position = { epoch: { no: epoch_no, id: epoch_id }, sequence, chain, root, count };
  return { id, partner, direction, position, resyncWanted: row.resync_wanted === 1 };
}

/**
 * Moves a stream on, and says its id; undefined when somebody else moved it meanwhile. From here to the end of the
 * transaction no other can move it, so the number belongs to the message written in the same transaction.
 * A move to another epoch ends a wish for a full list: every epoch begins with one.
 */
export async function moveStream(tx: Tx, move: StreamMove): Promise<string | undefined> {
  const { partner, direction, from, to } = move;
  const { sequence, chain, root, count } = to;
  const stands = { epoch_no: to.epoch.no, epoch_id: to.epoch.id, sequence, chain, root, count };
  const id = streamId(partner, direction);
  if (from === undefined) {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('stream')
      .values({ id, partner, direction, ...stands, resync_wanted: 0 })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n ? id : undefined;
  }
  const { numUpdatedRows } = await tx
    .updateTable('stream')
    .set(from.epoch.id === to.epoch.id ? stands : { ...stands, resync_wanted: 0 })
    .where('id', '=', id)
    .where('epoch_id', '=', from.epoch.id)
    .where('sequence', '=', from.sequence)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n ? id : undefined;
}

/** Notes that the partner needs a full list from us, or no longer does. False: it was never sent one. */
export async function askResync(tx: Tx, partner: string, wanted: boolean): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('stream')
    .set({ resync_wanted: wanted ? 1 : 0 })
    .where('id', '=', streamId(partner, 'out'))
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Everything published on the stream, by identifier. For a list of 40,000 records about 50 MB. */
export async function loadMirror(reader: Reader, stream: string): Promise<Map<string, MirrorRecord>> {
  const rows = await reader
    .selectFrom('mirror')
    .select(['identifier', 'leaf', 'record'])
    .where('stream', '=', stream)
    .execute();
  const mirror = new Map<string, MirrorRecord>();
  for (const { identifier, leaf, record } of rows) {
    mirror.set(identifier, { leaf, record: JSON.parse(record) as ListRecord });
  }
  return mirror;
}

/** Only the leaves, by identifier: enough to see what differs. */
export async function loadLeaves(reader: Reader, stream: string): Promise<Map<string, string>> {
  const rows = await reader.selectFrom('mirror').select(['identifier', 'leaf']).where('stream', '=', stream).execute();
  return new Map(rows.map(({ identifier, leaf }) => [identifier, leaf]));
}

export async function changeMirror(
  tx: Tx,
  stream: string,
  puts: readonly (MirrorRecord & { readonly identifier: string })[],
  removals: readonly string[],
): Promise<void> {
  const replaced = puts.map(({ identifier }) => identifier);
  await deleteMany(tx, 'mirror', 'identifier', [...removals, ...replaced], { stream });
  const rows = puts.map(({ identifier, leaf, record }) => ({
    stream,
    identifier,
    leaf,
    record: JSON.stringify(record),
  }));
  // In the order of the index: three times as fast to read back.
  rows.sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
  await insertMany(tx, 'mirror', rows);
}

export async function clearMirror(tx: Tx, stream: string): Promise<void> {
  await tx.deleteFrom('mirror').where('stream', '=', stream).execute();
}

export interface AppliedList {
  readonly partner: string;
  readonly direction: StreamDirection;
  readonly messageId: string;
  readonly list: Pick<ListMessage, 'kind' | 'issuedAt' | 'nextBy' | 'position'>;
  readonly appliedAt: Moment;
}

/** Notes that a list took effect: of ours when it was sealed, of a partner when it was applied. */
export async function noteList(tx: Tx, applied: AppliedList): Promise<void> {
  const { partner, direction, messageId, list, appliedAt } = applied;
  const { epoch, sequence, count } = list.position;
  await tx
    .insertInto('list')
    .values({
      partner,
      direction,
      message_id: messageId,
      epoch_no: epoch.no,
      sequence,
      kind: list.kind,
      count,
      issued_at: list.issuedAt,
      applied_at: appliedAt,
      next_by: list.nextBy,
    })
    .execute();
}

/**
 * The newest list of a partner that had been applied by then; undefined when none had. `newerHeld` too is as of then:
 * a list that waited then and was decided since still counts as held.
 */
export async function listInForce(reader: Reader, partner: string, knownAt: Moment): Promise<ListInForce | undefined> {
  const list = await reader
    .selectFrom('list')
    .leftJoin('inbox', (join) =>
      join
        .onRef('inbox.partner', '=', 'list.partner')
        .onRef('inbox.message_id', '=', 'list.message_id')
        .on('inbox.state', '=', 'APPLIED'),
    )
    .select(['epoch_no', 'sequence', 'issued_at', 'applied_at', 'received_at'])
    .where('list.partner', '=', partner)
    .where('list.direction', '=', 'in')
    .where('applied_at', '<=', knownAt)
    .orderBy('applied_at', 'desc')
    .orderBy('epoch_no', 'desc')
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  if (list === undefined) return undefined;
  const receivedAt = list.received_at ?? list.applied_at;
  return {
    number: `${partner}/${list.epoch_no}/${String(list.sequence).padStart(5, '0')}`,
    issuedAt: list.issued_at,
    receivedAt,
    newerHeld: await wasHeld(reader, partner, receivedAt, knownAt),
  };
}

/** Whether a message received after `since` was waiting for two people at `knownAt`. */
async function wasHeld(reader: Reader, partner: string, since: Moment, knownAt: Moment): Promise<boolean> {
  const held = await reader
    .selectFrom('inbox')
    .select('digest')
    .where('partner', '=', partner)
    .where('held_at', '<=', knownAt)
    .where('received_at', '>', since)
    .where((eb) => eb.or([eb('settled_at', 'is', null), eb('settled_at', '>', knownAt)]))
    .limit(1)
    .executeTakeFirst();
  return held !== undefined;
}
