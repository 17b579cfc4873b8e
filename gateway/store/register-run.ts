/** The program of the thread that packs the register (register-thread.ts). */

import { parentPort, workerData } from 'node:worker_threads';
import { errorData } from '../model/errors.ts';
import { readDatabase } from './database.ts';
import { openRegisterLoader, type RegisterLoader } from './register-loader.ts';
import type { RegisterNews, RegisterPlace } from './register-thread.ts';

const { url, file } = workerData as RegisterPlace;
const say = (news: RegisterNews): void => parentPort?.postMessage(news);
let loader: RegisterLoader | undefined;
let last: Promise<void> = Promise.resolve();

async function open(): Promise<RegisterLoader> {
  const db = await readDatabase(url);
  return openRegisterLoader(db, { file, unusable: (error) => say({ unusable: errorData(error) }) });
}

async function load(): Promise<void> {
  try {
    loader ??= await open();
    say({ loaded: await loader.load((partner) => say({ partner })) });
  } catch (error) {
    return say({ failed: errorData(error) });
  }
  await loader.keep().catch((error: unknown) => say({ notKept: errorData(error) }));
}

parentPort?.on('message', () => {
  last = last.then(load);
});
