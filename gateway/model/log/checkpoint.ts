/**
 * Checkpoints of the log: a size and a root, signed as a note (C2SP tlog-checkpoint and signed-note), so that tools of others read them.
 *
 *   mra-gateway/CN/5f0c…        the origin: which log
 *   1234                        entries
 *   p1Fc…=                      root, base64
 *                               (an empty line)
 *   — mra-gateway/CN/5f0c… 2k…  name of the key, and base64 of four bytes that tell keys of one name apart and the Ed25519 signature
 */

import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { GatewayError } from '../errors.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** Of the key type Ed25519. */
const keyType = Buffer.of(1);

/** The text of a public key of a log: `name+hash+key`, as tools for signed notes take it. */
export function verifierKey(name: string, key: KeyObject): string {
  const raw = rawKey(key);
  return `${name}+${keyId(name, raw).toString('hex')}+${Buffer.concat([keyType, raw]).toString('base64')}`;
}

/** The key in such a text. Throws E_REQUEST_INVALID where it is none. */
export function keyOfVerifier(text: string): KeyObject {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  const bytes = Buffer.from(rest.join('+'), 'base64');
  const raw = bytes.subarray(1);
  if (bytes.length !== 33 || !bytes.subarray(0, 1).equals(keyType) || keyId(name, raw).toString('hex') !== id)
    throw new GatewayError('E_REQUEST_INVALID', 'not the public key of a log', { fix: 'mra audit key prints it.' });
  return createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki' });
}

export function signCheckpoint({ origin, size, root }: Checkpoint, key: KeyObject): string {
  return signNote(`${origin}\n${size}\n${root}\n`, origin, key);
}

/** Throws E_LOG_ALTERED where the note is not one, or not signed by this key. */
export function readCheckpoint(note: string, key: KeyObject): Checkpoint {
  const { text, name } = openNote(note, key) ?? { text: '', name: '' };
  const [origin = '', size = '', root = ''] = text.split('\n');
  if (name === origin && /^(0|[1-9]\d{0,15})$/u.test(size)) return { origin, size: Number(size), root };
  throw new GatewayError('E_LOG_ALTERED', 'a checkpoint is not signed by the key of this log', { at: `size ${size}` });
}

/** A signed note: the text, which ends with an end of line, and one signature under the name of the log. */
export function signNote(text: string, name: string, key: KeyObject): string {
  const id = keyId(name, rawKey(createPublicKey(key)));
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/** The text of a note and the name under which this key signed it; undefined where it did not. */
export function openNote(note: string, key: KeyObject): { readonly text: string; readonly name: string } | undefined {
  const [before = '', signatures = ''] = note.split('\n\n', 2);
  const [, name = '', signed = ''] = /^— (\S+) (\S+)\n$/u.exec(signatures) ?? [];
  const bytes = Buffer.from(signed, 'base64');
  const text = `${before}\n`;
  const isSigned =
    bytes.subarray(0, 4).equals(keyId(name, rawKey(key))) && verify(null, Buffer.from(text), key, bytes.subarray(4));
  return isSigned ? { text, name } : undefined;
}

/** What precedes the 32 bytes of the key in its DER form (RFC 8410). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

function rawKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(spkiHead.length);
}

function keyId(name: string, raw: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), keyType, raw]), 'buffer').subarray(0, 4);
}
