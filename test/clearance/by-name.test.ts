/** Operators found by name and address: only where the arrangement says so, only one, and only under exactly that name. */

import { expect } from 'chai';
import { assess, check, checkBatch, lookUpConsultation } from '../../gateway/clearance/requests.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import type { Entry, EntryParty } from '../../gateway/model/clearance/entry.ts';
import { RequestFaults } from '../../gateway/model/clearance/request-faults.ts';
import { fillList, operator, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { harbour, longland } from '../support/clearance-partners.ts';

const registered = { local: '示例贸易有限公司', latin: 'EXAMPLE TRADING CO., LTD.' };
const place = { local: '北城示例路1号', latin: '1 Example Road', city: 'Northtown', postcode: '1200' };
const asked = { name: 'Example Trading Co Ltd', address: '1 Example Road, Northtown' };

describe('clearance by name and address', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance([harbour, longland]);
    const records = [
      ...Array.from({ length: 1500 }, (_, n) => operator(`NN${String(n).padStart(7, '0')}`)),
      operator('NNAAAAAA1', { name: registered, address: place }),
      operator('NNAAAAAA2', { name: { latin: 'TWIN LTD' }, address: place }),
      operator('NNAAAAAA4', { name: { latin: '***' }, address: { latin: '---' } }),
      operator('NNAAAAAA3', { name: { latin: 'Twin Ltd.' }, address: place }),
    ];
    await fillList(clearance.db, { partner: 'NN', records });
  });
  afterEach(() => clearance.close());

  const ask = (changes: Partial<CheckRequest> = {}) =>
    check(
      clearance,
      { partner: 'NN', mode: 'sea', role: 'consignor', direction: 'import', ...asked, ...changes },
      'post-7',
    );
  const told = async (changes: Partial<CheckRequest> = {}) => {
    const { outcome, subject, explanation } = await ask(changes);
    return [outcome, subject.identifier, explanation.find(({ step }) => step === 'name')?.code];
  };
  const found = ['recognised', 'NNAAAAAA1', 'MATCHED_BY_NAME_AND_ADDRESS'];

  it('the one operator of that name and address is recognised, with the benefits', async () => {
    const answer = await ask();
    expect(answer.advice).to.include({ action: 'apply' });
    expect(answer.subject).to.include({ identifier: 'NNAAAAAA1', name: registered.latin });
    expect(answer.subject).to.not.have.property('identifier_as_sent');
    expect(answer).to.not.have.property('name_match');
    expect(await told()).to.deep.equal(found);
    expect(await lookUpConsultation(clearance, answer.proof.consultation_number)).to.deep.equal(answer);
  });

  it('case, width, punctuation and either script make no difference; city and postcode may be left out', async () => {
    expect(await told({ name: 'ＥＸＡＭＰＬＥ　Trading Co. Ltd', address: '1 EXAMPLE ROAD' })).to.deep.equal(found);
    expect(await told({ address: '1 Example Road, 1200 Northtown' })).to.deep.equal(found);
    expect(await told({ name: registered.local, address: place.local })).to.deep.equal(found);
  });

  it('another legal form, a part of the name or another address is not on the list', async () => {
    const unknown = ['not_on_list', null, 'NAME_AND_ADDRESS_UNKNOWN'];
    expect(await told({ name: 'Example Trading Company Limited' })).to.deep.equal(unknown);
    expect(await told({ name: 'Example Trading' })).to.deep.equal(unknown);
    expect(await told({ address: '2 Example Road, Northtown' })).to.deep.equal(unknown);
    expect(await told({ name: '...', address: '---' })).to.deep.equal(unknown);
    expect((await ask({ name: 'Example Trading' })).advice.action).to.equal('do_not_apply');
  });

  it('of two operators of one name and address neither is chosen', async () => {
    const answer = await ask({ name: 'Twin Ltd' });
    expect([answer.outcome, answer.advice.action, answer.subject.identifier]).to.deep.equal([
      'undetermined',
      'refer',
      null,
    ]);
    expect(answer.explanation.at(-1)?.code).to.equal('NAME_AND_ADDRESS_SHARED');
    expect(JSON.stringify(answer)).to.not.include('NNAAAAAA');
  });

  it('an operator that left is not found by the name it had', async () => {
    const departures = [{ identifier: 'NNAAAAAA1', reason: 'withdrawn', since: '2026-11-20' }] as const;
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [], departures });
    expect((await told())[0]).to.equal('not_on_list');
    expect(await told({ at: '2026-11-19T12:00:00Z' })).to.deep.equal(found);
  });

  it('an operator received later is not found', async () => {
    expect((await ask({ known_at: '2026-11-23T10:00:00Z' })).outcome).to.equal('undetermined');
    expect((await told({ at: '2024-02-01T00:00:00Z' }))[0]).to.equal('not_on_list');
  });

  it('a question without an identifier is refused where operators go by identifier, with the place', async () => {
    const fault = async (changes: Partial<CheckRequest>) => {
      const error = await ask(changes).catch((thrown: unknown) => thrown);
      if (!(error instanceof RequestFaults)) throw new Error('not refused');
      return error.faults.map(({ pointer, code }) => `${pointer} ${code}`);
    };
    expect(await fault({ mode: 'road' })).to.deep.equal(['/identifier REQUIRED']);
    expect(await fault({ partner: 'LL' })).to.deep.equal(['/identifier REQUIRED']);
    const { mode: _mode, ...open } = { mode: 'sea', partner: 'NN', ...asked };
    const refused = await check(clearance, open, 'post-7').catch((thrown: unknown) => thrown);
    expect(refused).to.be.instanceOf(RequestFaults).and.have.property('at', '/mode');
    const results = await checkBatch(clearance, new Map([['a', { partner: 'NN', mode: 'sea', name: 'x' }]]), 'post-7');
    expect(results.get('a')).to.be.instanceOf(RequestFaults).and.have.property('at', '/address');
  });

  it('a name beside an identifier still grants nothing', async () => {
    expect((await ask({ identifier: 'NN9999999' })).outcome).to.equal('not_on_list');
  });

  it('on an entry, a party abroad without an identifier is asked about by its name where its country is matched so', async () => {
    const decided = async (changes: Partial<EntryParty>, entry: Partial<Entry> = {}) => {
      const party = { pointer: '/0', role: 'consignor', country: 'NN', ...asked, ...changes } as const;
      const whole = { direction: 'import', mode: 'sea', parties: [party], ...entry } as const;
      const given = await assess(clearance, { entry: whole, profile: 'json', warnings: [] }, 'post-7');
      return [given.decision, given.parties[0]?.outcome ?? given.parties[0]?.not_checked];
    };
    expect(await decided({})).to.deep.equal(['apply', 'recognised']);
    expect(await decided({ identifier: ' ' })).to.deep.equal(['apply', 'recognised']);
    expect(await decided({ country: 'LL' })).to.deep.equal(['do_not_apply', 'no_identifier']);
    expect(await decided({ role: 'importer' })).to.deep.equal(['do_not_apply', 'no_identifier']);
    expect(await decided({}, { mode: 'road' })).to.deep.equal(['do_not_apply', 'no_identifier']);
    expect(await decided({ identifier: 'NN9999999' })).to.deep.equal(['do_not_apply', 'not_on_list']);
  });
});
