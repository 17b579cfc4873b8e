/** A message is what its signature covers: the same signed content in other bytes, with a blank outside the root for one, is a repetition. */

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
 * The result for a message that was refused although its signed content has a verdict already: the same verdict, in a receipt over these
 * bytes. Every content with a verdict is refused when it comes again, for its id is taken.
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
    // The verdict on a held list is still to come: these bytes are then asked about again.
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

/** The bytes that have a verdict and own the id, if they hold the same signed content. */
async function findFirst({ gateway, partner, raw, digest, id }: InboundMessage): Promise<InboxMessage | undefined> {
  const { sql } = gateway.db;
  const first = id === undefined ? undefined : await findInbox(sql, { messageId: id, partner: partner.code });
  if (first === undefined || first.digest === digest) return undefined;
  const isSettled = ['APPLIED', 'HELD', 'REJECTED'].includes(first.state);
  if (!isSettled || (first.state === 'REJECTED' && !isFinalRefusal(first.reason))) return undefined;
  const bytes = await intactBytes(sql, first.digest);
  if (bytes === undefined) return undefined; // they went, and other bytes under the id are a conflict
  const before = keptMessage(first, bytes);
  return (await contentOf(partner, raw)) === (await contentOf(partner, before)) ? first : undefined;
}

/** Type and digest of the content that is the partner's; of bytes that are not signed as they were before, the error that says so. */
async function contentOf(partner: Partner, raw: RawMessage): Promise<string> {
  try {
    using message = await attributed(partner, raw);
    const { lines } = partner.adapter.list;
    // A spreadsheet writes other bytes each time it saves the same cells.
    const rows = lines?.sheet === undefined ? undefined : linesIn(message, lines);
    return `${message.type} ${sha256(rows === undefined ? message.content : Buffer.from(rows.join('\n')))}`;
  } catch (error) {
    if (isMessageFault(error)) return error.code;
    throw error;
  }
}
