/** The documents agree with the program, and their links lead somewhere. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { Command } from 'commander';
import type { CliContext } from '../gateway/cli/context.ts';
import { addCommands, newProgram } from '../gateway/cli/program.ts';
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

/** Commands that a text names and the program does not have, or not with their options. */
function unknownCommands(program: Command, text: string): readonly string[] {
  const named = [...text.matchAll(/(?<![\w/.-])mra ([a-z][^`'"|;&()<>\n]*)/gu)].map(([, words = '']) => words.trim());
  return named.filter((line) => {
    // What follows a sentence is another command.
    const words = (line.split(/[.,:] /u)[0] ?? '').split(/\s+/u).map((word) => word.replace(/[.,:…]+$/u, ''));
    let command = program;
    let after = '';
    for (const word of words) {
      const below = command.commands.find((each) => each.name() === word);
      after = word;
      if (below === undefined) break;
      command = below;
    }
    if (command.commands.length > 0 && command !== program) return /^[a-z-]+$/u.test(after) && after !== command.name();
    const known = [program, command].flatMap(({ options }) => options.map(({ long }) => long));
    const options = words.filter((word) => /^--[a-z-]+$/u.test(word) && word !== '--help');
    return options.some((option) => !known.includes(option));
  });
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

  it('and errors name commands that the program has, with their options', async () => {
    const program = newProgram({ stdout: new PassThrough(), stderr: new PassThrough(), env: {} });
    await addCommands(program, {} as CliContext);
    const wrong =
      'Run mra client add port-7 --scopes assess, or mra list show KR. `mra doctor --no` ends; mra list make';
    expect(unknownCommands(program, wrong)).to.deep.equal([
      'client add port-7 --scopes assess, or mra list show KR.',
      'doctor --no',
      'list make',
    ]);
    const files = globSync(['*.md', '{docs,certs,adapters}/**/*.{md,yaml}', '{gateway,schemas}/**/*.{ts,json}'], {
      cwd: root,
    });
    const found = files.flatMap((file) =>
      unknownCommands(program, readFileSync(path.join(root, file), 'utf8')).map((line) => `${file}: ${line}`),
    );
    expect(found).to.deep.equal([]);
  });

  for (const cc of adapterFolders) {
    it(`docs/adapters/${cc}.md is what the folder says (npm run docs writes it)`, async () => {
      expect(readFileSync(path.join(pagesFolder, `${cc}.md`), 'utf8')).to.equal(await adapterPage(cc));
    });
  }
});
