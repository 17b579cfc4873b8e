/** A program that commits large bodies, one after the other, and says the digest of each once it is stored. It closes nothing. */

import { threadId } from 'node:worker_threads';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { largeBody } from './samples.ts';

const [, , url = '', count] = process.argv;
const db = await openDatabase(url);
for (let i = 0; i < Number(count); i += 1) {
  console.log(await db.transaction((tx) => keepBytes(tx, largeBody(`${threadId} ${i}`))));
}
