/** Identifiers longer than a partner's box: left out with a reason or refused with their place, and never cut. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { viewOf, writeText } from '../support/format-text.ts';
import path from 'node:path';
import { expect } from 'chai';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { schemaChecker } from '../../gateway/app/adapter-checks.ts';
import { eligibility } from '../../gateway/model/record/partner-view.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { thrownBy } from '../support/thrown.ts';

describe('an identifier too long for a box of seventeen places', () => {
  // A unified social credit code, and the numbers of two administrations whose own form is longer than the box.
  const tooLong = ['91440000617653845D', 'JP12345678901234567', 'RSAEOF123456789012345678901234'];
  const narrow = ['eu', 'ch', 'tw', 'nz', 'au'];

  for (const cc of narrow) {
    it(`keeps an operator off the list for ${cc}, and says why`, async () => {
      const adapter = await loadAdapter(path.join(adaptersFolder, cc), adapterTools);
      const { arrangement, identifiers, list } = adapter;
      const terms = { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours };
      expect(eligibility(sampleRecord, terms).eligible).to.equal(true);
      for (const code of tooLong) {
        const judged = eligibility({ ...sampleRecord, code }, terms);
        expect(judged, code).to.deep.equal({ eligible: false, reasons: ['code_not_writable'] });
      }
    });

    it(`is refused by the schema of ${cc} where it stands, in full length`, async () => {
      const { list } = await loadAdapter(path.join(adaptersFolder, cc), adapterTools);
      const record = (identifier: string): ListRecord => viewOf(list)(aListRecord({ identifier }));
      for (const identifier of tooLong) {
        const message = aListMessage({ records: [record('CN4403131697'), record(identifier)] });
        const written = writeText(list, message);
        expect(written).to.include(identifier);
        const error = thrownBy(() => schemaChecker()(written, list));
        expect(error.code).to.equal('E_SCHEMA_INVALID');
        expect(error.at).to.match(/\[2\]|\*\[3\]|\/1\//u);
      }
    });

    it(`is no identifier of ${cc} or of ours there`, async () => {
      const { identifiers } = await loadAdapter(path.join(adaptersFolder, cc), adapterTools);
      for (const identifier of tooLong) {
        expect([identifiers.ours, identifiers.theirs].map(({ grammar }) => grammar.test(identifier))).to.deep.equal([
          false,
          false,
        ]);
        expect(identifiers.theirs.toCode(identifier)).to.equal(undefined);
      }
    });
  }

  it('travels whole where the partner has room for it', async () => {
    for (const cc of ['kr', 'hk']) {
      const { list } = await loadAdapter(path.join(adaptersFolder, cc), adapterTools);
      const records = tooLong.map((identifier) => viewOf(list)(aListRecord({ identifier })));
      const message = aListMessage({ records });
      const written = writeText(list, message);
      schemaChecker()(written, list);
      expect(message).to.containSubset(decodeText(list, written, adapterTools));
    }
  });

  it('of nineteen places travels whole in the lines of the partner that gives such numbers', async () => {
    const { list, identifiers } = await loadAdapter(path.join(adaptersFolder, 'jp'), adapterTools);
    const { example } = identifiers.theirs;
    expect(example).to.have.length(19);
    const message = aListMessage({ records: [viewOf(list)(aListRecord({ identifier: example, grade: 'aeo' }))] });
    const written = writeText(list, message);
    schemaChecker()(written, list);
    expect(message).to.containSubset(decodeText(list, written, adapterTools));
    const longer = aListMessage({ records: [viewOf(list)(aListRecord({ identifier: `${example}1`, grade: 'aeo' }))] });
    const error = thrownBy(() => writeText(list, longer));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/0/identifier']);
  });
});
