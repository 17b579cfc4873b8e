/** What acknowledgements say in the language of a partner. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import texts from '../../schemas/answer-texts.json' with { type: 'json' };
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { errorTable } from '../../gateway/model/errors.ts';
import { acknowledgedVerdicts, holdReasons, recordFaults } from '../../gateway/model/message.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

describe('texts of acknowledgements', () => {
  // Requests at the border and in the office have no sender.
  const errors = Object.entries(errorTable).filter(
    ([, { category, who }]) => who === 'sender' && (category === 'content' || category === 'security'),
  );
  const codes = [...acknowledgedVerdicts, ...holdReasons, ...recordFaults, ...errors.map(([code]) => code)];

  for (const [language, own] of Object.entries(texts))
    it(`${language}: every verdict, and every reason that the sender of a list can get, has one`, () => {
      expect(Object.keys(own).sort()).to.deep.equal(codes.sort());
      expect(Object.values(own).filter((text) => text.trim() === '')).to.deep.equal([]);
    });

  it('a language without texts is E_ADAPTER_INVALID, with the place', async () => {
    const folder = join(temporaryFolder(), 'xf');
    cpSync(new URL('../peers/spreadsheet/xf', import.meta.url).pathname, folder, { recursive: true });
    const file = join(folder, 'adapter.yaml');
    const load = async (language: string): Promise<string | undefined> => {
      const manifest = readFileSync(file, 'utf8').replace(/language: \w+/u, `language: ${language}`);
      writeFileSync(file, manifest);
      const { receive } = (await loadAdapter(folder, adapterTools)).exchange;
      return receive?.textOf('E_CODE_UNKNOWN');
    };
    expect(await load('zh')).to.equal('代码不在约定的代码表中。');
    const error = await rejectedBy(load('xx'));
    expect(error.code).to.equal('E_ADAPTER_INVALID');
    expect(error.at).to.match(/adapter\.yaml:\d+:\d+$/u);
  });
});
