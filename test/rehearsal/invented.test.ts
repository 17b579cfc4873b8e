/** Invented operators and entries: the same for the same seed, faultless by our own rules, and every kind among them. */

import { expect } from 'chai';
import { inventReports } from '../../gateway/rehearsal/invented-reports.ts';
import { inventEntries, entryKinds, type EntryPartner } from '../../gateway/rehearsal/invented-entries.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { eligibility } from '../../gateway/model/record/partner-view.ts';
import { asGatewayError } from '../../gateway/model/errors.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import { rowJudge } from '../../gateway/model/record/row-faults.ts';
import { sampleHome } from '../model/sample-home.ts';

const today = '2026-11-23';
const amount = { count: 2000, advanced: 300, seed: 7, today };
const operators = inventOperators(sampleHome, amount);

describe('invented operators', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(inventOperators(sampleHome, amount)).to.deep.equal(operators);
    expect(inventOperators(sampleHome, { ...amount, seed: 8 })).to.not.deep.equal(operators);
  });

  it('have no fault by the rules of the import', () => {
    const judge = rowJudge(sampleHome, today);
    for (const [i, operator] of operators.entries()) {
      const cells: Partial<Record<string, string>> = columnValues(operator);
      const titled = Object.entries(sampleHome.columns).map(([path, title]) => [title, cells[path] ?? '']);
      const { record, faults } = judge({ row: i + 2, fields: Object.fromEntries(titled) as Record<string, string> });
      expect(faults).to.deep.equal([]);
      expect(record).to.deep.equal(operator);
    }
  });

  it('are as many of the highest grade as asked', () => {
    for (const advanced of [0, 1, 300, 2000]) {
      const found = inventOperators(sampleHome, { ...amount, advanced }).filter(({ grade }) => grade === 'advanced');
      expect(found).to.have.lengthOf(advanced);
    }
  });

  it('are suspended or revoked, and without consent, about as often as in a programme', () => {
    const share = (found: readonly unknown[]): number => found.length / operators.length;
    expect(share(operators.filter(({ status }) => status !== 'active'))).to.be.within(0.015, 0.05);
    expect(share(operators.filter(({ consent }) => !consent))).to.be.within(0.05, 0.09);
  });

  it('leave the business number out where its kind is not known', () => {
    const home: HomeProfile = { ...sampleHome, businessNumber: { kind: 'xx.none', length: 9 } };
    const [first] = inventOperators(home, { ...amount, count: 1 });
    expect(first).to.not.have.property('businessNumber');
  });

  it('have right business numbers of other kinds too', () => {
    for (const [kind, length] of [
      ['kr.brn', 10],
      ['sg.uen', 10],
    ] as const) {
      const [first] = inventOperators({ ...sampleHome, businessNumber: { kind, length } }, { ...amount, count: 1 });
      expect(first?.businessNumber, kind).to.have.lengthOf(length);
    }
  });

  it('cannot be more than the codes there are, nor have codes of another form', () => {
    const codeOf = (code: string, count: number): string => {
      try {
        inventOperators({ ...sampleHome, invented: { ...sampleHome.invented, code } }, { ...amount, count });
        return 'none';
      } catch (error) {
        return asGatewayError(error).code;
      }
    };
    expect(codeOf('{place}00000#', 30)).to.equal('E_CONFIG_INVALID');
    expect(codeOf('{place}@#####', 1)).to.equal('E_CONFIG_INVALID');
    expect(codeOf('{place}######', 30)).to.equal('none');
  });
});

