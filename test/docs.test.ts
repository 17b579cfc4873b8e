/** The documents say what the program does. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { adapterFolders, adapterPage, pagesFolder } from './support/adapter-pages.ts';
import { errorsPage, errorsPagePath } from './support/errors-page.ts';
import { lintPage, lintPagePath } from './support/lint-page.ts';

describe('documents', () => {
  it('docs/errors.md is the table of errors (npm run docs writes it)', () => {
    expect(readFileSync(errorsPagePath, 'utf8')).to.equal(errorsPage());
  });

  it('docs/adapters/lint.md is the table of what lint finds (npm run docs writes it)', () => {
    expect(readFileSync(lintPagePath, 'utf8')).to.equal(lintPage());
  });

  for (const cc of adapterFolders) {
    it(`docs/adapters/${cc}.md is what the folder says (npm run docs writes it)`, async () => {
      expect(readFileSync(path.join(pagesFolder, `${cc}.md`), 'utf8')).to.equal(await adapterPage(cc));
    });
  }
});
