/**
 * The second story: bytes of a partner become knowledge in the register, or a refusal that names its reason.
 *
 *   store raw bytes -> verify (signature, signer) -> validate -> decode -> judge (for us? next in line? their own? plausible?)
 *   -> register, reply and receipt in one transaction -> the signed receipt goes back
 *
 * Every message is answered by a signed receipt, and a message seen before by the very receipt it got the first time.
 */

import { sealReceipt, sealReply, type Arrived } from './answers.ts';
import { applyReceipt } from './delivery.ts';
import { getPartner, type Gateway, type Partner } from './gateway.ts';
import { dayAt, momentOf } from './model/day.ts';
import { asGatewayError, GatewayError, type ErrorCode } from './model/errors.ts';
import { planList, type ListPlan } from './model/list-plan.ts';
import { judgeEnvelope } from './model/judge.ts';
import type { ListMessage } from './model/list.ts';
import type {
  DecodedMessage,
  Digest,
  RawMessage,
  Reply,
  SealedMessage,
  Verdict,
  VerifiedMessage,
} from './model/message.ts';
import { getBytes, keepBytes } from './store/bodies.ts';
import type { Tx } from './store/database.ts';
import { appendEvents } from './store/events.ts';
import { approve, claimId, findInbox, receive, settleInbox } from './store/inbox.ts';
import { addMessage, recordResults } from './store/outbox.ts';
import { applyToRegister } from './store/register.ts';
import { changeMirror, findStream, loadMirror, moveStream, noteList } from './store/streams.ts';
import { readBody } from './wire/body.ts';
import { faultFields } from './wire/log.ts';
import { receiptFormat } from './wire/receipts.ts';
import { validate } from './wire/schema.ts';
import { verify } from './wire/verify.ts';

export interface Received {
  readonly verdict: Verdict;
  /** The sealed receipt; absent only where a receipt itself was received, for receipts are not receipted. */
  readonly receipt?: SealedMessage;
  /** Why it was refused. */
  readonly reason?: ErrorCode;
  readonly duplicate: boolean;
}

/** Takes one message to its end. Throws only what is our own trouble (store, configuration): then nothing was decided, and the sender tries again. */
export async function receiveMessage(gateway: Gateway, raw: RawMessage): Promise<Received> {
  const partner = getPartner(gateway, raw.partner);

  // 1. The bytes are kept before anything in them is looked at. What was answered before is answered the same way.
  const seen = await gateway.db.transaction((tx) => receive(tx, raw, raw.hintedId));
  if (seen.known && seen.receiptDigest !== undefined)
    return await answerAgain(gateway, partner, seen.state, seen.receiptDigest);

  let arrived: Arrived = {
    gateway,
    partner,
    raw,
    digest: seen.digest,
    ...(raw.hintedId === undefined ? {} : { id: raw.hintedId }),
  };
  try {
    // 2. Signed, by a key of this partner. From here on only the verified content is read.
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    if (verified.type === receiptFormat.type) return await takeReceipt(arrived, verified);

    // 3. As the agreed schema says; 4. in our own words.
    const message = readMessage(partner, verified);
    arrived = { ...arrived, id: message.kind === 'list' ? message.list.id : message.reply.id };

    // 5. Judged, 6. applied and answered, in one transaction.
    return message.kind === 'reply' ? await takeReply(arrived, message.reply) : await takeList(arrived, message.list);
  } catch (error) {
    return await refuse(arrived, error);
  }
}

async function answerAgain(gateway: Gateway, partner: Partner, state: string, digest: Digest): Promise<Received> {
  const verdict = state === 'APPLIED' ? 'applied' : state === 'HELD' ? 'held' : 'rejected';
  const bytes = await getBytes(gateway.db.sql, digest);
  const { contentType } = receiptFormat;
  return {
    verdict,
    receipt: { id: `m-${digest.slice(0, 32)}`, partner: partner.code, kind: 'receipt', contentType, bytes, digest },
    duplicate: true,
  };
}

function readMessage(partner: Partner, verified: VerifiedMessage): DecodedMessage {
  const { list, reply } = partner.adapter;
  switch (verified.type) {
    case list.type:
      return { kind: 'list', list: readBody(validate(verified, partner.schemas.list), list.decoder()) };
    case reply.type:
      return { kind: 'reply', reply: readBody(validate(verified, partner.schemas.reply), reply.decoder()) };
    default:
      throw new GatewayError('E_MESSAGE_KIND', 'neither a list nor a reply of this partner');
  }
}

