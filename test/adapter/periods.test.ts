/** Numbers of lists that begin again, where lists and answers state the year, month or day in which they count. */

import { expect } from 'chai';
import { periodNumberForm } from '../../gateway/adapter/draft/period-numbers.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { readParts } from '../../gateway/adapter/template/computed.ts';
import { openTemplateScope, parseHole, requireCompleteScope } from '../../gateway/adapter/template/holes.ts';
import { fileNameFields } from '../../gateway/adapter/template/message-fields.ts';
import { nextPlace, periodOf, placeList, type StreamRules } from '../../gateway/model/list/stream-rules.ts';
import type { StatedList } from '../../gateway/model/record/packed-records.ts';
import { thrownBy } from '../support/thrown.ts';

type Restart = 'year' | 'month' | 'day';

const tables = codeTables({}, () => 'adapter.yaml').tablesOn('2026-01-01');

function holeOf(text: string, restart?: Restart) {
  const context = { tables, timeZone: 'Etc/GMT-3', grades: [], ...(restart && { restart }) };
  const scope = openTemplateScope(fileNameFields, context);
  return { scope, hole: parseHole(scope, text, 'list.json') };
}

const listOf = (period: string, sequence: number) => ({ position: { epoch: { id: period }, sequence } });

describe('a period in a template', () => {
  const forms: readonly (readonly [Restart, string, string, string])[] = [
    ['year', '{message.period}', '2026', '2026'],
    ['year', '{message.period|date:yy}', '2026', '26'],
    ['month', '{message.period|date:MM/yyyy}', '2026-04', '04/2026'],
    ['month', '{message.period|date:yyMM}', '2026-04', '2604'],
    ['day', '{message.period|date:yyyyMMdd}', '2026-04-02', '20260402'],
  ];
  for (const [restart, written, ours, theirs] of forms)
    it(`is written as ${theirs} by ${written}, and read back`, () => {
      const { hole } = holeOf(written, restart);
      expect([hole.write(listOf(ours, 1)), hole.read(theirs)]).to.deep.equal([theirs, ours]);
      expect(thrownBy(() => hole.read('20269999')).code).to.equal('E_VALUE_INVALID');
    });

  it('that is a number in JSON is one where its digits begin with the year, and no other', () => {
    for (const [restart, written, ours, theirs] of [
      ['year', '{message.period|number}', '2026', '2026'],
      ['year', '{message.period|date:yy|number}', '2026', '26'],
      ['month', '{message.period|date:yyyyMM|number}', '2026-04', '202604'],
      ['day', '{message.period|date:yyyyMMdd|number}', '2026-04-02', '20260402'],
    ] as const) {
      const { hole } = holeOf(written, restart);
      expect([hole.numeric, hole.write(listOf(ours, 1)), hole.read(theirs)], written).to.deep.equal([
        true,
        theirs,
        ours,
      ]);
    }
    for (const [restart, written] of [
      ['month', '{message.period|number}'],
      ['month', '{message.period|date:yyyy-MM|number}'],
      ['month', '{message.period|date:MMyyyy|number}'],
      ['year', '{message.period|number|date:yyyy}'],
    ] as const)
      expect(thrownBy(() => holeOf(written, restart)).code, written).to.equal('E_ADAPTER_INVALID');
    const { hole } = holeOf('{message.period|date:yy|number}', 'year');
    expect(thrownBy(() => hole.write(listOf('2009', 1))).code).to.equal('E_VALUE_INVALID');
  });

  it('stands beside the number in one value', () => {
    const { hole } = holeOf('R{message.period|date:yyyyMM}{message.position.sequence|pad:4}', 'month');
    expect(hole.write(listOf('2026-04', 17))).to.equal('R2026040017');
    const read: unknown[] = [];
    if (hole.parts !== undefined) readParts(hole.parts, 'R2026040017', (part, text) => read.push(part.read(text)));
    expect(read).to.deep.equal(['2026-04', 17]);
  });

  it('that lacks a part of it, has another one, or is never begun again is refused', () => {
    for (const [restart, pattern] of [
      ['month', 'yyyy'],
      ['year', 'yyyyMM'],
      ['day', 'yyyyMM'],
      ['month', 'yyyyMMHH'],
    ] as const)
      expect(thrownBy(() => holeOf(`{message.period|date:${pattern}}`, restart)).code, pattern).to.equal(
        'E_ADAPTER_INVALID',
      );
    const { scope } = holeOf('{message.period}');
    expect(thrownBy(() => requireCompleteScope(scope, 'list.json')).code).to.equal('E_ADAPTER_INVALID');
    expect(thrownBy(() => holeOf('{message.period?}', 'year')).code).to.equal('E_ADAPTER_INVALID');
  });
});

