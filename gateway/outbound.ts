/**
 * The first story: domestic records become a sealed list for one partner, and travel until the partner's receipt is held.
 *
 *   records -> eligible under this arrangement -> what differs from what the partner holds -> encode -> validate -> seal
 *   -> bytes, position and outbox in one transaction -> deliver (same id, same bytes, every time) -> receipt
 */

import { getPartner, type Gateway, type Partner } from './gateway.ts';
import { inForce } from './model/arrangement.ts';
import { dayAt, later, momentOf } from './model/day.ts';
import { leafOf, listRoot, nextChain, zeroChain } from './model/digest.ts';
import { departureOf, eligibility, type Ineligible } from './model/eligibility.ts';
import { GatewayError } from './model/errors.ts';
import type { Departure, ListMessage, ListRecord, Position } from './model/list.ts';
import { differences } from './model/list-difference.ts';
import type { SealedMessage } from './model/message.ts';
import type { DomesticRecord } from './model/record.ts';
import { appendEvents } from './store/events.ts';
import { allOperators } from './store/operators.ts';
import { addMessage, supersedeOlder } from './store/outbox.ts';
import {
  changeMirror,
  clearMirror,
  findStream,
  loadLeaves,
  moveStream,
  noteList,
  type Stream,
} from './store/streams.ts';
import { checkDraft, seal } from './wire/seal.ts';

export type ListKind = ListMessage['kind'];

/** A sealed list that has not been sent, and how it came about. */
export interface BuiltList {
  readonly list: ListMessage;
  readonly sealed: SealedMessage;
  /** Leaves of the records in the list, by identifier. */
  readonly leaves: ReadonlyMap<string, string>;
  readonly before: Position | undefined;
  readonly leftOut: ReadonlyMap<Ineligible, number>;
  /** Milliseconds by step. */
  readonly timings: Readonly<Record<'read' | 'compare' | 'encode' | 'validate' | 'seal', number>>;
}

/** What the partner may see today. */
interface Visible {
  readonly records: readonly { readonly record: ListRecord; readonly leaf: string }[];
  readonly gone: readonly Departure[];
  readonly leftOut: ReadonlyMap<Ineligible, number>;
}

export interface ListWish {
  /** Absent: a delta where the partner holds a list, a full one otherwise. */
  readonly kind?: ListKind | undefined;
  /** A delta goes out even if it says nothing: it renews the list, which would otherwise grow too old at the partner's border. */
  readonly renew?: boolean | undefined;
}

/**
 * Builds and seals a list without storing or sending it; undefined when a delta would say nothing and is not to renew.
 * Throws E_ARRANGEMENT_NOT_IN_FORCE, E_NOTHING_HELD (a delta without a list to differ from), E_SCHEMA_INVALID.
 */
export async function buildList(
  gateway: Gateway,
  code: string,
  { kind, renew = false }: ListWish = {},
): Promise<BuiltList | undefined> {
  const partner = getPartner(gateway, code);
  const clock = stopwatch();

  // 1. The arrangement is in force today.
  checkInForce(gateway, partner);

  // 2. Who may be seen by this partner, and who of those it holds may no longer be.
  const stream = await findStream(gateway.db.sql, partner.code, 'out');
  const wanted = kind ?? (stream === undefined || stream.resyncWanted ? 'full' : 'delta');
  if (wanted === 'delta') checkHeld(stream);
  const held = stream === undefined ? new Map<string, string>() : await loadLeaves(gateway.db.sql, stream.id);
  const visible = await readVisible(gateway, partner, held);
  clock.lap('read');

  // 3. What differs from what the partner holds.
  const difference = differences(held, visible.records);
  const changed = new Set([...difference.added, ...difference.changed]);
  const records = wanted === 'full' ? visible.records : visible.records.filter(({ record }) => changed.has(record));
  const departures = wanted === 'full' ? [] : visible.gone;
  if (wanted === 'delta' && !renew && records.length + departures.length === 0) return undefined;
  const list = headed(gateway, partner, stream, { kind: wanted, records, departures, visible });
  clock.lap('compare');

  // 4. In the partner's words; 5. as the partner's schema wants them; 6. under our seal.
  const { format, type, contentType } = partner.adapter.list;
  const chunks = [...partner.adapter.list.encode(list)];
  clock.lap('encode');
  using draft = checkDraft(chunks, { format, type, contentType }, partner.schemas.list);
  clock.lap('validate');
  const sealed = await seal(draft, partner.signer, { id: list.id, partner: partner.code, kind: 'list' });
  clock.lap('seal');

  const leaves = new Map(records.map(({ record, leaf }) => [record.identifier, leaf]));
  return { list, sealed, leaves, before: stream?.position, leftOut: visible.leftOut, timings: clock.laps };
}

