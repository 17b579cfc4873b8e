/** The program of the worker thread: opens a gateway and processes one message after the other. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { adapterTools, openGateway } from './composition.ts';
import type { Config } from './config.ts';
import { receiveMessage } from '../inbound/receive-message.ts';
import type { TaskResult } from './large-message-worker.ts';
import { asGatewayError } from '../model/errors.ts';
import type { RawMessage } from '../model/message.ts';
import { faultFields } from '../wire/log.ts';

const gateway = await openGateway(workerData as Config, adapterTools());
let last: Promise<void> = Promise.resolve();

async function run(task: number, raw: RawMessage): Promise<TaskResult> {
  try {
    return { task, received: await receiveMessage(gateway, raw) };
  } catch (error) {
    // Stack and cause stay in this log; the caller gets code and detail only.
    gateway.log.error('a large message could not be processed', { partner: raw.partner, ...faultFields(error) });
    const { code, detail } = asGatewayError(error);
    return { task, failed: { code, detail } };
  }
}

/** V8 would keep the garbage of one list until the next one has made twice as much. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

// In the order of arrival: lists have sequence numbers.
parentPort?.on('message', ({ task, raw }: { task: number; raw: RawMessage }) => {
  last = last.then(async () => {
    parentPort?.postMessage(await run(task, raw));
    collectGarbage();
  });
});
