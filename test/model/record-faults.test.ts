/** The judge of a domestic file: which rows become records, and what is said of the others. */

import { expect } from 'chai';
import { faultRules } from '../../gateway/model/record/fault-rules.ts';
import type { RecordColumn } from '../../gateway/model/record/record-text.ts';
import { rowJudge } from '../../gateway/model/record/row-faults.ts';
import { sampleHome } from './sample-home.ts';
import { sampleFields, sampleRecord } from './sample-records.ts';

const today = '2018-03-01';

function judged(changes: Partial<Record<RecordColumn, string>>): {
  readonly taken: boolean;
  readonly rules: readonly string[];
} {
  const { record, faults } = rowJudge(sampleHome, today)({ row: 2, fields: sampleFields(changes) });
  return { taken: record !== undefined, rules: faults.map(({ rule, column }) => `${column} ${rule}`) };
}

/** Expects exactly one fault, and the row taken or refused by the weight of its rule. */
function expectFault(
  changes: Partial<Record<RecordColumn, string>>,
  column: string,
  rule: keyof typeof faultRules,
): void {
  const taken = faultRules[rule].severity === 'warning';
  expect(judged(changes), JSON.stringify(changes)).to.deep.equal({ taken, rules: [`${column} ${rule}`] });
}

describe('the judge of a domestic file', () => {
  it('makes a record of a row without faults', () => {
    const { record, faults } = rowJudge(sampleHome, today)({ row: 2, fields: sampleFields() });
    expect(faults).to.deep.equal([]);
    expect(record).to.deep.equal(sampleRecord);
  });

  it('leaves absent what is empty', () => {
    const empty = {
      businessNumber: '',
      'name.local': '',
      'address.local': '',
      'address.postcode': '',
      consentSince: '',
    };
    const { record } = rowJudge(sampleHome, today)({ row: 2, fields: sampleFields({ ...empty, consent: 'no' }) });
    const { businessNumber, consentSince, ...rest } = sampleRecord;
    expect([businessNumber, consentSince]).to.not.include(undefined);
    expect(record).to.deep.equal({
      ...rest,
      consent: false,
      name: { latin: sampleRecord.name.latin },
      address: { latin: '41 KEJI SOUTH ROAD', city: 'SHENZHEN' },
    });
  });

  it('refuses codes that are missing, malformed or eaten', () => {
    expectFault({ code: '' }, 'customs_code', 'field_missing');
    expectFault({ code: '440313169' }, 'customs_code', 'code_malformed');
    expectFault({ code: '4403131697X' }, 'customs_code', 'code_malformed');
    expectFault({ code: '４４０３１３１６９７' }, 'customs_code', 'code_malformed');
    expectFault({ code: '4.40313E+09' }, 'customs_code', 'number_eaten_by_spreadsheet');
  });

  it('refuses business numbers a spreadsheet has eaten, and warns of doubtful ones', () => {
    expectFault({ businessNumber: '9.13101E+17' }, 'uscc', 'number_eaten_by_spreadsheet');
    expectFault({ businessNumber: '915101070790123000' }, 'uscc', 'number_eaten_by_spreadsheet');
    for (const sign of [',', '.', ' '])
      expectFault(
        { businessNumber: '915,101,070,790,123,000'.replaceAll(',', sign) },
        'uscc',
        'number_eaten_by_spreadsheet',
      );
    expectFault({ businessNumber: '91510107079012337X' }, 'uscc', 'check_digit_wrong');
    expectFault({ businessNumber: '9151010707901233' }, 'uscc', 'business_number_length');
    expectFault({ 'address.postcode': '5.18E+05' }, 'postcode', 'number_eaten_by_spreadsheet');
  });

  it('takes off the apostrophe by which a spreadsheet marks numbers as text, and leaves it in names', () => {
    const marked = { code: "'4403131697", businessNumber: "'91510107079012337R", 'address.postcode': "'518057" };
    const row = {
      row: 2,
      fields: sampleFields({ ...marked, gradeSince: "'2016-02-29", 'name.latin': "'47 BRAND LTD" }),
    };
    const { record, faults } = rowJudge(sampleHome, today)(row);
    expect(faults).to.deep.equal([]);
    expect(record).to.deep.equal({ ...sampleRecord, name: { ...sampleRecord.name, latin: "'47 BRAND LTD" } });
  });

  it('refuses a number of a workbook that lost its first digits, and warns where nobody can tell', () => {
    const fields = sampleFields({ businessNumber: '510107079012337', 'address.postcode': '18057' });
    const judge = rowJudge(sampleHome, today);
    const { record, faults } = judge({ row: 2, fields, numbers: ['uscc', 'postcode'] });
    expect(record).to.equal(undefined);
    expect(faults.map(({ rule, column }) => `${column} ${rule}`)).to.have.members([
      'uscc number_eaten_by_spreadsheet',
      'postcode cell_is_number',
    ]);
  });

  it('refuses digits that a program wrote as a quantity', () => {
    for (const number of ['518057.0', '5.18057E5', '5.18E+05'])
      expectFault({ 'address.postcode': number }, 'postcode', 'number_eaten_by_spreadsheet');
  });

  it('refuses names that are damaged, and warns of those that may be', () => {
    expectFault({ 'name.local': '????有限公司' }, 'name_local', 'letters_lost');
    expectFault({ 'name.latin': 'MÃ¼LLER' }, 'name_latin', 'text_decoded_wrongly');
    expectFault({ 'address.city': '#N/A' }, 'city', 'formula_failed');
    expectFault({ 'name.latin': 'A &amp; B LTD' }, 'name_latin', 'text_escaped');
    expectFault({ 'name.local': '深圳\ue863公司' }, 'name_local', 'letter_private');
    expectFault({ 'name.latin': 'M?LLER' }, 'name_latin', 'letter_doubtful');
  });

  it('refuses days that do not exist or are written otherwise', () => {
    for (const day of [
      '2017-02-30',
      '2017-02-29',
      '2100-02-29',
      '2017-13-01',
      '2017-00-10',
      '2017-04-31',
      '2017-01-00',
      '0017-01-01',
    ]) {
      expectFault({ gradeSince: day }, 'grade_since', 'day_impossible');
    }
    for (const day of ['2017/02/03', '3.2.2017', '2017-2-3', '42769', '20170203']) {
      expectFault({ statusSince: day }, 'status_since', 'day_malformed');
    }
    expectFault({ consentSince: '2017-02-30' }, 'consent_since', 'day_impossible');
    expectFault({ gradeSince: '' }, 'grade_since', 'field_missing');
    expect(judged({ gradeSince: '2000-02-29' }).taken).to.equal(true);
  });

  it('refuses words it does not know', () => {
    expectFault({ grade: 'golden' }, 'grade', 'grade_unknown');
    expectFault({ grade: 'Advanced' }, 'grade', 'grade_unknown');
    expectFault({ status: 'ok' }, 'status', 'status_unknown');
    expectFault({ roles: 'exporter|pirate' }, 'roles', 'role_unknown');
    expectFault({ roles: 'exporter|' }, 'roles', 'role_unknown');
    expectFault({ consent: 'maybe' }, 'consent', 'consent_unknown');
    for (const path of ['grade', 'status', 'consent'] as const) expectFault({ [path]: '' }, path, 'field_missing');
  });

  it('refuses hidden characters that turn or steer text, and warns of those that take no room', () => {
    expectFault({ 'name.local': '达瑞\u202e' }, 'name_local', 'text_turns_direction');
    expectFault({ 'name.latin': 'DA\u2066RUI' }, 'name_latin', 'text_turns_direction');
    expectFault({ 'address.latin': '41\u001b[31m' }, 'address_latin', 'text_has_control');
    expectFault({ 'address.city': 'SHEN\nZHEN' }, 'city', 'text_has_control');
    expectFault({ 'name.local': '达\ud800瑞' }, 'name_local', 'text_has_control');
    expectFault({ 'name.latin': 'DA\u200bRUI' }, 'name_latin', 'text_invisible');
  });

  it('takes what a spreadsheet would run, and warns', () => {
    for (const text of ["=cmd|'/c calc'!A1", '+1', '-1', '@SUM(A1)', '＝1']) {
      expectFault({ 'name.local': text }, 'name_local', 'text_is_formula');
    }
  });

  it('warns of a letter that only looks Latin', () => {
    expectFault({ 'name.latin': 'TIАNJIN' }, 'name_latin', 'letter_not_latin');
    expectFault({ 'address.latin': '41 科技南路' }, 'address_latin', 'letter_not_latin');
    expect(judged({ 'name.latin': 'Ångström & Søn № 1' }).rules).to.deep.equal([]);
  });

  it('takes an operator without a Latin name or a role, and warns; without any name it is refused', () => {
    expectFault({ 'name.latin': '' }, 'name_latin', 'latin_name_missing');
    expectFault({ roles: '' }, 'roles', 'roles_missing');
    expectFault({ 'name.latin': '', 'name.local': '' }, 'name_latin', 'field_missing');
  });

  it('warns of days that contradict each other or lie ahead', () => {
    expectFault({ status: 'revoked', statusSince: '2015-01-01' }, 'status_since', 'dates_contradict');
    expectFault({ statusSince: '2015-01-01', consentSince: '2015-01-01' }, 'status_since', 'dates_contradict');
    expectFault({ consentSince: '2015-01-01' }, 'consent_since', 'dates_contradict');
    expectFault({ statusSince: '2018-03-02' }, 'status_since', 'day_in_future');
    expect(judged({ statusSince: '2015-01-01' }).rules).to.deep.equal([]);
  });

  it('refuses texts of more than 512 characters', () => {
    expectFault({ 'name.local': '达'.repeat(513) }, 'name_local', 'text_too_long');
    expect(judged({ 'name.local': '达'.repeat(512) }).taken).to.equal(true);
  });

  it('names all faults of a row at once', () => {
    expect(
      judged({ code: 'x', grade: 'golden', gradeSince: '2017-02-30', consent: '', 'name.latin': '' }),
    ).to.deep.equal({
      taken: false,
      rules: [
        'name_latin latin_name_missing',
        'customs_code code_malformed',
        'grade grade_unknown',
        'grade_since day_impossible',
        'consent field_missing',
      ],
    });
  });

  it('keeps the first good row of a code and refuses the later ones', () => {
    const judge = rowJudge(sampleHome, today);
    const rules = [{ grade: 'golden' }, {}, { 'name.latin': 'OTHER' }, { code: '4403131698' }].map((changes, i) => {
      const { record, faults } = judge({ row: i + 2, fields: sampleFields(changes) });
      return [record?.code, faults.map(({ rule, detail }) => (rule === 'code_repeated' ? detail : rule))];
    });
    expect(rules).to.deep.equal([
      [undefined, ['grade_unknown']],
      ['4403131697', []],
      [undefined, ['first in row 3']],
      ['4403131698', []],
    ]);
  });

  it('says only that cells were miscounted where a row is shifted', () => {
    const { record, faults } = rowJudge(
      sampleHome,
      today,
    )({ row: 2, fields: sampleFields({ grade: 'x' }), cells: 16, titles: 17 });
    expect(record).to.equal(undefined);
    expect(faults.map(({ rule }) => rule)).to.deep.equal(['cells_miscounted']);
  });

  it('shows a value cut to 60 characters and with hidden characters by number', () => {
    const fields = sampleFields({ 'name.local': `\u202e${'达'.repeat(100)}` });
    const [fault] = rowJudge(sampleHome, today)({ row: 2, fields }).faults;
    expect(fault?.value).to.match(/^\\u\{202e\}达+…$/u);
    expect(fault?.value).to.have.lengthOf(60);
  });
});
