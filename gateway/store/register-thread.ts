/** A thread that reads the register from the store and packs it, so that answers do not wait for long lists. */

import { Worker } from 'node:worker_threads';
import { errorOf, GatewayError, type ErrorData } from '../model/errors.ts';
import type { KeptRegister, RegisterLoader } from './register-loader.ts';
import type { PackedPartner } from './register-snapshot.ts';

/** What the thread reads, and where it keeps its snapshot. */
export interface RegisterPlace {
  /** As of openDatabase. */
  readonly url: string;
  readonly file: string;
}

/** What the thread says; `loaded` or `failed` ends what it was asked for. */
export type RegisterNews =
  | { readonly partner: PackedPartner }
  | { readonly loaded: number }
  | { readonly failed: ErrorData }
  | { readonly unusable: ErrorData }
  | { readonly notKept: ErrorData };

interface Reports extends Pick<KeptRegister, 'unusable'> {
  /** The snapshot could not be written. */
  notKept(error: GatewayError): void;
}

interface RegisterThread extends Pick<RegisterLoader, 'load'> {
  close(): Promise<void>;
}

/** Megabytes for new objects: of the default, most would only be kept for the next list. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

interface Loading {
  readonly worker: Worker;
  take(partner: PackedPartner): void;
  readonly done: PromiseWithResolvers<number>;
}

/** It loads one time after the other, and writes a snapshot after that where it is worth it. A thread that failed is started again with the next load. */
export function startRegisterThread(place: RegisterPlace, reports: Reports): RegisterThread {
  let worker: Worker | undefined = start();
  let loading: Loading | undefined;
  function start(): Worker {
    const file = new URL('./register-run.ts', import.meta.url);
    const started = new Worker(file, { name: 'register', workerData: place, resourceLimits });
    const lose = (cause: unknown): void => {
      if (worker === started) worker = undefined;
      if (loading?.worker !== started) return;
      loading.done.reject(new GatewayError('E_INTERNAL', 'the thread of the register ended', { cause }));
    };
    return started
      .on('message', (news: RegisterNews) => hear(news))
      .on('error', lose)
      .on('exit', lose);
  }
  function hear(news: RegisterNews): void {
    if ('partner' in news) loading?.take(withBuffers(news.partner));
    else if ('loaded' in news) loading?.done.resolve(news.loaded);
    else if ('failed' in news) loading?.done.reject(errorOf(news.failed));
    else if ('unusable' in news) reports.unusable(errorOf(news.unusable));
    else reports.notKept(errorOf(news.notKept));
  }
  return {
    async load(take) {
      worker ??= start();
      loading = { worker, take, done: Promise.withResolvers() };
      worker.postMessage('load');
      return await loading.done.promise;
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** A message has the memory of a Buffer, but no Buffer. */
function withBuffers({ packed, ...rest }: PackedPartner): PackedPartner {
  const pieces = packed.pieces.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return { ...rest, packed: { ...packed, pieces } };
}