describe('a number with its period in a sample', () => {
  const paths = { period: 'message.period', number: 'message.position.sequence', optional: false };
  const formOf = (...values: readonly string[]): string | undefined => periodNumberForm(values, paths)?.text;
  it('is known before and behind it, filled with zeros or not, with text around it', () => {
    expect(formOf('2026/17', '2026/8')).to.equal('{message.period}/{message.position.sequence}');
    expect(formOf('17-2026')).to.equal('{message.position.sequence}-{message.period}');
    expect(formOf('2026-04/0017')).to.equal('{message.period}/{message.position.sequence|pad:4}');
    expect(formOf('TV-202604-001', 'TV-202605-002')).to.equal(
      'TV-{message.period|date:yyyyMM}-{message.position.sequence|pad:3}',
    );
    expect(formOf('2026000017')).to.equal('{message.period}{message.position.sequence|pad:6}');
  });

  it('is not seen in numbers of other kinds', () => {
    for (const value of ['17', '1999/17', 'A-778', '2026-13-17-1', ''])
      expect(formOf(value), value).to.equal(undefined);
  });
});

describe('a list that states its period', () => {
  const rules: StreamRules = { discipline: 'numbered', restart: 'year', first: 1, max: 9999, gap: 'resync' };
  const position = { epoch: { no: 2026, id: '2026' }, sequence: 417, chain: 'c', root: 'r', count: 1 };
  const place = (period: string | undefined, sequence: number, day: string) => {
    const epoch = period === undefined ? {} : { epoch: { id: period } };
    const list = { kind: 'delta', position: { ...epoch, sequence } } as unknown as StatedList;
    return placeList(list, { position }, rules, day);
  };

  it('counts in it, also where it was issued or arrived after its end', () => {
    expect(place('2026', 418, '2027-01-01').place).to.deep.include({ epoch: { no: 2026, id: '2026' }, sequence: 418 });
    expect(place('2027', 1, '2027-01-01')).to.deep.include({ hold: undefined });
    expect(place(undefined, 1, '2027-01-01').place.epoch.id).to.equal('2027');
    expect(thrownBy(() => place('2025', 900, '2026-05-05')).code).to.equal('E_SEQUENCE_ROLLBACK');
  });

  it('is a year that begins in another month than January, by the calendar year in which it begins or ends', () => {
    const year = (day: string, yearBegins: number, yearNamed?: 'start' | 'end'): string =>
      periodOf({ ...rules, yearBegins, ...(yearNamed && { yearNamed }) }, day).id;
    expect(['2026-03-31', '2026-04-01', '2027-03-31'].map((day) => year(day, 4))).to.deep.equal([
      '2025',
      '2026',
      '2026',
    ]);
    expect(['2026-09-30', '2026-10-01'].map((day) => year(day, 10, 'end'))).to.deep.equal(['2026', '2027']);
    const fiscal = (sequence: number, day: string) => {
      const list = { kind: 'full', position: { sequence } } as unknown as StatedList;
      return placeList(list, { position }, { ...rules, yearBegins: 4 }, day).place;
    };
    expect(fiscal(418, '2027-03-31')).to.deep.include({ epoch: { no: 2026, id: '2026' }, sequence: 418 });
    expect(fiscal(1, '2027-04-01')).to.deep.include({ epoch: { no: 2027, id: '2027' }, sequence: 1 });
    expect(thrownBy(() => fiscal(1, '2027-03-31')).code).to.equal('E_SEQUENCE_ROLLBACK');
    const next = { resync: false, nextEpoch: undefined, newEpochId: () => '' };
    expect(nextPlace({ ...rules, yearBegins: 4 }, position, { ...next, day: '2027-04-01' })).to.deep.equal({
      epoch: { no: 2027, id: '2027' },
      sequence: 1,
    });
  });

  it('waits for two people where the period has not begun: applied, it would refuse every list before it', () => {
    expect(place('2062', 1, '2026-05-05').hold?.reason).to.equal('number_ahead');
  });
});
