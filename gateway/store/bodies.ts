/** Bytes as they came or went, kept once under their SHA-256. */

import { GatewayError } from '../model/errors.ts';
import type { Digest, SealedMessage } from '../model/message.ts';
import { insertBodies } from './bulk.ts';
import { sha256 } from '../model/canonical-json.ts';
import type { Reader, Tx } from './database.ts';

/** Keeps the bytes and says their digest; bytes that are held already are not stored again. */
export async function keepBytes(tx: Tx, bytes: Uint8Array): Promise<Digest> {
  const digest = sha256(bytes);
  await insertBodies(tx, [{ digest, bytes }]);
  return digest;
}

/** Keeps the bytes of sealed messages. Throws E_INTERNAL where a digest is not that of its bytes. */
export async function keepSealed(
  tx: Tx,
  messages: readonly Pick<SealedMessage, 'id' | 'digest' | 'bytes'>[],
): Promise<void> {
  const wrong = messages.find(({ digest, bytes }) => sha256(bytes) !== digest);
  if (wrong !== undefined)
    throw new GatewayError('E_INTERNAL', 'the digest of a sealed message is not that of its bytes', { at: wrong.id });
  await insertBodies(tx, messages);
}

/** The bytes of that digest. Throws E_MESSAGE_UNKNOWN. */
export async function getBytes(reader: Reader, digest: Digest): Promise<Uint8Array> {
  const row = await reader.selectFrom('body').select('bytes').where('digest', '=', digest).executeTakeFirst();
  if (row === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'no bytes of that digest are held');
  return row.bytes;
}
