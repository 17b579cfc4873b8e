/** A thread that packs many operators of the register, so that answers do not wait for long lists. */

import type { Worker } from 'node:worker_threads';
import { errorOf, GatewayError, type ErrorData } from '../model/errors.ts';
import { startInBackground } from './background-thread.ts';
import type { NewlyPacked, PackOrder } from './register-packing.ts';
import type { PackedPartner } from './register-snapshot.ts';

export type PackResult = { readonly packed: NewlyPacked } | { readonly failed: ErrorData };

export interface PackingThread {
  /** As packPartner; one at a time. */
  packMany(order: PackOrder): Promise<NewlyPacked>;
  close(): Promise<void>;
}

/** Milliseconds without work after which the thread ends and releases its memory: some 30 MB. */
const idleMs = 60_000;
/** Megabytes for new objects: it reads 500 rows at a time. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

interface Thread {
  readonly worker: Worker;
  readonly order: PromiseWithResolvers<NewlyPacked>;
}

/** `url`: of the store, as of openDatabase. The thread starts with the first order, and again with the next one after it ended. */
export function openPackingThread(url: string): PackingThread {
  let worker: Worker | undefined;
  let current: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  function start(): Worker {
    const file = new URL('./register-run.ts', import.meta.url);
    const started = startInBackground(file, { name: 'register', workerData: url, resourceLimits });
    const lose = (cause: unknown): void => {
      if (worker === started) worker = undefined;
      if (current?.worker !== started) return;
      current.order.reject(new GatewayError('E_INTERNAL', 'the thread of the register ended', { cause }));
    };
    return started
      .on('message', (result: PackResult) => {
        idle = setTimeout(() => void end(), idleMs).unref();
        if ('packed' in result) current?.order.resolve(withBuffers(result.packed));
        else current?.order.reject(errorOf(result.failed));
      })
      .on('error', lose)
      .on('exit', lose);
  }
  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  }
  return {
    async packMany(order) {
      clearTimeout(idle);
      worker ??= start();
      current = { worker, order: Promise.withResolvers() };
      worker.postMessage(order);
      return await current.order.promise;
    },
    close: end,
  };
}

/** A message has the memory of a Buffer, but no Buffer. */
export function withBuffers<T extends PackedPartner>(partner: T): T {
  const { packed } = partner;
  const pieces = packed.pieces.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return { ...partner, packed: { ...packed, pieces } };
}
