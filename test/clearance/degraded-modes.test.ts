/** What callers see while something is missing: each line of the table in docs/border.md that one answer shows; store-away.test.ts has the store. */

import { expect } from 'chai';
import { check } from '../../gateway/clearance/requests.ts';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { openRegisterIndex } from '../../gateway/store/register-index.ts';
import { fillList, fillRegister, northland, openClearance, operator } from '../support/clearance-fixture.ts';
import type { TestClearance } from '../support/clearance-fixture.ts';

describe('while something is missing', () => {
  let clearance: TestClearance;
  const open = async (until?: string): Promise<void> => {
    const { arrangement } = northland;
    const inForce = { ...arrangement.inForce, ...(until !== undefined && { until }) };
    clearance = await openClearance([{ ...northland, arrangement: { ...arrangement, inForce } }]);
  };
  afterEach(() => clearance.close());

  const ask = (at?: string): Promise<ProvenAnswer> => {
    const asked = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' } as const;
    return check(clearance, at === undefined ? asked : { ...asked, at }, 'post-7');
  };
  const codes = ({ explanation }: ProvenAnswer): readonly string[] => explanation.map(({ code }) => code);

  it('a list that grows old warns, then answers nothing but what was known last', async () => {
    await open();
    await fillRegister(clearance.db);
    clearance.clock = '2026-11-25T03:00:00.000Z';
    const ageing = await ask();
    expect([ageing.outcome, ageing.freshness.state]).to.deep.equal(['recognised', 'ageing']);
    expect(codes(ageing)).to.include('AGEING');
    clearance.clock = '2026-11-25T12:00:00.000Z';
    const stale = await ask();
    expect([stale.outcome, stale.freshness.state, stale.advice.action]).to.deep.equal([
      'undetermined',
      'stale',
      'refer',
    ]);
    expect(stale.subject).to.include({ last_known_status: 'active' });
  });

  it('a partner that never sent a list leaves the outcome undetermined', async () => {
    await open();
    const none = await ask();
    expect([none.outcome, none.freshness.state, none.advice.action]).to.deep.equal(['undetermined', 'none', 'refer']);
    expect(codes(none)).to.include('NO_LIST');
  });

  it('an arrangement that ended is not in force from the next day on, whatever the register has', async () => {
    await open('2026-11-22');
    await fillRegister(clearance.db);
    expect((await ask('2026-11-22T12:00:00Z')).outcome).to.equal('recognised');
    expect((await ask()).outcome).to.equal('agreement_not_in_force');
  });

  it('before the register is in memory answers come from the store, and are the same', async () => {
    await open();
    await fillRegister(clearance.db);
    const index = openRegisterIndex(clearance.db);
    const cold = await check({ ...clearance, index }, { partner: 'NN', identifier: 'NN0000002' }, 'post-7');
    await index.bringUp();
    const warm = await check({ ...clearance, index }, { partner: 'NN', identifier: 'NN0000002' }, 'post-7');
    const given = ({ proof: _, ...answer }: ProvenAnswer): unknown => answer;
    expect(given(cold)).to.deep.equal(given(warm));
    expect(cold.outcome).to.equal('suspended');
  });

  it('a clock that was set back does not bring back a list before the last one', async () => {
    await open();
    await fillRegister(clearance.db);
    const suspended = operator('NN0000001', { status: 'suspended', statusSince: '2026-11-20' });
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [suspended] });
    clearance.clock = '2026-11-22T12:00:00.000Z';
    expect((await ask()).outcome).to.equal('suspended');
  });
});
