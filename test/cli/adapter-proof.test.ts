import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterDigest } from '../../gateway/adapter/certificate.ts';
import { junitXml } from '../../gateway/cli/junit.ts';
import { adapterTools, openGateway } from '../../gateway/app/composition.ts';
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

  it('test: a failure is exit 1, with its place and the line that shows it again', async () => {
    change('list.json', '"validFrom": "{validFrom}"', '"validFrom": "{validFrom|date:yyyyMMdd}"');
    const { stdout, stderr, exit } = await run(adapters, ['test', 'sg', '--runs', '3'], 'table');
    expect(stdout).to.match(/FAIL {2}changes\/2-list\.json.*\n.*at line \d+, column \d+\n +expected .*\n +got /u);
    expect(stderr).to.include('Next: mra adapter test sg --only changes/2-list.json');
    expect(exit).to.equal(1);
  });

  it('test --update: samples follow the template, each change is told, and our own words stay', async () => {
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
    // What a refused message is refused for changed as well; that is for a person to say.
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

  it('mutate: what nothing noticed is exit 1, with the sample that is wanting', async () => {
    rmSync(join(adapters, 'sg', 'samples', 'departure'), { recursive: true });
    rmSync(join(adapters, 'sg', 'samples', 'changes'), { recursive: true });
    const { stdout, exit } = await run(adapters, ['mutate', 'sg', '--runs', '1'], 'table');
    expect(stdout).to.match(
      /adapter\.yaml:\d+ {2}the codes of revoked and withdrawn change places\n {2}a sample would notice it: one with/u,
    );
    expect(exit).to.equal(1);
  });

  /** The commands run by the clock of the day, and a review counts for a year. */
  function reviewToday(): void {
    const path = join(adapters, 'sg', 'quality.yaml');
    const today = new Date().toISOString().slice(0, 10);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^reviewed: .*$/mu, `reviewed: ${today}`));
  }

  it('certify: the certificate lies in the folder, and a tier below silver is exit 1', async () => {
    reviewToday();
    const certified = await run(adapters, ['certify', 'sg'], 'table');
    expect([certified.exit, certified.stdout]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 0 && text.includes('sg is silver'),
    );
    const file = join(adapters, 'sg', 'certificate.json');
    const { tier, digest } = JSON.parse(readFileSync(file, 'utf8')) as { tier: string; digest: string };
    expect([tier, digest]).to.deep.equal(['silver', await adapterDigest(join(adapters, 'sg'))]);
    rmSync(join(adapters, 'sg', 'samples', 'changes'), { recursive: true });
    const lower = await run(adapters, ['certify', 'sg']);
    expect(lower.exit).to.equal(1);
    expect(JSON.parse(lower.stdout)).to.include({ tier: 'bronze' });
    expect(readFileSync(file, 'utf8')).to.include('"tier": "bronze"');
  });

  it('certify: without quality.yaml nothing is certified', async () => {
    rmSync(join(adapters, 'sg', 'quality.yaml'));
    rmSync(join(adapters, 'sg', 'certificate.json'));
    expect((await rejectedBy(run(adapters, ['certify', 'sg']))).code).to.equal('E_ADAPTER_INVALID');
    expect(existsSync(join(adapters, 'sg', 'certificate.json'))).to.equal(false);
  });

  it('production opens with certified adapters only; elsewhere any sound one will do', async () => {
    const base = loadConfig({ data: temporaryFolder() }, { MRA_LOG: 'silent' });
    const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
    const partners = { SG: { adapter: 'sg', mirrored: false, transport: 'file' as const, certificates } };
    const settings = { ...base, adapters, partners };
    reviewToday();
    expect((await run(adapters, ['certify', 'sg'])).exit).to.equal(0);
    await (await openGateway({ ...settings, environment: 'production' }, adapterTools())).close();
    change('README.md', '\n', '\n\n');
    const refused = openGateway({ ...settings, environment: 'production' }, adapterTools());
    expect((await rejectedBy(refused)).code).to.equal('E_ADAPTER_UNCERTIFIED');
    await (await openGateway(settings, adapterTools())).close();
  });
});
