/**
 * `npm run year -- [--days 365] [--partners 30] [--seed 1] [-o json] [--write]`: simulates a year and prints what a person had to do, which alarms
 * were open, and how the store grew. `--write`: to docs/year.md too.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { alarmTable, rowTable, sizeTable, stepTable, yearPage } from './page.ts';
import { simulateYear } from './year.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '365' },
    partners: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'text' },
  },
});
const known = ['AU', 'CH', 'EU', 'HK', 'IL', 'JP', 'KR', 'NZ', 'SG', 'TW'];
/** Codes that ISO 3166 leaves to users. */
const invented = Array.from({ length: 26 }, (_, i) => `X${String.fromCharCode(65 + i)}`);
const terms = {
  days: Number(values.days),
  partners: [...known, ...invented].slice(0, Number(values.partners)),
  seed: Number(values.seed),
};
const others = { messages: 60, events: 60, answers: 60, changes: 60, alarms: 60, history: 60, receipts: 60 };
const begun = performance.now();
const year = await simulateYear({
  ...terms,
  retention: { bytes: 30, refused: 30, attempts: 30, repetitions: 30, ...others },
  tell: (line) => process.stderr.write(`${line}\n`),
});
const minutes = Math.round((performance.now() - begun) / 60_000);
if (values.output === 'json') process.stdout.write(`${JSON.stringify(year, null, 2)}\n`);
else for (const table of [stepTable, alarmTable, sizeTable, rowTable]) process.stdout.write(`${table(year)}\n\n`);
for (const fault of year.faults) process.stderr.write(`wrong: ${fault}\n`);
process.stderr.write(`${String(minutes)} minutes\n`);
if (values.write) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const page = await yearPage(year, { ...terms, partners: terms.partners.length, minutes, commit, date });
  writeFileSync(new URL('../../docs/year.md', import.meta.url), page);
}
process.exitCode = year.faults.length === 0 ? 0 : 1;