/** A receipt settles a message of ours. It is never answered, not even when it is refused: two gateways would answer each other for ever. */
async function takeReceipt(arrived: Arrived, verified: VerifiedMessage): Promise<Received> {
  const { gateway, partner, raw, digest } = arrived;
  const settled = { partner: partner.code, digest, kind: 'receipt', at: momentOf(gateway.now()) } as const;
  try {
    const receipt = await applyReceipt(gateway, partner, verified, raw.bytes);
    await gateway.db.transaction((tx) => settleInbox(tx, { ...settled, state: 'APPLIED', messageId: receipt.id }));
    return { verdict: 'applied', duplicate: false };
  } catch (error) {
    const { code, kind } = asGatewayError(error);
    if (kind.category !== 'content' && kind.category !== 'security') throw error;
    await gateway.db.transaction((tx) => settleInbox(tx, { ...settled, state: 'REJECTED', reason: code }));
    gateway.log.warn('receipt refused', { partner: partner.code, ...faultFields(error) });
    return { verdict: 'rejected', duplicate: false };
  }
}

async function takeReply(arrived: Arrived, reply: Reply): Promise<Received> {
  const { gateway, partner } = arrived;
  judgeEnvelope(reply, { home: gateway.home.country, partner: partner.code, now: momentOf(gateway.now()) });
  const receipt = await sealReceipt(arrived, { verdict: 'applied', subject: reply.id });
  return await conclude(arrived, { id: reply.id, kind: 'reply', verdict: 'applied', receipt }, async (tx) => {
    await recordResults(tx, partner.code, reply.subject, reply.results);
  });
}

async function takeList(arrived: Arrived, list: ListMessage, approved = false): Promise<Received> {
  const { gateway, partner } = arrived;
  judgeEnvelope(list, { home: gateway.home.country, partner: partner.code, now: momentOf(gateway.now()) });
  const stream = await findStream(gateway.db.sql, partner.code, 'in');
  const records = stream === undefined ? new Map() : await loadMirror(gateway.db.sql, stream.id);
  const { identifiers, arrangement } = partner.adapter;
  const day = dayAt(list.issuedAt, partner.adapter.timeZone);
  const plan = planList(
    list,
    { position: stream?.position, records },
    { form: identifiers.theirs, bands: arrangement.bands, day },
  );
  if (plan.hold !== undefined && !approved) {
    const receipt = await sealReceipt(arrived, {
      verdict: 'held',
      subject: list.id,
      reason: { code: plan.hold.reason, detail: plan.hold.detail },
    });
    return await conclude(arrived, { id: list.id, kind: 'list', verdict: 'held', receipt });
  }
  const counts = { taken: plan.taken, refused: plan.refused.length };
  const receipt = await sealReceipt(arrived, {
    verdict: 'applied',
    subject: list.id,
    position: list.position,
    records: counts,
  });
  const reply = await sealReply(arrived, list, plan);
  return await conclude(
    arrived,
    { id: list.id, kind: 'list', verdict: 'applied', receipt, sendReceipt: approved },
    async (tx) => {
      await applyList(tx, arrived, list, plan, stream?.position);
      await addMessage(tx, reply, { correlatesTo: list.id, at: momentOf(gateway.now()) });
    },
  );
}

async function applyList(
  tx: Tx,
  arrived: Arrived,
  list: ListMessage,
  plan: ListPlan,
  before: ListMessage['position'] | undefined,
): Promise<void> {
  const partner = arrived.partner.code;
  const appliedAt = momentOf(arrived.gateway.now());
  const streamId = await moveStream(tx, { partner, direction: 'in', from: before, to: list.position });
  if (streamId === undefined)
    throw new GatewayError('E_STREAM_MOVED', 'another list of this partner was applied meanwhile');
  await changeMirror(tx, streamId, plan.mirror.puts, plan.mirror.removals);
  await applyToRegister(tx, { partner, knownAt: appliedAt, sourceMessage: list.id, ...plan.register });
  await recordResults(tx, partner, list.id, plan.refused);
  await noteList(tx, { partner, direction: 'in', messageId: list.id, list, appliedAt });
}

interface Conclusion {
  readonly id: string;
  readonly kind: 'list' | 'reply';
  readonly verdict: Verdict;
  readonly receipt: SealedMessage;
  /** The channel the message came by is long closed: the receipt travels as a message of its own. */
  readonly sendReceipt?: boolean;
}

