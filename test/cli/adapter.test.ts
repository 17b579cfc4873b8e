import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintRules } from '../../gateway/adapter/check/lint-rules.ts';
import { readPlainXml } from '../../gateway/wire/xml/plain-xml.ts';
import { runAdapter as run } from '../support/adapter-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { runCommand } from '../support/command-line.ts';
import { rejectedBy } from '../support/thrown.ts';

interface SarifLog {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string };
            readonly region?: { readonly startLine: number };
          };
        }[];
      }[];
    },
  ];
}

describe('mra adapter', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = mkdtempSync(join(tmpdir(), 'adapters-'));
    for (const cc of ['cn', 'kr']) cpSync(join(adaptersFolder, cc), join(adapters, cc), { recursive: true });
  });
  afterEach(() => rmSync(adapters, { recursive: true }));

  function spoil(file: string, from: string, to: string): void {
    const path = join(adapters, 'kr', file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  }

  it('lint: nothing found is exit 0, and the next step is named', async () => {
    const { stdout, stderr, exit } = await run(adapters, ['lint', 'kr'], 'table');
    expect([stdout, exit]).to.deep.equal(['', 0]);
    expect(stderr).to.include('Next: mra adapter test kr');
  });

  it('lint: an error is exit 1, with its place in both forms of output', async () => {
    spoil('adapter.yaml', "suspended: '02'", "suspended: '01'");
    const machine = await run(adapters, ['lint', 'kr']);
    const { findings } = JSON.parse(machine.stdout) as { findings: { rule: string; line: number }[] };
    expect(findings.map(({ rule }) => rule)).to.include('table_not_one_to_one');
    const person = await run(adapters, ['lint', 'kr'], 'table');
    expect(person.stdout).to.match(/adapter\.yaml:\d+:\d+ {2}error {2}E-002 table_not_one_to_one/u);
    expect([machine.exit, person.exit]).to.deep.equal([1, 1]);
  });

  it('lint and test that fail give a document of the format that was asked for, which says why', async () => {
    const lint = await runCommand(['-o', 'sarif', 'adapter', 'lint', 'zz']);
    const { runs } = JSON.parse(lint.stdout) as { runs: { invocations: Record<string, unknown>[] }[] };
    const [invocation] = runs[0]?.invocations ?? [];
    expect(invocation).to.include({ executionSuccessful: false });
    expect(JSON.stringify(invocation)).to.include('E_ADAPTER_UNKNOWN');
    const test = await runCommand(['-o', 'junit', 'adapter', 'test', 'zz']);
    expect(readPlainXml(Buffer.from(test.stdout)).root.children[0]?.children[0]?.name).to.equal('failure');
    for (const { exit, stderr } of [lint, test]) {
      expect(exit).to.be.greaterThan(0);
      expect(stderr).to.include('E_ADAPTER_UNKNOWN');
    }
  });

  it('lint: as SARIF 2.1.0, with every rule, and each finding at its line', async () => {
    spoil('adapter.yaml', '[1, 200000]', '[9, 1]');
    const { stdout, exit } = await run(adapters, ['lint', 'kr'], 'sarif');
    const log = JSON.parse(stdout) as SarifLog;
    const [{ tool, results }] = log.runs;
    expect([exit, log.version]).to.deep.equal([1, '2.1.0']);
    expect(new Set(tool.driver.rules.map(({ id }) => id)).size).to.equal(Object.keys(lintRules).length);
    const [found] = results;
    expect(found).to.deep.include({ ruleId: 'E-006', level: 'error' });
    expect(tool.driver.rules[found?.ruleIndex ?? -1]?.id).to.equal('E-006');
    const where = found?.locations[0]?.physicalLocation;
    expect(where?.artifactLocation.uri).to.match(/kr\/adapter\.yaml$/u);
    expect(where?.region?.startLine).to.be.greaterThan(1);
    expect(found?.message.text).to.not.equal('');
  });

  it('preview: an operator stands beside what leaves, and what does not', async () => {
    const { stdout, exit } = await run(adapters, ['preview', 'KR']);
    const shown = JSON.parse(stdout) as { reasons: string[]; text: string; fields: { path: string; theirs: string }[] };
    expect([exit, shown.reasons]).to.deep.equal([0, []]);
    expect(shown.text).to.match(/^<kr:AEO><kr:ID>AEOCN/u);
    expect(shown.fields.find(({ path }) => path === 'grade')?.theirs).to.equal('ACE');
    expect(shown.fields.find(({ path }) => path === 'address.city')?.theirs).to.equal('');
  });

  it('test: all is well', async () => {
    const { stdout, exit } = await run(adapters, ['test', 'kr', '--runs', '5']);
    expect(JSON.parse(stdout)).to.include({ adapter: 'kr', failed: 0 });
    expect(exit).to.equal(0);
  });

  it('test: the samples of a changed template fail', async () => {
    spoil('list.xml', '{validFrom|date:yyyyMMdd}', '{validFrom|date:ddMMyyyy}');
    const { stdout, exit } = await run(adapters, ['test', 'kr', '--runs', '5']);
    const { cases } = JSON.parse(stdout) as { cases: { name: string; ok: boolean }[] };
    const failed = cases.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).to.include('grant-new/2-list.xml').and.to.not.include('departure/2-list.xml');
    expect(exit).to.equal(1);
  });

  it('test: a generated message that its schema refuses is reported', async () => {
    spoil('list.xsd', '<xs:maxLength value="512"/>', '<xs:maxLength value="511"/>');
    const { stdout, exit } = await run(adapters, ['test', 'kr', '--runs', '60']);
    const { cases } = JSON.parse(stdout) as { cases: { ok: boolean; failure?: { detail: string } }[] };
    expect(cases.find(({ ok }) => !ok)?.failure?.detail).to.include('E_SCHEMA_INVALID');
    expect(exit).to.equal(1);
  });

  it('a folder that is not there, or is no folder name, is E_ADAPTER_UNKNOWN', async () => {
    for (const cc of ['zz', '../kr', '']) {
      const error = await rejectedBy(run(adapters, ['lint', cc]));
      expect(error.code, cc).to.equal('E_ADAPTER_UNKNOWN');
    }
  });
});
