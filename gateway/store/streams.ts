/**
 * The state of each stream of lists, and which list was in force when. A stream is one direction of one partner; mirrors.ts has what was
 * published on it. The row of the stream is the lock under which sequence numbers are given out without gaps.
 */

import type { ListInForce } from '../model/clearance/answer.ts';
import { joinDigests, splitDigests, zeroChain } from '../model/list/digest.ts';
import { largestNumber, type ListMessage, type Position } from '../model/list/list.ts';
import { emptyMirror, mirrorRoot, type MirrorSummary } from '../model/list/mirror.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { insertMany } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { loggedEvidence } from './events.ts';
import { prepared, preparedUpdate, type Places } from './prepared.ts';
import { changesOne } from './rows.ts';
import { openMoment } from './tables.ts';

export type StreamDirection = 'out' | 'in';

export interface Stream {
  readonly id: string;
  readonly partner: string;
  readonly direction: StreamDirection;
  readonly position: Position;
  /** The next list must be a full one. */
  readonly resyncWanted: boolean;
  /** The number of the epoch it begins, where the partner stated which one it holds. */
  readonly nextEpoch?: number;
  readonly mirror: MirrorSummary;
  readonly watermark: Watermark;
  /** How many parts of a list were received whose last part has not arrived. */
  readonly parts: number;
}

/** How far an outbound mirror is current: up to an operator revision, under terms with this digest. */
export interface Watermark {
  readonly revision: number;
  readonly terms: string;
}

export interface StreamMove extends Pick<Stream, 'partner' | 'direction'> {
  /** The position the caller has read; undefined: the stream did not exist. */
  readonly from: Position | undefined;
  readonly to: Position;
  /** Absent: unchanged; a part of a list moves the position only. */
  readonly mirror?: MirrorSummary;
  readonly watermark?: Watermark;
  /** The message is the full list that was asked for. */
  readonly endsResync?: boolean;
}

export const streamId = (partner: string, direction: StreamDirection): string => `${partner}/${direction}`;

const streamRow = prepared((reader, { id }: Places<Pick<Stream, 'id'>>) => {
  const parts = reader.selectFrom('list_part').select(({ fn }) => fn.countAll<number>().as('parts'));
  const counted = parts.where('list_part.stream', '=', id).as('parts');
  return reader.selectFrom('stream').selectAll().select(counted).where('id', '=', id);
});

export async function findStream(
  reader: Reader,
  partner: string,
  direction: StreamDirection,
): Promise<Stream | undefined> {
  const id = streamId(partner, direction);
  const [row] = (await streamRow(reader, { id })).rows;
  if (row === undefined) return undefined;
  const { epoch_no, epoch_id, sequence, chain, root, count } = row;
  const position = { epoch: { no: epoch_no, id: epoch_id }, sequence, chain, root, count };
  const { digests, held, active, revision, terms } = row;
  const mirror = digests === '' ? emptyMirror : { digests: splitDigests(digests), count: held, active };
  const resyncWanted = row.resync_wanted > 0;
  const nextEpoch = row.resync_wanted > 1 ? row.resync_wanted : undefined;
  const watermark = { revision, terms };
  const parts = row.parts ?? 0;
  return present({ id, partner, direction, position, resyncWanted, nextEpoch, mirror, watermark, parts });
}

/** How far the lists to a partner have come. */
export interface SendingProgress {
  readonly watermark: Watermark;
  readonly resyncWanted: boolean;
  readonly epochId: string;
  readonly last: { readonly issuedAt: Moment; readonly nextBy: Moment };
}

/** Undefined before the first list. */
export async function sendingProgress(reader: Reader, partner: string): Promise<SendingProgress | undefined> {
  const stream = reader.selectFrom('stream').where('id', '=', streamId(partner, 'out'));
  const row = await stream.select(['revision', 'terms', 'resync_wanted', 'epoch_id']).executeTakeFirst();
  const last = await newestListDates(reader, partner, 'out');
  if (row === undefined || last === undefined) return undefined;
  const { revision, terms, resync_wanted: wanted, epoch_id: epochId } = row;
  return { watermark: { revision, terms }, resyncWanted: wanted > 0, epochId, last };
}

/**
 * Moves a stream to its next position and returns its id; undefined when another transaction moved it first. Nobody else can move it
 * before this transaction ends, so the sequence number belongs to the message stored in the same transaction.
 */
