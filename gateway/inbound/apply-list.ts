/** A list that was verified and read: judged, and applied in one transaction; a list in parts with its last part, all or nothing. */

import { conclude, sealReceipt, sealReply, type InboundMessage, type ReceiveResult } from './verdicts.ts';
import { readMessage } from './read-message.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { judgeChain, judgeEnvelope, judgePart, judgeSequence } from '../model/list/judge.ts';
import type { Position } from '../model/list/list.ts';
import { contentOf, planList, touchedBuckets, type ListPlan } from '../model/list/list-plan.ts';
import type { Digest } from '../model/message.ts';
import { emptyMirror } from '../model/list/mirror.ts';
import { appendRecords, openPacker, packed, type PackedList } from '../model/record/packed-records.ts';
import { getBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { findInbox } from '../store/inbox.ts';
import { clearParts, loadBuckets, saveBuckets, stagedParts, stagePart } from '../store/mirrors.ts';
import { addMessage, recordResults } from '../store/outbox.ts';
import { applyToRegister } from '../store/register-writing.ts';
import { findStream, moveStream, noteLists, type Stream, type StreamMove } from '../store/streams.ts';
import { verify } from '../wire/signature/verify.ts';

/** `approved`: two people released it, so its movement is not judged again. Throws what is wrong with it. */
export async function applyList(inbound: InboundMessage, list: PackedList, approved = false): Promise<ReceiveResult> {
  const { gateway, partner } = inbound;
  judgeEnvelope(list, { home: gateway.home.country, partner: partner.code, now: momentOf(gateway.now()) });
  const stream = await findStream(gateway.db.sql, partner.code, 'in');
  judgeSequence(list, stream?.position);
  judgeChain(list);
  const beginsEpoch = stream?.position.epoch.id !== list.position.epoch.id;
  const staged = stream === undefined || beginsEpoch ? [] : await stagedParts(gateway.db.sql, stream.id);
  judgePart(list, stream?.position, staged.length);
  const { id, position } = list;
  if (list.part !== undefined && list.part.no < list.part.of) return await stageList(inbound, list, stream);

  const content = contentOf(list.part === undefined ? list : await withStaged(inbound, list, staged));
  const buckets =
    stream === undefined ? new Map() : await loadBuckets(gateway.db.sql, stream.id, touchedBuckets(content));
  const { identifiers, arrangement, timeZone } = partner.adapter;
  const terms = { form: identifiers.theirs, bands: arrangement.bands, day: dayAt(list.issuedAt, timeZone) };
  const plan = planList(content, { mirror: stream?.mirror ?? emptyMirror, buckets }, terms);
  if (plan.hold !== undefined && !approved) {
    const reason = { code: plan.hold.reason, detail: plan.hold.detail };
    const receipt = await sealReceipt(inbound, { verdict: 'held', subject: id, reason });
    return await conclude(inbound, { id, kind: 'list', verdict: 'held', receipt });
  }
  const counts = { taken: plan.taken, refused: plan.refused.length };
  // Side by side: their signatures are made on threads of their own.
  const [receipt, reply] = await Promise.all([
    sealReceipt(inbound, { verdict: 'applied', subject: id, position, records: counts }),
    sealReply(inbound, list, plan),
  ]);
  const conclusion = { id, kind: 'list', verdict: 'applied', receipt, sendReceipt: approved } as const;
  return await conclude(inbound, conclusion, async (tx) => {
    await writeList(tx, inbound, { list, plan, before: stream?.position });
    await addMessage(tx, reply, { correlatesTo: id, at: momentOf(gateway.now()) });
  });
}

/** A part that others follow: kept and receipted, in force with the last one only. */
async function stageList(
  inbound: InboundMessage,
  list: PackedList,
  stream: Stream | undefined,
): Promise<ReceiveResult> {
  const { id, position, records } = list;
  const counts = { taken: records.count, refused: 0 };
  const receipt = await sealReceipt(inbound, { verdict: 'applied', subject: id, position, records: counts });
  return await conclude(inbound, { id, kind: 'list', verdict: 'applied', receipt }, async (tx) => {
    const streamId = await movedStream(tx, inbound, { from: stream?.position, to: position });
    if ((list.part?.no ?? 1) === 1) await clearParts(tx, streamId);
    await stagePart(tx, streamId, list.part?.no ?? 1, inbound.digest);
  });
}

/** The last part together with those before it, which are read again from the bytes that were kept. */
async function withStaged(inbound: InboundMessage, last: PackedList, staged: readonly Digest[]): Promise<PackedList> {
  const { gateway, partner } = inbound;
  const packer = openPacker(last.position.count);
  for (const digest of staged) {
    const kept = await findInbox(gateway.db.sql, { partner: partner.code, digest });
    if (kept === undefined) throw new GatewayError('E_INTERNAL', 'a part of a list is not in the inbox');
    const { via, receivedAt } = kept;
    const bytes = await getBytes(gateway.db.sql, digest);
    using verified = await verify(
      { partner: partner.code, via, bytes, receivedAt },
      partner.trust,
      new Date(receivedAt),
    );
    const message = readMessage(partner, verified, receivedAt);
    if (message.kind === 'list') appendRecords(packer, message.list.records);
  }
  appendRecords(packer, last.records);
  return { ...last, records: packed(packer) };
}

interface Application {
  readonly list: PackedList;
  readonly plan: ListPlan;
  readonly before: Position | undefined;
}

async function writeList(tx: Tx, inbound: InboundMessage, { list, plan, before }: Application): Promise<void> {
  const partner = inbound.partner.code;
  const appliedAt = momentOf(inbound.gateway.now());
  const streamId = await movedStream(tx, inbound, { from: before, to: list.position, mirror: plan.mirror.after });
  await saveBuckets(tx, streamId, plan.mirror.buckets);
  await clearParts(tx, streamId);
  await applyToRegister(tx, { partner, knownAt: appliedAt, sourceMessage: list.id, ...plan.register });
  await recordResults(tx, partner, list.id, plan.refused);
  await noteLists(tx, { partner, direction: 'in' }, [{ messageId: list.id, list, appliedAt }]);
}

async function movedStream(
  tx: Tx,
  { partner }: InboundMessage,
  move: Pick<StreamMove, 'from' | 'to' | 'mirror'>,
): Promise<string> {
  const streamId = await moveStream(tx, { ...move, partner: partner.code, direction: 'in' });
  if (streamId !== undefined) return streamId;
  throw new GatewayError('E_STREAM_MOVED', 'another list of this partner was applied meanwhile');
}
