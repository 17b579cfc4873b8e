/** Threads for work that is not urgent, beside the thread that answers requests. */

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a program in a thread of low priority: if the processors are busy, requests come first. */
export function startInBackground(program: URL, options: Omit<WorkerOptions, 'argv'>): Worker {
  return new Worker(new URL('./background-run.js', import.meta.url), { ...options, argv: [program.href] });
}
