/**
 * What the thread of checkpoints runs: a connection of its own, and a checkpoint when it is told and there is enough to do.
 * JavaScript, and alone: a thread that strips types before it runs takes three times as long to start, and 30 MB.
 */

import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const { path, worthwhile } = workerData;
const database = new DatabaseSync(path, { timeout: 5_000 });
// Full: log and file are on the disk before the log may start over.
database.exec('pragma synchronous = full');
const noop = database.prepare('pragma wal_checkpoint(noop)');
const passive = database.prepare('pragma wal_checkpoint(passive)');

// It is told after every commit that finds much waiting; most of what it is told meanwhile is done with the checkpoint under way.
parentPort.on('message', () => {
  const { log, checkpointed } = noop.get();
  if (log - checkpointed > worthwhile) passive.get();
});
