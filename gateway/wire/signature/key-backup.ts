/** Our keys, and the log's key with its checkpoints, as one encrypted file: scrypt (RFC 7914) makes a key of a passphrase, and AES-256-GCM seals the files with it. */

import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../model/errors.ts';

const magic = Buffer.from('mra keys 1\n');
const [saltBytes, nonceBytes, tagBytes] = [16, 12, 16];
const shortestPassphrase = 12;
/** 128 MiB and about half a second for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };

/** Two folders: of our keys; and of the log, with its key, its checkpoints and those of partners. */
export interface KeyFolders {
  readonly keys: string;
  readonly log: string;
}

/** What names of files of the log begin with; the key folder has no such folder. */
const ofLog = 'log/';

/** Throws E_REQUEST_INVALID for a passphrase that can be guessed, E_KEY_MISSING without keys. */
export function sealKeys(folders: KeyFolders, passphrase: string, random: (bytes: number) => Uint8Array): Buffer {
  if (passphrase.length < shortestPassphrase) {
    const fix = `Write one of at least ${shortestPassphrase} characters into the file.`;
    throw new GatewayError('E_REQUEST_INVALID', 'the passphrase is too short', { fix });
  }
  const { keys, log } = folders;
  if (!existsSync(keys)) throw new GatewayError('E_KEY_MISSING', 'there are no keys yet', { at: keys });
  const ofTheLog = filesIn(log).map(([name, bytes]) => [`${ofLog}${name}`, bytes] as const);
  const files = [...filesIn(keys), ...ofTheLog];
  const [salt, nonce] = [random(saltBytes), random(nonceBytes)];
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, cost), nonce).setAAD(magic);
  const sealed = [cipher.update(JSON.stringify(files)), cipher.final()];
  return Buffer.concat([magic, salt, nonce, ...sealed, cipher.getAuthTag()]);
}

type SealedFile = readonly [name: string, bytes: string];

/** Names relative to the folder, and base64; none where there is no folder. */
function filesIn(folder: string): readonly SealedFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [relative(folder, path), readFileSync(path, 'base64')]);
}

/**
 * Writes our keys into a folder that has none but these, and of the log what is not there: checkpoints that stand there are no older. A
 * second call completes what the first began. Throws E_BACKUP_INVALID (also for another passphrase), and E_STORE_OCCUPIED where there are
 * other keys, or the log has another key.
 */
export function openKeyBackup(sealed: Buffer, passphrase: string, { keys, log }: KeyFolders): void {
  const occupied = (detail: string, at: string): GatewayError => new GatewayError('E_STORE_OCCUPIED', detail, { at });
  const files = openSealed(sealed, passphrase).map(([name, bytes]) => {
    const [folder, below] = name.startsWith(ofLog) ? [log, name.slice(ofLog.length)] : [keys, name];
    const path = resolve(folder, below);
    if (!path.startsWith(resolve(folder) + sep)) throw invalid();
    return { path, bytes: Buffer.from(bytes, 'base64') };
  });
  const sealedAt = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const isOurs = (path: string): boolean => isBegun(path, sealedAt.get(resolve(path)));
  const other = filesIn(keys).find(([name]) => !isOurs(join(keys, name)));
  if (other !== undefined) throw occupied('there are other keys in this place', join(keys, other[0]));
  const logKey = join(log, 'key.pem');
  if (existsSync(logKey) && !isOurs(logKey)) throw occupied('the log has another key in this place', logKey);
  for (const { path, bytes } of files) {
    if (existsSync(path) && !isBegun(path, bytes)) continue;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes, { mode: 0o600 });
  }
}

/** Whether the file is the beginning of these bytes, as far as writing it came. */
function isBegun(path: string, bytes: Buffer | undefined): boolean {
  const found = readFileSync(path);
  return bytes?.subarray(0, found.length).equals(found) === true;
}

function openSealed(sealed: Buffer, passphrase: string): readonly SealedFile[] {
  const ends = [magic.length, saltBytes, nonceBytes].reduce<number[]>((all, n) => [...all, (all.at(-1) ?? 0) + n], []);
  const [afterMagic = 0, afterSalt = 0, afterNonce = 0] = ends;
  if (sealed.length < afterNonce + tagBytes || !sealed.subarray(0, afterMagic).equals(magic)) throw invalid();
  const key = scryptSync(passphrase, sealed.subarray(afterMagic, afterSalt), 32, cost);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(afterSalt, afterNonce)).setAAD(magic);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(afterNonce, -tagBytes)), decipher.final()]);
    return JSON.parse(text.toString()) as readonly SealedFile[];
  } catch (cause) {
    throw invalid(cause);
  }
}

function invalid(cause?: unknown): GatewayError {
  const fix = 'Name the file with the passphrase of this backup; or take another backup.';
  return new GatewayError('E_BACKUP_INVALID', 'the keys cannot be opened', { fix, cause });
}
