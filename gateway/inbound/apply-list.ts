/**
 * Judges a list against what is held of its sender, and applies it. A list in parts is applied with its last part, as a whole or not at
 * all.
 */

import { keptMessage, readMessage } from './read-message.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { judgeNumber, judgePart, type Hold } from '../model/list/judge.ts';
import type { ListPart, Position } from '../model/list/list.ts';
import { receivedList, planList, touchedBuckets, type ListPlan } from '../model/list/list-plan.ts';
import { ordersByTime, placeList, positionAfter, type PlacedList } from '../model/list/stream-rules.ts';
import type { Digest } from '../model/message.ts';
import { emptyMirror } from '../model/list/mirror.ts';
import { appendRecords, openPacker, closePacker, type StatedList } from '../model/record/packed-records.ts';
import { intactBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { findInbox } from '../store/inbox.ts';
import { clearParts, loadBuckets, saveBuckets, stagedParts, stagePart } from '../store/mirrors.ts';
import { recordResults } from '../store/outbox.ts';
import { applyToRegister, knownVersions } from '../store/register-writing.ts';
import {
  findStream,
  listInForce,
  moveStream,
  positionHeld,
  recordLists,
  streamId,
  type Stream,
  type StreamMove,
} from '../store/streams.ts';
import { together } from '../store/transaction.ts';
import { rowResults } from './row-results.ts';
import type { Decision, InboundMessage } from './verdicts.ts';

/** The list is applied, or held for two people; nothing is written before `apply`. Throws what is wrong with the list. */
export async function judgeList(inbound: InboundMessage, list: StatedList): Promise<Decision> {
  const { gateway, partner } = inbound;
  const { id, part } = list;
  const { sql } = gateway.db;

  // 1. It must be the next list by the discipline of the partner's stream, or the next part of a list.
  const stream = await findStream(sql, partner.code, 'in');
  const held = positionHeld(stream);
  const { place, hold } = await placeInStream(inbound, list, held);
  const continues = stream?.position.epoch.id === place.epoch.id;
  const parts = stream === undefined || stream.parts === 0 ? [] : await stagedParts(sql, stream.id);
  const staged = continues ? parts : [];
  judgePart(list, held, staged.length);
  if (hold !== undefined && inbound.decidedByPeople !== true) return holdList(id, hold);
  judgeNumber('epoch', place.epoch.no);

  // 2. A part that is not the last one is stored; all parts take effect with the last one.
  const applied = { id, kind: 'list', verdict: 'applied' } as const;
  if (part !== undefined && part.no < part.of && 'root' in place) {
    const counts = { taken: list.records.count, refused: 0 };
    const apply: Decision['apply'] = (tx) => keepPart(tx, inbound, { position: place, part }, stream);
    return { ...applied, position: place, records: counts, apply };
  }

  // 3. Compute the change; a change beyond the agreed limits is held for two people.
  const plan = await planChange(inbound, part === undefined ? list : await joinParts(inbound, list, staged), stream);
  const waits = plan.hold ?? (inbound.evidence === 'custody' ? broughtByHand : undefined);
  if (waits !== undefined && inbound.decidedByPeople !== true) return holdList(id, waits);
  const records = { taken: plan.taken, refused: plan.refused.length };
  const { position } = positionAfter(place, list.kind, plan.mirror.after, stream?.position);
  const apply: Decision['apply'] = async (tx) => {
    const id = await applyList(tx, inbound, { ...list, position }, plan, stream);
    if (parts.length > 0) await clearParts(tx, id);
  };
  const rows = rowResults(partner, list.records, plan.refused);
  return { ...applied, position, records, results: plan.refused, rows, apply };
}

/** Nothing shows that the partner sent it: a single person could have written it. */
const broughtByHand: Hold = { reason: 'by_hand', detail: 'our staff brought the list, and it is not signed' };

/** Throws E_SEQUENCE_GAP, E_SEQUENCE_ROLLBACK, E_SEQUENCE_FORK, E_LIST_ROOT. */
async function placeInStream(
  { gateway, partner }: InboundMessage,
  list: StatedList,
  position: Position | undefined,
): Promise<PlacedList> {
  const { stream: rules, timeZone } = partner.adapter;
  const day = dayAt(list.issuedAt, timeZone);
  const held = position && { position };
  if (held === undefined || !ordersByTime(rules)) return placeList(list, held, rules, day);
  const inForce = await listInForce(gateway.db.sql, partner.code);
  const issued = inForce && { issuedAt: inForce.issuedAt, issuedOn: dayAt(inForce.issuedAt, timeZone) };
  return placeList(list, { ...held, ...issued }, rules, day);
}

/** The change that a held list would make. Throws the same errors as judgeList, except those that people may decide about. */
export async function planHeldList(inbound: InboundMessage, list: StatedList): Promise<ListPlan> {
  const stream = await findStream(inbound.gateway.db.sql, inbound.partner.code, 'in');
  if (list.part === undefined) return await planChange(inbound, list, stream);
  const staged = stream === undefined ? [] : await stagedParts(inbound.gateway.db.sql, stream.id);
  return await planChange(inbound, await joinParts(inbound, list, staged), stream);
}

function holdList(id: string, { reason: code, detail }: Hold): Decision {
  return { id, kind: 'list', verdict: 'held', reason: { code, detail } };
}

/** Joins the last part with the earlier ones, which are read again from their stored bytes. */
async function joinParts(
  { gateway, partner }: InboundMessage,
  last: StatedList,
  staged: readonly Digest[],
): Promise<StatedList> {
  const packer = openPacker(last.position.count);
  for (const digest of staged) {
    const kept = await findInbox(gateway.db.sql, { partner: partner.code, digest });
    if (kept === undefined) throw new GatewayError('E_INTERNAL', 'a part of a list is not in the inbox');
    const bytes = await intactBytes(gateway.db.sql, digest);
    if (bytes === undefined) {
      const fix = 'The sender sends a full list in a new epoch.';
      throw new GatewayError('E_LIST_PART', 'an earlier part cannot be read again as it came', { fix });
    }
    const message = await readMessage(gateway, partner, keptMessage(kept, bytes));
    if (message.kind === 'list') appendRecords(packer, message.list.records);
  }
  appendRecords(packer, last.records);
  return { ...last, records: closePacker(packer) };
}

async function planChange(
  { gateway, partner }: InboundMessage,
  list: StatedList,
  stream: Stream | undefined,
): Promise<ListPlan> {
  const { identifiers, arrangement, timeZone } = partner.adapter;
  const content = receivedList(list, identifiers.theirs);
  const buckets =
    stream === undefined ? new Map() : await loadBuckets(gateway.db.sql, stream.id, touchedBuckets(content));
  const terms = { form: identifiers.theirs, bands: arrangement.bands, day: dayAt(list.issuedAt, timeZone) };
  return planList(content, { mirror: stream?.mirror ?? emptyMirror, buckets }, terms);
}

async function keepPart(
  tx: Tx,
  inbound: InboundMessage,
  { position, part: { no } }: { readonly position: Position; readonly part: ListPart },
  stream: Stream | undefined,
): Promise<void> {
  const id = await advanceStream(tx, inbound, { from: stream?.position, to: position });
  if (no === 1) await clearParts(tx, id);
  await stagePart(tx, id, no, inbound.digest);
}

async function applyList(
  tx: Tx,
  inbound: InboundMessage,
  list: StatedList & { readonly position: Position },
  plan: ListPlan,
  stream: Stream | undefined,
): Promise<string> {
  const { code: partner, adapter } = inbound.partner;
  const appliedAt = momentOf(inbound.gateway.now());
  const { after, buckets } = plan.mirror;
  const [id, , ordinal, before] = await together(
    advanceStream(tx, inbound, { from: stream?.position, to: list.position, mirror: after }),
    saveBuckets(tx, streamId(partner, 'in'), buckets),
    recordLists(tx, { partner, direction: 'in' }, [{ messageId: list.id, list, appliedAt }]),
    knownVersions(tx, { partner, ...plan.register }),
  );
  const when = { knownAt: appliedAt, today: dayAt(appliedAt, adapter.timeZone) };
  const change = { partner, ...when, list: ordinal, sourceMessage: list.id, ...plan.register };
  await together(
    applyToRegister(tx, change, before),
    plan.refused.length === 0 ? undefined : recordResults(tx, partner, list.id, plan.refused),
  );
  return id;
}

async function advanceStream(
  tx: Tx,
  { partner }: InboundMessage,
  move: Pick<StreamMove, 'from' | 'to' | 'mirror'>,
): Promise<string> {
  const id = await moveStream(tx, { ...move, partner: partner.code, direction: 'in' });
  if (id !== undefined) return id;
  throw new GatewayError('E_STREAM_MOVED', 'another list of this partner was applied meanwhile');
}
