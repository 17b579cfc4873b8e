/** The end of the first story where people carry the files: one of ours is fetched at the office, and the partner's answer to it is given there. */

import type { Beside } from '../adapter/conversation/files.ts';
import { signatureFileOf } from '../adapter/seal.ts';
import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Bearer } from '../model/message.ts';
import { getBytes } from '../store/bodies.ts';
import { attemptsOf, claimDue, findMessage, type MessageRow } from '../store/outbox.ts';
import { splitForFile } from '../wire/signature/detached.ts';
import { holdAltered, isAsSealed, leaseSeconds, recordAttempt } from './delivery.ts';
import { readLater, requireSubject, settleByResponse, settleByStage } from './settle-by-answer.ts';

/** A message of ours to this partner. Throws E_MESSAGE_UNKNOWN. */
export async function messageTo({ db }: Pick<Gateway, 'db'>, partner: string, id: string): Promise<MessageRow> {
  const message = await findMessage(db.sql, id);
  if (message?.partner === partner) return message;
  throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this id was made for this partner');
}

/**
 * The bytes of a message. The first time it counts as handed over, where no connection does that. Throws E_MESSAGE_UNKNOWN,
 * E_REQUEST_INVALID (an earlier list waits, or staff must act), E_BYTES_DROPPED.
 */
export async function fetchFile(
  gateway: Gateway,
  code: string,
  id: string,
  { person }: Bearer,
): Promise<{ readonly message: MessageRow; readonly bytes: Uint8Array }> {
  const partner = getPartner(gateway, code);
  const message = await messageTo(gateway, partner.code, id);
  if (message.state === 'SEALED' && partner.byFile) await handOver(gateway, partner, { id, person });
  const bytes = await getBytes(gateway.db.sql, message.digest);
  const isBeside = signatureBeside(partner, message) !== undefined;
  return { message, bytes: isBeside ? splitForFile(partner.adapter.seal, bytes).body : bytes };
}

/** Throws E_REQUEST_INVALID. */
async function handOver(
  gateway: Gateway,
  partner: Partner,
  { id, person }: { readonly id: string; readonly person: string },
): Promise<void> {
  const now = momentOf(gateway.now());
  const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 1 };
  const [claimed] = await claimDue(gateway.db, { ...claim, partner: partner.code, id });
  if (claimed === undefined) return await requireFetched(gateway, id);
  if (!isAsSealed(claimed)) return await holdAltered(gateway, claimed);
  const evidence = `fetched at the office by ${person}`;
  await recordAttempt(gateway, claimed, 'custody', { outcome: 'handed_over', evidence, at: now });
  await settleByResponse(gateway, partner, id);
}

/** A message that cannot be claimed is being fetched by another request at this moment, or has been. Throws E_REQUEST_INVALID. */
async function requireFetched({ db }: Gateway, id: string): Promise<void> {
  const last = (await attemptsOf(db.sql, id)).at(-1);
  if (last !== undefined && (last.outcome === undefined || last.outcome === 'handed_over')) return;
  throw new GatewayError('E_REQUEST_INVALID', 'an earlier list of the stream goes first, or staff must act', {
    at: id,
    fix: 'Fetch the earlier list, or look at the message: its page says why it is held.',
  });
}

/** The file of the signature of a message; undefined where it has none of its own. */
function signatureBeside({ adapter: { seal } }: Partner, { kind }: Pick<MessageRow, 'kind'>): Beside | undefined {
  return kind === 'list' ? signatureFileOf(seal) : undefined;
}

/** The signature beside a message. Throws E_MESSAGE_UNKNOWN where there is none. */
export async function signatureOf(
  gateway: Gateway,
  code: string,
  id: string,
): Promise<{ readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }> {
  const partner = getPartner(gateway, code);
  const message = await messageTo(gateway, partner.code, id);
  const beside = signatureBeside(partner, message);
  if (beside === undefined)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'the signature is in the message, or there is none');
  const { signature } = splitForFile(partner.adapter.seal, await getBytes(gateway.db.sql, message.digest));
  return { name: beside.of(message.file ?? id), contentType: 'application/octet-stream', bytes: signature };
}

/** The partner's answer to a message, as somebody brought it. Throws what is wrong with it, E_MESSAGE_UNKNOWN, E_RECEIPT_UNMATCHED. */
export async function takeBroughtAnswer(
  gateway: Gateway,
  code: string,
  { id, bytes, bearer }: { readonly id: string; readonly bytes: Uint8Array; readonly bearer: Bearer },
): Promise<void> {
  const partner = getPartner(gateway, code);
  const message = await messageTo(gateway, partner.code, id);
  const { stage, ack } = readLater(partner, bytes);
  requireSubject(ack, message);
  const evidence = bearer.isOfPartner ? 'channel' : 'custody';
  await settleByStage(gateway, partner, message, { stage, ack, bytes, evidence });
}
