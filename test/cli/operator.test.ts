/** `mra operator`: imports files of domestic records into a real store, and reports the result for each row. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Database } from '../../gateway/store/database.ts';
import { countOperators, findOperator } from '../../gateway/store/operators.ts';
import { readTable } from '../../gateway/wire/files/table.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { eventsSince } from '../support/event-log.ts';
import {
  csvOf,
  imported as counted,
  openOperatorCommand,
  titles,
  type OperatorCommand,
  type Row,
} from './operator-command.ts';

const threeRows: readonly Row[] = [
  {},
  { code: '4403131698', 'name.local': "=cmd|'/c calc'!A1" },
  { code: '4403131699', grade: 'golden', gradeSince: '2017-02-30' },
];

describe('mra operator', () => {
  let command: OperatorCommand;
  let db: Database;
  const file: OperatorCommand['file'] = (name, content) => command.file(name, content);
  const run: OperatorCommand['run'] = (words, format) => command.run(words, format);

  beforeEach(async () => {
    command = await openOperatorCommand();
    db = command.db;
  });

  afterEach(async () => {
    await command.close();
  });

  describe('import', () => {
    it('accepts the correct rows, refuses the others, and reports both as JSON', async () => {
      const ran = await run(['import', file('a.csv', csvOf(...threeRows))]);
      expect(ran.exit).to.equal(6);
      const { counts, state, problems } = counted(ran);
      expect(state).to.equal('saved');
      expect(counts).to.deep.equal({ rows: 3, created: 2, changed: 0, unchanged: 0, refused: 1, warnings: 1 });
      expect(problems.map(({ group, rows, examples }) => [group, rows, examples[0]?.row])).to.deep.equal([
        ['grade_unknown', 1, 4],
        ['day_impossible', 1, 4],
        ['text_is_formula', 1, 3],
      ]);
      expect(await countOperators(db.sql)).to.equal(2);
      expect(await findOperator(db.sql, '4403131697')).to.deep.equal(sampleRecord);
    });

    it('changes nothing and records no event when the same file is imported again', async () => {
      const path = file('a.csv', csvOf({}, { code: '4403131698' }));
      expect((await run(['import', path])).exit).to.equal(0);
      expect(counted(await run(['import', path])).counts).to.include({ created: 0, changed: 0, unchanged: 2 });
      const changed = file('b.csv', csvOf({}, { code: '4403131698', status: 'suspended', statusSince: '2018-02-01' }));
      expect(counted(await run(['import', changed])).counts).to.include({ created: 0, changed: 1, unchanged: 1 });
      const events = await eventsSince(db.sql, 0, 100);
      expect(events.map(({ kind }) => kind)).to.deep.equal(['operators_imported', 'operators_imported']);
    });

    it('keeps the stored version of an operator whose new row is refused', async () => {
      await run(['import', file('a.csv', csvOf({}))]);
      const ran = await run(['import', file('b.csv', csvOf({ grade: 'golden' }))]);
      expect(ran.exit).to.equal(6);
      expect(await findOperator(db.sql, '4403131697')).to.deep.equal(sampleRecord);
    });

    it('counts without saving in a dry run', async () => {
      const path = file('a.csv', csvOf({}));
      const { counts, state } = counted(await run(['import', path, '--dry-run']));
      expect([state, counts['created']]).to.deep.equal(['dry_run', 1]);
      expect(await countOperators(db.sql)).to.equal(0);
      expect(await eventsSince(db.sql, 0, 100)).to.deep.equal([]);
    });

    it('writes the refused rows with rule and fix, safe to open in a spreadsheet', async () => {
      const bad = { code: '4403131699', grade: 'golden', 'name.local': "=cmd|'/c calc'!A1" };
      const report = join(command.folder, 'refused.csv');
      await run(['import', file('a.csv', csvOf({}, bad)), '--report', report]);
      const columns = [...titles, 'as_of', 'rule', 'detail', 'fix'];
      expect(readFileSync(report, 'utf8')).to.include("'=cmd|'/c calc'!A1");
      const [row, ...others] = await Array.fromAsync(readTable(report, { encoding: 'utf-8', columns }));
      expect(others).to.deep.equal([]);
      expect(row?.fields).to.include({
        customs_code: '4403131699',
        name_local: "=cmd|'/c calc'!A1",
        rule: 'text_is_formula; grade_unknown',
      });
      expect(row?.fields['detail']).to.include('row 3, grade');
    });

    it('reads GB18030 with --encoding, and names the option without it', async () => {
      const latin = Buffer.from(csvOf({ 'name.local': 'X', 'address.local': '' }), 'latin1');
      const at = latin.indexOf('"X"') + 1;
      const bytes = Buffer.concat([
        latin.subarray(0, at),
        Buffer.from([0xb4, 0xef, 0xc8, 0xf0]),
        latin.subarray(at + 1),
      ]);
      const path = file('a.csv', bytes);
      const refused = await run(['import', path]);
      expect(refused.exit).to.equal(2);
      expect(refused.stderr).to.include('E_FILE_UNREADABLE').and.to.include('--encoding gb18030');
      expect((await run(['import', path, '--encoding', 'gb18030'])).exit).to.equal(0);
      expect((await findOperator(db.sql, '4403131697'))?.name.local).to.equal('达瑞');
    });

    it('refuses wrong columns before any row is judged', async () => {
      const ran = await run(['import', file('a.csv', csvOf(...threeRows).replace('"customs_code"', '"code"'))]);
      expect(ran.exit).to.equal(2);
      expect(ran.stderr)
        .to.include('E_FILE_STRUCTURE')
        .and.to.match(/customs_code; unknown: code/u);
      expect(ran.stdout).to.equal('');
      expect(await countOperators(db.sql)).to.equal(0);
    });

    it('reports a missing file', async () => {
      const ran = await run(['import', join(command.folder, 'none.csv')]);
      expect(ran.exit).to.equal(2);
      expect(ran.stderr).to.include('E_FILE_UNREADABLE');
    });

    it('reads JSON lines, plain or gzipped, by the same rules', async () => {
      const lines = [
        sampleRecord,
        { ...sampleRecord, code: '4403131698', consent: 'yes' },
        { ...sampleRecord, code: '4403131699', gradeSince: '2017-02-30' },
        { ...sampleRecord, code: 4403131700, extra: 1 },
      ];
      const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"code":\n`;
      for (const path of [file('a.jsonl', text), file('a.jsonl.gz', gzipSync(text))]) {
        const { counts, problems } = counted(await run(['import', path]));
        expect(counts).to.include({ rows: 5, refused: 4 });
        const groups = problems.map(({ group, rows, examples }) => [group, rows, examples.map(({ row }) => row)]);
        expect(groups).to.deep.equal([
          ['shape_invalid', 3, [2, 4, 5]],
          ['day_impossible', 1, [3]],
        ]);
      }
      expect(await findOperator(db.sql, '4403131697')).to.deep.equal(sampleRecord);
    });

    it('prints each group with three samples, the fix and the next step', async () => {
      const bad = Array.from({ length: 5 }, (_, i) => ({ code: `440313170${i}`, grade: 'golden' }));
      const ran = await run(['import', file('a.csv', csvOf({}, ...bad))], 'table');
      expect(ran.stdout.match(/row \d+, grade/gu)).to.deep.equal(['row 3, grade', 'row 4, grade', 'row 5, grade']);
      expect(ran.stdout).to.include('(grade_unknown)');
      expect(ran.stderr).to.match(/Next: mra operator import .*--report refused\.csv/u);
      expect(ran.stderr).to.include('100 %');
    });
  });

  describe('show', () => {
    it('shows the record, and which partners may not see it, and why', async () => {
      await run(['import', file('a.csv', csvOf({}))]);
      const ran = await run(['show', '4403131697']);
      expect(JSON.parse(ran.stdout)).to.deep.equal({
        record: sampleRecord,
        partners: [{ partner: 'XA', identifier: 'AEOCN4403131697', listed: 'no', reasons: ['grade_not_accepted'] }],
      });
      const table = await run(['show', '4403131697'], 'table');
      expect(table.stdout).to.include('SHENZHEN DARUI NEW MATERIALS').and.to.include('grade_not_accepted');
    });

    it('reports an unknown code', async () => {
      const ran = await run(['show', '1']);
      expect(ran.exit).to.equal(2);
      expect(ran.stderr).to.include('E_OPERATOR_UNKNOWN');
    });
  });

  describe('list', () => {
    it('prints as many as --limit, in order of their codes, and the total', async () => {
      const rows = ['4403131699', '4403131697', '4403131698'].map((code) => ({ code }));
      await run(['import', file('a.csv', csvOf(...rows))]);
      const { count, operators } = JSON.parse((await run(['list', '--limit', '2'])).stdout) as {
        count: number;
        operators: { code: string }[];
      };
      expect([count, operators.map(({ code }) => code)]).to.deep.equal([3, ['4403131697', '4403131698']]);
      expect((await run(['list'], 'table')).stdout.trim().split('\n')).to.have.lengthOf(4);
    });

    it('refuses a limit that is not a whole number', async () => {
      for (const limit of ['0', 'x', '1.5']) expect((await run(['list', '--limit', limit])).exit).to.equal(2);
    });
  });
});
