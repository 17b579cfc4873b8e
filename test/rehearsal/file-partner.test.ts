/** A partner whose messages are files is simulated in folders of this machine: with answers in files, a line in a log, a workbook, or none. */

import { expect } from 'chai';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from '../../gateway/rehearsal/conformance.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { writeFileAdapters, type FileAdapter } from '../support/file-partner.ts';
import { temporaryFolder } from '../support/pki.ts';
import { environmentOptions } from '../support/rehearsal.ts';

function written(changes: FileAdapter): string {
  const folder = temporaryFolder();
  writeFileAdapters(folder, changes);
  return folder;
}

function spreadsheet(): string {
  const folder = temporaryFolder();
  cpSync(join(adaptersFolder, 'cn'), join(folder, 'cn'), { recursive: true });
  cpSync(new URL('../peers/spreadsheet/xf', import.meta.url).pathname, join(folder, 'xf'), { recursive: true });
  return folder;
}

const log = "{ kind: log, file: '{stem}.log', line: 'read {ack.taken} records', within: 6h }";

describe('a rehearsal with a partner that exchanges files', () => {
  for (const [what, partner, adapters, pass, skip] of [
    ['and answers by a line in a log', 'il', () => written({ answer: log }), 'C-01,C-09,C-35', 'C-06,C-42'],
    ['and does not answer', 'il', () => written({}), 'C-01,C-08,C-34', 'C-35,C-43'],
    ['of a spreadsheet', 'xf', spreadsheet, 'C-01,C-04,C-28,C-35,C-36,C-43', 'C-07,C-12,C-13'],
  ] as const)
    it(`passes its scenarios: one that puts files ${what}`, async () => {
      const options = environmentOptions(partner);
      const report = await runConformance({
        ...{ ...options, base: { ...options.base, adapters: adapters() }, operators: 60, report: () => undefined },
        only: [...pass.split(','), ...skip.split(',')],
      });
      const ended = (wanted: string): string =>
        report.scenarios.flatMap(({ id, verdict }) => (verdict === wanted ? [id] : [])).join();
      const wrong = report.scenarios.flatMap(({ id, verdict, reason }) =>
        verdict === 'fail' ? [`${id} ${reason}`] : [],
      );
      expect([wrong, ended('pass'), ended('skip')]).to.deep.equal([[], pass, skip]);
    });
});
