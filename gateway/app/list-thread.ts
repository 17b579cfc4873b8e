/** A second thread for large messages: a gateway of its own on the same store, so that the doors keep answering meanwhile. */

import { Worker } from 'node:worker_threads';
import type { Config } from './config.ts';
import type { ReceiveResult } from '../inbound/receive-message.ts';
import { GatewayError, type ErrorCode } from '../model/errors.ts';
import type { RawMessage } from '../model/message.ts';

/** Below this many bytes a message is taken where it arrives: some hundred records, less work than handing it over. */
export const largeBytes = 256 * 1024;

/** Milliseconds without work after which the thread ends and its memory goes back; that of the parser never shrinks by itself. */
const idleMs = 60_000;

/** Megabytes for new objects: with the engine's own limit a list takes a third more memory and no less time. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 };

export interface ListThread {
  /** As receiveMessage, elsewhere. The bytes are gone from here then: who hands them over has no use for them. */
  receive(raw: RawMessage): Promise<ReceiveResult>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** What the thread says about a task; an error travels as its code and words. */
export type Outcome =
  | { readonly task: number; readonly received: ReceiveResult }
  | { readonly task: number; readonly failed: { readonly code: ErrorCode; readonly detail: string } };

interface Task {
  resolve(received: ReceiveResult): void;
  reject(error: unknown): void;
}

/** The thread starts with the first message and again after it ended, of itself or by a fault. */
export function listThread(config: Config): ListThread {
  const tasks = new Map<number, Task>();
  const pending = new Set<Promise<ReceiveResult>>();
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let count = 0;

  async function end(): Promise<void> {
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  }
  function settle(outcome: Outcome): void {
    const task = tasks.get(outcome.task);
    tasks.delete(outcome.task);
    if ('received' in outcome) task?.resolve(outcome.received);
    else task?.reject(new GatewayError(outcome.failed.code, outcome.failed.detail));
    if (tasks.size === 0) idle = setTimeout(() => void end(), idleMs).unref();
  }
  /** A thread that died took its tasks along: nothing was decided about them, and their senders try again. */
  function lose(cause: unknown): void {
    thread = undefined;
    for (const task of tasks.values()) task.reject(new GatewayError('E_INTERNAL', 'the thread ended', { cause }));
    tasks.clear();
  }
  function start(): Worker {
    const started = new Worker(new URL('./list-thread-run.ts', import.meta.url), {
      workerData: config,
      resourceLimits,
    });
    return started.on('message', settle).on('error', lose);
  }

  return {
    receive(raw) {
      clearTimeout(idle);
      thread ??= start();
      const { promise, ...task } = Promise.withResolvers<ReceiveResult>();
      tasks.set((count += 1), task);
      thread.postMessage({ task: count, raw }, handedOver(raw.bytes));
      pending.add(promise);
      return promise.finally(() => pending.delete(promise));
    },
    async close() {
      await Promise.allSettled(pending);
      clearTimeout(idle);
      await end();
    },
  };
}

/** Bytes with memory of their own change hands without a copy, which would hold up the doors for as long as the list is large. */
function handedOver({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