/** One transaction: the id is taken, the effect applied, the verdict and its receipt stored, the event written. */
async function conclude(
  arrived: Arrived,
  conclusion: Conclusion,
  effect?: (tx: Tx) => Promise<void>,
): Promise<Received> {
  const { gateway, partner, digest } = arrived;
  const { id, kind, verdict, receipt, sendReceipt = false } = conclusion;
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const claim = await claimId(tx, partner.code, id, digest);
    if (claim !== 'free' && claim !== 'same')
      throw new GatewayError('E_MESSAGE_CONFLICT', 'this id was used for other content before');
    await effect?.(tx);
    const state = verdict === 'applied' ? 'APPLIED' : 'HELD';
    const receiptDigest = await keepBytes(tx, receipt.bytes);
    await settleInbox(tx, { partner: partner.code, digest, messageId: id, state, kind, receiptDigest, at });
    if (sendReceipt) await addMessage(tx, receipt, { correlatesTo: id, at });
    await appendEvents(tx, [
      { kind: `${kind}_${verdict}`, ref: id, at, detail: { partner: partner.code, digest, receiptDigest } },
    ]);
  });
  gateway.log.info(`${kind} ${verdict}`, { partner: partner.code, messageId: id, digest });
  return { verdict, receipt, duplicate: false };
}

/** The message is refused: nothing was applied, the sender is told why. Our own troubles are not the sender's: they are thrown on. */
async function refuse(arrived: Arrived, thrown: unknown, sendReceipt = false): Promise<Received> {
  const error = asGatewayError(thrown);
  const { category } = error.kind;
  if (category !== 'content' && category !== 'security') throw error;
  const { gateway, partner, id, digest } = arrived;
  const reason = { code: error.code, detail: error.detail, ...(error.at === undefined ? {} : { at: error.at }) };
  const stream = await findStream(gateway.db.sql, partner.code, 'in');
  const receipt = await sealReceipt(arrived, {
    verdict: 'rejected',
    reason,
    ...(id === undefined ? {} : { subject: id }),
    ...(stream === undefined ? {} : { position: stream.position }),
  });
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, receipt.bytes);
    await settleInbox(tx, { partner: partner.code, digest, state: 'REJECTED', reason: error.code, receiptDigest, at });
    if (sendReceipt) await addMessage(tx, receipt, { at });
    await appendEvents(tx, [
      {
        kind: 'message_rejected',
        ref: id ?? digest,
        at,
        detail: { partner: partner.code, digest, code: error.code },
      },
    ]);
  });
  gateway.log.warn('message rejected', { partner: partner.code, digest, ...faultFields(error) });
  return { verdict: 'rejected', receipt, reason: error.code, duplicate: false };
}

export interface HeldDecision {
  readonly decision: 'release' | 'refuse';
  readonly person: string;
}

/**
 * Two people release or refuse a held list; undefined while the second is missing. A released list is read again from its stored bytes,
 * judged as of its receipt but for its size, and the receipt of what became of it travels as a message of its own.
 */
export async function decideHeld(
  gateway: Gateway,
  messageId: string,
  { decision, person }: HeldDecision,
): Promise<Received | undefined> {
  const held = await findInbox(gateway.db.sql, { messageId });
  if (held?.state !== 'HELD')
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no held list has this id', {
      fix: 'mra list show PARTNER names them.',
    });
  const at = momentOf(gateway.now());
  const people = await gateway.db.transaction((tx) =>
    approve(tx, { messageId, partner: held.partner, person, decision, at }),
  );
  if (people.length < 2) return undefined;

  const partner = getPartner(gateway, held.partner);
  const bytes = await getBytes(gateway.db.sql, held.digest);
  const raw: RawMessage = {
    partner: partner.code,
    via: held.via,
    bytes,
    receivedAt: held.receivedAt,
    hintedId: messageId,
  };
  const arrived: Arrived = { gateway, partner, raw, digest: held.digest, id: messageId };
  if (decision === 'refuse')
    return await refuse(arrived, new GatewayError('E_LIST_REFUSED', 'two people refused the list'), true);
  try {
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    const message = readMessage(partner, verified);
    if (message.kind !== 'list') throw new GatewayError('E_MESSAGE_KIND', 'only lists are held');
    return await takeList(arrived, message.list, true);
  } catch (error) {
    return await refuse(arrived, error, true);
  }
}
