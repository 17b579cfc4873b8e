/** The bytes of messages received and sent, stored once under their SHA-256. */

import { GatewayError } from '../model/errors.ts';
import type { Digest, SealedMessage } from '../model/message.ts';
import { insertBodies } from './bulk.ts';
import { sha256 } from '../model/canonical-json.ts';
import type { Reader, Tx } from './database.ts';

/** Stores the bytes unless they are already stored, and returns their digest. */
export async function keepBytes(tx: Tx, bytes: Uint8Array): Promise<Digest> {
  const digest = sha256(bytes);
  await insertBodies(tx, [{ digest, bytes }]);
  return digest;
}

/** Stores the bytes of sealed messages. Throws E_INTERNAL for a digest that does not match its bytes. */
export async function keepSealed(tx: Tx, messages: readonly SealedMessage[]): Promise<void> {
  const wrong = messages.find(({ digest, bytes }) => sha256(bytes) !== digest);
  if (wrong !== undefined)
    throw new GatewayError('E_INTERNAL', 'the digest of a sealed message does not match its bytes', { at: wrong.id });
  await insertBodies(tx, messages);
}

/** Throws E_BYTES_DROPPED, and E_STORE_DAMAGED if the bytes were altered in the store, because nobody must be judged by altered bytes. */
export async function getBytes(reader: Reader, digest: Digest): Promise<Uint8Array> {
  const bytes = await storedBytes(reader, digest);
  if (sha256(bytes) === digest) return bytes;
  if (bytes.length === 0)
    throw new GatewayError('E_BYTES_DROPPED', 'they were older than agreed, or newer ones took their place', {
      at: digest,
    });
  const fix = 'Get the bytes from a backup, or ask their sender for them.';
  throw new GatewayError('E_STORE_DAMAGED', 'stored bytes do not have their digest any more', { at: digest, fix });
}

/** Undefined if the bytes were dropped, or altered in the store. */
export async function intactBytes(reader: Reader, digest: Digest): Promise<Uint8Array | undefined> {
  const bytes = await storedBytes(reader, digest);
  return sha256(bytes) === digest ? bytes : undefined;
}

/** The bytes as stored, even if they were altered; empty if there are none. */
export async function storedBytes(reader: Reader, digest: Digest): Promise<Uint8Array> {
  const row = await reader.selectFrom('body').select('bytes').where('digest', '=', digest).executeTakeFirst();
  return row?.bytes ?? new Uint8Array();
}
