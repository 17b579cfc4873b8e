/** Threads for work that has time, beside the one that answers. */

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Runs a program in a thread of low priority: where the processors are busy, those who wait for an answer come first. */
export function startInBackground(program: URL, options: Omit<WorkerOptions, 'argv'>): Worker {
  return new Worker(new URL('./background-run.js', import.meta.url), { ...options, argv: [program.href] });
}
