/** The program of the worker threads: opens a gateway, processes messages and other long work one after the other, and answers requests to the border door. */

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { adapterTools, schemas } from './app/adapter-tools.ts';
import { openGateway } from './app/composition.ts';
import type { Config } from './app/config.ts';
import { runLongTask, type LongTask } from './app/long-work.ts';
import type { Task, TaskResult } from './app/large-message-worker.ts';
import { openPosts } from './doors/border-posts.ts';
import type { PartnerAnswer } from './gateway.ts';
import { receiveMessage } from './inbound/receive-message.ts';
import type { PostedRequest } from './model/clearance/posted-request.ts';
import { asGatewayError, errorData } from './model/errors.ts';
import type { RawMessage } from './model/message.ts';
import { takeAnswer } from './outbound/take-answer.ts';
import { faultFields } from './wire/log.ts';

const gateway = await openGateway(workerData as Config, adapterTools());
const answerPosted = openPosts({ ...gateway, schemas });
let last: Promise<void> = Promise.resolve();

async function receive(task: number, work: RawMessage | PartnerAnswer): Promise<TaskResult> {
  try {
    return { task, done: 'came' in work ? await takeAnswer(gateway, work) : await receiveMessage(gateway, work) };
  } catch (error) {
    gateway.log.error('a large message could not be processed', { partner: work.partner, ...faultFields(error) });
    return { task, failed: errorData(error) };
  }
}

async function runLong(task: number, work: LongTask): Promise<TaskResult> {
  try {
    return { task, done: await runLongTask(gateway, work) };
  } catch (error) {
    if (asGatewayError(error).kind.status >= 500)
      gateway.log.error('long work failed', { kind: work.act, ...faultFields(error) });
    return { task, failed: errorData(error) };
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const memoryUsed = (): number => {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
};
const atRest = memoryUsed();
/** Worth the tens of milliseconds that a collection takes. */
const garbageBytes = 32 * 1024 * 1024;

/** V8 would keep the garbage of one list until the next one has made twice as much. */
function collectGarbage(): void {
  if (memoryUsed() - atRest > garbageBytes) collect();
}

async function answer(task: number, posted: PostedRequest): Promise<TaskResult> {
  return { task, done: await answerPosted(posted) };
}

parentPort?.on('message', ({ task, work }: Task) => {
  if ('path' in work) {
    void answer(task, work).then((result) => parentPort?.postMessage(result));
    return;
  }
  // In the order of arrival: lists have sequence numbers.
  last = last.then(async () => {
    parentPort?.postMessage(await ('act' in work ? runLong(task, work) : receive(task, work)));
    collectGarbage();
  });
});
