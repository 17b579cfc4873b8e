/** Numbers both sides agree on, between two gateways: each counts from its own store, a tick stands only where both are equal, and a planted difference is found. */

import { expect } from 'chai';
import { sql, type RawBuilder } from 'kysely';
import { examinePartner } from '../../gateway/app/health/partner-checks.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { compareNumbers, readSideNumbers } from '../../gateway/model/outcomes/agreed-numbers.ts';
import { compareMonths, numbersForPartner } from '../../gateway/outcomes/agreed-numbers.ts';
import { savedNumbers } from '../../gateway/store/month-numbers.ts';
import { eachTestWithKorea, operator, operators, type OpenAdministration } from '../support/administrations.ts';
import { openOffice } from '../support/office.ts';
import { rejectedBy } from '../support/thrown.ts';

const nextMonth = (): Date => new Date(Date.now() + 32 * 24 * 3600 * 1000);
const thisMonth = momentOf(new Date()).slice(0, 7);

describe('the numbers of both sides', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea(async (home, korea) => {
    [us, them] = [home, korea];
    // Both count a month that is over.
    Object.assign(them.gateway, { now: nextMonth });
    await them.openDoors();
    await us.save(...operators(30));
    await us.send('KR', { kind: 'full' });
    await us.save(operator(1, { status: 'suspended', statusSince: '2026-04-01' }));
    await us.send('KR');
  });
  const later = (): Pick<Gateway, 'db' | 'now'> => ({ db: us.gateway.db, now: nextMonth });
  const compare = (): Promise<readonly string[]> => compareMonths(later(), getPartner(us.gateway, 'KR'));
  const change = (side: OpenAdministration, statement: RawBuilder<unknown>): Promise<unknown> =>
    side.gateway.db.transaction((tx) => statement.execute(tx));
  const saved = () => savedNumbers(us.gateway.db.sql, { partner: 'KR', from: thisMonth, to: thisMonth });
  const differing = async (): Promise<string[]> =>
    (await saved())
      .filter(({ ours, theirs }) => ours !== theirs)
      .map(({ direction, name, ours, theirs }) => `${direction} ${name} ${ours} ${theirs}`);

  it('are equal after lists that arrived, five in each direction', async () => {
    expect(await compare()).to.include(thisMonth);
    const rows = await saved();
    expect(await differing()).to.deep.equal([]);
    const out = rows.filter(({ direction }) => direction === 'out').map(({ name, ours }) => [name, ours] as const);
    expect(Object.fromEntries(out)).to.deep.equal({
      lists: 2,
      full_lists: 1,
      days: 1,
      operators: 30,
      partial_lists: 0,
    });
    expect(rows).to.have.length(10);
    // What is agreed is not asked about again.
    expect(await compare()).to.not.include(thisMonth);
  });

  it('differ where one store lost a list: found, alarmed, shown in the outcomes, and gone once it is mended', async () => {
    await change(them, sql`update list set count = count - 1 where direction = 'in' and kind = 'delta'`);
    await compare();
    expect(await differing()).to.deep.equal(['out operators 30 29']);
    const findings = await examinePartner({ ...us.gateway, now: nextMonth }, getPartner(us.gateway, 'KR'));
    const alarmed = findings.filter(({ cause }) => cause === 'numbers_differ');
    expect(alarmed.map(({ result, partners }) => [result, partners])).to.deep.equal([['warn', ['KR']]]);
    const office = await openOffice(us.gateway);
    try {
      const reader = await office.signedIn('li.na', 'reader', 'auditor');
      const path = `/outcomes/partners/KR?from=${thisMonth}&to=${thisMonth}`;
      const { html } = await reader.get(path);
      expect(html).to.include('9 of 10 agree').and.include('they differ').and.include('both the same');
      const { body } = await reader.json(`/office/v1${path}`);
      expect((body['numbers'] as object[]).length).to.equal(10);
    } finally {
      await office.close();
    }
    await change(them, sql`update list set count = count + 1 where direction = 'in' and kind = 'delta'`);
    expect(await compare()).to.deep.equal([thisMonth]);
    expect(await differing()).to.deep.equal([]);
  });

  it('wait while a list has no verdict, and are not stored then', async () => {
    await change(us, sql`update message set state = 'HANDED_OVER' where kind = 'list'`);
    expect(await compare()).to.not.include(thisMonth);
    expect(await saved()).to.deep.equal([]);
  });

  it('wait while the partner is away', async () => {
    await them.closeDoors();
    expect(await compare()).to.deep.equal([]);
  });

  it('are given to partners with which they were agreed, of months that are over', async () => {
    const korea = getPartner(us.gateway, 'KR');
    const { code } = await rejectedBy(numbersForPartner(us.gateway, korea, thisMonth));
    expect(code).to.equal('E_REQUEST_INVALID');
    const { lists, ...adapter } = korea.adapter;
    const other = { code: 'KR', adapter: { ...adapter, lists: { ...lists, numbers: false } } };
    expect((await rejectedBy(numbersForPartner(later(), other, thisMonth))).code).to.equal('E_ROUTE_UNKNOWN');
  });
});

describe('numbers that a partner states', () => {
  const counts = { lists: 1, full_lists: 1, days: 1, operators: 7, partial_lists: 0 };
  it('are read whole or not at all', () => {
    const whole = { open: 0, sent: counts, received: counts };
    expect(readSideNumbers(JSON.stringify(whole))).to.deep.equal(whole);
    const { days: _, ...fewer } = counts;
    for (const text of [
      '',
      '[]',
      '<html>',
      'null',
      JSON.stringify({ ...whole, sent: fewer }),
      JSON.stringify({ ...whole, open: -1 }),
    ])
      expect(readSideNumbers(text), text).to.equal(undefined);
  });

  it('are compared crosswise: what one side sent with what the other received', () => {
    const ours = { open: 0, sent: { ...counts, operators: 5 }, received: counts };
    const compared = compareNumbers(ours, { open: 0, sent: counts, received: { ...counts, operators: 6 } });
    expect(compared?.filter((each) => each.ours !== each.theirs)).to.deep.equal([
      { direction: 'out', name: 'operators', ours: 5, theirs: 6 },
    ]);
  });
});
