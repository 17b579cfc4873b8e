import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterDigest } from '../../gateway/adapter/certificate.ts';
import { junitXml } from '../../gateway/cli/junit.ts';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { runAdapter as run } from '../support/adapter-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

describe('mra adapter test, mutate, certify', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = mkdtempSync(join(tmpdir(), 'adapters-'));
    for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(adapters, cc), { recursive: true });
  });
  afterEach(() => rmSync(adapters, { recursive: true }));

  function change(file: string, from: string, to: string): void {
    const path = join(adapters, 'sg', file);
    const text = readFileSync(path, 'utf8');
    expect(text).to.include(from);
    writeFileSync(path, text.replaceAll(from, to));
  }

  it('test: a failure is exit 1, with its place and the command that repeats it', async () => {
    change('list.json', '"validFrom": "{validFrom}"', '"validFrom": "{validFrom|date:yyyyMMdd}"');
    const { stdout, stderr, exit } = await run(adapters, ['test', 'sg', '--runs', '3'], 'table');
    expect(stdout).to.match(/FAIL {2}changes\/2-list\.json.*\n.*at line \d+, column \d+\n +expected .*\n +got /u);
    expect(stderr).to.include('Next: mra adapter test sg --only changes/2-list.json');
    expect(exit).to.equal(1);
  });

  it('test --update: samples follow the template, each change is shown, and our words stay', async () => {
    change('list.json', '"messageType": "AEO_LIST"', '"messageType": "AEO_LISTS"');
    change('list.schema.json', '"AEO_LIST"', '"AEO_LISTS"');
    const ours = readFileSync(join(adapters, 'sg', 'samples', 'grant-new', '1-ours.json'), 'utf8');
    const { stdout, exit } = await run(adapters, ['test', 'sg', '--runs', '3', '--update', '--only', 'list.json']);
    const { rewritten, failed } = JSON.parse(stdout) as {
      rewritten: { file: string; was: string; now: string }[];
      failed: number;
    };
    expect(rewritten.map(({ file }) => file.split('/').slice(-2).join('/'))).to.include('grant-new/2-list.json');
    expect(rewritten[0]?.was).to.include('AEO_LIST\\"').and.to.not.equal(rewritten[0]?.now);
    const sample = readFileSync(join(adapters, 'sg', 'samples', 'grant-new', '2-list.json'), 'utf8');
    expect(sample).to.include('"AEO_LISTS"');
    expect(readFileSync(join(adapters, 'sg', 'samples', 'grant-new', '1-ours.json'), 'utf8')).to.equal(ours);
    // The error of a refused message changed as well; a person decides about it.
    expect([exit, failed]).to.deep.equal([1, 2]);
  });

  it('test -o junit: build servers read it', async () => {
    change('samples/grant-new/2-list.json', '"status":"', '"status":"<&');
    const { stdout, exit } = await run(adapters, ['test', 'sg', '--runs', '3'], 'junit');
    const file = join(adapters, 'junit.xml');
    writeFileSync(file, stdout);
    const count = (path: string): string =>
      execFileSync('xmllint', ['--xpath', path, file], { encoding: 'utf8' }).trim();
    expect(count('string(/testsuite/@failures)')).to.equal('1');
    expect(count('count(/testsuite/testcase)')).to.equal(count('string(/testsuite/@tests)'));
    expect(count('string(//testcase[failure]/@name)')).to.equal('grant-new/2-list.json');
    expect(count('string(//failure)')).to.include('<&').and.to.include('--only grant-new/2-list.json');
    expect(exit).to.equal(1);
  });

  it('what XML cannot hold is shown as a question mark', () => {
    expect(junitXml('a', [{ name: 'b\u0000\ud800"', milliseconds: 1 }])).to.include('name="b??&quot;"');
  });

  it('mutate: an unnoticed change is exit 1, with the sample that would notice it', async () => {
    rmSync(join(adapters, 'sg', 'samples', 'departure'), { recursive: true });
    rmSync(join(adapters, 'sg', 'samples', 'changes'), { recursive: true });
    const { stdout, exit } = await run(adapters, ['mutate', 'sg', '--runs', '1'], 'table');
    expect(stdout).to.match(
      /adapter\.yaml:\d+ {2}the codes of revoked and withdrawn change places\n {2}a sample would notice it: one with/u,
    );
    expect(exit).to.equal(1);
  });

  it('certify: writes the certificate into the folder when every check passes', async () => {
    const { stdout, exit } = await run(adapters, ['certify', 'sg'], 'table');
    expect(exit).to.equal(0);
    expect(stdout).to.match(
      /^check +result +covered\n(?:(?:lint|samples|roundTrips|mutants) +passed +\S.*\n){4}sg is certified: /u,
    );
    const certificate = JSON.parse(readFileSync(join(adapters, 'sg', 'certificate.json'), 'utf8')) as object;
    expect(certificate).to.include({ adapter: 'sg', digest: await adapterDigest(join(adapters, 'sg')) });
    expect(certificate).to.have.all.keys('adapter', 'on', 'program', 'digest', 'checks');
  });

  it('certify: lists what failed with exit 1, and leaves no certificate of an earlier run', async () => {
    change('samples/grant-new/2-list.json', '"status":"', '"status":"x');
    const { stdout, exit } = await run(adapters, ['certify', 'sg'], 'table');
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^samples +failed .*\nroundTrips +passed .*\nmutants +not run/mu);
    expect(stdout).to.match(/^samples {2}grant-new\/2-list\.json: /mu);
    expect(existsSync(join(adapters, 'sg', 'certificate.json'))).to.equal(false);
    const report = JSON.parse((await run(adapters, ['certify', 'sg'])).stdout) as { checks: unknown[] };
    expect(report).to.include({ adapter: 'sg', certified: false });
    expect(report.checks[3]).to.include({ check: 'mutants', covered: '' });
  });

  it('production opens with certified adapters only; a test environment takes any adapter without errors', async () => {
    const base = loadConfig({ data: temporaryFolder() }, { MRA_LOG: 'silent' });
    const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
    const partners = { SG: { adapter: 'sg', mirrored: false, transport: 'file' as const, certificates } };
    const settings = { ...base, adapters, partners };
    expect((await run(adapters, ['certify', 'sg'])).exit).to.equal(0);
    await (await openGateway({ ...settings, environment: 'production' }, adapterTools())).close();
    change('README.md', '\n', '\n\n');
    const refused = openGateway({ ...settings, environment: 'production' }, adapterTools());
    const { code, fix } = await rejectedBy(refused);
    expect([code, fix]).to.satisfy(() => code === 'E_ADAPTER_UNCERTIFIED' && fix?.includes('mra adapter certify sg'));
    await (await openGateway(settings, adapterTools())).close();
  });
});
