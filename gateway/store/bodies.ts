/** Bytes as they came or went, kept once under their SHA-256. */

import { GatewayError } from '../model/errors.ts';
import type { Digest } from '../model/message.ts';
import { sha256 } from './canonical.ts';
import type { Reader, Tx } from './database.ts';

/** Keeps the bytes and says their digest; bytes that are held already are not stored again. */
export async function keepBytes(tx: Tx, bytes: Uint8Array): Promise<Digest> {
  const digest = sha256(bytes);
  await tx
    .insertInto('body')
    .values({ digest, bytes })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  return digest;
}

/** The bytes of that digest. Throws E_MESSAGE_UNKNOWN. */
export async function getBytes(reader: Reader, digest: Digest): Promise<Uint8Array> {
  const row = await reader.selectFrom('body').select('bytes').where('digest', '=', digest).executeTakeFirst();
  if (row === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'no bytes of that digest are held');
  return row.bytes;
}
