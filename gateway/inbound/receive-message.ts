/**
 * The second story: bytes of a partner become knowledge in the register, or a refusal that names its reason.
 *
 *   store raw bytes -> verify (signature, signer) -> validate -> decode -> judge (for us? next in line? their own? plausible?)
 *   -> register, reply and receipt in one transaction -> the signed receipt goes back
 *
 * Every message is answered by a signed receipt, and a message seen before by the very receipt it got the first time.
 */

import { conclude, refuse, sealReceipt, type InboundMessage, type ReceiveResult } from './verdicts.ts';
import { settleByReceipt } from '../outbound/delivery.ts';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { applyList } from './apply-list.ts';
import { readMessage } from './read-message.ts';
import { momentOf } from '../model/day.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import { judgeEnvelope } from '../model/list/judge.ts';
import type { Digest, RawMessage, Reply, VerifiedMessage } from '../model/message.ts';
import { getBytes } from '../store/bodies.ts';
import { approve, findInbox, receive, settleInbox } from '../store/inbox.ts';
import { recordResults } from '../store/outbox.ts';
import { faultFields } from '../wire/log.ts';
import { receiptFormat } from '../wire/signature/receipts.ts';
import { verify } from '../wire/signature/verify.ts';

export type { ReceiveResult } from './verdicts.ts';

/** Takes one message to its end. Throws only what is our own trouble (store, configuration): then nothing was decided, and the sender tries again. */
export async function receiveMessage(gateway: Gateway, raw: RawMessage): Promise<ReceiveResult> {
  const partner = getPartner(gateway, raw.partner);

  // 1. The bytes are kept before anything in them is looked at. What was answered before is answered the same way.
  const seen = await gateway.db.transaction((tx) => receive(tx, raw, raw.hintedId));
  if (seen.known && seen.receiptDigest !== undefined)
    return await answerAgain(gateway, partner, seen.state, seen.receiptDigest);

  let inbound: InboundMessage = {
    gateway,
    partner,
    raw,
    digest: seen.digest,
    ...(raw.hintedId === undefined ? {} : { id: raw.hintedId }),
  };
  try {
    // 2. Signed, by a key of this partner. From here on only the verified content is read.
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    if (verified.type === receiptFormat.type) return await receiveReceipt(inbound, verified);

    // 3. As the agreed schema says; 4. in our own words.
    const message = readMessage(partner, verified, raw.receivedAt);
    inbound = { ...inbound, id: message.kind === 'list' ? message.list.id : message.reply.id };

    // 5. Judged, 6. applied and answered, in one transaction.
    return message.kind === 'reply'
      ? await receiveReply(inbound, message.reply)
      : await applyList(inbound, message.list);
  } catch (error) {
    return await refuse(inbound, error);
  }
}

async function answerAgain(gateway: Gateway, partner: Partner, state: string, digest: Digest): Promise<ReceiveResult> {
  const verdict = state === 'APPLIED' ? 'applied' : state === 'HELD' ? 'held' : 'rejected';
  const bytes = await getBytes(gateway.db.sql, digest);
  const { contentType } = receiptFormat;
  return {
    verdict,
    receipt: { id: `m-${digest.slice(0, 32)}`, partner: partner.code, kind: 'receipt', contentType, bytes, digest },
    duplicate: true,
  };
}

/** A receipt settles a message of ours. It is never answered, not even when it is refused: two gateways would answer each other for ever. */
async function receiveReceipt(inbound: InboundMessage, verified: VerifiedMessage): Promise<ReceiveResult> {
  const { gateway, partner, raw, digest } = inbound;
  const settled = { partner: partner.code, digest, kind: 'receipt', at: momentOf(gateway.now()) } as const;
  try {
    const receipt = await settleByReceipt(gateway, partner, verified, raw.bytes);
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

async function receiveReply(inbound: InboundMessage, reply: Reply): Promise<ReceiveResult> {
  const { gateway, partner } = inbound;
  judgeEnvelope(reply, { home: gateway.home.country, partner: partner.code, now: momentOf(gateway.now()) });
  const receipt = await sealReceipt(inbound, { verdict: 'applied', subject: reply.id });
  return await conclude(inbound, { id: reply.id, kind: 'reply', verdict: 'applied', receipt }, async (tx) => {
    await recordResults(tx, partner.code, reply.subject, reply.results);
  });
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
): Promise<ReceiveResult | undefined> {
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
  const inbound: InboundMessage = { gateway, partner, raw, digest: held.digest, id: messageId };
  if (decision === 'refuse')
    return await refuse(inbound, new GatewayError('E_LIST_REFUSED', 'two people refused the list'), true);
  try {
    using verified = await verify(raw, partner.trust, new Date(raw.receivedAt));
    const message = readMessage(partner, verified, raw.receivedAt);
    if (message.kind !== 'list') throw new GatewayError('E_MESSAGE_KIND', 'only lists are held');
    return await applyList(inbound, message.list, true);
  } catch (error) {
    return await refuse(inbound, error, true);
  }
}
