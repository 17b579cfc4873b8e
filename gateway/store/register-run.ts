/** The program of the thread that packs many operators (register-thread.ts). */

import { parentPort, workerData } from 'node:worker_threads';
import { errorData } from '../model/errors.ts';
import { readDatabase, type Database } from './database.ts';
import { packPartner, type PackOrder } from './register-packing.ts';
import { withBuffers, type PackResult } from './register-thread.ts';

let db: Database | undefined;

async function pack({ held, ...order }: PackOrder): Promise<PackResult> {
  try {
    db ??= await readDatabase(workerData as string);
    return { packed: await packPartner(db.sql, { ...order, held: held && withBuffers(held) }) };
  } catch (error) {
    return { failed: errorData(error) };
  }
}

parentPort?.on('message', (order: PackOrder) => void pack(order).then((result) => parentPort?.postMessage(result)));
