/** Stores of earlier programs, brought to the present form. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { operatorText } from '../../gateway/model/record/record-text.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { canonicalJson } from '../../gateway/model/canonical-json.ts';
import { openDatabase, type Tx } from '../../gateway/store/database.ts';
import { changedOperators, findOperator, operatorPages } from '../../gateway/store/operators.ts';
import { freshUrl } from './engines.ts';
import { hour, operator } from './samples.ts';

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a store in which operators are objects (${engine})`, () => {
    it('holds them as texts afterwards, with their revisions', async () => {
      const fresh = await freshUrl(engine);
      const names = ['O"1', 'Ö\\2', '３', '4'];
      const operators = Array.from({ length: 2_500 }, (_, i) =>
        operator(`C${String(i).padStart(5, '0')}`, { name: { local: names[i % 4] ?? '' }, consent: i % 2 === 0 }),
      );
      try {
        const before = await openDatabase(fresh.url);
        await before.transaction((tx) => asBefore(tx, operators));
        await before.close();
        const db = await openDatabase(fresh.url);
        const pages = await Array.fromAsync(operatorPages(db.sql), (page) => Buffer.from(page).toString());
        expect(pages.join('\n').split('\n')).to.deep.equal(operators.map(operatorText));
        expect(await findOperator(db.sql, 'C00001')).to.deep.equal(operators[1]);
        const changed = await Array.fromAsync(changedOperators(db.sql, 2_498), (page) => Buffer.from(page).toString());
        expect(changed).to.deep.equal([operators.slice(-2).map(operatorText).join('\n')]);
        await db.close();
      } finally {
        await fresh.remove();
      }
    });
  });
}

/** The table as the first two steps made it, the operators numbered in their order. */
async function asBefore(tx: Tx, operators: readonly DomesticRecord[]): Promise<void> {
  const statements = [
    'drop table operator',
    `create table operator (code text primary key, content_digest text not null, revised_at text not null,
      record text not null, revision bigint not null default 0)`,
    'create index operator_revision_before on operator (revision, code)',
    "delete from kysely_migration where name = '0003-operator-texts'",
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
  for (const [i, record] of operators.entries())
    await sql`insert into operator (code, content_digest, revised_at, record, revision)
      values (${record.code}, 'digest', ${hour(1)}, ${canonicalJson(record)}, ${i + 1})`.execute(tx);
}
