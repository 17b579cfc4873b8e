/**
 * The identity of a message is what its signature covers: the same signed content in other bytes, for example with a space outside the root
 * element, is a duplicate.
 */

import type { Partner } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { isFinalRefusal, isMessageFault, type ErrorCode } from '../model/errors.ts';
import type { DecodedMessage, HoldReason, RawMessage, Receipt, RecordAnswer } from '../model/message.ts';
import { intactBytes, keepBytes } from '../store/bodies.ts';
import { findInbox, settleInbox, type InboxMessage } from '../store/inbox.ts';
import { countRefused } from '../store/refused-bytes.ts';
import { resultsOf } from '../store/outbox.ts';
import { findStream, positionHeld } from '../store/streams.ts';
import { linesIn } from '../wire/xml/parsed-body.ts';
import { attributed, keptMessage, type ReadMessage } from './read-message.ts';
import { rowResults } from './row-results.ts';
import { sealReceipt, type InboundMessage, type ReceiveResult } from './verdicts.ts';

/**
 * The result for a message that was rejected although its signed content has a verdict: the same verdict, in a receipt over these bytes.
 * Content that has a verdict is always rejected when it arrives again, because its id is taken.
 */
export async function repeatVerdict(
  inbound: InboundMessage,
  message: ReadMessage | undefined,
  refused: unknown,
): Promise<ReceiveResult | undefined> {
  if (message === undefined || message.kind === 'receipt' || !isMessageFault(refused)) return undefined;
  const { gateway, partner, digest, id, decidedByPeople = false } = inbound;
  if (decidedByPeople) return undefined;
  const first = await findFirst(inbound);
  if (first === undefined) return undefined;
  const verdict = first.state === 'APPLIED' ? 'applied' : first.state === 'HELD' ? 'held' : 'rejected';
  const code = first.reason as ErrorCode | HoldReason | undefined;
  const reason = code && { code, detail: 'the same content came before in other bytes' };
  const stated = message.kind === 'list' && verdict === 'applied' ? await statedOf(inbound, message) : {};
  const receipt = await sealReceipt(inbound, { subject: id, verdict, reason, ...stated });
  await gateway.db.transaction(async (tx) => {
    const settled = { partner: partner.code, digest, state: 'APPLIED', at: momentOf(gateway.now()) } as const;
    // The verdict on a held list is still open: the sender asks about these bytes again later.
    if (first.state === 'APPLIED')
      await settleInbox(tx, {
        ...{ ...settled, evidence: inbound.evidence, kind: message.kind },
        receiptDigest: await keepBytes(tx, receipt.bytes),
      });
    await countRefused(tx, partner.code, digest, gateway.refusedBytes);
  });
  return { verdict, receipt, duplicate: true };
}

async function statedOf(
  { gateway, partner, id = '' }: InboundMessage,
  { list }: DecodedMessage & { readonly kind: 'list' },
): Promise<Pick<Receipt, 'position' | 'records'> & { readonly rows: readonly RecordAnswer[] | undefined }> {
  const { sql } = gateway.db;
  const results = await resultsOf(sql, partner.code, id);
  const refused = results.length;
  const position = positionHeld(await findStream(sql, partner.code, 'in'));
  const rows = rowResults(partner, list.records, results);
  return { position, records: { taken: Math.max(0, list.records.count - refused), refused }, rows };
}

/** The bytes that have a verdict under this id, if they hold the same signed content. */
async function findFirst({ gateway, partner, raw, digest, id }: InboundMessage): Promise<InboxMessage | undefined> {
  const { sql } = gateway.db;
  const first = id === undefined ? undefined : await findInbox(sql, { messageId: id, partner: partner.code });
  if (first === undefined || first.digest === digest) return undefined;
  const isSettled = ['APPLIED', 'HELD', 'REJECTED'].includes(first.state);
  if (!isSettled || (first.state === 'REJECTED' && !isFinalRefusal(first.reason))) return undefined;
  const bytes = await intactBytes(sql, first.digest);
  if (bytes === undefined) return undefined; // the first bytes were dropped, so other bytes under the id are a conflict
  const before = keptMessage(first, bytes);
  return (await contentOf(partner, raw)) === (await contentOf(partner, before)) ? first : undefined;
}

/** Type and digest of the signed content. For bytes whose signature no longer verifies: the error. */
async function contentOf(partner: Partner, raw: RawMessage): Promise<string> {
  try {
    using message = await attributed(partner, raw);
    const { lines } = partner.adapter.list;
    // A spreadsheet program writes different bytes each time it saves the same cells.
    const rows = lines?.sheet === undefined ? undefined : linesIn(message, lines);
    return `${message.type} ${sha256(rows === undefined ? message.content : Buffer.from(rows.join('\n')))}`;
  } catch (error) {
    if (isMessageFault(error)) return error.code;
    throw error;
  }
}
