/**
 * The program of the work that goes on beside the border door, in a thread of its process as in a gateway that serves: applies a list of
 * 100,000 operators to the store, or cuts a snapshot of it.
 */

import { workerData } from 'node:worker_threads';
import { openLogSealer } from '../../gateway/audit/seal-log.ts';
import { cutSnapshot } from '../../gateway/offline/cut-snapshot.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { sampleHome } from '../model/sample-home.ts';
import { applyList, partnerCodes, terms } from './border-store.ts';

export interface BorderWork {
  readonly what: 'list' | 'snapshot';
  /** Of the list. */
  readonly sequence: number;
}

const { url, log, what, sequence } = workerData as BorderWork & Readonly<Record<'url' | 'log', string>>;
const db = await openDatabase(url);
try {
  if (what === 'list') await applyList(db, partnerCodes.at(-1) ?? '', 100_000, sequence);
  else {
    const partners = new Map(partnerCodes.map((code) => [code, { adapter: terms(code) }]));
    const sealer = openLogSealer(db, log, sampleHome.country);
    await cutSnapshot({ home: sampleHome, db, partners, policy: 'bench', now: () => new Date(), sealer }, {});
  }
} finally {
  await db.close();
}
