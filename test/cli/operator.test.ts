/** `mra operator`: imports files of domestic records into a real store, and reports the result for each row. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Command } from 'commander';
import { operatorCommands, type OperatorContext } from '../../gateway/cli/operator.ts';
import { makeOutput, type Format } from '../../gateway/cli/output.ts';
import { asGatewayError } from '../../gateway/model/errors.ts';
import type { RecordColumn } from '../../gateway/model/record/record-text.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { eventsSince } from '../support/event-log.ts';
import { countOperators, findOperator } from '../../gateway/store/operators.ts';
import { readTable } from '../../gateway/wire/files/csv.ts';
import { memoryStream } from './memory.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleFields, sampleRecord } from '../model/sample-records.ts';

interface Ran {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Counts {
  readonly counts: Readonly<Record<string, number>>;
  readonly state: string;
  readonly problems: readonly { group: string; rows: number; examples: readonly { row: number; column: string }[] }[];
}

const titles = Object.values(sampleHome.columns);

type Row = Partial<Record<RecordColumn, string>>;

const csvOf = (...rows: readonly Row[]): string => {
  const cells = rows.map((row) => titles.map((title) => sampleFields(row)[title] ?? ''));
  return [titles, ...cells].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n');
};

const threeRows: readonly Row[] = [
  {},
  { code: '4403131698', 'name.local': "=cmd|'/c calc'!A1" },
  { code: '4403131699', grade: 'golden', gradeSince: '2017-02-30' },
];

describe('mra operator', () => {
  let folder: string;
  let db: Database;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'operator-'));
    db = await openDatabase(`sqlite:${join(folder, 'store.db')}`);
  });

  afterEach(async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  });

  function file(name: string, content: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  async function run(words: readonly string[], format: Format = 'json'): Promise<Ran> {
    const stdout = memoryStream();
    const stderr = memoryStream();
    const out = makeOutput({ stdout, stderr, format });
    let exit: number | undefined;
    const form = {
      form: 'AEOCN{code}',
      grammar: /^AEOCN\d{10}$/u,
      words: 'AEOCN and ten digits',
      example: 'AEOCN4403131697',
    };
    const ours = { ...form, toIdentifier: (code: string) => `AEOCN${code}`, toCode: () => undefined };
    const arrangement = {
      title: 'Sample arrangement',
      programme: 'AEO',
      inForce: { from: '2014-04-01' },
      directions: ['import' as const],
      entryRoles: ['consignor' as const],
      grades: ['general'],
      benefits: {},
      maxAgeSeconds: 1,
      bands: { between: [0, 1] as const, shrink: { percent: 1, records: 1 }, grow: { percent: 1, records: 1 } },
    };
    const viewer = {
      code: 'XA',
      adapter: { arrangement, identifiers: { ours, theirs: ours }, list: { requiredPaths: [] } },
    };
    const context: OperatorContext = {
      out,
      exit: (code) => (exit = code),
      open: () =>
        Promise.resolve({
          home: sampleHome,
          db,
          partners: new Map([['XA', viewer]]),
          now: () => new Date('2018-03-01T00:00:00Z'),
          close: () => Promise.resolve(),
        }),
    };
    const program = new Command().exitOverride();
    operatorCommands(program, context);
    try {
      await program.parseAsync(['operator', ...words], { from: 'user' });
    } catch (error) {
      exit = out.fail(asGatewayError(error));
    }
    return { exit, stdout: stdout.text(), stderr: stderr.text() };
  }

  const counted = ({ stdout }: Ran): Counts => JSON.parse(stdout) as Counts;

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
      const report = join(folder, 'refused.csv');
      await run(['import', file('a.csv', csvOf({}, bad)), '--report', report]);
      const columns = [...titles, 'rule', 'detail', 'fix'];
      const [row, ...others] = await Array.fromAsync(readTable(report, { encoding: 'utf-8', columns }));
      expect(others).to.deep.equal([]);
      expect(row?.fields).to.include({
        customs_code: '4403131699',
        name_local: "'=cmd|'/c calc'!A1",
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
      const ran = await run(['import', join(folder, 'none.csv')]);
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
