/** `mra adapter new` with a workbook as the sample. */

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { rejectedBy } from '../support/thrown.ts';
import { workbookOf } from '../support/workbooks.ts';

describe('mra adapter new, workbooks', () => {
  it('a workbook as a sample is E_SAMPLE_UNREADABLE, with what to draft from in its place', async () => {
    const adapters = adaptersOfHome();
    const sample = join(adapters, 'list.xlsx');
    writeFileSync(sample, workbookOf([['Code', 'Name']]));
    const error = await rejectedBy(runAdapter(adapters, ['new', 'xb', '--sample', sample]));
    expect([error.code, error.at]).to.deep.equal(['E_SAMPLE_UNREADABLE', sample]);
    expect(error.fix).to.include('list.xlsx.csv');
  });
});
