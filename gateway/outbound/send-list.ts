/**
 * The first story: domestic records become a sealed list for one partner, and travel until the partner's receipt is held.
 *
 *   records -> eligible under this arrangement -> what differs from what the partner holds -> encode -> validate -> seal
 *   -> bytes, position and outbox in one transaction -> deliver (same id, same bytes, every time) -> receipt
 */

import type { ListFormat } from '../adapter/adapter.ts';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { listContent, type ListContent } from './list-diff.ts';
import { numbered } from './list-sequencing.ts';
import { inForce } from '../model/arrangement.ts';
import { dayAt } from '../model/day.ts';
import type { Ineligible } from '../model/record/eligibility.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { SealedMessage } from '../model/message.ts';
import { mirrorRoot, type MirrorChange } from '../model/list/mirror.ts';
import type { PackedList } from '../model/record/packed-records.ts';
import { appendEvents } from '../store/events.ts';
import { saveBuckets } from '../store/mirrors.ts';
import { addMessages, supersedeOlder } from '../store/outbox.ts';
import { findStream, moveStream, noteLists, saveWatermark, type Watermark, type Stream } from '../store/streams.ts';
import { unwritableIn, type Unwritable } from './unencodable-records.ts';
import { checkDraft, joined, seal, type Draft } from '../wire/signature/seal.ts';

export type ListKind = ListMessage['kind'];

/** One message of a list, sealed and not sent. */
export interface BuiltMessage {
  readonly list: PackedList;
  readonly sealed: SealedMessage;
}

/** A list, or a change of one, and how it came about. */
export interface BuiltList extends BuiltMessage {
  readonly kind: ListKind;
  /** In the order of their numbers: the parts of a full list, or deltas one after the other. `list` and `sealed` are the last. */
  readonly messages: readonly BuiltMessage[];
  readonly records: number;
  readonly departures: number;
  /** Why operators are not on it; of a delta, only those that changed were looked at. */
  readonly leftOut: ReadonlyMap<Ineligible, number>;
  /** Operators left out because a value of theirs cannot be written for this partner. */
  readonly unwritable: readonly Unwritable[];
  readonly before: Stream | undefined;
  readonly mirror: MirrorChange;
  readonly watermark: Watermark;
  /** Milliseconds by step. */
  readonly timings: Timings;
}

export type Timings = Readonly<Record<'read' | 'compare' | 'encode' | 'validate' | 'seal', number>>;

export interface ListOptions {
  /** Absent: a delta where the partner holds a list and takes deltas, a full one otherwise. */
  readonly kind?: ListKind | undefined;
  /** The list goes out even if it says nothing new: it renews what would otherwise grow too old at the partner's border. */
  readonly renew?: boolean | undefined;
  /** A delta of its own for each operator, where a partner wants them one by one. */
  readonly each?: boolean | undefined;
}

/**
 * Builds and seals a list without storing or sending it; undefined when it would say nothing new and is not to renew.
 * Throws E_ARRANGEMENT_NOT_IN_FORCE, E_NOTHING_HELD (a delta without a list to differ from), E_LIST_KIND (a delta for a
 * partner that takes full lists only), E_SCHEMA_INVALID.
 */
export async function buildList(
  gateway: Gateway,
  code: string,
  wish: ListOptions = {},
): Promise<BuiltList | undefined> {
  const built = await build(gateway, code, wish);
  return 'list' in built ? built : undefined;
}

/** How far was looked, when there is nothing to say. */
type NothingNew = Pick<BuiltList, 'before' | 'watermark'>;

async function build(gateway: Gateway, code: string, wish: ListOptions): Promise<BuiltList | NothingNew> {
  const partner = getPartner(gateway, code);
  const clock = stopwatch();

  // 1. The arrangement is in force today.
  const today = dayAt(gateway.now(), gateway.home.timeZone);
  checkInForce(partner, today);
  const stream = await findStream(gateway.db.sql, partner.code, 'out');
  const kind = kindFor(partner, stream, wish.kind);
  const layout = partner.adapter.on(dayAt(gateway.now(), partner.adapter.timeZone)).list;

  const unwritable = new Map<string, Unwritable>();
  for (;;) {
    // 2. Who may be seen by this partner, and what differs from what it holds.
    const now = gateway.now();
    const wanted = { partner, stream, kind, today, now, unwritable: new Set(unwritable.keys()) };
    const content = await listContent(gateway.db.sql, wanted);
    clock.lap('read');

    // 3. Given its numbers: a list that is too large in parts, changes in as many deltas as wished.
    if (saysNothingNew(stream, content) && wish.renew !== true && wish.kind !== 'full')
      return { before: stream, watermark: content.watermark };
    const numbering = { stream, content, each: wish.each === true };

    // 4. In the partner's words; 5. as the partner's schema wants them; 6. under our seal.
    try {
      const messages = await sealAll(partner, layout, numbered(gateway, partner, numbering), clock);
      return builtList({ kind, messages, content, before: stream, unwritable: [...unwritable.values()] }, clock.laps);
    } catch (error) {
      // What cannot be written is left out and told; the rest goes.
      const [first] = numbered(gateway, partner, numbering);
      if (first === undefined) throw error;
      const found = unwritableIn(error, partner, layout, { ...first, records: content.records });
      if (found.length === 0) throw error;
      for (const each of found) unwritable.set(each.identifier, each);
      gateway.log.warn('operators left out: their records cannot be written', {
        partner: partner.code,
        count: found.length,
      });
    }
  }
}

type Built = Pick<BuiltList, 'kind' | 'messages' | 'before' | 'unwritable'> & { readonly content: ListContent };

