/** Runs the same tests on both engines, each on a store of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../gateway/store/database.ts';
import type { Database, Engine, Tx } from '../../gateway/store/database.ts';
import { freshPostgres } from '../support/postgres.ts';

export interface TestStore {
  readonly db: Database;
  readonly url: string;
  readonly engine: Engine;
  /** Shorthand for a transaction. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** An address of an empty store and how it is removed again. */
export async function freshUrl(engine: Engine): Promise<{ readonly url: string; remove(): Promise<void> }> {
  if (engine === 'postgres') {
    const { url, drop } = await freshPostgres();
    return { url, remove: drop };
  }
  const folder = mkdtempSync(join(tmpdir(), 'mra-store-'));
  const remove = () => Promise.resolve(rmSync(folder, { recursive: true }));
  return { url: `sqlite:${join(folder, 'mra.db')}`, remove };
}

/** `tests` gets a function that gives the opened store, to be called inside a test. */
export function onBothEngines(title: string, tests: (store: () => TestStore) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${title} (${engine})`, () => {
      let store: TestStore | undefined;
      let remove: (() => Promise<void>) | undefined;
      before(async () => {
        const fresh = await freshUrl(engine);
        remove = fresh.remove;
        const db = await openDatabase(fresh.url);
        store = { db, url: fresh.url, engine, write: (work) => db.transaction(work) };
      });
      after(async () => {
        await store?.db.close();
        await remove?.();
      });
      tests(() => {
        if (store === undefined) throw new Error('the store is open only while tests run');
        return store;
      });
    });
  }
}
