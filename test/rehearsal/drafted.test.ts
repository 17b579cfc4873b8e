/** A partner drafted from its sample message: lists are exchanged with it over real TLS and signatures. */

import { expect } from 'chai';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from '../../gateway/rehearsal/conformance.ts';
import { runAdapter } from '../support/adapter-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { environmentOptions } from '../support/rehearsal.ts';

const samples = new URL('../fixtures/partners/', import.meta.url).pathname;

describe('a partner drafted from its sample', () => {
  for (const sample of ['xb-list.xml', 'xc-list.json', 'xd-list.csv', 'xh-list.tsv', 'xi-list.txt']) {
    it(`exchanges lists and receipts both ways: ${sample}`, async () => {
      const adapters = temporaryFolder();
      cpSync(join(adaptersFolder, 'cn'), join(adapters, 'cn'), { recursive: true });
      const cc = sample.slice(0, 2);
      await runAdapter(adapters, ['new', cc, '--sample', join(samples, sample)]);
      const options = environmentOptions(cc);
      const { scenarios } = await runConformance({
        ...options,
        base: { ...options.base, adapters },
        broker: undefined,
        against: undefined,
        only: ['C-01', 'C-02', 'C-07', 'C-34'],
        report: () => undefined,
      });
      expect(scenarios.map(({ id, verdict }) => `${id} ${verdict}`)).to.deep.equal([
        'C-01 pass',
        'C-02 pass',
        'C-07 pass',
        'C-34 pass',
      ]);
    });
  }
});
