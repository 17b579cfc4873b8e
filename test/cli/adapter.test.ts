import { expect } from 'chai';
import { Command } from 'commander';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { adapterCommands } from '../../gateway/cli/adapter.ts';
import { makeOutput, type Format } from '../../gateway/cli/output.ts';
import { loadConfig } from '../../gateway/config.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

/** Runs one command line on a folder of adapters; a gateway is never opened. */
async function run(
  adapters: string,
  words: readonly string[],
  format: Format = 'json',
): Promise<{ stdout: string; stderr: string; exit: number }> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  let exit = 0;
  const program = new Command().exitOverride();
  const never = (): never => {
    throw new Error('no gateway is needed here');
  };
  adapterCommands(program, {
    out: makeOutput({ ...streams, format }),
    tools: adapterTools,
    config: () => ({ ...loadConfig({ data: join(adapters, 'data') }), adapters }),
    open: never,
    serve: never,
    exit: (code) => {
      exit = code;
    },
  });
  await program.parseAsync(['adapter', ...words], { from: 'user' });
  const read = (stream: PassThrough): string => {
    let text = '';
    for (let part = stream.read() as Buffer | null; part !== null; part = stream.read() as Buffer | null)
      text += String(part);
    return text;
  };
  return { stdout: read(streams.stdout), stderr: read(streams.stderr), exit };
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
    expect(person.stdout).to.match(/adapter\.yaml:\d+:\d+ {2}error {2}table_not_one_to_one/u);
    expect([machine.exit, person.exit]).to.deep.equal([1, 1]);
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

  it('test: a template that changed no longer keeps what its samples promise', async () => {
    spoil('list.xml', '{validFrom|date:yyyyMMdd}', '{validFrom|date:ddMMyyyy}');
    const { stdout, exit } = await run(adapters, ['test', 'kr', '--runs', '5']);
    const { cases } = JSON.parse(stdout) as { cases: { name: string; ok: boolean }[] };
    const failed = cases.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).to.include('grant-new/2-list.xml').and.to.not.include('departure/2-list.xml');
    expect(exit).to.equal(1);
  });

  it('test: a message its schema does not take is found among the made-up ones', async () => {
    spoil('list.xsd', '<xs:maxLength value="512"/>', '<xs:maxLength value="511"/>');
    const { stdout, exit } = await run(adapters, ['test', 'kr', '--runs', '60']);
    const { cases } = JSON.parse(stdout) as { cases: { name: string; ok: boolean; detail?: string }[] };
    expect(cases.find(({ ok }) => !ok)?.detail).to.include('E_SCHEMA_INVALID');
    expect(exit).to.equal(1);
  });

  it('a folder that is not there, or is no folder name, is E_ADAPTER_UNKNOWN', async () => {
    for (const cc of ['zz', '../kr', '']) {
      const error = await rejectedBy(run(adapters, ['lint', cc]));
      expect(error.code, cc).to.equal('E_ADAPTER_UNKNOWN');
    }
  });
});
