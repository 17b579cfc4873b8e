/** What the author's commands make of the words of templates: copies of the project's adapters are changed to use them. */

import { expect } from 'chai';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { mutateAdapter } from '../../gateway/adapter/check/mutate.ts';
import { testAdapter, type TestReport } from '../../gateway/adapter/check/test-adapter.ts';
import { previewAdapter } from '../../gateway/adapter/check/preview.ts';
import { loadAdapter, loadHome } from '../../gateway/adapter/load.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { sampleRecord } from '../model/sample-records.ts';
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
      const before = existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
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

const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The list of il as a workbook. */
const asWorkbook = readFileSync(join(adaptersFolder, 'il', 'list.csv'), 'utf8')
  .replace('HDR,', '#sheet AEO\nHDR,')
  .replaceAll('date:dd/MM/yyyy', 'date:excel')
  .replace('{message.position.count}', '{message.position.count|number}');

const words: readonly (readonly [cc: string, edits: readonly Edit[]])[] = [
  [
    'il',
    [
      anyLines,
      ['list.csv', 'AEO,{identifier}', 'AEO,{#|pad:3},{identifier}'],
      ['list.csv', '{name.local?|oneLine}', '{name.local?|oneLine},{name.latin|oneLine|lost}'],
      [
        'list.csv',
        '{status|code:status},{statusSince|date:dd/MM/yyyy}',
        '{status|code:status} {statusSince|date:dd/MM/yyyy}',
      ],
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
  [
    'il',
    [
      anyLines,
      ['list.xlsx.csv', '', asWorkbook],
      ['adapter.yaml', 'template: list.csv', 'template: list.xlsx.csv'],
      ['adapter.yaml', 'text/csv; charset=utf-8; layout=il-aeo-list-1', `${workbookType}; layout=il-aeo-list-1`],
    ],
  ],
];

describe('lint, test, coverage and mutants know the words of templates', () => {
  for (const [cc, edits] of words) {
    it(`in a copy of ${cc}`, async () => {
      await withChanged(cc, edits, async (folder, { cases, coverage }) => {
        expect((await lintAdapter(folder, tools)).filter(({ severity }) => severity === 'error')).to.deep.equal([]);
        expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(coverage.samples.never).to.deep.equal([]);
        const { survivors } = await mutateAdapter(folder, tools, { runs: 30, seed: 1 });
        expect(survivors.filter(({ wanted }) => !wanted.startsWith('a refused message'))).to.deep.equal([]);
      });
    });
  }

  it('lint reports a value that is not read, and a partial table, where README.md says nothing of them', async () => {
    const edits: readonly Edit[] = [
      ['list.csv', '{address.city?|oneLine}', '{address.city?|oneLine|lost}'],
      ['adapter.yaml', /reason: \{.*\}/u, "reason: { revoked: '11', else: { write: '99', read: left } }"],
      ['README.md', /^[\s\S]*$/u, 'Nothing is lost. oneLine\n'],
    ];
    await withChanged('il', edits, async (folder) => {
      const found = (await lintAdapter(folder, tools)).filter(({ rule }) => rule === 'loss_untold');
      expect(found.map(({ detail }) => detail.split(' ')[0])).to.deep.equal(['address.city', 'reason']);
    });
  });

  it('preview shows a value that is not read as written, and as a loss', async () => {
    await withChanged(
      'il',
      [['list.csv', '{address.city?|oneLine}', '{address.city?|oneLine|lost}']],
      async (folder) => {
        const adapter = await loadAdapter(folder, adapterTools);
        const home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
        const { fields, losses, reasons } = previewAdapter(adapter, sampleRecord, { home, day: '2026-06-01' });
        expect(reasons).to.deep.equal([]);
        expect(fields.find(({ path }) => path === 'address.city')?.theirs).to.equal('SHENZHEN');
        expect(losses).to.deep.equal(['address.city']);
      },
    );
  });
});