function builtList({ content, ...built }: Built, timings: Timings): BuiltList {
  const last = built.messages.at(-1);
  if (last === undefined) throw new GatewayError('E_INTERNAL', 'a list has one message at least');
  const { records, departures, leftOut, mirror, watermark } = content;
  const counts = { records: records.count, departures: departures.length };
  return { ...built, ...last, ...counts, leftOut, mirror, watermark, timings };
}

/**
 * Builds a list and queues it: position, mirror, bytes and outbox rows in one transaction. The dispatcher (delivery.ts)
 * does the rest. Throws what buildList throws, and E_STREAM_MOVED.
 */
export async function sendList(gateway: Gateway, code: string, wish: ListOptions = {}): Promise<BuiltList | undefined> {
  const built = await build(gateway, code, wish);
  const { before, watermark } = built;
  if (!('list' in built)) {
    if (before !== undefined && before.watermark.revision < watermark.revision)
      await gateway.db.transaction((tx) => saveWatermark(tx, before.id, watermark));
    return undefined;
  }
  const partner = getPartner(gateway, code).code;
  const { list: last, messages, mirror } = built;
  await gateway.db.transaction(async (tx) => {
    const move = { partner, direction: 'out', from: before?.position, to: last.position } as const;
    const streamId = await moveStream(tx, { ...move, mirror: mirror.after, watermark });
    if (streamId === undefined)
      throw new GatewayError('E_STREAM_MOVED', 'another list for this partner was queued while this one was built');
    await saveBuckets(tx, streamId, mirror.buckets);
    const { epoch } = last.position;
    // Lists of an earlier epoch that never arrived would only be refused now.
    if (epoch.id !== before?.position.epoch.id) await supersedeOlder(tx, partner, epoch.id, last.issuedAt);
    await addMessages(
      tx,
      messages.map(({ list, sealed }) => ({
        sealed,
        epochId: epoch.id,
        sequence: list.position.sequence,
        at: list.issuedAt,
      })),
    );
    const whole = messages.filter(({ list }) => list.part === undefined || list.part.no === list.part.of);
    await noteLists(
      tx,
      { partner, direction: 'out' },
      whole.map(({ list }) => ({ messageId: list.id, list, appliedAt: list.issuedAt })),
    );
    await appendEvents(
      tx,
      messages.map(({ list, sealed }) => {
        const detail = { partner, digest: sealed.digest, sequence: list.position.sequence };
        return { kind: 'list_sealed', ref: list.id, at: list.issuedAt, detail };
      }),
    );
  });
  gateway.log.info('list queued', { partner, messageId: last.id, kind: built.kind, count: built.records });
  return built;
}

function checkInForce(partner: Partner, today: string): void {
  const force = inForce(partner.adapter.arrangement, today);
  if (!force.yes)
    throw new GatewayError('E_ARRANGEMENT_NOT_IN_FORCE', `the arrangement is in force from ${force.from}`, {
      at: partner.code,
    });
}

function kindFor(partner: Partner, stream: Stream | undefined, kind: ListKind | undefined): ListKind {
  const { kinds } = partner.adapter.lists;
  const begins = stream === undefined || stream.resyncWanted;
  const wanted = kind ?? (begins || !kinds.includes('delta') ? 'full' : 'delta');
  if (!kinds.includes(wanted))
    throw new GatewayError('E_LIST_KIND', `this partner takes ${kinds.join(' and ')} lists only`, {
      fix: 'Send --full.',
    });
  if (wanted === 'delta' && begins) {
    const detail = stream === undefined ? 'this partner was never sent a list' : 'the partner refused the last list';
    throw new GatewayError('E_NOTHING_HELD', detail, { fix: 'Send a full list: --full.' });
  }
  return wanted;
}

/** A delta without a change, or a full list that is the one the partner holds. */
function saysNothingNew(stream: Stream | undefined, { kind, records, departures, mirror }: ListContent): boolean {
  if (kind === 'delta') return records.count + departures.length === 0;
  return stream?.resyncWanted === false && mirrorRoot(mirror.after) === stream.position.root;
}

/** Signatures are made beside this thread; so many messages may wait for theirs at a time. */
const signedAtOnce = 64;

async function sealAll(
  partner: Partner,
  layout: ListFormat,
  lists: Iterable<PackedList>,
  clock: Stopwatch,
): Promise<BuiltMessage[]> {
  const sealing: Promise<BuiltMessage>[] = [];
  try {
    for (const list of lists) {
      clock.lap('compare');
      const content = joined(layout.encodePacked(list), list.records.count);
      clock.lap('encode');
      const draft = checkDraft(content, layout, partner.schemaOf(layout));
      clock.lap('validate');
      sealing.push(sealOne(partner, list, draft));
      await sealing.at(-signedAtOnce);
      clock.lap('seal');
    }
  } finally {
    await Promise.allSettled(sealing);
    clock.lap('seal');
  }
  return await Promise.all(sealing);
}

async function sealOne(partner: Partner, list: PackedList, draft: Draft): Promise<BuiltMessage> {
  using open = draft;
  const meta = { id: list.id, partner: partner.code, kind: 'list', at: list.issuedAt } as const;
  return { list, sealed: await seal(open, partner.signer, meta) };
}

interface Stopwatch {
  lap(name: keyof Timings): void;
  readonly laps: Timings;
}

function stopwatch(): Stopwatch {
  const laps = { read: 0, compare: 0, encode: 0, validate: 0, seal: 0 };
  let last = performance.now();
  return {
    laps,
    lap(name) {
      const now = performance.now();
      laps[name] += now - last;
      last = now;
    },
  };
}