export async function moveStream(tx: Tx, move: StreamMove): Promise<string | undefined> {
  const { partner, direction, from, to, mirror, watermark, endsResync } = move;
  const { sequence, chain, root, count } = to;
  const state = {
    ...{ epoch_no: to.epoch.no, epoch_id: to.epoch.id, sequence, chain, root, count },
    ...(mirror === undefined
      ? {}
      : { digests: joinDigests(mirror.digests), held: mirror.count, active: mirror.active }),
    ...watermark,
  };
  const id = streamId(partner, direction);
  if (from === undefined) {
    const insert = tx
      .insertInto('stream')
      .values({
        ...{ id, partner, direction, resync_wanted: 0 },
        ...{ digests: '', held: 0, active: 0, revision: 0, terms: '' },
        ...state,
      })
      .onConflict((conflict) => conflict.column('id').doNothing());
    return (await changesOne(insert)) ? id : undefined;
  }
  const set = endsResync === true ? { ...state, resync_wanted: 0 } : state;
  const before = { id, epoch: from.epoch.id, number: from.sequence };
  return (await moveRow(tx, set, before)) ? id : undefined;
}

type Before = { readonly id: string; readonly epoch: string; readonly number: number };
const moveRow = preparedUpdate('stream', (update, { id, epoch, number }: Places<Before>) =>
  update.where('id', '=', id).where('epoch_id', '=', epoch).where('sequence', '=', number),
);

/** What is held of the sender: nothing before its first list, and after a reset. */
export function positionHeld(stream: Stream | undefined): Position | undefined {
  return stream === undefined || stream.position.epoch.no === 0 ? undefined : stream.position;
}

/**
 * Forgets the position of a partner's stream, so that its next full list begins it anew; register and mirror stay. False: the
 * position is not this one any more.
 */
export async function resetPosition(tx: Tx, partner: string, held: Position): Promise<boolean> {
  const update = tx
    .updateTable('stream')
    .set({ epoch_no: 0, epoch_id: '', sequence: 0, chain: zeroChain })
    .where('id', '=', streamId(partner, 'in'))
    .where('chain', '=', held.chain);
  return await changesOne(update);
}

/** Stores a later watermark, or other terms: what changed up to it concerns nothing that the partner may see. */
export async function saveWatermark(tx: Tx, stream: string, { revision, terms }: Watermark): Promise<void> {
  await tx
    .updateTable('stream')
    .set({ revision, terms })
    .where('id', '=', stream)
    .where('revision', '<=', revision)
    .execute();
}

/**
 * The next list to the partner must be a full one, which begins `nextEpoch`: 1 stands for the one after ours, because no epoch that
 * follows another has this number. False: no list was sent yet.
 */
export async function requireFullList(tx: Tx, partner: string, nextEpoch = 1): Promise<boolean> {
  const update = tx.updateTable('stream').set({ resync_wanted: nextEpoch > largestNumber ? 1 : nextEpoch });
  return await changesOne(update.where('id', '=', streamId(partner, 'out')));
}

/**
 * The next list to the partner is a full one beyond the number that was given last, of which the store knows nothing; without one,
 * beyond its own. A stream that the store does not have yet is made.
 */
export async function renewStream(
  tx: Tx,
  partner: string,
  given: { readonly epoch: number; readonly sequence: number } | undefined,
): Promise<void> {
  const before = await findStream(tx, partner, 'out');
  const { epoch: no = before?.position.epoch.no ?? 0, sequence = before?.position.sequence ?? 0 } = given ?? {};
  const epoch = before?.position.epoch.no === no ? before.position.epoch : { no, id: '' };
  const { chain, root, count } = before?.position ?? { chain: zeroChain, root: mirrorRoot(emptyMirror), count: 0 };
  const to = { epoch, sequence, chain, root, count };
  await moveStream(tx, { partner, direction: 'out', from: before?.position, to });
  await requireFullList(tx, partner, Math.max(no + 1, before?.nextEpoch ?? 0));
}

/**
 * Records that lists took effect: ours when sealed, a partner's when applied. The caller has moved the stream, so that no other transaction
 * gives the same ordinals. Returns the ordinal of the last.
 */
