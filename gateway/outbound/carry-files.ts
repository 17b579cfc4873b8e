/** End of the first story, if people carry the files: staff download our file in the office, and upload the partner's answer there. */

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

/** Finds a message of ours to this partner. Throws E_MESSAGE_UNKNOWN. */
export async function messageTo({ db }: Pick<Gateway, 'db'>, partner: string, id: string): Promise<MessageRow> {
  const message = await findMessage(db.sql, id);
  if (message?.partner === partner) return message;
  throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this id was made for this partner');
}

/**
 * Returns the bytes of a message. If no connection delivers it, the first download counts as handing it over. Throws E_MESSAGE_UNKNOWN,
 * E_REQUEST_INVALID (an earlier list is waiting, or staff must act), E_BYTES_DROPPED.
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

/** A message that cannot be claimed was fetched before, or another request is fetching it now. Throws E_REQUEST_INVALID. */
async function requireFetched({ db }: Gateway, id: string): Promise<void> {
  const last = (await attemptsOf(db.sql, id)).at(-1);
  if (last !== undefined && (last.outcome === undefined || last.outcome === 'handed_over')) return;
  throw new GatewayError('E_REQUEST_INVALID', 'an earlier list of the stream goes first, or staff must act', {
    at: id,
    fix: 'Fetch the earlier list, or look at the message: its page says why it is held.',
  });
}

/** The signature file that belongs to a message; undefined if its signature is not in a separate file. */
function signatureBeside({ adapter: { seal } }: Partner, { kind }: Pick<MessageRow, 'kind'>): Beside | undefined {
  return kind === 'list' ? signatureFileOf(seal) : undefined;
}

/** The separate signature of a message. Throws E_MESSAGE_UNKNOWN if there is none. */
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

/**
 * Takes the partner's answer to a message, uploaded by a person. Throws what is wrong with the answer, E_MESSAGE_UNKNOWN,
 * E_RECEIPT_UNMATCHED.
 */
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
