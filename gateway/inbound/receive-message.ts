/**
 * The second story: a partner's message is applied to the register, or rejected with a reason.
 *
 *   store the bytes -> verify -> validate -> decode -> judge -> seal the receipt -> apply, reply and receipt in one transaction
 *
 * Every message is answered with a signed receipt, or as agreed with the partner. A duplicate gets the first answer again.
 */

import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { judgeList } from './apply-list.ts';
import { judgeKey } from './judge-key.ts';
import { keptMessage, readMessage, type ReadMessage } from './read-message.ts';
import { repeatVerdict } from './same-content.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { asGatewayError, GatewayError, isMessageFault } from '../model/errors.ts';
import { judgeEnvelope } from '../model/list/judge.ts';
import { periodOf } from '../model/list/stream-rules.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { DecodedMessage, RawMessage, Reply } from '../model/message.ts';
import { present } from '../model/present.ts';
import { settleByReceipt } from '../outbound/settle.ts';
import { getBytes, storedBytes } from '../store/bodies.ts';
import { appendEvents } from '../store/events.ts';
import { deciderShown, type Decider } from '../store/approvals.ts';
import { findHeld, recordDecision, type HoldDecision } from '../store/held-messages.ts';
import { recordArrival, settleInbox } from '../store/inbox.ts';
import { recordResults } from '../store/outbox.ts';
import { countRefused } from '../store/refused-bytes.ts';
import { recordRejection, recordVerdict, repeatReceipt, sealAnswers, termsOf } from './verdicts.ts';
import type { Decision, InboundMessage, ReceiveResult } from './verdicts.ts';
import { faultFields } from '../wire/log.ts';

export type { ReceiveResult } from './verdicts.ts';

/**
 * Receives one message. Throws only for errors of this gateway (store, configuration), without a verdict, so that the sender sends again.
 */
export async function receiveMessage(gateway: Gateway, raw: RawMessage): Promise<ReceiveResult> {
  return await gateway.db.sharing(() => receive(gateway, raw));
}

async function receive(gateway: Gateway, raw: RawMessage): Promise<ReceiveResult> {
  const partner = getPartner(gateway, raw.partner);

  // 1. Store the bytes before reading any of them. A message that was answered before gets the same answer.
  const fits = raw.bytes.length <= gateway.maxBytes;
  const identified = { keep: fits, named: statesPlace(partner, raw.file) };
  const arrival = await gateway.db.transaction((tx) => recordArrival(tx, raw, identified), termsOf(raw));
  const inbound = { gateway, partner, raw, digest: arrival.digest, id: raw.hintedId };
  if (arrival.known && arrival.receiptDigest !== undefined)
    return await repeatReceipt({ ...inbound, id: arrival.messageId ?? raw.hintedId }, arrival);
  if (fits) return await answerMessage(inbound);
  const tooLarge = new GatewayError('E_SIZE_EXCEEDED', `a message may have ${gateway.maxBytes} bytes`);
  return await recordRejection(inbound, tooLarge);
}

/** Whether the file name states something about the list that its bytes do not: the same bytes under two such names are two lists. */
function statesPlace({ adapter: { readsFileNames, exchange } }: Partner, file: string | undefined): boolean {
  return readsFileNames && file !== undefined && exchange.receive?.file?.names.read(file) !== undefined;
}

/** The sequence number of a list and the period in which it counts, for the answer. */
function placeStated({ adapter }: Partner, message: ReadMessage): Pick<InboundMessage, 'number' | 'period'> {
  if (message.kind !== 'list') return {};
  const { position, issuedAt } = message.list;
  const period = position.epoch?.id ?? periodOf(adapter.stream, dayAt(issuedAt, adapter.timeZone)).id;
  return present({ number: position.sequence, period });
}

/** The steps after the bytes are stored; nothing is changed before the last one. */
async function answerMessage(received: InboundMessage): Promise<ReceiveResult> {
  const { gateway, partner, raw } = received;
  let inbound = received;
  let message: ReadMessage | undefined;
  try {
    // 2. Verify the signature, validate, decode.
    message = await readMessage(gateway, partner, raw);
    if (message.kind === 'receipt') return await receiveReceipt(inbound, message);
    const content = contentOf(message);
    inbound = { ...inbound, ...placeStated(partner, message), id: content.id, evidence: message.evidence };

    // 3. Judge the sender, addressee and clock; then, for a list, compare it with what is held of its sender.
    judgeEnvelope(content, { home: gateway.home.country, partner: partner.code, now: momentOf(gateway.now()) });
    const decision = await judge(inbound, message);

    // 4. Seal the receipt, and the reply to an applied list.
    const answers = await sealAnswers(inbound, decision);

    // 5. One transaction: the register, the verdict, the reply and the receipt.
    return await recordVerdict(inbound, decision, answers);
  } catch (error) {
    // A message that is out of sequence may be the content of an earlier message in other bytes, which has a verdict.
    return (await repeatVerdict(inbound, message, error)) ?? (await recordRejection(inbound, error));
  }
}