/** Builds a list and queues it: position, mirror, bytes and outbox row in one transaction. The dispatcher (delivery.ts) does the rest. */
export async function sendList(gateway: Gateway, code: string, wish: ListWish = {}): Promise<BuiltList | undefined> {
  const built = await buildList(gateway, code, wish);
  if (built === undefined) return undefined;
  const { list, sealed, before, leaves } = built;
  const partner = getPartner(gateway, code).code;
  await gateway.db.transaction(async (tx) => {
    const streamId = await moveStream(tx, { partner, direction: 'out', from: before, to: list.position });
    if (streamId === undefined)
      throw new GatewayError('E_STREAM_MOVED', 'another list for this partner was queued while this one was built');
    if (list.kind === 'full') await clearMirror(tx, streamId);
    const puts = list.records.map((record) => ({
      identifier: record.identifier,
      leaf: leaves.get(record.identifier) ?? leafOf(record),
      record,
    }));
    await changeMirror(
      tx,
      streamId,
      puts,
      list.departures.map(({ identifier }) => identifier),
    );
    const { epoch, sequence } = list.position;
    // Lists of an earlier epoch that never arrived would only be refused now.
    if (epoch.id !== before?.epoch.id) await supersedeOlder(tx, partner, epoch.id, list.issuedAt);
    await addMessage(tx, sealed, { epochId: epoch.id, sequence, at: list.issuedAt });
    await noteList(tx, { partner, direction: 'out', messageId: list.id, list, appliedAt: list.issuedAt });
    await appendEvents(tx, [
      { kind: 'list_sealed', ref: list.id, at: list.issuedAt, detail: { partner, digest: sealed.digest, sequence } },
    ]);
  });
  gateway.log.info('list queued', { partner, messageId: list.id, kind: list.kind, count: list.records.length });
  return built;
}

function checkInForce(gateway: Gateway, partner: Partner): void {
  const force = inForce(partner.adapter.arrangement, dayAt(gateway.now(), gateway.home.timeZone));
  if (!force.yes)
    throw new GatewayError('E_ARRANGEMENT_NOT_IN_FORCE', `the arrangement is in force from ${force.from}`, {
      at: partner.code,
    });
}

function checkHeld(stream: Stream | undefined): void {
  if (stream === undefined)
    throw new GatewayError('E_NOTHING_HELD', 'this partner was never sent a list', {
      fix: 'Send a full list: --full.',
    });
  if (stream.resyncWanted)
    throw new GatewayError('E_NOTHING_HELD', 'the partner refused the last list', { fix: 'Send a full list: --full.' });
}

/** Reads all domestic records once; keeps what may travel, and why what the partner holds may no longer. */
async function readVisible(gateway: Gateway, partner: Partner, held: ReadonlyMap<string, string>): Promise<Visible> {
  const { arrangement, identifiers, list } = partner.adapter;
  const terms = { arrangement, needs: list.needs, form: identifiers.ours };
  const records: { record: ListRecord; leaf: string }[] = [];
  const leftOut = new Map<Ineligible, number>();
  const unseen = new Map<string, DomesticRecord | undefined>(
    [...held.keys()].map((identifier) => [identifier, undefined]),
  );
  for await (const batch of allOperators(gateway.db.sql)) {
    for (const operator of batch) {
      const judged = eligibility(operator, terms);
      if (judged.eligible) {
        const record = list.asSeen(judged.entry);
        records.push({ record, leaf: leafOf(record) });
        unseen.delete(record.identifier);
      } else {
        for (const reason of judged.reasons) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
        const identifier = identifiers.ours.toIdentifier(operator.code);
        if (unseen.has(identifier)) unseen.set(identifier, operator);
      }
    }
  }
  const today = dayAt(gateway.now(), gateway.home.timeZone);
  const gone = [...unseen].map(([identifier, operator]) =>
    departureOf(operator, identifier, today, arrangement.grades),
  );
  return { records, gone, leftOut };
}

interface Content {
  readonly kind: ListKind;
  readonly records: Visible['records'];
  readonly departures: readonly Departure[];
  readonly visible: Visible;
}

/** Gives the content its number: the next of the epoch, or the first of a new one after the partner refused. */
function headed(gateway: Gateway, partner: Partner, stream: Stream | undefined, content: Content): ListMessage {
  const begins = stream === undefined || stream.resyncWanted;
  const epoch = begins
    ? { no: (stream?.position.epoch.no ?? 0) + 1, id: Buffer.from(gateway.random(8)).toString('hex') }
    : stream.position.epoch;
  const sequence = begins ? 1 : stream.position.sequence + 1;
  const previousChain = begins ? zeroChain : stream.position.chain;
  const leaves = content.records.map(({ leaf }) => leaf);
  const chain = nextChain(previousChain, sequence, { kind: content.kind, leaves, departures: content.departures });
  const { root, count } = listRoot(
    new Map(content.visible.records.map(({ record, leaf }) => [record.identifier, leaf])),
  );
  const issuedAt = momentOf(gateway.now());
  return {
    kind: content.kind,
    id: gateway.newId(),
    from: gateway.home.country,
    to: partner.code,
    issuedAt,
    nextBy: later(issuedAt, partner.adapter.arrangement.maxAgeSeconds),
    position: { epoch, sequence, chain, root, count },
    previousChain,
    records: content.records.map(({ record }) => record),
    departures: content.departures,
  };
}

function stopwatch(): { lap(name: keyof BuiltList['timings']): void; readonly laps: BuiltList['timings'] } {
  const laps = { read: 0, compare: 0, encode: 0, validate: 0, seal: 0 };
  let last = performance.now();
  return {
    laps,
    lap(name) {
      const now = performance.now();
      laps[name] = now - last;
      last = now;
    },
  };
}
