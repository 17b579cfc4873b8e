/** What an arrangement brought in a month: from entries, reports of the border, and lists, as they came. */

import { expect } from 'chai';
import { reportEvents } from '../../gateway/clearance/entry-events.ts';
import { assess, check } from '../../gateway/clearance/requests.ts';
import type { EntryParty } from '../../gateway/model/clearance/entry.ts';
import { later } from '../../gateway/model/day.ts';
import { arrangementOutcome, monthAfter, monthsBetween } from '../../gateway/outcomes/arrangement-outcome.ts';
import { outcomeReport, outcomesInShort } from '../../gateway/outcomes/report.ts';
import { makeSearchable } from '../../gateway/store/answer-search.ts';
import { refusalCode } from '../support/expect-code.ts';
import {
  fillList,
  fillRegister,
  noon,
  northland,
  openClearance,
  operator,
  union,
  type TestClearance,
} from '../support/clearance-fixture.ts';

const november = { from: '2026-11', to: '2026-11' };
const rules = { leastEntries: 10, smallCounts: 5 };

describe('the outcome of an arrangement', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  const assessed = (id: string, party: Partial<EntryParty>, commodity = '8517') =>
    assess(
      clearance,
      {
        ...{ profile: 'json', warnings: [] },
        entry: {
          ...{ id, direction: 'import', office: '5316', mode: 'sea', commodity },
          parties: [{ pointer: '/p', role: 'consignor', country: 'NN', ...party }],
        },
      },
      'desk',
    );
  async function released(id: string, minutes: number, examined: boolean): Promise<void> {
    const at = later(noon, minutes * 60);
    const events = [{ entry: id, event: 'released', at } as const];
    const more = examined ? [{ entry: id, event: 'examined', at } as const] : [];
    await reportEvents(clearance, { events: [...events, ...more], client: 'port', together: true });
  }

  it('counts entries by result, examinations, and how they compare with others like them', async () => {
    for (let i = 0; i < 20; i += 1) {
      await assessed(`B${i}`, { identifier: 'NN0000001' });
      await assessed(`O${i}`, {}, i < 15 ? '8517' : '0101');
    }
    await assessed('M', { identifier: '12' });
    await assessed('S', { identifier: 'NN0000002' });
    await assessed('open', { identifier: 'NN0000001' });
    clearance.clock = later(noon, 6 * 3600);
    for (let i = 0; i < 20; i += 1) {
      await released(`B${i}`, 10 + i, i === 0);
      await released(`O${i}`, 60 + i, i % 2 === 0);
    }
    const found = await arrangementOutcome(clearance, 'NN', november, rules);
    expect(found).to.deep.include({
      entries: 43,
      missed: { no_code: 20, malformed: 1, wrong_party: 0, stale_list: 0 },
    });
    expect(found.results).to.include({ benefit: 21, restricted: 1, no_code: 20 });
    expect(found.treated).to.deep.equal({
      benefit: { entries: 21, released: 20, examined: 1, documents_checked: 0 },
      others: { entries: 21, released: 20, examined: 10, documents_checked: 0 },
    });
    expect(found.list_age_s).to.deep.equal({ median: 3600, p95: 3600 });
    const { evaluation } = found;
    expect(evaluation).to.include({ matched_entries: 20, matched_others: 15, not_comparable: 0 });
    expect(evaluation.examined?.difference.value).to.be.closeTo(1 / 20 - 8 / 15, 1e-9);
    expect([evaluation.release_s?.benefit.value, evaluation.release_s?.matched.value]).to.deep.equal([
      19 * 60,
      67 * 60,
    ]);
    expect(await outcomesInShort(clearance, november)).to.deep.equal([
      { partner: 'NN', name: 'Northland Customs', entries: 43, benefit: 21, missed: 21 },
      { partner: 'UU', name: 'Customs of the Union', entries: 0, benefit: 0, missed: 0 },
    ]);
  });

  it('measures how long restrictions took, and what they exposed', async () => {
    const ask = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' } as const;
    await check(clearance, ask, 'desk');
    const suspended = operator('NN0000001', { status: 'suspended', statusSince: '2026-11-20' });
    const [issuedAt, appliedAt] = [later(noon, 60), later(noon, 101)];
    await fillList(clearance.db, { partner: 'NN', records: [suspended], sequence: 8, issuedAt, appliedAt });
    clearance.clock = later(noon, 3600);
    await makeSearchable(clearance.db);
    const found = await arrangementOutcome(clearance, 'NN', november, rules);
    expect(found.exposure).to.deep.equal({ restrictions: 1, answers: 1, complete: true });
    expect(found.enforcement.slowest_s).to.equal(41);
    const october = await arrangementOutcome(clearance, 'NN', { from: '2026-10', to: '2026-10' }, rules);
    expect(october.enforcement).to.deep.equal({ restrictions: 0, median_s: null, slowest_s: null });
  });

  it('reports months before as they were, and withholds small counts of what leaves', async () => {
    await assessed('B', { identifier: 'NN0000001' });
    const reporting = { ...clearance, config: { outcomes: rules } };
    const { arrangements } = await outcomeReport(reporting, november, 'nn');
    const [northlands] = arrangements;
    expect(northlands?.figures.find(({ figure }) => figure === 'entries')).to.include({ value: null, withheld: true });
    expect(northlands?.trend.map(({ month, entries }) => [month, entries]).slice(-2)).to.deep.equal([
      ['2026-10', 0],
      ['2026-11', null],
    ]);
    expect(await refusalCode(() => outcomeReport(reporting, november, 'QQ'))).to.equal('E_PARTNER_UNKNOWN');
  });

  it('knows what a period of months is', () => {
    expect(monthsBetween({ from: '2025-11', to: '2026-02' })).to.deep.equal([
      '2025-11',
      '2025-12',
      '2026-01',
      '2026-02',
    ]);
    expect([monthAfter('2026-12'), monthAfter('2026-01', -1)]).to.deep.equal(['2027-01', '2025-12']);
    for (const [from, to] of [
      ['2026-13', '2026-13'],
      ['2026-1', '2026-2'],
      ['2026-02', '2026-01'],
      ['2020-01', '2026-01'],
    ] as const)
      expect(() => monthsBetween({ from, to }), `${from} ${to}`).to.throw('E_REQUEST_INVALID');
  });
});
