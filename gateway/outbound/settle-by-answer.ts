/**
 * Agreed answers of partners that send no receipts. They count only over the partner's authenticated connection. A technical answer says
 * that a message arrived; a business answer settles it.
 */

import { evidenceOf } from '../adapter/conversation/evidence.ts';
import type { AnswerStage as Stage } from '../adapter/adapter.ts';
import { businessStage, type ResponseHead } from '../adapter/conversation/stages.ts';
import type { AnswerProperties, Gateway, Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError, isMessageFault } from '../model/errors.ts';
import { namesMessage } from '../model/message-id.ts';
import type { Acknowledgement, Evidence, RecordAnswer, RecordResult } from '../model/message.ts';
import { keepBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import {
  findMessage,
  findNumbered,
  longestHoldSeconds,
  recordProgress,
  recordUnanswered,
  resendNow,
  settleMessage,
  unanswered,
  type MessageRow,
} from '../store/outbox.ts';
import { faultFields } from '../wire/log.ts';
import { readAcknowledgement } from './read-acknowledgement.ts';
import { settle, settleByReturnedReceipt } from './settle.ts';

/**
 * Applies the agreed meaning of the response to a message; without bytes, the response says that the transport accepted it. If the response
 * cannot be read, the message does not change and is sent again.
 */
export async function settleByResponse(
  gateway: Gateway,
  partner: Partner,
  id: string,
  response?: { readonly bytes: Uint8Array; readonly head: ResponseHead },
): Promise<void> {
  const { stages = [] } = partner.adapter.exchange.send ?? {};
  const message = await findMessage(gateway.db.sql, id);
  if (message === undefined || message.kind === 'receipt') return;
  if (stages.some(({ kind }) => kind === 'none')) return await closeMessage(gateway, partner, message);
  const stage = stages.find(({ mode }) => mode === 'sync');
  if (stage === undefined || response === undefined) return;
  const { head } = response;
  if (stage.kind === 'receipt') return await settleByReturnedReceipt(gateway, partner, response.bytes);
  try {
    const { format } = stage;
    const bytes = format === undefined ? headBytes(head, stage) : response.bytes;
    const ack = format === undefined ? readHead(stage, head) : readAcknowledgement(partner, format, bytes);
    requireSubject(ack, message);
    await settleByStage(gateway, partner, message, { stage, ack, bytes });
  } catch (error) {
    if (!isMessageFault(error)) throw error;
    gateway.log.warn('answer refused', { partner: partner.code, messageId: id, ...faultFields(error) });
  }
}

/** Throws E_CODE_UNKNOWN if the response states no verdict. */
export function readHead({ readHead: read }: Stage, head: ResponseHead): Acknowledgement {
  const verdict = read?.(head);
  if (verdict === undefined)
    throw new GatewayError('E_CODE_UNKNOWN', `the status ${head.status} or its header says no verdict`);
  return { verdict };
}

/** The stored form of an answer without a body. */
function headBytes({ status, headers }: ResponseHead, { header }: Stage): Uint8Array {
  const said = header === undefined ? '' : `${header}: ${String(headers[header.toLowerCase()])}\n`;
  return Buffer.from(`HTTP ${status}\n${said}`);
}

/** Takes an acknowledgement that the partner sends as a message. Throws what is wrong with it, E_RECEIPT_UNMATCHED. */
export async function receiveAcknowledgement(
  gateway: Gateway,
  partner: Partner,
  bytes: Uint8Array,
  properties: AnswerProperties = {},
): Promise<void> {
  const { stage, ack } = readLater(partner, bytes);
  const message = await findSubject(gateway, partner, stage, ack, properties);
  if (message?.partner !== partner.code || message.kind === 'receipt')
    throw new GatewayError('E_RECEIPT_UNMATCHED', 'the acknowledgement names no message that was sent to this partner');
  requireSubject(ack, message);
  await settleByStage(gateway, partner, message, { stage, ack, bytes });
}

interface Answered {
  readonly stage: Stage;
  readonly ack: Acknowledgement;
}

/** Uses the template of the first stage that can read it; stages that are separate messages come first. Throws why none can. */
export function readLater(partner: Partner, bytes: Uint8Array): Answered {
  const stages = (partner.adapter.exchange.send?.stages ?? []).filter(({ format }) => format !== undefined);
  let fault: unknown = new GatewayError('E_ROUTE_UNKNOWN', 'no acknowledgements were agreed with this partner');
  for (const [i, stage] of stages.toSorted((a, b) => a.mode.localeCompare(b.mode)).entries()) {
    if (stage.format === undefined) continue;
    try {
      return { stage, ack: readAcknowledgement(partner, stage.format, bytes) };
    } catch (error) {
      if (!isMessageFault(error)) throw error;
      if (i === 0) fault = error;
    }
  }
  throw fault;
}

async function findSubject(
  { db: { sql } }: Gateway,
  { code }: Partner,
  { correlate }: Stage,
  { subject, number, period }: Acknowledgement,
  { correlationId, headers = {} }: AnswerProperties,
): Promise<MessageRow | undefined> {
  const byId = async (id: unknown): Promise<MessageRow | undefined> =>
    typeof id === 'string' ? await findMessage(sql, id) : undefined;
  const byNumber = async (): Promise<MessageRow | undefined> =>
    number === undefined ? undefined : onlyOne(await findNumbered(sql, code, { number, period }));
  if (typeof correlate === 'object')
    return await byId(headers[correlate.header] ?? headers[correlate.header.toLowerCase()]);
  switch (correlate) {
    case 'correlationId':
      return await byId(correlationId);
    case 'subject':
      return await byId(subject);
    case 'number':
      return await byNumber();
    case undefined:
      return (await byId(subject)) ?? (await byNumber());
  }
}

/** Sequence numbers restart: if lists of two periods are pending, only the period tells which is meant. Throws E_RECEIPT_UNMATCHED. */
function onlyOne([message, another]: readonly MessageRow[]): MessageRow | undefined {
  if (another === undefined) return message;
  throw new GatewayError('E_RECEIPT_UNMATCHED', 'the acknowledgement states a number that two lists have', {
    fix: 'Let the partner state the id of the list, or the period in which its number counts.',
  });
}

/** Throws E_RECEIPT_UNMATCHED. */
export function requireSubject(
  { subject, number, period }: Acknowledgement,
  message: Pick<MessageRow, 'id' | 'file' | 'digest' | 'sequence' | 'epochId'>,
): void {
  const { sequence, epochId } = message;
  const isNamed = subject === undefined || namesMessage(subject, message);
  if (isNamed && (number ?? sequence) === sequence && (period ?? epochId) === epochId) return;
  throw new GatewayError('E_RECEIPT_UNMATCHED', 'the acknowledgement names another message than the one it answers');
}

export async function settleByStage(
  gateway: Gateway,
  partner: Partner,
  message: MessageRow,
  { stage, ack, bytes, evidence: proven }: Answered & { readonly bytes: Uint8Array; readonly evidence?: Evidence },
): Promise<void> {
  const { verdict, reason, place, detail: words, text, results = [], refused } = ack;
  // Busy: nothing was decided; the rule for a missing answer applies.
  if (verdict === 'busy') return;
  const { stages = [] } = partner.adapter.exchange.send ?? {};
  const detail = [verdict, reason, place, words, text].filter((each) => each !== undefined).join(': ');
  const evidence =
    proven ?? evidenceOf(stage.format === undefined ? stage : { kind: 'document' }, partner.adapter.transport);
  const known = verdict === 'duplicate' ? 'applied' : verdict;
  if (known === 'received' || (stage.says === 'technical' && known === 'applied'))
    return await recordArrived(gateway, message, businessStage(stages), { detail, evidence, bytes });
  const { withinSeconds } = businessStage(stages) ?? stage;
  const answerDueAt = later(momentOf(gateway.now()), Math.max(withinSeconds, longestHoldSeconds));
  const failed = results.filter((each) => each.verdict !== 'applied');
  await settle(gateway, message, {
    ...{ verdict: known, detail, evidence, bytes, answerDueAt },
    refused: Math.max(refused ?? 0, failed.length),
    results: stage.format?.lists.has('results') === true ? failed.flatMap(refusal) : undefined,
  });
}

/** Undefined for a row that names no operator. */
function refusal({ identifier, code = 'refused', place, detail, text }: RecordAnswer): RecordResult<string>[] {
  const words = [place, detail, text].filter((each) => each !== undefined).join(': ');
  return identifier === undefined ? [] : [{ identifier, code, detail: words }];
}

interface Arrived {
  readonly detail: string;
  readonly evidence: Evidence;
  readonly bytes: Uint8Array;
}

/** The message arrived: its verdict is still due, or none was agreed. */
async function recordArrived(
  gateway: Gateway,
  message: MessageRow,
  next: Stage | undefined,
  { detail, evidence, bytes }: Arrived,
): Promise<void> {
  const { id, partner } = message;
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    const receiptDigest = await keepBytes(tx, bytes);
    const said = { receiptDigest, evidence };
    if (next === undefined) await close(tx, message, { ...said, verdictDetail: detail, at });
    else {
      const answerDueAt = later(at, next.withinSeconds);
      await recordProgress(tx, id, { ...said, detail, progress: 'received', answerDueAt });
      await appendEvents(tx, [{ kind: 'message_arrived', ref: id, at, detail: { partner, ...said } }]);
    }
  });
  gateway.log.info('message arrived', { partner, messageId: id, evidence });
}

