/** A store on a server is brought to this version while other gateways use it, and however large its tables are. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { withoutOfficePages } from '../support/migration-steps.ts';
import { freshUrl, type FreshStore } from './engines.ts';

describe('a migration of a store that others use', () => {
  let fresh: FreshStore;
  let before: Database;
  beforeEach(async () => {
    fresh = await freshUrl('postgres');
    before = await openDatabase(fresh.url);
    const triggers = ['counted', 'uncounted'].map((name) => `drop trigger entry_result_${name} on entry_result`);
    const undone = [...triggers, ...withoutOfficePages, 'drop index alarm_unclosed'];
    await before.transaction(async (tx) => {
      for (const each of [...undone, "delete from kysely_migration where name >= '0032'"])
        await sql.raw(each).execute(tx);
    });
  });
  afterEach(async () => {
    await before.close();
    await fresh.remove();
  });

  const waiting = sql<{ count: number }>`select count(*) as count from pg_locks where not granted`;

  it('begins again where a transaction of another holds what it needs for longer than it waits', async () => {
    const until = async (isWaiting: boolean): Promise<void> => {
      while (((await waiting.execute(before.sql)).rows[0]?.count !== 0) !== isWaiting) await new Promise(setImmediate);
    };
    const taken = Promise.withResolvers<undefined>();
    const other = before.transaction(async (tx) => {
      await sql`lock table inbox in row exclusive mode`.execute(tx);
      taken.resolve(undefined);
      for (const isWaiting of [true, false, true]) await until(isWaiting);
    });
    await taken.promise;
    const [opened] = await Promise.all([openDatabase(fresh.url), other]);
    expect((await sql`select * from month_result`.execute(opened.sql)).rows).to.deep.equal([]);
    await opened.close();
  });

  it('may take longer than a statement of a gateway that serves', async () => {
    const slow = `create function slow() returns event_trigger language plpgsql as $$ begin
      if current_query() like '%index event_kind%' then perform pg_sleep(11); end if; end $$`;
    await before.transaction(async (tx) => {
      await sql.raw(slow).execute(tx);
      await sql.raw('create event trigger slow on ddl_command_start execute function slow()').execute(tx);
    });
    const opened = await openDatabase(fresh.url);
    expect((await sql`select * from month_result`.execute(opened.sql)).rows).to.deep.equal([]);
    await opened.close();
  });
});
