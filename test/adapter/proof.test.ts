import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certifyAdapter, type CertifyReport } from '../../gateway/adapter/check/certify.ts';
import { mutateAdapter, type MutationReport } from '../../gateway/adapter/check/mutate.ts';
import { adapterDigest, requireCertified, type CheckName } from '../../gateway/adapter/certificate.ts';
import { testAdapter, type Case, type TestReport } from '../../gateway/adapter/check/test-adapter.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

const tools = checkTools(adapterTools);
const clock = (): number => performance.now();
const folders = readdirSync(adaptersFolder).filter((cc) =>
  readdirSync(join(adaptersFolder, cc)).includes('adapter.yaml'),
);
const today = '2026-11-24';

describe('the checks of an adapter', () => {
  let folder: string;
  function copy(cc: string): void {
    folder = join(mkdtempSync(join(tmpdir(), 'adapter-')), cc);
    cpSync(join(adaptersFolder, cc), folder, { recursive: true });
  }
  beforeEach(() => copy('kr'));
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  function change(file: string, from: string, to: string): void {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).to.include(from);
    writeFileSync(join(folder, file), text.replaceAll(from, to));
  }
  /** Deletes conversations, in both layouts. */
  const drop = (...names: string[]): void =>
    names
      .flatMap((name) => [name, `layout-2-${name}`])
      .forEach((name) => rmSync(join(folder, 'samples', name), { recursive: true, force: true }));
  const test = (only?: string, runs = 5): Promise<TestReport> =>
    testAdapter(folder, tools, { runs, seed: 1, clock, ...(only === undefined ? {} : { only }) });
  const failed = ({ cases }: TestReport): readonly Case[] => cases.filter(({ ok }) => !ok);
  const mutate = (runs = 30): Promise<MutationReport> => mutateAdapter(folder, tools, { runs, seed: 1 });
  const certify = (): Promise<CertifyReport> => certifyAdapter(folder, tools, { today, program: '1.2.3', clock });

  describe('test', () => {
    it('reports the place of a failure, the expected and the actual text, and the options that repeat it', async () => {
      change('samples/grant-new/2-list.xml', '<kr:Status>01<', '<kr:Status>02<');
      const [first] = failed(await test());
      expect(first?.name).to.equal('grant-new/2-list.xml');
      expect(first?.failure?.at).to.match(/^line \d+, column \d+$/u);
      expect(first?.failure?.expected).to.include('<kr:Status>02<');
      expect(first?.failure?.got).to.include('<kr:Status>01<');
      expect(first?.again).to.equal('--only grant-new/2-list.xml');
      expect(failed(await test('grant-new/2-list.xml')).map(({ failure }) => failure)).to.deep.equal([first?.failure]);
    });

    it('fails for identifiers that do not follow the forms', async () => {
      for (const file of ['1-ours.json', '2-list.xml']) change(`samples/grant-new/${file}`, 'AEOCN', 'AEOCM');
      expect(failed(await test()).map(({ name }) => name)).to.deep.equal(['grant-new/2-list.xml']);
    });

    it('reports the value that is missing in our words, and not a failure of the program', async () => {
      change('samples/grant-new/1-ours.json', '"chain":', '"chains":');
      expect(failed(await test())[0]?.failure).to.deep.equal({
        detail: '1-ours.json is incomplete',
        at: '/position/chain',
      });
    });

    it('reports a time in our words that is none, and not a failure of the program', async () => {
      change('samples/grant-new/1-ours.json', '"issuedAt": "', '"issuedAt": "yesterday ');
      expect(failed(await test('grant-new/2'))[0]?.failure?.at).to.equal('/issuedAt');
    });

    it('fails for a message that is accepted and should be refused', async () => {
      change('samples/refuse-unknown-status/1-list.xml', '<kr:Status>99<', '<kr:Status>01<');
      expect(failed(await test()).map(({ name }) => name)).to.deep.equal(['refuse-unknown-status/1-list.xml']);
    });

    it('reports the seed of the generated message that failed', async () => {
      change('list.xsd', '<xs:maxLength value="512"/>', '<xs:maxLength value="511"/>');
      const [first] = failed(await test('generated', 200));
      const seed = Number(/--seed (\d+) --runs 1$/u.exec(first?.again ?? '')?.[1]);
      const alone = { runs: 1, seed, only: 'generated lists', clock };
      const again = await testAdapter(folder, tools, alone);
      expect(failed(again)[0]?.failure).to.deep.equal(first?.failure);
      expect(first?.failure?.detail).to.include('E_SCHEMA_INVALID');
    });

    it('fails when the template refuses more than half of the generated messages', async () => {
      rmSync(join(folder, '..'), { recursive: true });
      copy('jp');
      change('list.fixed', '{message.id:64}', '{message.id:20}');
      const [lists, ...others] = (await test('generated')).cases;
      expect(lists?.failure?.got).to.include('/id 5 of 5');
      expect(others.every(({ ok }) => ok)).to.equal(true);
    });

    it('reports what no sample exercises, for each layout', async () => {
      const whole = await test();
      expect(whole.coverage.samples.never).to.deep.equal([]);
      drop('changes', 'departure');
      const { samples } = (await test()).coverage;
      expect(samples.never.join('\n'))
        .to.include('code reason/revoked')
        .and.to.match(/departures: identifier \(.*list\.xml:\d+\)/u)
        .and.to.include('departures of several (list.xml)');
      expect(samples.codes.seen).to.be.lessThan(samples.codes.all);
      expect(samples.fields.all).to.equal(whole.coverage.samples.fields.all);
    });
  });

  describe('mutate', () => {
    it('finds that every change is noticed, and writes no file', async () => {
      const before = await adapterDigest(folder);
      const { changes, survivors, refused, bySamples, byMadeUp } = await mutate();
      expect(survivors).to.deep.equal([]);
      expect(changes)
        .to.equal(refused + bySamples + byMadeUp)
        .and.to.be.greaterThan(100);
      expect(bySamples).to.be.greaterThan(changes / 2);
      expect(await adapterDigest(folder)).to.equal(before);
    });

    it('reports a change that nothing notices, with its line and the sample that would notice it', async () => {
      drop('changes', 'departure', 'list-full', 'list-in-parts');
      const { survivors } = await mutate(1);
      const swap = survivors.find(({ change: made }) => made === 'the codes of revoked and withdrawn change places');
      expect(swap?.wanted).to.equal('one with reason revoked or withdrawn');
      const line = Number(/adapter\.yaml:(\d+)$/u.exec(swap?.at ?? '')?.[1]);
      expect(readFileSync(join(folder, 'adapter.yaml'), 'utf8').split('\n')[line - 1]).to.include('revoked');
    });

    it('refuses an adapter that fails its tests', async () => {
      change('samples/grant-new/2-list.xml', '<kr:Status>01<', '<kr:Status>02<');
      expect((await rejectedBy(mutate())).code).to.equal('E_ADAPTER_INVALID');
    });

    // Without samples every change of the mapping that follows the schema must survive.
    const kinds: Readonly<Record<string, readonly RegExp[]>> = {
      kr: [
        /yyyyddMM/u,
        /^name\.latin and name\.local change places|^name\.local and name\.latin change places/u,
        /the zone is/u,
        /is .* in place of/u,
        /the codes of .* change places/u,
      ],
      sg: [/is split one letter later/u, /change places/u, /is left out$/u],
      il: [/without oneLine/u, /change places/u, /ddMM|MM\/dd/u],
    };
    for (const [cc, patterns] of Object.entries(kinds)) {
      it(`${cc}: makes every change that its notation allows`, async () => {
        rmSync(join(folder, '..'), { recursive: true });
        copy(cc);
        rmSync(join(folder, 'samples'), { recursive: true });
        const { survivors } = await mutateAdapter(folder, tools, { runs: 0, seed: 1 });
        const made = survivors.map(({ change: each }) => each);
        for (const pattern of patterns)
          expect(
            made.some((each) => pattern.test(each)),
            String(pattern),
          ).to.equal(true);
        expect(made.length).to.be.greaterThan(100);
      });
    }
  });

  describe('certify', () => {
    beforeEach(() => {
      rmSync(join(folder, '..'), { recursive: true });
      copy('sg');
    });
    const failing = ({ checks }: CertifyReport): readonly CheckName[] =>
      checks.filter(({ failures }) => failures.length > 0).map(({ check }) => check);

    it('gives a certificate when every check passes, with program, day, digest, and what each check covered', async () => {
      const { certificate, checks } = await certify();
      expect(failing({ checks })).to.deep.equal([]);
      expect(certificate).to.deep.include({ adapter: 'sg', on: today, program: '1.2.3' });
      expect(certificate?.digest).to.equal(await adapterDigest(folder));
      expect(certificate?.checks).to.deep.equal(
        Object.fromEntries(checks.map(({ check, covered }) => [check, covered])),
      );
      expect(certificate?.checks).to.have.all.keys('lint', 'samples', 'roundTrips', 'mutants');
      for (const covered of Object.values(certificate?.checks ?? {})) expect(covered).to.match(/\d/u);
    });

    it('gives none with an error of lint, and then runs no other check', async () => {
      change('adapter.yaml', 'stage: reference', "stage: reference\nasks: [{ at: /name, question: 'Is it so?' }]");
      const report = await certify();
      expect(report.certificate).to.equal(undefined);
      expect(failing(report)).to.deep.equal(['lint', 'samples', 'roundTrips', 'mutants']);
      expect(report.checks[0]?.failures[0]).to.match(/^E-007 .*adapter\.yaml:\d+ Is it so\?$/u);
      expect(report.checks.slice(1).map(({ covered }) => covered)).to.deep.equal(['', '', '']);
    });

    it('gives none for a folder that does not load', async () => {
      rmSync(join(folder, 'list.json'));
      expect((await certify()).checks[0]?.failures[0]).to.match(/^E-004 /u);
    });

    it('gives none with a sample that fails, or without samples that exercise everything', async () => {
      drop('changes', 'departure');
      const report = await certify();
      expect(failing(report)).to.deep.equal(['samples', 'mutants']);
      expect(report.checks[1]?.failures.join('\n')).to.include('no sample has code reason/revoked');
      change('samples/grant-new/2-list.json', '"status":"', '"status":"x');
      expect((await certify()).checks[1]?.failures[0]).to.match(
        /^grant-new\/2-list\.json: .* at line \d+, column \d+$/u,
      );
    });

    it('gives none with a generated message that fails', async () => {
      change('list.schema.json', '"maxLength": 512', '"maxLength": 511');
      expect(failing(await certify()))
        .to.include('roundTrips')
        .and.not.to.include('samples');
    });

    it('gives one that production takes, and any edit voids it', async () => {
      const refusal = async (): Promise<string> => (await rejectedBy(requireCertified(folder))).code;
      const { certificate } = await certify();
      const file = join(folder, 'certificate.json');
      writeFileSync(file, JSON.stringify(certificate));
      await requireCertified(folder);
      const { mutants: _, ...checks } = certificate?.checks ?? { mutants: '' };
      writeFileSync(file, JSON.stringify({ ...certificate, checks }));
      expect(await refusal()).to.equal('E_ADAPTER_UNCERTIFIED');
      writeFileSync(file, JSON.stringify(certificate));
      change('README.md', '\n', '\n\n');
      expect(await refusal()).to.equal('E_ADAPTER_UNCERTIFIED');
      for (const text of ['', '[]', '{"tier":"gold"}']) {
        writeFileSync(file, text);
        expect(await refusal(), text).to.equal('E_ADAPTER_UNCERTIFIED');
      }
      rmSync(file);
      expect(await refusal()).to.equal('E_ADAPTER_UNCERTIFIED');
    });
  });
});

describe('every adapter here', () => {
  for (const cc of folders) {
    it(`${cc} has a valid certificate (npx mra adapter certify ${cc} writes it)`, async () => {
      await requireCertified(join(adaptersFolder, cc));
    });
  }
});
