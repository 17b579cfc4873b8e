/** Brings the log of the embedded engine into its file on a thread of its own, so that who commits does not write every page twice. */

import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Pages that wait in the log before a checkpoint is worth it; the number at which SQLite by itself would make one. */
const worthwhile = 1_000;
/** Pages the log may have when a transaction begins: 64 MiB, or 32 in an older file, whose pages are smaller. */
const longestLog = 8_192;

/** The thread runs ten lines. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export interface Checkpoints {
  /** Before BEGIN: makes a log that grew too long short again. Throws what SQLite throws; nothing is stored then. */
  makeRoom(): Promise<void>;
  /** After COMMIT: tells the thread when there is enough to do. Never throws, for what was committed is there. */
  follow(): void;
  /** Ends the thread, and with it its connection: only the last one to be closed removes the log. */
  end(): Promise<void>;
}

/**
 * The thread costs 3 MB and 0.07 s of a processor when it starts: with the first commit that leaves it work. It keeps no process alive.
 * `database` is the connection that writes.
 */
export function checkpointsBeside(database: DatabaseSync, path: string): Checkpoints {
  const look = logOf(database);
  const checkpoint = checkpointsOn(database);
  let thread: Worker | undefined;
  let beside = true;

  /**
   * Without its thread the store is right, only slower: who writes makes the checkpoints, and hears of a disk that does not take
   * them. It stays so until the store is opened again: threads tried anew would mostly end as the first did.
   */
  function lose(cause: unknown): void {
    beside = false;
    const type = 'CheckpointsWarning';
    process.emitWarning('the store makes its checkpoints where it is written', { type, detail: String(cause) });
  }
  function start(): Worker {
    const file = new URL('./checkpoints-run.js', import.meta.url);
    const started = new Worker(file, { workerData: { path, worthwhile }, resourceLimits });
    started.unref();
    return started.on('error', lose);
  }

  return {
    /**
     * Writers can be faster than the thread, and a log starts over only when all of it is in the file: it would grow for ever.
     * So who finds it too long makes the checkpoint itself, which holds up its thread; or waits, if one is under way, which does not.
     */
    async makeRoom() {
      while (look().pages > (beside ? longestLog : worthwhile) && checkpoint() === 'under way') await wait(5);
    },
    follow() {
      if (!beside) return;
      try {
        if (look().waiting > worthwhile) (thread ??= start()).postMessage('follow');
      } catch (cause) {
        lose(cause);
      }
    },
    async end() {
      beside = false;
      await thread?.terminate();
    },
  };
}

/** Asks how long the log is and how much of it waits, in pages: 5 µs. The size of its file does not tell, it stays when the log starts over. */
export function logOf(database: DatabaseSync): () => { readonly pages: number; readonly waiting: number } {
  const noop = database.prepare('pragma wal_checkpoint(noop)');
  return () => {
    const { log, checkpointed } = noop.get() as { log: number; checkpointed: number };
    return { pages: log, waiting: log - checkpointed };
  };
}

/** Passive: brings in what no reader needs as it was, and lets nobody wait. One at a time is made on a file. */
export function checkpointsOn(database: DatabaseSync): () => 'made' | 'under way' {
  const passive = database.prepare('pragma wal_checkpoint(passive)');
  return () => (passive.get()?.['busy'] === 0 ? 'made' : 'under way');
}
