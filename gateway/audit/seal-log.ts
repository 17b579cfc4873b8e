/**
 * Signs checkpoints of the log, and keeps them outside the store: a person who can change the store, but not these files, cannot change
 * anything covered by a checkpoint without detection.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { appendFile, open, readFile, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GatewayError, isSystemError } from '../model/errors.ts';
import { readCheckpoint, signCheckpoint, signNote, verifierKey, type Checkpoint } from '../model/log/checkpoint.ts';
import { rootOf } from '../model/log/merkle.ts';
import type { Moment } from '../model/record/record.ts';
import type { Database } from '../store/database.ts';
import { isRestored, keepNodes, logId, logSigner, logSize, nameLogSigner, restartLog } from '../store/log.ts';
import { storedSubtrees } from '../store/log.ts';
import { syncFolder, writeDurably } from '../wire/files/durable-files.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { headSizes, noteIn, thinCheckpoints } from './checkpoint-file.ts';

export interface LogSealer {
  /** Signs a checkpoint of the current log, unless the last one covers it. Throws E_LOG_ALTERED if the log is not the one signed last. */
  seal(): Promise<SealedCheckpoint>;
  /** Gives the log a new name, and signs its current state. Checkpoints under the old name stay on file. */
  restart(decision: {
    readonly person: string;
    readonly reason: string;
    readonly at: Moment;
  }): Promise<SealedCheckpoint>;
  /** The log sizes of the checkpoints on file, oldest first. */
  heads(): Promise<readonly number[]>;
  /** Deletes most of the older checkpoints, because later ones cover the same entries. Only one process may do this at a time. */
  thin(): Promise<void>;
  /** Signs another text as a note under the name of the log; the text must end with a newline. */
  signNote(text: string): Promise<string>;
  /** The public key in the format of note verifiers; publish it where partners and courts can find it. */
  verifierKey(): Promise<string>;
}

export interface SealedCheckpoint extends Checkpoint {
  /** The signed note. */
  readonly note: string;
}

interface LogFiles {
  /** The files of the private key and of the checkpoints (one JSON string per line). */
  readonly key: string;
  readonly checkpoints: string;
}

const filesIn = (folder: string): LogFiles => ({
  key: join(folder, 'key.pem'),
  checkpoints: join(folder, 'checkpoints'),
});

/** Nodes stored in one transaction; each is computed from 256 rows, in about a millisecond. */
const nodesAtOnce = 16;

/** `folder`: outside the store, readable by us only. Its key is created with the first checkpoint. */
export function openLogSealer(db: Database, folder: string, country: string): LogSealer {
  let last: Promise<SealedCheckpoint | undefined> | undefined;
  /** Runs tasks one at a time; after a failure, the previous checkpoint stays the last one. */
  async function inTurn<Last extends SealedCheckpoint | undefined>(
    next: (before: SealedCheckpoint | undefined) => Promise<Last>,
  ): Promise<Last> {
    const before = last ?? dropTornLine(filesIn(folder).checkpoints).then(() => lastCheckpoint(folder));
    const sealing = before.then(next);
    last = sealing.catch(() => before);
    return await sealing;
  }
  async function sign(known: SealedCheckpoint | undefined): Promise<SealedCheckpoint> {
    const key = await openKey(db, folder);
    if ((await logSigner(db.sql)) === undefined) await db.transaction((tx) => nameLogSigner(tx, publicText(key)));
    await requireSigner(db, folder, key);
    const origin = await originOf(db, country);
    while (!(await keepNodes(db, nodesAtOnce))) await nextTurn();
    const size = await logSize(db.sql);
    if (known !== undefined) await assertContinued(db, known, { origin, size });
    if (known?.size === size) return known;
    const checkpoint = { origin, size, root: (await rootOf(storedSubtrees(db.sql), size)).toString('base64') };
    const note = signCheckpoint(checkpoint, key);
    await appendDurably(filesIn(folder).checkpoints, note);
    return { ...checkpoint, note };
  }
  const { checkpoints } = filesIn(folder);
  return {
    seal: () => inTurn(sign),
    heads: () => headSizes(checkpoints),
    thin: () => inTurn((before) => thinCheckpoints(checkpoints).then(() => before)).then(() => undefined),
    restart: (decision) =>
      inTurn(async (before) => {
        if ((await logKey(folder)) === undefined) await setAside(checkpoints, await logId(db.sql));
        await db.transaction((tx) => restartLog(tx, { ...decision, before: before?.origin, signed: before?.size }));
        return await sign(undefined);
      }),
    signNote: async (text) => signNote(text, await originOf(db, country), await openKey(db, folder)),
    verifierKey: async () => verifierKey(await originOf(db, country), createPublicKey(await openKey(db, folder))),
  };
}

/** The public key in the format of note verifiers; undefined if nothing was signed yet. Creates no key. */
export async function publishedKey(db: Database, folder: string, country: string): Promise<string | undefined> {
  const key = await logKey(folder);
  return key && verifierKey(await originOf(db, country), key);
}

/** The last checkpoint, if any. Throws E_LOG_ALTERED if the log in the store is not the one that it covers, E_KEY_MISSING. */
export async function examineLog(db: Database, folder: string, country: string): Promise<Checkpoint | undefined> {
  const key = await logKey(folder);
  if (key !== undefined) await requireSigner(db, folder, key);
  else if (await isKeyLost(db, folder)) throw await keyMissing(db, folder);
  const known = await lastCheckpoint(folder);
  if (known === undefined) return undefined;
  await assertContinued(db, known, { origin: await originOf(db, country), size: await logSize(db.sql) });
  return known;
}

async function originOf({ sql }: Database, country: string): Promise<string> {
  return `mra-gateway/${country}/${await logId(sql)}`;
}

