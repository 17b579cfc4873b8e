/** What an arrangement brought on an entry: the benefit, or why none, as it stands in the store once the entry is assessed. */

import { expect } from 'chai';
import { assess } from '../../gateway/clearance/requests.ts';
import type { Entry, EntryParty } from '../../gateway/model/clearance/entry.ts';
import { entryOutcomes } from '../../gateway/store/entry-outcomes.ts';
import {
  fillRegister,
  noon,
  northland,
  openClearance,
  union,
  type TestClearance,
} from '../support/clearance-fixture.ts';

const party = (changes: Partial<EntryParty>): EntryParty => ({ pointer: '/p', role: 'consignor', ...changes });

describe('results of entries', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  async function rows(parties: readonly EntryParty[], changes: Partial<Entry> = {}, partner = 'NN') {
    const entry: Entry = { id: 'E-1', direction: 'import', parties, ...changes };
    await assess(clearance, { entry, profile: 'json', warnings: [] }, 'desk');
    return (await Array.fromAsync(entryOutcomes(clearance.db.sql, partner, '2026-11'))).flat();
  }
  const begunAt = async (): Promise<string | undefined> =>
    (await clearance.db.sql.selectFrom('border_entry').select('begun_at').executeTakeFirst())?.begun_at;
  const result = async (...parties: readonly Partial<EntryParty>[]) =>
    (await rows(parties.map(party))).map((each) => each.result).join();

  for (const [what, parties, expected] of [
    ['a recognised consignor', [{ identifier: 'NN0000001' }], 'benefit'],
    [
      'a recognised consignor beside a party without a code',
      [{ country: 'NN', role: 'seller' }, { identifier: 'NN0000001' }],
      'benefit',
    ],
    [
      'a recognised party beside one that is suspended',
      [{ identifier: 'NN0000001' }, { identifier: 'NN0000002' }],
      'recognised',
    ],
    ['a suspended operator', [{ identifier: 'NN0000002' }], 'restricted'],
    ['an operator that is revoked', [{ identifier: 'NN0000004' }], 'restricted'],
    ['a code of an operator in a role that earns nothing', [{ identifier: 'NN0000001', role: 'buyer' }], 'wrong_party'],
    [
      'a code at a party about which nothing is asked',
      [{ identifier: 'NN0000001', role: 'other', asked: false }],
      'wrong_party',
    ],
    ['a mistyped code', [{ identifier: '12', country: 'NN' }], 'malformed'],
    ['a code that is on no list', [{ identifier: 'NN0000009' }], 'not_on_list'],
    ['a party of the country without a code', [{ country: 'NN', name: 'Some Company' }], 'no_code'],
    ['a party at home without a code', [{ country: 'NN', role: 'importer' }], ''],
    ['a party of a country without an arrangement', [{ country: 'XX' }], ''],
  ] as const)
    it(`is ${expected === '' ? 'none' : expected} for ${what}`, async () => {
      expect(await result(...parties)).to.equal(expected);
    });

  it('is stale_list where the list is too old', async () => {
    clearance.clock = '2026-11-30T12:00:00.000Z';
    expect(await result({ identifier: 'NN0000001' })).to.equal('stale_list');
  });

  it('is none in a direction that the arrangement does not cover', async () => {
    const consignee = party({ role: 'consignee', identifier: 'NN0000001' });
    expect(await rows([consignee], { direction: 'export' })).to.deep.equal([]);
  });

  it('is kept for each partner of the entry, with what entries are compared by, and the age of the list', async () => {
    const parties = [party({ identifier: 'NN0000001' }), party({ identifier: 'UU12' })];
    const facts = {
      office: '5316',
      mode: 'sea',
      commodity: '8517130000',
      acceptedAt: '2026-11-23T11:50:00.000Z',
    } as const;
    const [[ours], [theirs]] = [await rows(parties, facts), await rows(parties, facts, 'UU')];
    expect(ours).to.deep.include({ result: 'benefit', office: '5316', mode: 'sea', chapter: '85', list_age_s: 3600 });
    expect(await begunAt()).to.equal('2026-11-23T11:50:00.000Z');
    expect([theirs?.result, theirs?.list_age_s]).to.deep.equal(['stale_list', null]);
  });

  it('counts the begin from the assessment where the time of acceptance is still to come', async () => {
    await rows([party({ identifier: 'NN0000001' })], { acceptedAt: '2026-11-23T18:00:00.000Z' });
    expect(await begunAt()).to.equal(noon);
  });
});
