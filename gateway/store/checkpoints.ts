/** Checkpoints of the embedded engine on a worker thread: otherwise commits would also wait for copying the log into the file. */

import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Log pages at which a checkpoint is made. */
const threshold = 2_000;
/** Most log pages when a transaction begins: 64 MiB, or 128 MiB in an older file with larger pages. */
const longestLog = 16_384;

/** In megabytes: the thread runs ten lines of code. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export interface Checkpoints {
  /**
   * Before BEGIN: shortens a log that has grown too long; `held` is called if that takes long. Commits can be faster than the thread, and
   * the log restarts only when all of it is in the file, so it could grow without limit. Therefore the writer waits for the thread. It then
   * copies the rest into the file itself, which blocks it but is little unless the thread failed; or it waits for a checkpoint in progress.
   * Throws errors of SQLite; nothing is stored then.
   */
  shortenLog(held?: () => void): Promise<void>;
  /** After COMMIT: requests a checkpoint if the log is long enough. Never throws, because the commit has succeeded. */
  request(): void;
  /** Stops the thread and closes its connection. SQLite removes the log when the last connection is closed. */
  close(): Promise<void>;
}

/**
 * `database` is the writing connection. The thread starts with the first commit after which a checkpoint is due. It costs 3 MB and 0.07 s
 * of processor time, and does not keep the process alive.
 */
export function startCheckpointing(database: DatabaseSync, path: string): Checkpoints {
  const readLog = logOf(database);
  const checkpoint = checkpointsOn(database);
  let hasThread = true;
  const thread = openThread(path, lose);

  /**
   * Without the thread the store stays correct but is slower, because the writer makes the checkpoints. A new thread would probably fail in
   * the same way.
   */
  function lose(cause: unknown): void {
    hasThread = false;
    const type = 'CheckpointsWarning';
    process.emitWarning('the checkpoint thread failed; commits make the checkpoints', { type, detail: String(cause) });
  }

  return {
    async shortenLog(held) {
      while (readLog().pages > (hasThread ? longestLog : threshold)) {
        if (hasThread && readLog().pending > threshold) {
          held?.();
          await thread.checkpoint();
        }
        if (checkpoint() === 'made') return;
        await wait(5);
      }
    },
    request() {
      try {
        if (hasThread && readLog().pending > threshold) thread.request();
      } catch (cause) {
        lose(cause);
      }
    },
    async close() {
      hasThread = false;
      await thread.close();
    },
  };
}

interface CheckpointThread {
  request(): void;
  /** Resolves when it has made a checkpoint, or failed to. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

function openThread(path: string, lost: (cause: unknown) => void): CheckpointThread {
  let worker: Worker | undefined;
  let waiting: PromiseWithResolvers<undefined> | undefined;
  function start(): Worker {
    const file = new URL('./checkpoints-run.js', import.meta.url);
    const started = new Worker(file, { name: 'checkpoints', workerData: { path, threshold }, resourceLimits });
    started.unref();
    return started.on('message', goOn).on('error', (cause) => {
      lost(cause);
      goOn();
    });
  }
  function goOn(): void {
    worker?.unref();
    waiting?.resolve(undefined);
    waiting = undefined;
  }
  return {
    request: () => (worker ??= start()).postMessage('checkpoint'),
    async checkpoint() {
      worker ??= start();
      worker.ref();
      waiting ??= Promise.withResolvers();
      worker.postMessage('awaited');
      await waiting.promise;
    },
    async close() {
      goOn();
      await worker?.terminate();
    },
  };
}

/** Reads, in 5 µs, the number of pages in the log and how many of them are not in the file yet. The size of the log file does not tell. */
export function logOf(database: DatabaseSync): () => { readonly pages: number; readonly pending: number } {
  const noop = database.prepare('pragma wal_checkpoint(noop)');
  return () => {
    const { log, checkpointed } = noop.get() as { log: number; checkpointed: number };
    return { pages: log, pending: log - checkpointed };
  };
}

/** Makes a passive checkpoint, which blocks no reader or writer. A file has at most one checkpoint in progress. */
export function checkpointsOn(database: DatabaseSync): () => 'made' | 'in progress' {
  const passive = database.prepare('pragma wal_checkpoint(passive)');
  return () => (passive.get()?.['busy'] === 0 ? 'made' : 'in progress');
}