export async function recordLists(
  tx: Tx,
  { partner, direction }: Pick<Stream, 'partner' | 'direction'>,
  lists: readonly {
    readonly messageId: string;
    readonly list: Pick<ListMessage, 'kind' | 'issuedAt' | 'nextBy' | 'position'>;
    readonly appliedAt: Moment;
  }[],
): Promise<number> {
  const newest = await newestOrdinal(tx, partner, direction);
  const rows = lists.map(({ messageId, list: { kind, position, issuedAt, nextBy }, appliedAt }, i) => ({
    ...{ partner, direction, message_id: messageId, kind },
    ...{ epoch_no: position.epoch.no, sequence: position.sequence, count: position.count },
    ...{ issued_at: issuedAt, applied_at: appliedAt, next_by: nextBy, ordinal: newest + i + 1 },
  }));
  await insertMany(tx, 'list', rows);
  return newest + rows.length;
}

/** When the newest list of one direction, or the newest full one, was issued, and by when the next one follows; undefined before the first. */
export async function newestListDates(
  reader: Reader,
  partner: string,
  direction: StreamDirection,
  kind?: 'full',
): Promise<SendingProgress['last'] | undefined> {
  const lists = reader.selectFrom('list').where('partner', '=', partner).where('direction', '=', direction);
  const newest = lists.select(['issued_at as issuedAt', 'next_by as nextBy']).orderBy('ordinal', 'desc').limit(1);
  return await (kind === undefined ? newest : newest.where('kind', '=', kind)).executeTakeFirst();
}

/** When the newest full list of ours to a partner was sealed; undefined before the first. */
export async function newestFull(reader: Reader, partner: string): Promise<Moment | undefined> {
  const row = await reader
    .selectFrom('list')
    .select('applied_at')
    .where('partner', '=', partner)
    .where('direction', '=', 'out')
    .where('kind', '=', 'full')
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.applied_at;
}

const newestRow = prepared((reader, value: Places<Pick<Stream, 'partner' | 'direction'>>) => {
  const newest = reader.selectFrom('list').select(({ fn }) => fn.max<number | null>('ordinal').as('newest'));
  return newest.where('partner', '=', value.partner).where('direction', '=', value.direction);
});

/** Of the newest list of one direction; 0 before the first. */
export async function newestOrdinal(reader: Reader, partner: string, direction: StreamDirection): Promise<number> {
  const { rows } = await newestRow(reader, { partner, direction });
  return rows[0]?.newest ?? 0;
}

type AsOf = { readonly partner: string; readonly past: Moment };
const newestApplied = prepared((reader, value: Places<AsOf>) =>
  reader
    .selectFrom('list')
    .leftJoin('inbox', (join) =>
      join
        .onRef('inbox.partner', '=', 'list.partner')
        .onRef('inbox.message_id', '=', 'list.message_id')
        .on('inbox.state', '=', 'APPLIED'),
    )
    .select(['epoch_no', 'sequence', 'issued_at', 'applied_at', 'received_at', 'ordinal', 'evidence'])
    .select('list.message_id as id')
    .where('list.partner', '=', value.partner)
    .where('list.direction', '=', 'in')
    .where('applied_at', '<=', value.past)
    .orderBy('ordinal', 'desc')
    .limit(1),
);
const newerHeld = prepared((reader, value: Places<AsOf & { readonly ordinal: number }>) =>
  reader
    .selectFrom('inbox')
    .select('digest')
    .where('partner', '=', value.partner)
    .where('held_at', '<=', value.past)
    .where('held_after', '>=', value.ordinal)
    .where((eb) => eb.or([eb('settled_at', 'is', null), eb('settled_at', '>', value.past)]))
    .limit(1),
);

/**
 * The list of a partner that was committed last; undefined when none was. `past`: the last of those applied by then, as the clock showed,
 * with all that were committed before it. `newerHeld` describes the same moment: a list that was held then counts even if it has been
 * decided since.
 */
export async function listInForce(
  reader: Reader,
  partner: string,
  past: Moment = openMoment,
): Promise<ListInForce | undefined> {
  const [list] = (await newestApplied(reader, { partner, past })).rows;
  if (list === undefined) return undefined;
  const { rows: held } = await newerHeld(reader, { partner, past, ordinal: list.ordinal });
  return {
    number: `${partner}/${list.epoch_no}/${String(list.sequence).padStart(5, '0')}`,
    ordinal: list.ordinal,
    issuedAt: list.issued_at,
    receivedAt: list.received_at ?? list.applied_at,
    evidence: list.evidence ?? (await loggedEvidence(reader, partner, list.id)) ?? 'signed',
    newerHeld: held.length > 0,
  };
}
