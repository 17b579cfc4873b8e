/** The search of the register by the content of records, as of an effective date and a knowledge date. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { expect } from 'chai';
import { packRecords } from '../../gateway/model/record/packed-records.ts';
import { findRecords } from '../../gateway/store/register-search.ts';
import { findStatuses } from '../../gateway/store/register.ts';
import { applyToRegister } from '../../gateway/store/register-writing.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed } from './samples.ts';

onBothEngines('a search through the register', (store) => {
  const apply = (partner: string, h: number, puts: readonly ListRecord[], gone: readonly string[] = []) =>
    store().write((tx) =>
      applyToRegister(tx, {
        partner,
        knownAt: hour(h),
        today: hour(h).slice(0, 10),
        list: h,
        sourceMessage: `m${h}`,
        records: packRecords(puts),
        puts: [...puts.keys()],
        departures: gone.map((identifier) => ({ identifier, reason: 'left', since: '2026-01-01' })),
      }),
    );
  const named = async (partner: string, name: string, h = 9, day = '2026-06-01') => {
    const found = await findRecords(store().db.sql, partner, { day, list: h }, (r) => r.name.latin === name);
    return found.map(({ identifier, status }) => `${identifier} ${status}`);
  };
  const number = (n: number) => `A${String(n).padStart(5, '0')}`;

  it('finds every operator once, in its newest state, across the pages of the search', async () => {
    const some = Array.from({ length: 2500 }, (_, n) => listed(number(n), { name: { latin: n % 500 ? 'X' : 'Y' } }));
    await apply('SA', 1, some);
    await apply('SA', 2, [listed(number(0), { name: { latin: 'Y' }, status: 'suspended', statusSince: '2026-02-01' })]);
    const last = { name: { latin: 'Z' }, status: 'suspended', statusSince: '2026-02-01' } as const;
    // With two versions of the first, those of 998 are the thousandth and the next.
    await apply('SA', 3, [listed(number(998), last)]);
    expect(await named('SA', 'Y')).to.deep.equal([
      `${number(0)} suspended`,
      ...[500, 1000, 1500, 2000].map((n) => `${number(n)} active`),
    ]);
    expect(await named('SA', 'Z')).to.deep.equal([`${number(998)} suspended`]);
    expect(await named('SA', 'X', 9, '2026-01-15')).to.have.length(2495);
    expect(await named('SA', 'X')).to.have.length(2494);
    expect(await named('SB', 'Y')).to.deep.equal([]);
  });

  it('finds an earlier name by an earlier knowledge date only, and no operator that left', async () => {
    await apply('SC', 1, [listed('A', { name: { latin: 'OLD' } }), listed('B', { name: { latin: 'GONE' } })]);
    await apply('SC', 5, [listed('A', { name: { latin: 'NEW' } })], ['B']);
    expect([await named('SC', 'OLD', 4), await named('SC', 'OLD', 5)]).to.deep.equal([['A active'], []]);
    expect([await named('SC', 'GONE', 4), await named('SC', 'GONE', 5)]).to.deep.equal([['B active'], []]);
    expect(await named('SC', 'NEW', 5)).to.deep.equal(['A active']);
  });

  it('does not find a version that a correction superseded', async () => {
    const suspended = { status: 'suspended', statusSince: '2026-02-10', name: { latin: 'OLD' } } as const;
    await apply('SE', 1, [listed('A', suspended)]);
    await apply('SE', 5, [listed('A', { ...suspended, statusSince: '2026-01-05', name: { latin: 'NEW' } })]);
    expect([await named('SE', 'OLD', 5), await named('SE', 'NEW', 5)]).to.deep.equal([[], ['A suspended']]);
    expect(await named('SE', 'OLD', 4)).to.deep.equal(['A suspended']);
  });

  it('finds several operators as a search for each would', async () => {
    await apply('SD', 1, [listed('A'), listed('B', { validFrom: '2026-09-01', statusSince: '2026-09-01' })]);
    await apply('SD', 5, [listed('A', { status: 'suspended', statusSince: '2026-02-10' })]);
    const at = async (day: string, h: number) => {
      const found = await findStatuses(store().db.sql, 'SD', ['A', 'B', 'C'], day, h);
      return [...found].map(([identifier, { status }]) => `${identifier} ${status}`);
    };
    expect(await at('2026-06-01', 4)).to.deep.equal(['A active']);
    expect(await at('2026-06-01', 5)).to.deep.equal(['A suspended']);
    expect(await at('2026-01-15', 5)).to.deep.equal(['A active']);
    expect(await at('2026-10-01', 5)).to.have.members(['A suspended', 'B active']);
    expect(await at('2026-06-01', 0)).to.deep.equal([]);
  });
});
