import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { roundTrip, tripsOf } from '../../gateway/adapter/check/test-adapter.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';

/** The day that the format shows for an operator without an end. */
const cases = [
  ['kr', 'list.xml', '{validTo?|date:yyyyMMdd}', '{validTo?|date:yyyyMMdd|open:99991231}', '99991231'],
  ['ch', 'list.xml', '{validTo?|date:dd.MM.yyyy}', '{validTo?|date:dd.MM.yyyy|open:31.12.9999}', '31.12.9999'],
  ['au', 'list.json', '{validTo?|date:dd/MM/yyyy}', '{validTo?|date:dd/MM/yyyy|open:31/12/9999}', '31/12/9999'],
  ['il', 'list.csv', '{validTo?|date:dd/MM/yyyy}', '{validTo?|date:dd/MM/yyyy|open:31/12/9999}', '31/12/9999'],
  ['jp', 'list.fixed', '{validTo?:8|date:yyyyMMdd}', '{validTo?:8|date:yyyyMMdd|open:99999999}', '99999999'],
] as const;

describe('a day that stands for no end', () => {
  for (const [cc, template, before, after, shown] of cases) {
    it(`is written and read back in ${template} of ${cc}, and an operator without an end is not left out`, async () => {
      const folder = join(mkdtempSync(join(tmpdir(), 'open-')), cc);
      try {
        cpSync(join(adaptersFolder, cc), folder, { recursive: true });
        const text = readFileSync(join(folder, template), 'utf8');
        expect(text).to.include(before);
        writeFileSync(join(folder, template), text.replace(before, after));
        const adapter = await loadAdapter(folder, adapterTools);
        const list = adapter.formatsOn('2026-06-01').list;
        expect(list.requiredPaths).to.not.include('validTo');
        const { validTo: _, ...record } = aListRecord({ grade: adapter.arrangement.grades[0] ?? '' });
        expect(encodedText(list, aListMessage({ from: adapter.partner, to: 'CN', records: [record] }))).to.include(
          shown,
        );
        const tools = checkTools(adapterTools);
        for (const trip of tripsOf(adapter))
          for (let seed = 0; seed < 100; seed += 1)
            expect(roundTrip(tools, trip, seed).failure, `${trip.name}, seed ${seed}`).to.equal(undefined);
      } finally {
        rmSync(join(folder, '..'), { recursive: true });
      }
    });
  }
});
