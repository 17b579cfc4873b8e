/** What the thread of checkpoints runs: a connection of its own, and a checkpoint when it is told and there is enough to do. */

import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { checkpointsOn, logOf, worthwhile } from './checkpoints.ts';

const database = new DatabaseSync(workerData as string, { timeout: 5_000 });
// Full: log and file are on the disk before the log may start over.
database.exec('pragma synchronous = full');
const look = logOf(database);
const checkpoint = checkpointsOn(database);

// It is told after every commit that finds much waiting; most of what it is told meanwhile is done with the checkpoint under way.
parentPort?.on('message', () => {
  if (look().waiting > worthwhile) checkpoint();
});
