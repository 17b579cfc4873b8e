/** The program of the thread that reads one long list of names. */

import { parentPort, workerData } from 'node:worker_threads';
import { readNames } from './mailbox-names.ts';

const { bytes, place } = workerData as { readonly bytes: Uint8Array; readonly place: string };
parentPort?.postMessage(readNames(bytes, place));
