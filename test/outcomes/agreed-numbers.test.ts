/** Numbers both sides agree on, between two gateways: each counts from its own store, a tick stands only where both are equal, and a planted difference is found. */

import { expect } from 'chai';
import { sql, type RawBuilder } from 'kysely';
import { examineNumbers } from '../../gateway/app/health/number-checks.ts';
import { examinePartner } from '../../gateway/app/health/partner-checks.ts';
import { getPartner, type Gateway, type Partner } from '../../gateway/gateway.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { compareNumbers, readSideNumbers } from '../../gateway/model/outcomes/agreed-numbers.ts';
import { compareMonths, numbersForPartner } from '../../gateway/outcomes/agreed-numbers.ts';
import { monthAfter } from '../../gateway/outcomes/arrangement-outcome.ts';
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

  /** Korea as it answers what `state` makes of its true answer. */
  const answering = (state: (answer: object) => unknown, shift = 0): Partner => {
    const korea = getPartner(us.gateway, 'KR');
    const { transport } = korea;
    if (transport === undefined) throw new Error('there is no connection to Korea');
    const numbers = async (month: string): Promise<unknown> =>
      state((await transport.numbers?.(monthAfter(month, shift))) ?? {});
    return { ...korea, transport: { ...transport, numbers } };
  };
  const examined = async (partner: Partner, day: string): Promise<unknown[]> => {
    const now = (): Date => new Date(`${day}T12:00:00.000Z`);
    return (await examineNumbers({ db: us.gateway.db, now }, partner)).map(({ result, cause, detail }) => [
      ...[result, cause],
      detail.match(/\d{4}-\d\d/gu),
    ]);
  };

  for (const [title, state] of [
    ['always says that a list is open', (answer: object) => ({ ...answer, open: 1 })],
    ['answers something else', () => ['no', 'numbers']],
    ['does not answer', () => undefined],
  ] as const)
    it(`are missing a week after the month, and alarmed, where the partner ${title}`, async () => {
      const partner = answering(state);
      expect(await compareMonths(later(), partner)).to.deep.equal([]);
      const next = monthAfter(thisMonth);
      expect(await examined(partner, `${next}-07`)).to.deep.equal([['ok', undefined, null]]);
      expect(await examined(partner, `${next}-08`)).to.deep.equal([['warn', 'numbers_missing', [thisMonth]]]);
    });

  it('are missing of the months after the last one that was agreed, and of none before the first list', async () => {
    const partner = getPartner(us.gateway, 'KR');
    const [next, second, third] = [1, 2, 3].map((count) => monthAfter(thisMonth, count));
    await compareMonths({ db: us.gateway.db, now: () => new Date(`${next}-01T12:00:00.000Z`) }, partner);
    expect(await examined(partner, `${next}-28`)).to.deep.equal([['ok', undefined, [thisMonth]]]);
    expect(await examined(partner, `${third}-28`)).to.deep.equal([['warn', 'numbers_missing', [second, next]]]);
    // Where nobody can ask, no alarm stays open for ever.
    const { transport: _, ...unasked } = partner;
    expect(await examined(unasked, `${second}-28`)).to.deep.equal([['warn', undefined, [next]]]);
  });

  it('are not compared with the numbers of another month', async () => {
    const partner = answering((answer) => answer, -1);
    expect(await compareMonths(later(), partner)).to.deep.equal([]);
    expect(await saved()).to.deep.equal([]);
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
    const whole = { month: '2026-10', open: 0, sent: counts, received: counts };
    expect(readSideNumbers(whole, '2026-10')).to.deep.equal(whole);
    const { days: _, ...fewer } = counts;
    const { month: __, ...unnamed } = whole;
    for (const value of [undefined, [], '', null, { ...whole, sent: fewer }, { ...whole, open: -1 }, unnamed])
      expect(readSideNumbers(value, '2026-10'), JSON.stringify(value)).to.equal(undefined);
    expect(readSideNumbers(whole, '2026-09')).to.equal(undefined);
  });

  it('are compared crosswise: what one side sent with what the other received', () => {
    const ours = { month: '2026-10', open: 0, sent: { ...counts, operators: 5 }, received: counts };
    const compared = compareNumbers(ours, { ...ours, sent: counts, received: { ...counts, operators: 6 } });
    expect(compared?.filter((each) => each.ours !== each.theirs)).to.deep.equal([
      { direction: 'out', name: 'operators', ours: 5, theirs: 6 },
    ]);
  });
});
