/** Entries and what is reported of them, on both engines: assessed again, reported on twice at once, read by month, and gone with their assessment. */

import { expect } from 'chai';
import { reportEvents } from '../../gateway/clearance/entry-events.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { PartnerResult } from '../../gateway/model/outcomes/entry-result.ts';
import {
  countResults,
  entryOutcomes,
  findEntries,
  forgetEntries,
  recordEntry,
} from '../../gateway/store/entry-outcomes.ts';
import { onBothEngines } from './engines.ts';
import { hour } from './samples.ts';

onBothEngines('outcomes of entries', (store) => {
  const facts = { office: '5316', mode: 'sea', chapter: '85' };
  const assess = (entry: string, h: number, results: readonly PartnerResult[], isPart = false, office = '5316') =>
    store().write((tx) => {
      const at = hour(h);
      const row = { entry, assessment: `ASM-${entry}-${h}`, assessed_at: at, month: at.slice(0, 7), begun_at: at };
      return recordEntry(tx, { ...row, ...facts, office }, results, isPart);
    });
  const result = (partner: string, what: PartnerResult['result']): PartnerResult => ({ partner, result: what });
  const month = hour(1).slice(0, 7);
  const counts = async (partner: string) =>
    (await countResults(store().db.sql, { month, partner })).map(({ result: what, entries }) => [what, entries]);

  it('replaces the results of an entry that is assessed again, but not by a part of it', async () => {
    await assess('R1', 1, [result('AA', 'no_code'), result('BB', 'benefit')]);
    await assess('R1', 2, [result('AA', 'benefit')], false, '5317');
    await assess('R1', 3, [result('AA', 'malformed')], true, '9999');
    expect([await counts('AA'), await counts('BB')]).to.deep.equal([[['benefit', 1]], []]);
    const known = (await findEntries(store().db.sql, ['R1'])).get('R1');
    expect([known?.assessment, known?.assessedAt]).to.deep.equal(['ASM-R1-2', hour(1)]);
    const [page = []] = await Array.fromAsync(entryOutcomes(store().db.sql, 'AA', month));
    expect(page.map(({ office }) => office)).to.deep.equal(['5317']);
  });

  it('keeps what an entry brought once its goods are released', async () => {
    await assess('Q1', 1, [result('DD', 'benefit')]);
    const gateway = { db: store().db, now: () => new Date(hour(9)) };
    const events = [{ entry: 'Q1', event: 'released', at: hour(2) } as const];
    await reportEvents(gateway, { events, client: 'port', together: true });
    await assess('Q1', 3, [result('DD', 'no_code')]);
    expect(await counts('DD')).to.deep.equal([['benefit', 1]]);
    expect((await findEntries(store().db.sql, ['Q1'])).get('Q1')?.assessment).to.equal('ASM-Q1-1');
  });

  it('records a part of an entry that was not known', async () => {
    await assess('P1', 1, [result('CC', 'not_on_list')], true);
    expect(await counts('CC')).to.deep.equal([['not_on_list', 1]]);
  });

  it('lets one of two releases count that are reported in the same moment', async () => {
    await assess('T1', 1, []);
    const gateway = { db: store().db, now: () => new Date(hour(9)) };
    const release = (h: number) =>
      reportEvents(gateway, {
        events: [{ entry: 'T1', event: 'released', at: hour(h) }],
        ...{ client: 'port', together: false },
      });
    const both = (await Promise.all([release(2), release(3)])).flat();
    expect(both.map((each) => (isGatewayError(each) ? each.code : each.result)).sort()).to.deep.equal([
      ...['E_EVENT_CONTRADICTS', 'recorded'],
    ]);
  });

  it('reads a month page by page, each entry once', async () => {
    const numbers = Array.from({ length: 2_300 }, (_, i) => `M${i}`);
    await store().write(async (tx) => {
      for (const [i, entry] of numbers.entries()) {
        const row = { entry, assessment: `ASM-${entry}`, assessed_at: hour(1), month, begun_at: hour(1) };
        await recordEntry(tx, { ...row, ...facts }, [{ ...result('MM', 'benefit'), list_age_s: i }], false);
      }
    });
    const pages = await Array.fromAsync(entryOutcomes(store().db.sql, 'MM', month));
    expect(pages.map((page) => page.length)).to.deep.equal([1000, 1000, 300]);
    const ages = pages.flat().map(({ list_age_s: age }) => age);
    expect(new Set(ages).size).to.equal(numbers.length);
  });

  it('forgets an entry with its assessment', async () => {
    await assess('F1', 1, [result('FF', 'benefit')]);
    const events = [{ entry: 'F1', event: 'released', at: hour(2) } as const];
    const gateway = { db: store().db, now: () => new Date(hour(9)) };
    await reportEvents(gateway, { events, client: 'port', together: true });
    await store().write((tx) => forgetEntries(tx, ['ASM-F1-1']));
    expect([await counts('FF'), (await findEntries(store().db.sql, ['F1'])).size]).to.deep.equal([[], 0]);
    const left = store().db.sql.selectFrom('entry_event').select('n').where('entry', '=', 'F1');
    expect(await left.execute()).to.deep.equal([]);
  });
});
