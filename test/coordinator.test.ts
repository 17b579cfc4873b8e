/** The customs coordinator of an enterprise: a group of fields that files, stores, lists and layouts may carry or leave out. */

import { join } from 'node:path';
import { expect } from 'chai';
import { encodeText } from '../gateway/adapter/check/message-text.ts';
import { loadAdapter } from '../gateway/adapter/load.ts';
import { viewRecord } from '../gateway/model/record/partner-view.ts';
import {
  columnValues,
  operatorOfText,
  operatorText,
  recordOfText,
  recordText,
} from '../gateway/model/record/record-text.ts';
import { rowJudge } from '../gateway/model/record/row-faults.ts';
import { readTable } from '../gateway/wire/files/table.ts';
import { sampleHome } from './model/sample-home.ts';
import { leafOf, sampleRecord } from './model/sample-records.ts';
import { adapterTools, adaptersFolder } from './support/adapter-tools.ts';
import { readList } from './support/list-decoding.ts';
import { aListMessage, aListRecord } from './support/messages.ts';
import { unpackList } from '../gateway/model/record/packed-records.ts';

const coordinator = { name: 'MEI "M" CHAN', telephone: '+86 755 0000 0000', email: 'mei@customs.example' };
const home = {
  ...sampleHome,
  columns: {
    ...sampleHome.columns,
    'coordinator.name': 'coordinator_name',
    'coordinator.telephone': 'coordinator_telephone',
    'coordinator.email': 'coordinator_email',
  },
};
const optional = ['coordinator_name', 'coordinator_telephone', 'coordinator_email'];

/** The rows of a file with one operator, judged. */
async function imported(record: typeof sampleRecord, titles: readonly string[]): Promise<unknown[]> {
  const cells: Partial<Record<string, string>> = columnValues(record);
  const paths = Object.fromEntries(Object.entries(home.columns).map(([path, title]) => [title, path]));
  const row = titles.map((title) => `"${(cells[paths[title] ?? ''] ?? '').replaceAll('"', '""')}"`);
  const source = (async function* () {
    yield await Promise.resolve(Buffer.from(`${titles.join(',')}\r\n${row.join(',')}\r\n`));
  })();
  const columns = Object.values(home.columns);
  const judge = rowJudge(home, '2026-11-29');
  const rows = await Array.fromAsync(readTable(source, { encoding: 'utf-8', columns, optional }));
  return rows.map(judge);
}

describe('the customs coordinator', () => {
  const record = { ...sampleRecord, coordinator };

  it('is imported from its columns, without a warning for the plus sign of a telephone number', async () => {
    expect(await imported(record, Object.values(home.columns))).to.deep.equal([{ record, faults: [] }]);
  });

  it('may be missing from a file, column by column', async () => {
    const titles = Object.values(home.columns);
    const without = titles.filter((title) => !optional.includes(title));
    expect(await imported(sampleRecord, without)).to.deep.equal([{ record: sampleRecord, faults: [] }]);
    const withName = { ...sampleRecord, coordinator: { name: coordinator.name } };
    expect(await imported(withName, [...without, 'coordinator_name'])).to.deep.equal([
      { record: withName, faults: [] },
    ]);
  });

  it('is refused with hidden characters, as every text is', async () => {
    const hidden = { ...sampleRecord, coordinator: { name: 'A\u202eB' } };
    const [judged] = (await imported(hidden, Object.values(home.columns))) as { faults: { rule: string }[] }[];
    expect(judged?.faults.map(({ rule }) => rule)).to.deep.equal(['text_turns_direction']);
  });

  it('stands behind the roles in the text that is stored, and leaves other texts as they were', () => {
    expect(operatorText(sampleRecord)).to.equal(
      '["4403131697","91510107079012337R","深圳达瑞新材料有限公司","SHENZHEN DARUI NEW MATERIALS CO., LTD.",' +
        '"深圳科技南路41","41 KEJI SOUTH ROAD","SHENZHEN","518057","advanced","active","2016-02-29","2016-02-29","yes","2016-02-29",' +
        '"exporter","warehouse"]',
    );
    expect(operatorText(record)).to.equal(
      `${operatorText(sampleRecord).slice(0, -1)},["MEI \\"M\\" CHAN","+86 755 0000 0000","mei@customs.example"]]`,
    );
    expect(operatorOfText(operatorText(record))).to.deep.equal(record);
  });

  it('is covered by the leaf of a record that has one; the leaf of another is as it was', () => {
    const listed = aListRecord({ coordinator: { email: coordinator.email } });
    const { coordinator: _, ...bare } = listed;
    expect(recordText(listed)).to.equal(`${recordText(bare).slice(0, -1)},["","","mei@customs.example"]]`);
    expect(recordOfText(recordText(listed))).to.deep.equal(listed);
    expect(leafOf(listed)).to.not.equal(leafOf(bare));
  });

  for (const cc of ['hk', 'sg']) {
    it(`travels in the list of ${cc}`, async () => {
      const { list, otherSide, identifiers } = await loadAdapter(join(adaptersFolder, cc), adapterTools);
      const grade = otherSide.grades[0] ?? '';
      const ours = aListRecord({ grade, coordinator, identifier: identifiers.theirs.example });
      const listed = viewRecord(ours, list.view);
      expect(listed.coordinator).to.deep.equal(coordinator);
      const text = encodeText(list, aListMessage({ records: [listed] }));
      expect(unpackList(readList(list, Buffer.from(text))).records).to.deep.equal([listed]);
    });
  }

  it('does not leave for a partner whose layout has no place for it', async () => {
    const { list } = await loadAdapter(join(adaptersFolder, 'kr'), adapterTools);
    expect(viewRecord(aListRecord({ coordinator }), list.view)).to.not.have.property('coordinator');
  });
});
