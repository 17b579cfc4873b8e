/** `mra outcomes`: the same figures as the office, for scripts, and the report as files and as the PDF of a real browser. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { OutcomeReport } from '../../gateway/outcomes/report.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { saveNumbers } from '../../gateway/store/month-numbers.ts';
import { agreedNumbers } from '../../gateway/model/outcomes/agreed-numbers.ts';
import { runCommand } from '../support/command-line.ts';
import { fillMonth } from '../support/month-of-entries.ts';

describe('mra outcomes', () => {
  let folder: string;
  let config: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mra-outcomes-'));
    config = join(folder, 'gateway.yaml');
    writeFileSync(config, `data: ${folder}\noutcomes: { smallCounts: 60 }\npartners: { SG: { adapter: sg } }\n`);
    const db = await openDatabase(`sqlite:${join(folder, 'mra.db')}`);
    await fillMonth(db, 'SG', '2026-09-10T02:00:00.000Z', { seed: 3, entries: 600, rate: 0.3, secondsEarlier: 3600 });
    for (const [month, theirs] of [
      ['2026-08', 6],
      ['2026-09', 7],
    ] as const) {
      const numbers = agreedNumbers.map((name) => ({ direction: 'out' as const, name, ours: 7, theirs }));
      await db.transaction((tx) => saveNumbers(tx, { partner: 'SG', month }, numbers, '2026-10-01T00:00:00.000Z'));
    }
    await db.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...args: readonly string[]) => runCommand(['--config', config, 'outcomes', ...args]);
  const file = (name: string): string => join(folder, name);

  it('shows one row for each arrangement', async () => {
    const { stdout, exit } = await runCommand([
      ...['--config', config, '-o', 'json', 'outcomes', '--month', '2026-09'],
    ]);
    const { items } = JSON.parse(stdout) as { items: readonly object[] };
    expect(exit).to.equal(0);
    expect(items[0]).to.include({ partner: 'SG', entries: 600 });
  });

  it('shows the numbers of both sides, and ends with exit code 1 where they differ', async () => {
    const numbers = async (...args: readonly string[]) => {
      const words = ['--config', config, '-o', 'json', 'outcomes', 'numbers', ...args];
      const { stdout, exit } = await runCommand(words);
      const { items } = JSON.parse(stdout) as { items: readonly { month: string; ours: number; theirs: number }[] };
      return [exit, items.length, ...new Set(items.map(({ month, ours, theirs }) => `${month} ${ours} ${theirs}`))];
    };
    expect(await numbers('--month', '2026-09')).to.deep.equal([0, 5, '2026-09 7 7']);
    const both = ['--month', '2026-08', '--to', '2026-09', '--partner', 'SG'];
    expect(await numbers(...both)).to.deep.equal([1, 10, '2026-09 7 7', '2026-08 7 6']);
    expect(await numbers('--to', '2026-10')).to.deep.equal([1, 10, '2026-09 7 7', '2026-08 7 6']);
    expect(await numbers('--month', '2026-07')).to.deep.equal([0, 0]);
    const { stdout, exit } = await run('numbers', '--month', '2026-08');
    expect([exit, /\b7\b.*\b6\b.*\bno\b/u.test(stdout)]).to.deep.equal([1, true]);
  });

  it('writes the report as HTML that loads nothing, as CSV and as a workbook, in both languages', async () => {
    for (const name of ['report.html', 'report.csv', 'report.xlsx'])
      expect((await run('report', '--month', '2026-09', '--out', file(name), '--language', 'zh-CN')).exit).to.equal(0);
    const html = readFileSync(file('report.html'), 'utf8');
    expect(html).to.include('<html lang="zh-CN">').and.include('成效报告').and.include('小于 60 的数目不予显示');
    expect(html).not.to.match(/<script|<link|src=|href=|url\(/u);
    expect(readFileSync(file('report.csv'), 'utf8')).to.include('SG,2026-09,2026-09,entries,报关单,entries,600,');
    expect(readFileSync(file('report.xlsx')).subarray(0, 2).toString()).to.equal('PK');
  });

  it('withholds what the settings call small, for programs too', async () => {
    const { stdout } = await runCommand(['--config', config, '-o', 'json', 'outcomes', 'report', '--month', '2026-09']);
    const { arrangements, small_counts: least } = JSON.parse(stdout) as OutcomeReport;
    const withheld = arrangements[0]?.figures.filter((each) => each.withheld === true).map(({ figure }) => figure);
    expect(least).to.equal(60);
    expect(withheld).to.include('examined.benefit');
    expect(stdout).to.not.match(/"value": ?(?:[1-9]|[1-5]\d),/u);
  });

  it('prints the report as PDF by the browser of the machine', async () => {
    const { exit, stderr } = await run('report', '--month', '2026-09', '--print', file('report.pdf'));
    expect([exit, stderr.includes('E_')]).to.deep.equal([0, false]);
    expect(readFileSync(file('report.pdf')).subarray(0, 5).toString()).to.equal('%PDF-');
  });

  for (const [what, args, code, status] of [
    ['a month that there is not', ['report', '--month', '2026-13'], 'E_REQUEST_INVALID', 2],
    ['numbers of a month that there is not', ['numbers', '--month', '2026-13'], 'E_REQUEST_INVALID', 2],
    ['numbers of a partner that there is not', ['numbers', '--partner', 'QQ'], 'E_PARTNER_UNKNOWN', 2],
    ['another format', ['report', '--out', 'report.docx'], 'E_REQUEST_INVALID', 2],
    ['a partner that there is not', ['report', '--partner', 'QQ'], 'E_PARTNER_UNKNOWN', 2],
    [
      'a browser that is not installed',
      ['report', '--print', 'x.pdf', '--browser', '/no/browser'],
      'E_SYSTEM_REFUSED',
      3,
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { exit, stderr } = await run(...args);
      expect([stderr.includes(code), exit]).to.deep.equal([true, status]);
    });
});
