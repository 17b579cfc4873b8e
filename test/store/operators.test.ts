/** Domestic records: saved once, compared by content. */

import { expect } from 'chai';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import {
  allOperators,
  countOperators,
  findOperator,
  knownOperators,
  operatorVersions,
  saveOperators,
} from '../../gateway/store/operators.ts';
import { onBothEngines } from './engines.ts';
import { hour, operator } from './samples.ts';

onBothEngines('operators', (store) => {
  it('are counted as created, changed or unchanged', async () => {
    const save = (records: DomesticRecord[], h: number) => store().write((tx) => saveOperators(tx, records, hour(h)));
    expect(await save([operator('B'), operator('A')], 1)).to.deep.equal({ created: 2, changed: 0, unchanged: 0 });
    const mixed = [operator('A'), operator('B', { status: 'suspended' }), operator('C')];
    expect(await save(mixed, 2)).to.deep.equal({ created: 1, changed: 1, unchanged: 1 });
    expect(await findOperator(store().db.sql, 'B')).to.deep.equal(operator('B', { status: 'suspended' }));
    expect(await findOperator(store().db.sql, 'absent')).to.equal(undefined);
    const revised = await store()
      .db.sql.selectFrom('operator')
      .select(['code', 'revised_at'])
      .orderBy('code')
      .execute();
    expect(revised.map((row) => row.revised_at)).to.deep.equal([hour(1), hour(2), hour(2)]);
  });

  it('are unchanged when only the order of members differs', async () => {
    await store().write((tx) => saveOperators(tx, [operator('M')], hour(1)));
    const turned = Object.fromEntries(Object.entries(operator('M')).reverse()) as unknown as DomesticRecord;
    const saved = await store().write((tx) => saveOperators(tx, [turned], hour(2)));
    expect(saved).to.deep.equal({ created: 0, changed: 0, unchanged: 1 });
  });

  it('count once when a code is repeated, with the last record', async () => {
    const repeated = [operator('D'), operator('D', { grade: 'general' })];
    expect(await store().write((tx) => saveOperators(tx, repeated, hour(1)))).to.deep.equal({
      created: 1,
      changed: 0,
      unchanged: 0,
    });
    expect((await findOperator(store().db.sql, 'D'))?.grade).to.equal('general');
  });

  it('keep their earlier states, which nobody can change, with the import each came from', async () => {
    const save = async (record: DomesticRecord, h: number, asOf?: string) =>
      await store().write(async (tx) => {
        const known = await knownOperators(tx, [record.code]);
        const source = { file: `${h}.csv`, digest: `digest ${h}`, person: 'chen', restricts: false, known };
        await saveOperators(tx, [record], hour(h), asOf === undefined ? undefined : { ...source, asOf: () => asOf });
      });
    await save(operator('H'), 1);
    await save(operator('H', { grade: 'general' }), 2, '2018-01-01');
    await save(operator('H', { grade: 'general' }), 3, '2018-01-02');
    await save(operator('H', { status: 'suspended' }), 4, '2018-01-03');
    const versions = await operatorVersions(store().db.sql, 'H');
    expect(versions.map(({ since, asOf, source, record }) => [since, asOf, source?.file, record.grade])).to.deep.equal([
      [hour(4), '2018-01-03', '4.csv', operator('H').grade],
      [hour(2), '2018-01-02', '2.csv', 'general'],
      [hour(1), undefined, undefined, operator('H').grade],
    ]);
    expect((await knownOperators(store().db.sql, ['H', 'absent'])).get('H')?.asOf).to.equal('2018-01-03');
    for (const table of ['operator_version', 'operator_import'] as const) {
      const gone = store().write((tx) => tx.deleteFrom(table).execute());
      expect(
        await gone.then(
          () => 'deleted',
          () => 'refused',
        ),
      ).to.equal('refused');
    }
  });

  it('come in batches, each once, ordered by code', async () => {
    const records = Array.from({ length: 11_000 }, (_, i) =>
      operator(`X${String((i * 7919) % 11_000).padStart(6, '0')}`),
    );
    await store().write((tx) => saveOperators(tx, records, hour(3)));
    const codes: string[] = [];
    for await (const batch of allOperators(store().db.sql)) codes.push(...batch.map(({ code }) => code));
    expect(codes).to.have.length(await countOperators(store().db.sql));
    expect(codes).to.deep.equal([...new Set(codes)].sort());
  });
});
