/** Runs the same tests on both engines, each on a store of its own. */

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
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

/** The address of an empty store, and how it is removed again. */
export interface FreshStore {
  readonly url: string;
  readonly remove: () => Promise<void>;
}

export async function freshUrl(engine: Engine): Promise<FreshStore> {
  if (engine === 'postgres') {
    const { url, drop } = await freshPostgres();
    return { url, remove: drop };
  }
  const folder = mkdtempSync(join(tmpdir(), 'mra-store-'));
  return { url: `sqlite:${join(folder, 'mra.db')}`, remove: () => rm(folder, { recursive: true }) };
}

/** `tests` gets a function that gives the opened store, to be called inside a test. */
export function onBothEngines(title: string, tests: (store: () => TestStore) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${title} (${engine})`, () => {
      let store: TestStore | undefined;
      let fresh: FreshStore | undefined;
      before(async () => {
        fresh = await freshUrl(engine);
        const db = await openDatabase(fresh.url);
        store = { db, url: fresh.url, engine, write: (work) => db.transaction(work) };
      });
      after(async () => {
        await store?.db.close();
        await fresh?.remove();
      });
      tests(() => {
        if (store === undefined) throw new Error('the store is open only while tests run');
        return store;
      });
    });
  }
}