type Closing = Omit<Parameters<typeof settleMessage>[2], 'state'>;

/** No further answer is expected. A later answer that rejects the message still counts. */
async function close(tx: Tx, { id, partner }: MessageRow, closing: Closing): Promise<boolean> {
  if (!(await settleMessage(tx, id, { ...closing, state: 'CLOSED' }))) return false;
  const { at, evidence = 'assumed' } = closing;
  await appendEvents(tx, [{ kind: 'message_closed', ref: id, at, detail: { partner, evidence } }]);
  return true;
}

async function closeMessage(gateway: Gateway, { adapter }: Partner, message: MessageRow): Promise<void> {
  const evidence = evidenceOf({ kind: 'none' }, adapter.transport);
  const at = momentOf(gateway.now());
  await gateway.db.transaction((tx) => close(tx, message, { evidence, at }));
  gateway.log.info('message closed', { partner: message.partner, messageId: message.id, evidence });
}

/** Applies what was agreed for messages without an answer in time: resend, hold, tell staff, or count as delivered. */
export async function handleUnanswered(gateway: Gateway, { code, adapter }: Partner): Promise<void> {
  const { stages = [] } = adapter.exchange.send ?? {};
  const [first] = stages;
  if (first === undefined) return;
  const { db, log } = gateway;
  const now = momentOf(gateway.now());
  for (const message of await unanswered(db.sql, code, now)) {
    const { id, partner, progress } = message;
    const late = (progress === undefined ? undefined : businessStage(stages)) ?? first;
    await db.transaction(async (tx) => {
      switch (late.then) {
        case 'resend':
          await resendNow(tx, id, now);
          return;
        case 'settle':
          await close(tx, message, { evidence: 'assumed', at: now });
          return;
        case 'hold':
        case 'alarm':
          await recordUnanswered(tx, id, late.then === 'hold' ? 'unanswered' : undefined);
          await appendEvents(tx, [{ kind: 'answer_overdue', ref: id, at: now, detail: { partner } }]);
      }
    });
    if (late.then === 'hold' || late.then === 'alarm')
      log.error('no answer within the agreed time', { partner, messageId: id, detail: late.then });
  }
}
