/**
 * The program of the checkpoint thread: opens a connection, and makes a checkpoint on request when enough pages are pending.
 * It is JavaScript without imports because a thread that strips types takes three times as long to start and 30 MB more.
 */

import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const { path, threshold } = workerData;
const database = new DatabaseSync(path, { timeout: 5_000 });
// Full: log and file are on the disk before the log restarts.
database.exec('pragma synchronous = full');
const noop = database.prepare('pragma wal_checkpoint(noop)');
const passive = database.prepare('pragma wal_checkpoint(passive)');

// Every commit that finds many pages pending sends a request; most requests are covered by the checkpoint already in progress. For one that is
// awaited, the writer waits.
parentPort.on('message', (request) => {
  try {
    const { log, checkpointed } = noop.get();
    if (log - checkpointed > threshold) passive.get();
  } catch {
    // A full disk, say. The next commit asks again; when the log is too long, the writer makes the checkpoint and reports the error.
  }
  if (request === 'awaited') parentPort.postMessage('made');
});
