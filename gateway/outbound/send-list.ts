/**
 * The first story: domestic records become a sealed list for one partner, which delivery.ts sends until the partner's receipt is held.
 *
 *   compare with what the partner holds -> number the messages -> encode -> validate -> seal
 *   -> position, bytes and outbox in one transaction
 */

import { isDeepStrictEqual } from 'node:util';
import type { ListFormat } from '../adapter/adapter.ts';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { isFullListDue } from './full-list-due.ts';
import { diffList, type ListDiff } from './list-diff.ts';
import { sequenceMessages } from './list-sequencing.ts';
import { inForce } from '../model/arrangement.ts';
import { dayAt } from '../model/day.ts';
import type { IneligibilityReason } from '../model/record/eligibility.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import type { SealedMessage } from '../model/message.ts';
import { mirrorRoot, type MirrorChange } from '../model/list/mirror.ts';
import type { PackedList } from '../model/record/packed-records.ts';
import { present } from '../model/present.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { saveBuckets } from '../store/mirrors.ts';
import { listsWait } from '../store/older-store.ts';
import { addMessages } from '../store/outbox.ts';
import { findStream, moveStream, recordLists, saveWatermark, type Watermark, type Stream } from '../store/streams.ts';
import { supersedeOlder } from '../store/superseding.ts';
import { findUnencodable, type UnencodableRecord } from './unencodable-records.ts';
import { checkUnsigned, seal, writeChunks, type UnsignedMessage } from '../wire/signature/seal.ts';

type ListKind = ListMessage['kind'];

/** One sealed message of a list, not sent yet. */
interface BuiltMessage {
  readonly list: PackedList;
  readonly sealed: SealedMessage;
}

/** A full list or a delta, and how it was built. */
export interface BuiltList extends BuiltMessage {
  readonly kind: ListKind;
  /** In sequence: the parts of a full list, or consecutive deltas. `list` and `sealed` are the last of them. */
  readonly messages: readonly BuiltMessage[];
  readonly records: number;
  readonly departures: number;
  /** Number of operators left out, by reason. For a delta, only operators that changed were compared. */
  readonly leftOut: ReadonlyMap<IneligibilityReason, number>;
  /** Operators left out because the partner's layout cannot carry one of their values. */
  readonly unencodable: readonly UnencodableRecord[];
  /** The stream that the list continues. */
  readonly before: Stream | undefined;
  readonly mirror: MirrorChange;
  readonly watermark: Watermark;
  /** Milliseconds by step. */
  readonly timings: Timings;
}

type Timings = Readonly<Record<'read' | 'compare' | 'encode' | 'validate' | 'seal', number>>;

/**
 * Builds and seals a list without storing or sending it; returns undefined if nothing changed and no renewal is due. Throws
 * E_ARRANGEMENT_NOT_IN_FORCE, E_NOTHING_HELD (a delta without a previous list), E_LIST_KIND (a delta for a partner that accepts full lists
 * only), E_SCHEMA_INVALID.
 */
export async function buildList(
  gateway: Gateway,
  code: string,
  options: ListOptions = {},
): Promise<BuiltList | undefined> {
  const built = await build(gateway, code, options);
  return 'list' in built ? built : undefined;
}

/**
 * Builds a list and queues it: stream, mirror, bytes and outbox rows in one transaction. The dispatcher (delivery.ts) sends it. Throws what
 * buildList throws, and E_STREAM_MOVED.
 */
export async function sendList(
  gateway: Gateway,
  code: string,
  options: ListOptions = {},
): Promise<BuiltList | undefined> {
  const built = await build(gateway, code, options);
  const { before, watermark } = built;
  if (!('list' in built)) {
    if (before !== undefined && !isDeepStrictEqual(before.watermark, watermark))
      await gateway.db.transaction((tx) => saveWatermark(tx, before.id, watermark));
    return undefined;
  }
  const partner = getPartner(gateway, code);
  await gateway.db.transaction((tx) => queueList(tx, partner, built));
  gateway.log.info('list queued', {
    partner: partner.code,
    messageId: built.list.id,
    kind: built.kind,
    count: built.records,
  });
  return built;
}

/** If nothing changed: the revision up to which operators were compared. */
type UnchangedList = Pick<BuiltList, 'before' | 'watermark'>;

async function build(gateway: Gateway, code: string, options: ListOptions): Promise<BuiltList | UnchangedList> {
  const partner = getPartner(gateway, code);
  const clock = stopwatch();

  // 1. The arrangement is in force today, and the partner accepts this kind of list.
  const today = dayAt(gateway.now(), gateway.home.timeZone);
  checkInForce(partner, today);
  if (await listsWait(gateway.db.sql)) throw olderStore();
  const stream = await findStream(gateway.db.sql, partner.code, 'out');
  const due = options.kind === undefined && (await isFullListDue(gateway, partner));
  const kind = kindFor(partner, stream, due ? 'full' : options.kind);
  const layout = partner.adapter.formatsOn(dayAt(gateway.now(), partner.adapter.timeZone)).list;

  const unencodable = new Map<string, UnencodableRecord>();
  for (;;) {
    // 2. Compare the operators that this partner may see with those that it holds.
    const compared = { partner, stream, kind, today, now: gateway.now(), unencodable: new Set(unencodable.keys()) };
    const content = await diffList(gateway.db.sql, compared);
    clock.lap('read');
    if (isUnchanged(stream, content) && options.renew !== true && options.kind !== 'full' && !due)
      return { before: stream, watermark: content.watermark };

    // 3. Number the messages: a long list is split into parts, changes into one or more deltas.
    const lists = (): Iterable<PackedList> =>
      sequenceMessages(gateway, partner, stream, content, options.each === true);
    try {
      // 4. Encode, validate and seal each message.
      const messages = await sealAll(partner, layout, lists(), clock);
      return builtList({ kind, messages, content, before: stream, unencodable: [...unencodable.values()] }, clock.laps);
    } catch (error) {
      // 5. Leave out records that the layout cannot carry, and build the rest again.
      const [first] = lists();
      const found = first && findUnencodable(error, partner, layout, { ...first, records: content.records });
      if (found === undefined || found.length === 0) throw error;
      for (const each of found) unencodable.set(each.identifier, each);
      const count = found.length;
      gateway.log.warn('operators left out: their records cannot be encoded', { partner: partner.code, count });
    }
  }
}

