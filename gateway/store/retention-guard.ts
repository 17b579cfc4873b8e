/** Tables of evidence refuse deletions, but those of a transaction that says that it does what was agreed. */

import type { Tx } from './database.ts';

export async function allowing(tx: Tx, work: () => Promise<unknown>): Promise<void> {
  const open = (value: 0 | 1) =>
    tx.updateTable('counter').set({ value }).where('name', '=', 'retention_open').execute();
  await open(1);
  await work();
  await open(0);
}
