/** A worker thread that processes large messages, large requests, and other long work, with a gateway of its own on the same store, so that the doors keep answering. */

import type { Worker } from 'node:worker_threads';
import type { Config } from './config.ts';
import type { ReceiveResult } from '../inbound/receive-message.ts';
import type { LongResult, LongTask } from './long-work.ts';
import type { PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { errorOf, GatewayError, type ErrorData } from '../model/errors.ts';
import type { Gateway, PartnerAnswer } from '../gateway.ts';
import type { RawMessage } from '../model/message.ts';
import { startInBackground } from '../store/background-thread.ts';
import { hasStagedParts } from '../store/mirrors.ts';

/** Messages of fewer bytes, some tens of records, are processed in the thread they arrive in: also a hostile one in less than 50 ms. */
const largeMessageBytes = 32 * 1024;

/** Workbooks unpack to twenty to forty times as many. */
const largeWorkbookBytes = 8 * 1024;

/** Whether bytes take so long that they go to the thread. A workbook shows a ZIP archive near its beginning. */
function isLarge({ bytes }: Pick<RawMessage, 'bytes'>): boolean {
  if (bytes.length < largeWorkbookBytes || bytes.length >= largeMessageBytes) return bytes.length >= largeMessageBytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, 2048).includes('PK\u0003\u0004');
}

/** Milliseconds without work after which the thread ends and releases its memory; the memory of the XML parser never shrinks. */
const idleMs = 60_000;

/** Megabytes for new objects: with the default of V8 a list takes a third more memory and no less time. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 };

/** Whether receiving it takes long: it is large, or it may complete a list in parts, which are then read again. */
export async function takesLong(gateway: Pick<Gateway, 'db'>, raw: RawMessage): Promise<boolean> {
  return isLarge(raw) || (await hasStagedParts(gateway.db.sql, raw.partner));
}

export interface LargeMessageWorker {
  /** As receiveMessage, in the worker thread. Bytes with a buffer of their own are transferred: the caller can no longer read them. */
  receive(raw: RawMessage): Promise<ReceiveResult>;
  /** As takeAnswer. */
  take(answer: PartnerAnswer): Promise<boolean>;
  /** Answers a request to the border door, beside others. Its body is transferred likewise. */
  answer(posted: PostedRequest): Promise<PostedReply>;
  /** Does other long work, one piece after the other and after messages; the bytes of a file that it carries are transferred likewise. */
  run(task: LongTask, bytes?: Uint8Array): Promise<LongResult>;
  /** Waits until all tasks passed to the thread are done, and ends it. */
  close(): Promise<void>;
}

export interface Task {
  readonly task: number;
  readonly work: RawMessage | PartnerAnswer | PostedRequest | LongTask;
}

type Done = ReceiveResult | PostedReply | LongResult | boolean;

/** The answer to one task. */
export type TaskResult =
  { readonly task: number; readonly done: Done } | { readonly task: number; readonly failed: ErrorData };

interface Thread {
  readonly worker: Worker;
  readonly tasks: Map<number, PromiseWithResolvers<Done>>;
}

/** The thread starts with the first message, and again with the next one after it ended. */
export function openLargeMessageWorker(config: Config): LargeMessageWorker {
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let count = 0;
  async function end(): Promise<void> {
    const ending = thread;
    thread = undefined;
    await ending?.worker.terminate();
  }
  function start(): Thread {
    const started: Thread = { worker: startWorker(config), tasks: new Map() };
    started.worker.on('message', (result: TaskResult) => {
      settle(started, result);
      if (started.tasks.size === 0) idle = setTimeout(() => void end(), idleMs).unref();
    });
    const lose = (cause: unknown): void => {
      if (thread === started) thread = undefined;
      rejectAll(started, cause);
    };
    started.worker.on('error', lose).on('exit', lose);
    return started;
  }

  function run<T extends Done>(work: Task['work'], bytes?: Uint8Array): Promise<T> {
    clearTimeout(idle);
    thread ??= start();
    return addTask(thread, { task: (count += 1), work }, bytes);
  }

  return {
    ...worksOf(run),
    async close() {
      await Promise.allSettled(Array.from(thread?.tasks.values() ?? [], ({ promise }) => promise));
      clearTimeout(idle);
      await end();
    },
  };
}

function worksOf(
  run: <T extends Done>(work: Task['work'], bytes?: Uint8Array) => Promise<T>,
): Omit<LargeMessageWorker, 'close'> {
  return {
    receive: (raw) => run(raw, raw.bytes),
    take: (answer) => run(answer, answer.bytes),
    answer: (posted) => run(posted, posted.body),
    run,
  };
}

/** For a gateway that has this worker. `noted`: what a rehearsal does first with each answer. */
export function largeAnswers(
  worker: Pick<LargeMessageWorker, 'take'>,
  noted?: (answer: PartnerAnswer) => void,
): NonNullable<Gateway['elsewhere']> {
  return (answer) => {
    noted?.(answer);
    return isLarge(answer) ? worker.take(answer) : undefined;
  };
}

/** What comes back is of the kind that the work asks for: the thread's program pairs them. */
function addTask<T>({ worker, tasks }: Thread, task: Task, bytes: Uint8Array | undefined): Promise<T> {
  const answer = Promise.withResolvers<Done>();
  tasks.set(task.task, answer);
  worker.postMessage(task, bytes === undefined ? [] : transferable(bytes));
  return answer.promise as Promise<T>;
}

function startWorker(workerData: Config): Worker {
  const file = new URL('../thread.ts', import.meta.url);
  return startInBackground(file, { name: 'large messages', workerData, resourceLimits });
}

function settle({ tasks }: Thread, result: TaskResult): void {
  const task = tasks.get(result.task);
  tasks.delete(result.task);
  if ('done' in result) task?.resolve(result.done);
  else task?.reject(errorOf(result.failed));
}

/** The thread ended before it answered: nothing was decided about these messages and requests, and their senders try again. */
function rejectAll({ tasks }: Thread, cause: unknown): void {
  for (const task of tasks.values()) task.reject(new GatewayError('E_INTERNAL', 'the worker thread ended', { cause }));
  tasks.clear();
}

/** A copy would block the event loop for as long as the list is large. Bytes that share a buffer with others must be copied. */
function transferable({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
