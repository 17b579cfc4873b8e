/** Answers when the names on an entry differ from the list, and when the clock was moved. */

import { expect } from 'chai';
import { assess, check, checkBatch, type Clearance } from '../../gateway/clearance/requests.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import type { Entry } from '../../gateway/model/clearance/entry.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';

const ask = (clearance: Clearance, identifier: string, changes: Partial<CheckRequest> = {}) =>
  check(clearance, { partner: 'NN', identifier, role: 'consignor', direction: 'import', ...changes }, 'post-7');
const importEntry = (parties: Entry['parties']) =>
  ({ entry: { id: 'E-1', direction: 'import', parties }, profile: 'json', warnings: [] }) as const;

describe('clearance where names differ or the clock was moved', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  it('at the end of time the arrangement is in force, and before it never', async () => {
    const outcome = async (changes: Partial<CheckRequest>) => (await ask(clearance, 'NN0000001', changes)).outcome;
    expect(await outcome({ at: '9999-12-31T23:59:59Z' })).to.equal('undetermined');
    expect(await outcome({ at: '9999-12-31T23:59:59-12:00' })).to.equal('undetermined');
    expect(await outcome({ at: '0999-05-05T00:00:00Z' })).to.equal('agreement_not_in_force');
    expect(await outcome({ known_at: '9999-12-31T23:59:59-12:00' })).to.equal('recognised');
  });

  it('a party with a wholly different name is referred, and the assessment has what its answer warns of', async () => {
    const asked = async (name: string, differingNames?: Clearance['differingNames']) => {
      const party = { pointer: '/0', role: 'consignor', identifier: 'NN 0000001', name } as const;
      const under = differingNames === undefined ? clearance : { ...clearance, differingNames };
      const { decision, benefits, parties } = await assess(under, importEntry([party]), 'post-7');
      const [{ outcome, warnings = [] } = { outcome: undefined }] = parties;
      return [decision, benefits.length, outcome, ...warnings.map(({ code }) => code)];
    };
    const wholly = 'Northern Fisheries';
    const partly = 'NN0000001 Fisheries of the North';
    expect(await asked('NN0000001 Trading')).to.deep.equal(['apply', 2, 'recognised', 'ID_NORMALISED']);
    expect(await asked(wholly)).to.deep.equal(['refer', 0, 'recognised', 'ID_NORMALISED', 'NAME_DIFFERS']);
    expect(await asked(partly)).to.deep.equal(['apply', 2, 'recognised', 'ID_NORMALISED', 'NAME_DIFFERS']);
    expect((await asked(wholly, { partly: 'warn', wholly: 'warn' }))[0]).to.equal('apply');
    expect((await asked(partly, { partly: 'refer', wholly: 'refer' }))[0]).to.equal('refer');
    const answer = await ask(clearance, 'NN0000001', { name: wholly });
    expect([answer.outcome, answer.advice.action]).to.deep.equal(['recognised', 'refer']);
    expect((await ask(clearance, 'NN0000002', { name: wholly })).advice.action).to.equal('do_not_apply');
  });

  it('a suspension applied while the clock was ahead counts as soon as the clock is right again', async () => {
    const ahead = '2026-11-23T13:00:00.000Z';
    const suspended = { status: 'suspended', statusSince: '2026-11-20' } as const;
    const list = { partner: 'NN', issuedAt: '2026-11-23T11:30:00.000Z' };
    const renamed = operator('NN0000006', { name: { latin: 'NEW NAME' } });
    await fillList(clearance.db, {
      ...list,
      records: [operator('NN0000001', suspended), renamed],
      sequence: 8,
      appliedAt: ahead,
    });
    const again = [operator('NN0000006', { ...suspended, name: { latin: 'NEW NAME' } })];
    await fillList(clearance.db, { ...list, records: again, sequence: 9, appliedAt: '2026-11-23T11:58:00.000Z' });
    const asked = ['NN0000001', 'NN0000006'];
    const outcomes = async (changes: Partial<CheckRequest> = {}) =>
      await Promise.all(asked.map(async (identifier) => (await ask(clearance, identifier, changes)).outcome));
    const now = await ask(clearance, 'NN0000001');
    expect([now.outcome, now.freshness.list]).to.deep.equal(['suspended', 'NN/1/00009']);
    expect(await outcomes()).to.deep.equal(['suspended', 'suspended']);
    const batch = new Map(asked.map((identifier) => [identifier, { partner: 'NN', identifier }]));
    const results = [...(await checkBatch(clearance, batch, 'post-7')).values()];
    expect(results.map((result) => !isGatewayError(result) && result.outcome)).to.deep.equal([
      'suspended',
      'suspended',
    ]);
    const parties = asked.map((identifier) => ({ pointer: '/0', role: 'consignor', identifier }) as const);
    expect((await assess(clearance, importEntry(parties), 'post-7')).decision).to.equal('do_not_apply');
    expect(await outcomes({ known_at: '2026-11-23T11:57:00Z' })).to.deep.equal(['recognised', 'recognised']);
    expect(await outcomes({ known_at: '2026-11-23T11:59:00Z' })).to.deep.equal(['suspended', 'suspended']);
  });
});
