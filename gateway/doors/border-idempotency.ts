/** Idempotency keys: a request repeated under its key gets the first reply, and the work is done once. */

import type { PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { GatewayError, isStoreAway } from '../model/errors.ts';
import { findIdempotent, saveIdempotent } from '../store/consultations.ts';
import type { Tx } from '../store/database.ts';
import { contentTypeOf } from '../wire/files/content-type.ts';
import type { Clearance } from '../clearance/requests.ts';
import { fingerprintOf, type BorderReply } from './border-requests.ts';

interface Call {
  readonly door: Pick<Clearance, 'db' | 'now'>;
  readonly posted: PostedRequest;
}

export type Reply = BorderReply | PostedReply;

export function asText(reply: Reply): PostedReply {
  if ('text' in reply) return reply;
  const { status, headers = {}, body, outcomes = {} } = reply;
  return { status, headers, text: JSON.stringify(body), outcomes };
}

/** Stores the reply in the transaction of the answer; undefined without an idempotency key. */
type SaveReply = ((tx: Tx, reply: Reply) => Promise<void>) | undefined;

/**
 * Does the work once per idempotency key: the reply is stored with the answer, and a repeated request gets the stored reply. If two
 * concurrent requests have the same key, the transaction of the second is rolled back, and it gets the reply of the first.
 */
export async function idempotently(call: Call, work: (save: SaveReply) => Promise<Reply>): Promise<Reply> {
  const { door, posted } = call;
  const { requester, idempotencyKey: key, target, contentType, body } = posted;
  if (key === undefined) return await work(undefined);
  const fingerprint = fingerprintOf(target, contentTypeOf(contentType).mediaType, body);
  let stored: BorderReply | undefined;
  try {
    stored = await storedReply(call, key, fingerprint);
  } catch (error) {
    // Without the store the key cannot be looked up. Give an answer from memory; a repeated request gets another one.
    if (isStoreAway(error)) return await work(undefined);
    throw error;
  }
  if (stored !== undefined) return stored;
  try {
    return await work(async (tx, reply) => {
      const { status, headers, text } = asText(reply);
      const body = `{"body":${text},"headers":${JSON.stringify(headers)}}`;
      const first = { fingerprint, status, body, at: door.now().toISOString() };
      if (!(await saveIdempotent(tx, { requester, key, ...first }))) throw new KeyUsed();
    });
  } catch (error) {
    const first = error instanceof KeyUsed ? await storedReply(call, key, fingerprint) : undefined;
    if (first === undefined) throw error;
    return first;
  }
}

/** A concurrent request stored its reply under the key first. */
class KeyUsed extends Error {
  override readonly name = 'KeyUsed';
}

async function storedReply(
  { door, posted: { requester } }: Call,
  key: string,
  fingerprint: string,
): Promise<BorderReply | undefined> {
  const found = await findIdempotent(door.db.sql, requester, key);
  if (found === undefined) return undefined;
  if (found.fingerprint !== fingerprint) {
    const detail = `the key was first used at ${found.at}; use a new key, or send the same body`;
    throw new GatewayError('E_IDEMPOTENCY_MISMATCH', detail);
  }
  const { body, headers } = JSON.parse(found.body) as Omit<BorderReply, 'status'>;
  return { status: found.status, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
}