/** A log that is shorter, different, or altered before the last checkpoint is not signed: its evidence would be worthless. */
async function assertContinued(
  { sql }: Database,
  known: Checkpoint,
  { origin, size }: Pick<Checkpoint, 'origin' | 'size'>,
): Promise<void> {
  const fix = 'Find out who changed the store: mra audit verify names the entries. After a restore: mra audit restart.';
  const altered = (detail: string): GatewayError => new GatewayError('E_LOG_ALTERED', detail, { fix });
  if (known.origin !== origin)
    throw altered(`the store has another log, ${origin}, than the checkpoints, ${known.origin}`);
  if (known.size > size) throw altered(`the log ends at entry ${size}; ${known.size} were signed`);
  const root = (await rootOf(storedSubtrees(sql), known.size)).toString('base64');
  if (root !== known.root) throw altered(`entries up to ${known.size} are not those that were signed`);
}

/** Explains what to do if this folder does not have the key of the log. */
export async function keyMissing({ sql }: Pick<Database, 'sql'>, folder: string): Promise<GatewayError> {
  const { key: at } = filesIn(folder);
  const size = await logSize(sql);
  const [detail, fix] =
    size === 0
      ? ['nothing was signed yet, so the log has no key', 'mra serve and mra audit checkpoint make it.']
      : [
          `the log has ${size} entries, and its key is not here`,
          'If it was ever signed: stop the gateway and put key.pem back before it serves (other gateways on this store have it in their data folders), or run mra restore FILE --keys PASSPHRASE-FILE. ' +
            'If the key is lost: mra audit restart makes another under another name; publish that. In a new installation mra serve makes it.',
        ];
  return new GatewayError('E_KEY_MISSING', detail, { at, fix });
}

/**
 * Whether the log was signed with a key that this folder does not have: a second key under the same name would contradict what was
 * published.
 */
async function isKeyLost({ sql }: Database, folder: string): Promise<boolean> {
  const isSigned = (await endOf(filesIn(folder).checkpoints)).size > 0 || (await logSigner(sql)) !== undefined;
  return isSigned || (await isRestored(sql));
}

/** Two keys under one log name would contradict each other. Throws E_KEY_MISSING. */
async function requireSigner({ sql }: Database, folder: string, key: KeyObject): Promise<void> {
  const signer = await logSigner(sql);
  if (signer === undefined || signer === publicText(key)) return;
  const fix =
    'Stop this gateway, move its folder log away, and put log/key.pem from the data folder of the gateway that signs in its place, before it serves. ' +
    'If that key is lost: mra audit restart gives the log another name.';
  const detail = 'another gateway on this store signs the log, with another key than the one here';
  throw new GatewayError('E_KEY_MISSING', detail, { at: filesIn(folder).key, fix });
}

function publicText(key: KeyObject): string {
  const spki = (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' });
  return spki.toString('base64');
}

/** Moves checkpoints away that the new key did not sign. */
async function setAside(checkpoints: string, log: string): Promise<void> {
  await rename(checkpoints, `${checkpoints}.${log}`).catch((error: unknown) => {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  });
}

/** The key in this folder, created if there is none. Throws E_KEY_MISSING if it was lost. */
async function openKey(db: Database, folder: string): Promise<KeyObject> {
  const { key: file } = filesIn(folder);
  const pem = await readIfThere(file);
  if (pem !== undefined) return createPrivateKey(pem);
  if (await isKeyLost(db, folder)) throw await keyMissing(db, folder);
  makeFolder(folder, 0o700);
  const { privateKey } = generateKeyPairSync('ed25519');
  const made = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Of two processes, only the first one creates the key.
  const opened = await open(file, 'wx', 0o600).catch((error: unknown) => {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  });
  if (opened !== undefined) await writeDurably(opened, made);
  await syncFolder(folder);
  return createPrivateKey(await readFile(file));
}

/** The key of the log in this folder; undefined if none was created. */
export async function logKey(folder: string): Promise<KeyObject | undefined> {
  const pem = await readIfThere(filesIn(folder).key);
  return pem === undefined ? undefined : createPublicKey(pem);
}

/** All checkpoints, oldest first. Throws E_LOG_ALTERED for one that this key did not sign. */
export async function checkpointsIn(folder: string, key: KeyObject): Promise<readonly SealedCheckpoint[]> {
  const text = (await readIfThere(filesIn(folder).checkpoints)) ?? '';
  // The last piece is a line that is still being written.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const note = noteIn(line, `line ${i + 1}`);
    return { ...readCheckpoint(note, key), note };
  });
}

/** Reads only the end of the file, because it is called every few seconds and the file is long. */
export async function lastCheckpoint(folder: string): Promise<SealedCheckpoint | undefined> {
  const key = await logKey(folder);
  if (key === undefined) return undefined;
  const { text } = await endOf(filesIn(folder).checkpoints);
  const line = text.split('\n').at(-2);
  if (line === undefined) return undefined;
  const note = noteIn(line, 'the last line');
  return { ...readCheckpoint(note, key), note };
}

/** A crash during an append leaves an incomplete line, which was never given to anybody. */
async function dropTornLine(file: string): Promise<void> {
  const { text, size } = await endOf(file);
  const torn = text.slice(text.lastIndexOf('\n') + 1);
  if (torn !== '') await truncate(file, size - Buffer.byteLength(torn));
}

/** More than the length of any two lines. */
const endBytes = 4 * 1024;

/** Empty if there is no file. */
async function endOf(file: string): Promise<{ readonly text: string; readonly size: number }> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return { text: '', size: 0 };
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, endBytes);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return { text: buffer.toString(), size };
  } finally {
    await handle.close();
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** On disk when this resolves. */
async function appendDurably(file: string, note: string): Promise<void> {
  await appendFile(file, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
}
