/** The documents agree with the program, and their links lead somewhere. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { adapterFolders, adapterPage, pagesFolder } from './support/adapter-pages.ts';
import { errorsPage, errorsPagePath } from './support/errors-page.ts';
import { lintPage, lintPagePath } from './support/lint-page.ts';
import { rolesPage, rolesPagePath } from './support/roles-page.ts';

const root = path.dirname(import.meta.dirname);

/** Relative links of a page that lead to no file. */
function deadLinks(page: string, text: string): readonly string[] {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(path.join(root, path.dirname(page), target)))
    .map((target) => `${page}: ${target}`);
}

describe('documents', () => {
  it('docs/errors.md is the table of errors (npm run docs writes it)', () => {
    expect(readFileSync(errorsPagePath, 'utf8')).to.equal(errorsPage());
  });

  it('docs/adapters/lint.md is the table of what lint finds (npm run docs writes it)', () => {
    expect(readFileSync(lintPagePath, 'utf8')).to.equal(lintPage());
  });

  it('docs/roles.md is the table of roles (npm run docs writes it)', () => {
    expect(readFileSync(rolesPagePath, 'utf8')).to.equal(rolesPage());
  });

  it('link to files that exist', () => {
    expect(deadLinks('README.md', '[x](gateway/none.ts) [y](docs#part) [z](https://example.org/none)')).to.deep.equal([
      'README.md: gateway/none.ts',
    ]);
    const pages = globSync(['*.md', '{docs,certs,adapters}/**/*.md'], { cwd: root });
    expect(pages.flatMap((page) => deadLinks(page, readFileSync(path.join(root, page), 'utf8')))).to.deep.equal([]);
  });

  for (const cc of adapterFolders) {
    it(`docs/adapters/${cc}.md is what the folder says (npm run docs writes it)`, async () => {
      expect(readFileSync(path.join(pagesFolder, `${cc}.md`), 'utf8')).to.equal(await adapterPage(cc));
    });
  }
});
