/** Statements that are compiled once: each execution has its own values, and an update sets the columns that are given. */

import { expect } from 'chai';
import { prepared, preparedUpdate, type Places } from '../../gateway/store/prepared.ts';
import { onBothEngines } from './engines.ts';

onBothEngines('prepared statements', (store) => {
  let built = 0;
  const namesOf = prepared((reader, { from, least }: Places<{ readonly from: string; readonly least: number }>) => {
    built += 1;
    const counters = reader.selectFrom('counter').select('name').where('name', '>=', from).where('name', 'like', 'z%');
    return counters.where((eb) => eb.or([eb('value', '=', least), eb('value', '>', least)])).orderBy('name');
  });
  const change = preparedUpdate('counter', (update, { before }: Places<{ readonly before: string }>) =>
    update.where('name', '=', before),
  );
  const names = async (from: string, least: number): Promise<readonly string[]> => {
    return (await namesOf(store().db.sql, { from, least })).rows.map(({ name }) => name);
  };

  it('are built once, and take a value wherever its name stands', async () => {
    const rows = ['z1', 'z2', 'z3'].map((name, value) => ({ name, value }));
    await store().write((tx) => tx.insertInto('counter').values(rows).execute());
    built = 0;
    const found = [await names('z', 0), await names('z', 1), await names('z3', 0), await names('z', 3)];
    expect(found).to.deep.equal([['z1', 'z2', 'z3'], ['z2', 'z3'], ['z3'], []]);
    expect(built).to.equal(1);
  });

  it('set the columns that are given, whatever those of the time before were, and say whether there was a row', async () => {
    expect(await store().write((tx) => change(tx, { value: 5 }, { before: 'z1' }))).to.equal(true);
    expect(await store().write((tx) => change(tx, { name: 'z9', value: 7 }, { before: 'z2' }))).to.equal(true);
    expect(await store().write((tx) => change(tx, { value: 8 }, { before: 'z2' }))).to.equal(false);
    expect([await names('z', 5), await names('z', 7)]).to.deep.equal([['z1', 'z9'], ['z9']]);
  });
});
