/** What the second thread runs: opens its gateway, then takes one message after the other. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { adapterTools, openGateway } from './composition.ts';
import type { Config } from './config.ts';
import { receiveMessage } from '../inbound/receive-message.ts';
import type { Outcome } from './list-thread.ts';
import { asGatewayError } from '../model/errors.ts';
import type { RawMessage } from '../model/message.ts';
import { faultFields } from '../wire/log.ts';

const gateway = await openGateway(workerData as Config, adapterTools());
let last: Promise<void> = Promise.resolve();

async function take(task: number, raw: RawMessage): Promise<Outcome> {
  try {
    return { task, received: await receiveMessage(gateway, raw) };
  } catch (error) {
    // Stack and cause stay here; what goes back is what a caller may know.
    gateway.log.error('a large message could not be taken', { partner: raw.partner, ...faultFields(error) });
    const { code, detail } = asGatewayError(error);
    return { task, failed: { code, detail } };
  }
}

/** The engine would keep what one list left behind until the next has made twice as much. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

// In the order of arrival: lists are numbered.
parentPort?.on('message', ({ task, raw }: { task: number; raw: RawMessage }) => {
  last = last.then(async () => {
    parentPort?.postMessage(await take(task, raw));
    collectGarbage();
  });
});
