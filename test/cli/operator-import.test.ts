/** `mra operator import`: what is older, what lifts a restriction, what comes back corrected, and what is kept of earlier states. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { findOperator, saveOperators } from '../../gateway/store/operators.ts';
import { sampleFields, sampleRecord } from '../model/sample-records.ts';
import { eventsSince } from '../support/event-log.ts';
import { workbookOf } from '../support/workbooks.ts';
import { csvOf, imported, openOperatorCommand, titles, type OperatorCommand, type Row } from './operator-command.ts';

const code = '4403131697';
const suspended: Row = { status: 'suspended', statusSince: '2018-02-01' };
const noConsent: Row = { consent: 'no', consentSince: '2018-02-10' };

/** CSV with the column `as_of`. */
const datedCsv = (...rows: readonly (Row & { readonly asOf: string })[]): string => {
  const [first = '', ...others] = csvOf(...rows.map(({ asOf: _, ...row }) => row)).split('\r\n');
  return [`${first},as_of`, ...others.map((line, i) => `${line},${rows[i]?.asOf ?? ''}`)].join('\n');
};

describe('mra operator import', () => {
  let command: OperatorCommand;
  const stored = () => findOperator(command.db.sql, code);

  beforeEach(async () => {
    command = await openOperatorCommand();
  });

  afterEach(async () => {
    await command.close();
  });

  async function importOf(content: string | Uint8Array, words: readonly string[] = [], name = 'a.csv') {
    const ran = await command.run(['import', command.file(name, content), ...words]);
    return { ...ran, ...(ran.stdout === '' ? undefined : imported(ran)) };
  }

  it('takes the example of the documents whole', async () => {
    const example = join(import.meta.dirname, '../../docs/examples/operators.csv');
    const { exit, counts } = await importOf(readFileSync(example));
    expect([exit, counts?.['created'], counts?.['refused'], counts?.['warnings']]).to.deep.equal([0, 2, 0, 0]);
  });

  describe('of an older export', () => {
    it('does not undo newer facts, and lists each older row', async () => {
      await importOf(csvOf({ ...suspended, ...noConsent, 'address.city': 'NEW' }), ['--as-of', '2018-02-28']);
      const older = await importOf(csvOf({}, { code: '4403131698' }), ['--as-of', '2018-01-31']);
      expect(older.exit).to.equal(6);
      expect(older.counts).to.include({ created: 1, changed: 0, refused: 1 });
      expect(older.problems?.map(({ group, examples }) => [group, examples[0]?.row, examples[0]?.found])).to.deep.equal(
        [['row_outdated', 2, code]],
      );
      expect(await stored()).to.deep.include({ status: 'suspended', consent: false });
      expect((await stored())?.address.city).to.equal('NEW');
    });

    it('is recognised by a day or time in the name of the file, by a column, or by the newest day in it', async () => {
      const moments: readonly [string, string, readonly string[], string, string][] = [
        ['list-20180215.csv', csvOf({}), [], '2018-02-15', 'file_name'],
        ['AEO_2018-02-15_1630.csv', csvOf({}), [], '2018-02-15T16:30:00', 'file_name'],
        ['2018-01-31 to 2018-02-15.csv', csvOf({}), [], '2018-02-15', 'file_name'],
        ['operators-37151-20189999.csv', csvOf({ statusSince: '2018-01-07' }), [], '2018-01-07', 'newest_day'],
        [
          'a.csv',
          csvOf({ statusSince: '2017-01-07' }, { code: '4403131698', statusSince: '2081-01-01' }),
          [],
          '2017-01-07',
          'newest_day',
        ],
        ['a-20180215.csv', csvOf({}), ['--as-of', '2018-02-16 09:00'], '2018-02-16T09:00:00', 'option'],
        ['a.csv', csvOf({}), ['--as-of', '2018-02-16T20:00:00Z'], '2018-02-17T04:00:00', 'option'],
      ];
      for (const [name, content, words, moment, from] of moments) {
        const { as_of } = await importOf(content, [...words, '--dry-run'], name);
        expect(as_of, name).to.deep.equal({ moment, from });
      }
      const dated = await importOf(datedCsv({ asOf: '2018-02-15', 'address.city': 'A' }));
      expect(dated.as_of).to.deep.equal({ moment: '2018-02-15', from: 'column' });
      const older = await importOf(datedCsv({ asOf: '2018-02-14', 'address.city': 'B' }));
      expect(older.problems?.map(({ group }) => group)).to.deep.equal(['row_outdated']);
      expect((await importOf(datedCsv({ asOf: '2018-02-15', 'address.city': 'C' }))).counts).to.include({ changed: 1 });
    });

    it('that may only look old, since its newest day counted, is told to state its day', async () => {
      await importOf(csvOf({}, { code: '4403130002', ...suspended }));
      const corrected = command.file('b.csv', csvOf({ 'name.latin': 'NEW NAME LTD' }));
      const { exit, stderr } = await command.run(['import', corrected], 'table');
      expect(exit).to.equal(6);
      expect(stderr).to.include(`mra operator import ${corrected} --as-of`);
    });

    it('is older than a later file that stated the same again', async () => {
      await importOf(csvOf({}), ['--as-of', '2018-01-10']);
      expect((await importOf(csvOf({}), ['--as-of', '2018-02-20'])).counts).to.include({ unchanged: 1 });
      const between = await importOf(csvOf({ 'address.city': 'OLD' }), ['--as-of', '2018-02-01']);
      expect(between.counts).to.include({ changed: 0, refused: 1 });
      expect((await importOf(csvOf({}), ['--as-of', '2018-02-01'])).exit).to.equal(0);
    });

    it('is older than the newest day of a record that no file dated', async () => {
      const record = { ...sampleRecord, status: 'suspended', statusSince: '2018-02-01' } as const;
      await command.db.transaction((tx) => saveOperators(tx, [record], '2018-02-02T00:00:00.000Z'));
      const older = await importOf(csvOf({ 'address.city': 'B', ...suspended }), ['--as-of', '2018-01-31']);
      expect(older.problems?.map(({ group }) => group)).to.deep.equal(['row_outdated']);
    });

    it('of the same day is older by its time', async () => {
      await importOf(csvOf({}), ['--as-of', '2018-02-20T16:00']);
      expect((await importOf(csvOf({ 'address.city': 'B' }), ['--as-of', '2018-02-20 09:00'])).counts).to.include({
        refused: 1,
      });
      expect((await importOf(csvOf({ 'address.city': 'C' }), ['--as-of', '2018-02-20'])).counts).to.include({
        changed: 1,
      });
      expect((await importOf(csvOf({ 'address.city': 'B' }), ['--as-of', '2018-02-20 09:00'])).counts).to.include({
        refused: 1,
      });
    });

    it('with a moment that does not exist or is still to come is refused before anything is saved', async () => {
      for (const moment of [
        '2018-02-30',
        '2018-03-02',
        '2018-03-01T09:00',
        'yesterday',
        '20180228',
        '2018-02-28T25:00',
      ])
        expect((await importOf(csvOf({}), ['--as-of', moment])).stderr, moment).to.include('E_IMPORT_MOMENT');
      expect((await importOf(csvOf({}), [], 'list-20180302.csv')).stderr).to.include('E_IMPORT_MOMENT');
      const rows = await importOf(datedCsv({ asOf: '2018-03-02' }, { asOf: 'May', code: '4403131698' }));
      expect(rows.problems?.map(({ group, rows: count }) => [group, count])).to.deep.equal([['as_of_invalid', 2]]);
      expect(await stored()).to.equal(undefined);
    });
  });

  describe('that lifts a restriction', () => {
    const restricted: readonly [Row, Row, string][] = [
      [suspended, { statusSince: '2018-02-20' }, 'suspension'],
      [{ ...suspended, status: 'revoked' }, { statusSince: '2018-02-20' }, 'revocation'],
      [{ ...suspended, status: 'revoked' }, { status: 'suspended', statusSince: '2018-02-20' }, 'revocation'],
      [{ ...suspended, status: 'withdrawn' }, { statusSince: '2018-02-20' }, 'withdrawal'],
      [noConsent, { consentSince: '2018-02-20' }, 'consent_withdrawal'],
      [{ consent: 'no', consentSince: '' }, { consentSince: '2018-02-21' }, 'consent_withdrawal'],
    ];

    it('stops and changes nothing, and says how much it would lift, until it is asked for', async () => {
      for (const [before, after, kind] of restricted) {
        await importOf(csvOf({ ...before }), ['--as-of', '2018-02-20']);
        const stopped = await importOf(csvOf({ ...after }, { code: '4403131698' }), ['--as-of', '2018-02-21']);
        expect([stopped.exit, stopped.state], kind).to.deep.equal([7, 'stopped']);
        expect(stopped.lifts).to.include({ [kind]: 1 });
        expect(stopped.problems?.map(({ group }) => group)).to.deep.equal(['restriction_lifted']);
        expect(await findOperator(command.db.sql, '4403131698')).to.equal(undefined);
        const lifted = await importOf(csvOf({ ...after }), ['--as-of', '2018-02-21', '--lift']);
        expect([lifted.exit, lifted.state, lifted.counts?.['changed']]).to.deep.equal([0, 'saved', 1]);
        await command.close();
        command = await openOperatorCommand();
      }
    });

    it('without a later day is refused row by row, asked for or not', async () => {
      for (const [before] of restricted) {
        await importOf(csvOf({ ...before }), ['--as-of', '2018-02-20']);
        for (const words of [[], ['--lift']]) {
          const refused = await importOf(csvOf({}), ['--as-of', '2018-02-21', ...words]);
          expect(refused.problems?.map(({ group }) => group)).to.deep.equal(['lifting_not_later']);
          expect([refused.exit, refused.counts?.['changed']]).to.deep.equal([6, 0]);
        }
        const sameDay = { statusSince: '2018-02-01', consentSince: '2018-02-10' };
        if (before.consentSince !== '')
          expect((await importOf(csvOf(sameDay), ['--as-of', '2018-02-21', '--lift'])).counts).to.include({
            changed: 0,
          });
        await command.close();
        command = await openOperatorCommand();
      }
    });

    it('is counted apart in a dry run, in words and numbers', async () => {
      const other = '4403131698';
      await importOf(csvOf({ ...suspended, ...noConsent }, { ...suspended, code: other }));
      const later = { statusSince: '2018-02-20', consentSince: '2018-02-20' };
      const path = command.file('b.csv', csvOf(later, { ...later, code: other }));
      const dry = await command.run(['import', path, '--dry-run'], 'table');
      expect(dry.exit).to.equal(7);
      expect(dry.stdout).to.include('would lift 2 suspensions, 1 withdrawal of consent');
      expect(dry.stderr).to.include('--lift');
      const lifted = await command.run(['import', path, '--lift'], 'table');
      expect(lifted.stdout).to.include('lifted 2 suspensions, 1 withdrawal of consent');
    });

    it('takes a restriction that becomes stricter without being asked', async () => {
      await importOf(csvOf({ ...suspended }), ['--as-of', '2018-02-20']);
      const revoked = await importOf(csvOf({ status: 'revoked', statusSince: '2018-02-20' }), [
        '--as-of',
        '2018-02-21',
      ]);
      expect([revoked.exit, (await stored())?.status]).to.deep.equal([0, 'revoked']);
    });
  });

  describe('of its own report of refused rows', () => {
    const report = () => join(command.folder, 'refused.csv');

    it('takes the values as they were once the rows are mended, whatever they begin with', async () => {
      const rows: readonly Row[] = [
        { 'name.latin': '@HOME TRADING LTD', 'address.latin': '-1 FLOOR, FUTIAN ROAD', gradeSince: '2017/2/3' },
        { code: '4403131698', 'name.latin': "'T ANKER BV", 'name.local': '=1+1', gradeSince: '2017/2/3' },
        { code: '4403131699', 'name.latin': "''=A", 'address.latin': '+1 "ROAD"; 2', gradeSince: '2017/2/3' },
      ];
      await importOf(csvOf(...rows), ['--report', report()]);
      writeFileSync(report(), readFileSync(report(), 'utf8').replaceAll('2017/2/3', '2017-02-03'));
      const mended = await command.run(['import', report()]);
      expect([mended.exit, imported(mended).counts['created']]).to.deep.equal([0, 3]);
      expect(await stored()).to.deep.equal({
        ...sampleRecord,
        name: { ...sampleRecord.name, latin: '@HOME TRADING LTD' },
        address: { ...sampleRecord.address, latin: '-1 FLOOR, FUTIAN ROAD' },
        gradeSince: '2017-02-03',
      });
      const second = await findOperator(command.db.sql, '4403131698');
      expect(second?.name).to.deep.equal({ latin: "'T ANKER BV", local: '=1+1' });
      const third = await findOperator(command.db.sql, '4403131699');
      // The first apostrophe is the one that keeps a formula from running.
      expect([third?.name.latin, third?.address.latin]).to.deep.equal(["'=A", '+1 "ROAD"; 2']);
    });

    it('refuses the same rows again where they were not mended, in a report that is the same', async () => {
      await importOf(csvOf({ grade: 'golden', 'name.latin': '@HOME' }, { code: '1' }), ['--report', report()]);
      const first = readFileSync(report(), 'utf8');
      await command.run(['import', report(), '--report', report()]);
      const rows = (text: string) => text.replaceAll(/row \d+/gu, 'row');
      expect(rows(readFileSync(report(), 'utf8'))).to.equal(rows(first));
    });

    it('does not take the repetition of a row that was taken, unless it was mended', async () => {
      await importOf(csvOf({}, { 'address.city': 'B' }, { 'address.city': 'C' }), ['--report', report()]);
      const again = imported(await command.run(['import', report()]));
      expect(again.problems.map(({ group, rows }) => [group, rows])).to.deep.equal([['code_repeated', 2]]);
      expect(await stored()).to.deep.equal(sampleRecord);
      writeFileSync(report(), readFileSync(report(), 'utf8').replace(code, '4403131698'));
      expect(imported(await command.run(['import', report()])).counts).to.include({ created: 1, refused: 1 });
    });

    it('speaks of the moment of the file it came from', async () => {
      await importOf(csvOf({ 'address.city': 'A' }), ['--as-of', '2018-02-10']);
      await importOf(csvOf({ 'address.city': 'B', grade: 'golden' }), ['--as-of', '2018-02-20', '--report', report()]);
      writeFileSync(report(), readFileSync(report(), 'utf8').replace('golden', 'general'));
      expect(imported(await command.run(['import', report()])).counts).to.include({ changed: 1, refused: 0 });
    });

    it('takes lines of JSON back from the report, too', async () => {
      const lines = [
        { ...sampleRecord, grade: 'golden' },
        { ...sampleRecord, code: '4403131698', extra: '=1' },
      ];
      const text = lines.map((line) => JSON.stringify(line)).join('\n');
      await importOf(text, ['--report', report()], 'a.jsonl');
      const mended = readFileSync(report(), 'utf8').replace('golden', 'advanced').replace(',""extra"":""=1""', '');
      writeFileSync(report(), mended);
      expect(imported(await command.run(['import', report()])).counts).to.include({ created: 2, refused: 0 });
      expect(await stored()).to.deep.equal(sampleRecord);
    });
  });

  it('keeps every state, with the file it came from and who imported it', async () => {
    await importOf(csvOf({}), ['--as-of', '2018-02-10', '--as', 'chen'], 'first.csv');
    await importOf(csvOf({ grade: 'general' }), ['--as-of', '2018-02-20', '--as', 'li'], 'second.csv');
    await importOf(csvOf({ grade: 'general' }), ['--as-of', '2018-02-25', '--as', 'wang'], 'third.csv');
    const shown = await command.run(['show', code, '--history']);
    const { states } = JSON.parse(shown.stdout) as { states: Record<string, unknown>[] };
    const [now, before] = states.map(({ since, as_of, import: source, changed, record }) => {
      const { file, person } = source as Record<string, unknown>;
      return [since, as_of, file, person, changed, (record as Record<string, unknown>)['grade']];
    });
    expect(states).to.have.lengthOf(2);
    expect(now).to.deep.equal(['2018-03-01T00:00:00.000Z', '2018-02-25', 'second.csv', 'li', ['grade'], 'general']);
    expect(before).to.deep.equal(['2018-03-01T00:00:00.000Z', '2018-02-10', 'first.csv', 'chen', [], 'advanced']);
    const table = await command.run(['show', code, '--history'], 'table');
    expect(table.stdout).to.include('grade: general').and.to.include('first.csv');
    expect((await command.run(['show', '1', '--history'])).stderr).to.include('E_OPERATOR_UNKNOWN');
    const events = await eventsSince(command.db.sql, 0, 9);
    expect(events.map(({ detail }) => (detail as { by?: string }).by)).to.deep.equal(['chen', 'li']);
  });

  it('reads a workbook, and refuses the numbers that lost digits in it', async () => {
    const cells = (changes: Row) => Object.values(sampleFields(changes));
    const book = workbookOf([titles, cells({}), cells({ code: '4403131698', grade: 'golden' })], 'AEO');
    expect((await importOf(book, ['--sheet', 'AEO'], 'a.xlsx')).counts).to.include({ created: 1, refused: 1 });
    expect(await stored()).to.deep.equal(sampleRecord);
  });
});
