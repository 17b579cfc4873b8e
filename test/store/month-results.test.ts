/** Counts of the results of a month in a store of an earlier program. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { countResults, recordEntry } from '../../gateway/store/entry-outcomes.ts';
import { withoutOfficePages } from '../support/migration-steps.ts';
import { freshUrl } from './engines.ts';
import { hour } from './samples.ts';

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store that did not count the results of entries (${engine})`, () => {
    it('counts those that there are, and each from then on', async () => {
      const fresh = await freshUrl(engine);
      const month = hour(1).slice(0, 7);
      const assess = (db: Database, entry: string) => {
        const row = { entry, assessment: `ASM-${entry}`, assessed_at: hour(1), month, begun_at: hour(1) };
        const facts = { office: '5316', mode: 'sea', chapter: '85' };
        const results = [{ partner: 'NN', result: 'benefit' }] as const;
        return db.transaction((tx) => recordEntry(tx, { ...row, ...facts }, results, false));
      };
      try {
        const before = await openDatabase(fresh.url);
        await assess(before, 'A');
        await before.transaction(async (tx) => {
          for (const trigger of ['entry_result_counted', 'entry_result_uncounted'])
            await sql.raw(`drop trigger ${trigger}${engine === 'postgres' ? ' on entry_result' : ''}`).execute(tx);
          const undone = [...withoutOfficePages, 'drop index alarm_unclosed'];
          for (const each of undone) await sql.raw(each).execute(tx);
          await sql.raw("delete from kysely_migration where name >= '0032'").execute(tx);
        });
        await assess(before, 'B');
        await before.close();
        const db = await openDatabase(fresh.url);
        await assess(db, 'C');
        expect(await countResults(db.sql, { month, partner: 'NN' })).to.deep.equal([{ result: 'benefit', entries: 3 }]);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}