type Built = Pick<BuiltList, 'kind' | 'messages' | 'before' | 'unencodable'> & { readonly content: ListDiff };

function builtList({ content, ...built }: Built, timings: Timings): BuiltList {
  const last = built.messages.at(-1);
  if (last === undefined) throw new GatewayError('E_INTERNAL', 'a list has one message at least');
  const { records, departures, leftOut, mirror, watermark } = content;
  const counts = { records: records.count, departures: departures.length };
  return { ...built, ...last, ...counts, leftOut, mirror, watermark, timings };
}

async function queueList(tx: Tx, { code: partner, adapter }: Partner, built: BuiltList): Promise<void> {
  const { list: last, messages, before, mirror, watermark } = built;
  const { epoch } = last.position;
  const newEpoch = epoch.id !== before?.position.epoch.id;
  const chained = adapter.stream.discipline === 'chained';
  const endsResync = chained ? newEpoch : last.kind === 'full';
  const move = { partner, direction: 'out', from: before?.position, to: last.position, endsResync } as const;
  const streamId = await moveStream(tx, { ...move, mirror: mirror.after, watermark });
  if (streamId === undefined)
    throw new GatewayError('E_STREAM_MOVED', 'another list for this partner was queued while this one was built');
  await saveBuckets(tx, streamId, mirror.buckets);
  // Undelivered lists of an earlier epoch would now only be rejected.
  if (chained && newEpoch) await supersedeOlder(tx, partner, epoch.id, last.issuedAt);
  await addMessages(
    tx,
    messages.map(({ list: { position, issuedAt: at }, sealed }) => {
      return { sealed, epochId: epoch.id, sequence: position.sequence, at };
    }),
  );
  const whole = messages.filter(({ list }) => list.part === undefined || list.part.no === list.part.of);
  const applied = whole.map(({ list }) => ({ messageId: list.id, list, appliedAt: list.issuedAt }));
  await recordLists(tx, { partner, direction: 'out' }, applied);
  await appendEvents(
    tx,
    messages.map(({ list, sealed }) => {
      const detail = { partner, digest: sealed.digest, sequence: list.position.sequence };
      return { kind: 'list_sealed', ref: list.id, at: list.issuedAt, detail };
    }),
  );
}

function checkInForce(partner: Partner, today: string): void {
  const force = inForce(partner.adapter.arrangement, today);
  if (!force.yes)
    throw new GatewayError('E_ARRANGEMENT_NOT_IN_FORCE', `the arrangement is in force from ${force.from}`, {
      at: partner.code,
    });
}

function olderStore(): GatewayError {
  const fix = 'Repeat what was lost: mra doctor says since when. Then mra list resume --as NAME.';
  return new GatewayError('E_STORE_OLDER', 'changes of our operators were lost with the newer store', { fix });
}

function kindFor(partner: Partner, stream: Stream | undefined, kind: ListKind | undefined): ListKind {
  const { kinds } = partner.adapter.lists;
  const begins = stream === undefined || stream.resyncWanted;
  const wanted = kind ?? (begins || !kinds.includes('delta') ? 'full' : 'delta');
  if (!kinds.includes(wanted))
    throw new GatewayError('E_LIST_KIND', `this partner takes ${kinds.join(' and ')} lists only`, {
      fix: `mra list send ${partner.code} --full`,
    });
  if (wanted === 'delta' && begins) {
    const detail = stream === undefined ? 'this partner was never sent a list' : 'the next list must be a full one';
    throw new GatewayError('E_NOTHING_HELD', detail, { fix: `mra list send ${partner.code} --full` });
  }
  return wanted;
}

/** True for a delta without changes, or a full list equal to what the partner holds. */
function isUnchanged(stream: Stream | undefined, { kind, records, departures, mirror }: ListDiff): boolean {
  if (kind === 'delta') return records.count + departures.length === 0;
  return stream?.resyncWanted === false && mirrorRoot(mirror.after) === stream.position.root;
}

/** Signatures are made on other threads; at most so many messages wait for theirs. */
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
      const content = writeChunks(layout.encode(list), list.records.count);
      clock.lap('encode');
      const draft = checkUnsigned(content, layout, partner.schemaOf(layout));
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

async function sealOne(partner: Partner, list: PackedList, draft: UnsignedMessage): Promise<BuiltMessage> {
  using open = draft;
  const meta = { id: list.id, partner: partner.code, kind: 'list', at: list.issuedAt } as const;
  const file = partner.adapter.exchange.send?.file?.names.nameOf(list);
  return { list, sealed: { ...(await seal(open, partner.signer, meta)), ...present({ file }) } };
}

type Stopwatch = ReturnType<typeof stopwatch>;

function stopwatch() {
  const laps = { read: 0, compare: 0, encode: 0, validate: 0, seal: 0 };
  let last = performance.now();
  const lap = (step: keyof Timings): void => {
    const now = performance.now();
    laps[step] += now - last;
    last = now;
  };
  return { laps, lap };
}