describe('invented entries', () => {
  const form = { grammar: /^AEOCN\d{10}$/u, toIdentifier: (code: string) => `AEOCN${code}` };
  const terms = { arrangement: { grades: ['advanced', 'general'] }, requiredPaths: [], form };
  const records = operators.flatMap((operator) => {
    const judged = eligibility(operator, terms);
    return judged.eligible ? [judged.entry] : [];
  });
  const partner: EntryPartner = {
    partner: 'XA',
    arrangement: { directions: ['import'], entryRoles: ['consignor', 'manufacturer'], inForce: { from: '2014-04-01' } },
    records,
  };
  const known = new Map(records.map((record) => [record.identifier, record.status]));
  const entries = inventEntries([partner], { count: 400, seed: 3, at: '2026-11-23T08:00:00.000Z' });

  it('are the same for the same seed', () => {
    expect(inventEntries([partner], { count: 400, seed: 3, at: '2026-11-23T08:00:00.000Z' })).to.deep.equal(entries);
  });

  it('show each kind once before anything else', () => {
    expect(entries.slice(0, entryKinds.length).map(({ meant }) => meant)).to.deep.equal([...entryKinds]);
    expect(entries).to.have.lengthOf(400);
  });

  it('are what they are meant to show', () => {
    for (const { meant, entry } of entries) {
      const identifier = entry.parties[0]?.identifier;
      switch (meant) {
        case 'recognised':
        case 'agreement_not_in_force':
          expect(known.get(identifier ?? '')).to.equal('active');
          expect((entry.acceptedAt ?? '') < '2014-04-01').to.equal(meant === 'agreement_not_in_force');
          break;
        case 'suspended':
          expect(known.get(identifier ?? '')).to.equal('suspended');
          break;
        case 'not_on_list':
          expect(identifier).to.match(form.grammar);
          expect(known.has(identifier ?? '')).to.equal(false);
          break;
        case 'malformed':
          expect(identifier).to.be.a('string').and.not.match(form.grammar);
          break;
        case 'full_width':
          expect(identifier).to.not.match(form.grammar);
          expect(known.get(identifier?.normalize('NFKC') ?? '')).to.equal('active');
          break;
        case 'empty':
          expect(identifier).to.equal(undefined);
          break;
      }
    }
  });

  it('state office, commodity and a mode in which operators are found by identifier; half are of the first partner', () => {
    const byName = { matching: [{ modes: ['sea', 'air'], by: 'name_and_address' }] } as const;
    const second: EntryPartner = { ...partner, partner: 'XB', arrangement: { ...partner.arrangement, ...byName } };
    const all = inventEntries([partner, second], { count: 400, seed: 3, at: '2026-11-23T08:00:00.000Z' });
    const modes = Map.groupBy(all, ({ entry }) => entry.parties[0]?.country ?? '');
    expect(new Set(modes.get('XA')?.map(({ entry }) => entry.mode))).to.deep.equal(new Set(['sea']));
    expect(new Set(modes.get('XB')?.map(({ entry }) => entry.mode))).to.deep.equal(new Set(['road']));
    expect(modes.get('XA')?.length).to.be.greaterThan(250);
    expect(all.every(({ entry }) => entry.office !== undefined && entry.commodity !== undefined)).to.equal(true);
  });

  it('are reported: those with the benefit are examined less often, and nothing of an entry before the arrangement', () => {
    const at = '2026-11-23T09:00:00.000Z';
    const events = inventReports(entries, { seed: 3, at });
    expect(inventReports(entries, { seed: 3, at })).to.deep.equal(events);
    const kindOf = new Map(entries.map(({ meant, entry }) => [entry.id, meant]));
    const share = (kinds: readonly string[]): number => {
      const of = entries.filter(({ meant }) => kinds.includes(meant)).length;
      const examined = events.filter(
        ({ event, entry }) => event === 'examined' && kinds.includes(kindOf.get(entry) ?? ''),
      );
      return examined.length / of;
    };
    expect(share(['recognised', 'full_width'])).to.be.lessThan(share(['empty', 'malformed', 'not_on_list']) / 2);
    expect(events.some(({ entry }) => kindOf.get(entry) === 'agreement_not_in_force')).to.equal(false);
  });

  it('are none where no partner has published anything', () => {
    expect(
      inventEntries([{ ...partner, records: [] }], { count: 5, seed: 3, at: '2026-11-23T08:00:00.000Z' }),
    ).to.deep.equal([]);
  });
});
