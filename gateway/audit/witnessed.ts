/**
 * Each side witnesses the other's log: a receipt carries the newest checkpoint of its sender's log, and the receiver keeps it outside the
 * store. A partner that alters its log later cannot explain two checkpoints of the same size.
 */

import { appendFile, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError, isSystemError } from '../model/errors.ts';
import { keyOfVerifier, readCheckpoint, verifierKey, type Checkpoint } from '../model/log/checkpoint.ts';
import type { ReceiptCheckpoint } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { lastCheckpoint, logKey } from './seal-log.ts';

interface Witness {
  /** The newest checkpoint that we signed; undefined if there is none. */
  own(): Promise<ReceiptCheckpoint | undefined>;
  /**
   * Keeps a partner's checkpoint, at most one per hour. Throws E_LOG_ALTERED if its signature is invalid, or it contradicts an earlier one.
   */
  keep(partner: string, checkpoint: ReceiptCheckpoint): Promise<void>;
}

interface Witnessed extends ReceiptCheckpoint, Checkpoint {
  readonly at: Moment;
}

const hourMs = 3_600_000;

/** `folder`: the folder of our log; partners' checkpoints are in `partners/` below it, one JSON line each. */
export function openWitness(folder: string, now: () => Date): Witness {
  let last: Promise<unknown> = Promise.resolve();
  async function keepNow(partner: string, checkpoint: ReceiptCheckpoint): Promise<void> {
    const at = now();
    const found: Witnessed = { ...opened(checkpoint), ...checkpoint, at: at.toISOString() };
    const kept = await witnessedOf(folder, partner);
    const newest = kept.at(-1);
    const contradicted = kept.find((each) => contradicts(each, found));
    const isNew = newest?.origin !== found.origin || found.size > newest.size;
    const isDue =
      newest === undefined || at.getTime() - Date.parse(newest.at) >= hourMs || newest.origin !== found.origin;
    if (contradicted !== undefined || (isNew && isDue)) await append(folder, partner, found);
    if (contradicted !== undefined)
      throw new GatewayError('E_LOG_ALTERED', `the log of ${partner} has two roots of ${found.size} entries`, {
        at: found.origin,
        fix: 'Ask the partner why its log was changed: mra audit witnessed prints both checkpoints.',
      });
  }
  return {
    async own() {
      const [key, checkpoint] = [await logKey(folder), await lastCheckpoint(folder)];
      if (key === undefined || checkpoint === undefined) return undefined;
      return { key: verifierKey(checkpoint.origin, key), note: checkpoint.note };
    },
    async keep(partner, checkpoint) {
      const keeping = last.then(() => keepNow(partner, checkpoint));
      last = keeping.catch(() => undefined);
      await keeping;
    },
  };
}

function opened({ key, note }: ReceiptCheckpoint): Checkpoint {
  try {
    return readCheckpoint(note, keyOfVerifier(key));
  } catch (cause) {
    throw new GatewayError('E_LOG_ALTERED', 'the checkpoint in a receipt is not signed by the key beside it', {
      cause,
    });
  }
}

/** One log has one key, and one root for each size. */
export function contradicts(one: Witnessed, other: Witnessed): boolean {
  if (one.origin !== other.origin) return false;
  return one.key !== other.key || (one.size === other.size && one.root !== other.root);
}

const fileOf = (folder: string, partner: string): string => join(folder, 'partners', partner);

async function append(folder: string, partner: string, { at, key, note }: Witnessed): Promise<void> {
  makeFolder(join(folder, 'partners'), 0o700);
  const file = fileOf(folder, partner);
  await appendFile(file, `${JSON.stringify({ at, key, note })}\n`, { mode: 0o600 });
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
}

/**
 * The stored checkpoints of a partner, oldest first, without a line that is still being written. Throws E_LOG_ALTERED if a line was
 * altered.
 */
export async function witnessedOf(folder: string, partner: string): Promise<readonly Witnessed[]> {
  const text = await readFile(fileOf(folder, partner), 'utf8').catch(absent);
  const lines = (text ?? '').split('\n').slice(0, -1);
  return lines.map((line) => {
    const kept = JSON.parse(line) as ReceiptCheckpoint & { readonly at: Moment };
    return { ...opened(kept), ...kept };
  });
}

/** Partners with stored checkpoints. */
export async function witnessedPartners(folder: string): Promise<readonly string[]> {
  return ((await readdir(join(folder, 'partners')).catch(absent)) ?? []).sort();
}

function absent(error: unknown): undefined {
  if (isSystemError(error) && error.code === 'ENOENT') return undefined;
  throw error;
}