function contentOf(message: DecodedMessage): Pick<ListMessage, 'id' | 'from' | 'to' | 'issuedAt'> {
  switch (message.kind) {
    case 'list':
      return message.list;
    case 'reply':
      return message.reply;
    case 'key':
      return message.announcement;
  }
}

async function judge(inbound: InboundMessage, message: DecodedMessage): Promise<Decision> {
  switch (message.kind) {
    case 'list':
      return await judgeList(inbound, message.list);
    case 'reply':
      return acceptReply(inbound, message.reply);
    case 'key':
      return await judgeKey(inbound, message);
  }
}

function acceptReply({ partner }: InboundMessage, { id, subject, results }: Reply): Decision {
  const apply: Decision['apply'] = (tx) => recordResults(tx, partner.code, subject, results);
  return { id, kind: 'reply', verdict: 'applied', apply };
}

/** A receipt settles a message of ours. It is never answered, not even if it is rejected: two gateways would answer each other forever. */
async function receiveReceipt(
  { gateway, partner, raw, digest }: InboundMessage,
  message: ReadMessage & { readonly kind: 'receipt' },
): Promise<ReceiveResult> {
  const settled = { partner: partner.code, digest, kind: 'receipt', at: momentOf(gateway.now()) } as const;
  try {
    if ('fault' in message) throw message.fault;
    const { receipt } = message;
    await settleByReceipt(gateway, partner, receipt, raw.bytes);
    await gateway.db.transaction((tx) => settleInbox(tx, { ...settled, state: 'APPLIED', messageId: receipt.id }));
    return { verdict: 'applied', duplicate: false };
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    const { code } = asGatewayError(error);
    await gateway.db.transaction(async (tx) => {
      await settleInbox(tx, { ...settled, state: 'REJECTED', reason: code });
      await countRefused(tx, partner.code, digest, gateway.refusedBytes);
    });
    gateway.log.warn('receipt refused', { partner: partner.code, ...faultFields(error) });
    return { verdict: 'rejected', duplicate: false };
  }
}

type HeldDecision = Pick<HoldDecision, 'decision'> & Decider;

/**
 * Two people release or refuse a held list; returns undefined until the second has decided. A released list is read again from its stored
 * bytes and judged as of its receipt, except for its size.
 */
export async function decideHeld(
  gateway: Gateway,
  idOrDigest: string,
  { decision, ...decider }: HeldDecision,
): Promise<ReceiveResult | undefined> {
  const held = await findHeld(gateway.db.sql, idOrDigest);
  const { digest, messageId = digest } = held;
  const { sql } = gateway.db;
  // A list whose bytes were altered in the store can only be refused.
  const bytes = await (decision === 'release' ? getBytes : storedBytes)(sql, digest);
  const at = momentOf(gateway.now());
  const people = await gateway.db.transaction(async (tx) => {
    const counted = await recordDecision(tx, { digest, partner: held.partner, decision, at }, decider);
    const detail = { partner: held.partner, decision, ...deciderShown(decider), people: counted };
    await appendEvents(tx, [{ kind: 'held_decided', ref: messageId, at, detail }]);
    return counted;
  });
  if (people.length < 2) return undefined;

  const partner = getPartner(gateway, held.partner);
  const raw: RawMessage = { ...keptMessage(held, bytes), hintedId: messageId };
  const inbound: InboundMessage = { gateway, partner, raw, digest, id: messageId, decidedByPeople: true };
  if (decision === 'release') return await answerMessage(inbound);
  const refused = new GatewayError('E_LIST_REFUSED', 'two people refused the list');
  return await recordRejection({ ...inbound, ...(await placeKept(inbound)) }, refused);
}

/** The position that a stored list states, for the answer; empty if the list can no longer be read. */
async function placeKept({ gateway, partner, raw }: InboundMessage): Promise<ReturnType<typeof placeStated>> {
  try {
    return placeStated(partner, await readMessage(gateway, partner, raw));
  } catch (error) {
    if (isMessageFault(error)) return {};
    throw error;
  }
}
