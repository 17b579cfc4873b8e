/** What the author's commands make of the words of templates: copies of the project's adapters are changed to use them. */

import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { mutateAdapter } from '../../gateway/adapter/check/mutate.ts';
import { testAdapter, type TestReport } from '../../gateway/adapter/check/test-adapter.ts';
import { checkTools } from '../../gateway/cli/adapter-folder.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';

type Edit = readonly [file: string, from: string | RegExp, to: string];

const tools = checkTools(adapterTools);
const options = { runs: 200, seed: 1, clock: () => 0 };

/** The samples of a changed copy are written again where only what is written differs; then the work looks at it. */
async function withChanged<T>(
  cc: string,
  edits: readonly Edit[],
  work: (folder: string, report: TestReport) => Promise<T>,
): Promise<T> {
  const folder = join(mkdtempSync(join(tmpdir(), 'words-')), cc);
  try {
    cpSync(join(adaptersFolder, cc), folder, { recursive: true });
    for (const [file, from, to] of edits) {
      const before = readFileSync(join(folder, file), 'utf8');
      const after = before.replace(from, to);
      expect(after, `${file}: ${String(from)}`).to.not.equal(before);
      writeFileSync(join(folder, file), after);
    }
    // What refused messages look like in the changed layout, nobody can say.
    for (const name of ['refuse-unknown-status', 'refuse-unknown-element', 'refuse-without-name'])
      rmSync(join(folder, 'samples', name), { recursive: true, force: true });
    for (const { rewrite } of (await testAdapter(folder, tools, options)).cases)
      if (rewrite !== undefined) writeFileSync(rewrite.file, rewrite.text);
    return await work(folder, await testAdapter(folder, tools, options));
  } finally {
    rmSync(join(folder, '..'), { recursive: true });
  }
}

const anyLines: Edit = ['list.schema.json', /[\s\S]*/u, '{ "type": "array", "items": { "type": "string" } }'];

const words: readonly (readonly [cc: string, edits: readonly Edit[]])[] = [
  [
    'il',
    [
      anyLines,
      ['list.csv', 'AEO,{identifier}', 'AEO,{#|pad:3},{identifier}'],
      ['list.csv', '{name.local?|oneLine}', '{name.local?|oneLine},{name.latin|oneLine|lost}'],
      [
        'list.csv',
        'END,{message.position.count}',
        'END,{message.position.count},{count:records},{count:records[status=suspended]},{count:lines}',
      ],
      ['list.csv', '# A list', '#ends lf\n#blank\n# A list'],
      ['adapter.yaml', /reason: \{.*\}/u, "reason: { revoked: '11', left: '99', else: { write: '99', read: left } }"],
      ['README.md', /$/u, '\n`name.latin`, `reason`: see list.csv\n'],
    ],
  ],
];

describe('lint, test, coverage and mutants know the words of templates', () => {
  for (const [cc, edits] of words) {
    it(`in a copy of ${cc}`, async function () {
      this.timeout(120_000);
      await withChanged(cc, edits, async (folder, { cases, coverage }) => {
        expect((await lintAdapter(folder, tools)).filter(({ severity }) => severity === 'error')).to.deep.equal([]);
        expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(coverage.samples.never).to.deep.equal([]);
        const { survivors } = await mutateAdapter(folder, tools, { runs: 30, seed: 1 });
        expect(survivors.filter(({ wanted }) => !wanted.startsWith('a refused message'))).to.deep.equal([]);
      });
    });
  }
});
