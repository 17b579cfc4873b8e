/** `mra adapter new` with tables as samples, as a partner with a spreadsheet has them: workbooks and CSV without a kind in each line. */

import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWorkbookLines } from '../../gateway/wire/files/workbook-lines.ts';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { rejectedBy } from '../support/thrown.ts';
import { workbookOf, zipOf, workbookParts } from '../support/workbooks.ts';

const rows = `"List no",12,"Issued",2026-05-03

"No","AEO code","Company name","Town","Level","Status","Valid from","Valid to"
1,"XP-77001","Example Cocoa Ltd","Port Sample","1","Active",2022-01-20,2027-01-19
2,"XP-77014","Model Shipping Ltd","New Town","2","Suspended",2021-06-05,2026-06-04
3,"XP-77020","Fictitious Timber Ltd","Port Sample","1","Active",2023-09-11
"Total",3
`;

interface Report {
  readonly asks: readonly { readonly at: string; readonly question: string }[];
  readonly placements: readonly { readonly element: string; readonly value: string; readonly certainty: string }[];
}

describe('mra adapter new, tables of a spreadsheet', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = adaptersOfHome();
  });
  const draft = async (...words: readonly string[]): Promise<Report> =>
    JSON.parse((await runAdapter(adapters, ['new', ...words])).stdout) as Report;
  const fileOf = (cc: string, name: string): string => readFileSync(join(adapters, cc, name), 'utf8');

  /** Draws the draft with every question answered by yes; the exit codes of lint and of another command on it. */
  async function answered(cc: string, command: string, ...words: readonly string[]): Promise<readonly number[]> {
    const { asks } = await draft(cc, ...words);
    const answers = join(adapters, 'answers.yaml');
    writeFileSync(answers, JSON.stringify(Object.fromEntries(asks.map(({ at }) => [at, 'yes']))));
    expect((await draft(cc, ...words, '--answers', answers, '--force')).asks).to.deep.equal([]);
    return [(await runAdapter(adapters, ['lint', cc])).exit, (await runAdapter(adapters, [command, cc])).exit];
  }

  it('a workbook becomes a template of its rows, with days as days and numbers as numbers', async () => {
    const sample = join(adapters, 'list.xlsx');
    writeFileSync(sample, writeWorkbookLines(rows, 'AEO'));
    const { placements } = await draft('xp', '--sample', sample);
    expect(placements.filter(({ certainty }) => certainty !== 'certain')).to.deep.equal([]);
    const [, ...template] = fileOf('xp', 'list.xlsx.csv').trim().split('\n');
    expect(template).to.deep.equal([
      '#sheet AEO',
      '#blank',
      'List no,{message.position.sequence|number},Issued,{message.issuedAt|date:excel}',
      '#header any',
      'No,AEO code,Company name,Town,Level,Status,Valid from,Valid to',
      '#each records plain',
      '{#|number},{identifier},{name.latin?|oneLine},{address.city?|oneLine},{grade|code:grade},{status|code:status},{validFrom|date:excel},{validTo?|date:excel}',
      '#last',
      'Total,{count:records|number}',
    ]);
    expect(fileOf('xp', 'samples/partner-list-1/1-list.csv').replaceAll('\r', '')).to.equal(rows.replace('\n\n', '\n'));
    expect(fileOf('xp', 'result.xlsx.csv')).to.include('#each results plain');
  });

  it('a workbook that travels in a folder becomes an adapter with names of files, which is certified once it was answered', async () => {
    const sample = join(adapters, 'list.xlsx');
    writeFileSync(sample, writeWorkbookLines(rows, 'AEO'));
    expect(await answered('xp', 'certify', '--sample', sample, '--transport', 'folder')).to.deep.equal([0, 0]);
    expect(fileOf('xp', 'adapter.yaml'))
      .to.include('AEO_{message.from}_{message.issuedAt|zoned:yyyyMMdd}_{message.position.sequence}.xlsx')
      .and.to.not.include('statuses');
  });

  it('CSV with titles above and a total below keeps its form where nobody is named who left', async () => {
    const sample = new URL('../fixtures/partners/xl-list.csv', import.meta.url).pathname;
    const words = ['--sample', sample, '--answer', '/conversation/stream/discipline=identified'];
    expect(await answered('xl', 'test', ...words)).to.deep.equal([0, 0]);
    expect(fileOf('xl', 'samples/partner-list-1/1-list.csv').replaceAll('\r', '')).to.equal(
      readFileSync(sample, 'utf8').replace('"Modelo, Hijos y Cía."', 'Modelo, Hijos y Cía.'),
    );
  });

  it('a workbook with a formula is refused with its cell, and one with two sheets of cells', async () => {
    const sample = join(adapters, 'list.xlsx');
    const formula = '<c r="A1"><f>1+1</f><v>2</v></c>';
    for (const [parts, at] of [
      [zipOf(workbookParts([{ name: 'AEO', rows: [`<row r="1">${formula}</row>`] }])), 'A1'],
      [zipOf(workbookParts(['A', 'B'].map((name) => ({ name, rows: ['<c><v>1</v></c>'] })))), 'sheet 2'],
    ] as const) {
      writeFileSync(sample, parts);
      const error = await rejectedBy(draft('xp', '--sample', sample));
      expect([error.code, error.at]).to.deep.equal(['E_WORKBOOK_REFUSED', `${sample}:${at}`]);
    }
    writeFileSync(sample, workbookOf([['only words', 'and words']]));
    expect((await rejectedBy(draft('xp', '--sample', sample))).code).to.equal('E_SAMPLE_UNREADABLE');
  });
});
